"""What follows of pictures from what the readers said: dynamic range, transparency."""

from __future__ import annotations

import re
from typing import Any

from stoat_nb.media.streams import hdr

_OWN_BASES = frozenset({0})  # compatibility of Dolby Vision profiles 4, 5 and 10.0: none
_ALPHA = re.compile(r"yuva|rgba|bgra|argb|abgr|gbrap|ya\d|ayuv|vuya")  # FFmpeg's names of formats
_LAYERED = frozenset({"hevc", "vvc"})


def add_picture_facts(stream: dict[str, Any]) -> None:
    """Add to the facts of a video stream."""
    _name_dynamic_range(stream)
    stream["has_alpha"] = _has_alpha(stream)


def _name_dynamic_range(stream: dict[str, Any]) -> None:
    """Name the dynamic range in one word, and all the formats that a player may choose from."""
    transfer, plus = stream.get("color_transfer"), stream.get("has_hdr10plus")
    base = hdr(transfer, has_dolby_vision=False)
    if base == "hdr10" and plus:
        base = "hdr10plus"
    formats = ["hdr10plus", "hdr10"] if base == "hdr10plus" else [base]
    if stream.get("hdr") == "dolby_vision":
        if stream.get("dv_compat") in _OWN_BASES:
            formats = []  # the base layer alone shows wrong colours
        formats.insert(0, "dolby_vision")
    else:
        stream["hdr"] = base
    stream["hdr_formats"] = list(filter(None, formats))


def _has_alpha(stream: dict[str, Any]) -> bool | None:
    """Whether pictures are transparent in places; None where a format may have layers for it."""
    name = stream.get("pix_fmt")
    if stream.get("has_alpha_beside") or _ALPHA.match(name or ""):
        return True
    return None if not name or name == "pal8" or stream.get("codec") in _LAYERED else False
