"""Facts that follow from other facts, the same whoever read the file."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from stoat_nb.media.containers import BARE_FORMATS, TIMESTAMPS
from stoat_nb.media.frame_rates import CONSTANT, CONTAINER
from stoat_nb.media.languages import several
from stoat_nb.media.streams import hdr

_FIELDS = frozenset({"tt", "bb", "tb", "bt"})
_WHOLE_PICTURES = frozenset({"av1", "vp8", "vp9"})  # no fields in these formats
#: Tags that are kept of a file; how many there are is a fact.
MOST_TAGS = 5000
#: What readers tell one another of a stream; no facts.
_BETWEEN_READERS = frozenset(
    ["progressive_only", "end_s", "fields", "own_fps", "has_hdr10plus", "has_alpha_beside"]
)
_OWN_BASES = frozenset({0})  # compatibility of Dolby Vision profiles 4, 5 and 10.0: none
_ALPHA = re.compile(r"yuva|rgba|bgra|argb|abgr|gbrap|ya\d|ayuv|vuya")  # FFmpeg's names of formats
_LAYERED = frozenset({"hevc", "vvc"})
_ALL_FIELDS = 0.5  # every other packet ends a frame
_CLOSE_S = 0.05
_NEVER_S = 0.01  # seconds: no film is shorter


def add_derived_facts(
    facts: dict[str, Any], stated_s: float | None, size_bytes: int
) -> dict[str, Any]:
    """Add what follows; ``stated_s`` is how long the container's own header says it is."""
    for stream in facts["streams"]:
        # Where BCP 47 is tagged too, that counts (RFC 9559, 5.1.4.1.20; ISO/IEC 14496-12, 8.4.6).
        found = several(stream.get("language_bcp47") or stream.get("language") or "")
        stream["language"], stream["languages"] = (found[0] if found else None), list(found)
        if stream["kind"] == "subtitle":
            stream["start_s"] = None  # known only as far as the reader happened to read
        if facts["fragmented"]:
            # The index tells only of what came before the fragments.
            stream["frame_count"] = stream["fps_mode"] = stream["fps_mode_basis"] = None
        if stream["kind"] == "video":
            _add_frames(stream, facts)
            add_picture_facts(stream)
        for name in _BETWEEN_READERS & stream.keys():
            del stream[name]
        if stream.get("frame_count"):
            stream.setdefault("frame_count_basis", "header")
        if stream.get("bitrate"):
            stream.setdefault("bitrate_basis", "header")
    if stated_s and (facts.get("duration_s") or 0) < min(_NEVER_S, stated_s / 100):
        restate_length(facts, stated_s, size_bytes)
    facts["n_tags"], facts["tags"] = len(facts["tags"]), facts["tags"][:MOST_TAGS]
    facts["duration_basis"] = _basis(facts, stated_s)
    return facts


def restate_length(facts: dict[str, Any], seconds: float, size_bytes: int) -> None:
    """Put another length into ``facts``, and the bit rate that follows."""
    rate = size_bytes * 8 / seconds
    facts["duration_s"], facts["bitrate"] = seconds, int(rate) if math.isfinite(rate) else None


def _add_frames(stream: dict[str, Any], facts: dict[str, Any]) -> None:
    stream["interlaced"] = _interlaced(stream)
    if stream.get("fields"):
        _count_frames_not_fields(stream)
    if facts["format_name"] == "dv":  # frames of one size, and no time stamps at all
        stream["fps_mode"], stream["fps_mode_basis"] = CONSTANT, CONTAINER
    _count(stream, facts)


def _interlaced(stream: dict[str, Any]) -> bool | None:
    order = stream.get("field_order")
    if order in _FIELDS:
        return True
    known = order == "progressive" or stream.get("progressive_only")
    if known or stream.get("codec") in _WHOLE_PICTURES:
        return False
    return stream.get("interlaced")  # by DV's own header


def _count_frames_not_fields(stream: dict[str, Any]) -> None:
    """Halve what containers say of packets that hold one field each; of some nothing is known."""
    if stream["fields"] != _ALL_FIELDS:
        stream["frame_count"] = stream["fps_mode"] = stream["fps_mode_basis"] = None
        return
    stream["interlaced"] = True
    if stream.get("frame_count"):
        stream["frame_count"] = (stream["frame_count"] + 1) // 2
    of_fields = 1.5 * (stream.get("own_fps") or math.inf)
    if stream.get("fps_num") and stream["fps_num"] / stream["fps_den"] > of_fields:
        rate = Fraction(stream["fps_num"], 2 * stream["fps_den"])
        stream["fps_num"], stream["fps_den"] = rate.numerator, rate.denominator
    if (stream.get("fps_nominal") or 0) > of_fields:
        stream["fps_nominal"] /= 2


def _count(stream: dict[str, Any], facts: dict[str, Any]) -> None:
    """Estimate how many frames there are where nothing counts them and the rate is constant."""
    seconds = stream.get("duration_s") or facts.get("duration_s")
    rate = stream.get("fps_num"), stream.get("fps_den")
    if stream.get("frame_count") or stream.get("is_cover") or not all(rate) or not seconds:
        return
    if stream.get("fps_mode") == CONSTANT:
        stream["frame_count"] = round(seconds * rate[0] / rate[1])
        stream["frame_count_basis"] = "estimated"


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


def _basis(facts: dict[str, Any], stated_s: float | None) -> str | None:
    seconds, name = facts.get("duration_s"), facts.get("format_name")
    if not seconds:
        return None
    if name in TIMESTAMPS:
        return "timestamps"
    if name in BARE_FORMATS:
        return "estimated"
    differs = stated_s is not None and abs(stated_s - seconds) > _CLOSE_S
    return "streams" if differs else "container"


def utc(text: str | None) -> str | None:
    """Return a time the file states as ISO 8601 in UTC; None if it is no time, or 1970's first."""
    try:
        when = datetime.fromisoformat((text or "").strip())
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return when.isoformat().replace("+00:00", "Z") if when.timestamp() else None
