"""The facts of one stream of an open file, as JSON. Unknown is None.

PyAV's streams are typed differently from version to version (``Fraction`` became ``AVRational``),
so they pass as Any here, and what they say is checked where it arrives (``media.outcome``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stoat_nb.media.described import Description

_UNKNOWN_LEVEL = -99

#: What a decoder of our build does not know by its tag, but we do.
_CODECS_BY_TAG = {
    "dav1": "av1",
    "dvh1": "hevc",
    "dvhe": "hevc",
    "dva1": "h264",
    "dvav": "h264",
    "ac-4": "ac4",
    "mha1": "mpegh_3d_audio",
    "mhm1": "mpegh_3d_audio",
    "apv1": "apv",
    "wvtt": "webvtt",
    "stpp": "ttml",
}

# Code points of ISO/IEC 23091-2 under FFmpeg's names; 2 means "unspecified".
_RANGES = {1: "tv", 2: "pc"}
_SPACES = {
    0: "gbr",
    1: "bt709",
    4: "fcc",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "ycgco",
    9: "bt2020nc",
    10: "bt2020c",
    11: "smpte2085",
    12: "chroma-derived-nc",
    13: "chroma-derived-c",
    14: "ictcp",
}
_TRANSFERS = {
    1: "bt709",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "linear",
    9: "log100",
    10: "log316",
    11: "iec61966-2-4",
    12: "bt1361e",
    13: "iec61966-2-1",
    14: "bt2020-10",
    15: "bt2020-12",
    16: "smpte2084",
    17: "smpte428",
    18: "arib-std-b67",
}
_PRIMARIES = {
    1: "bt709",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "film",
    9: "bt2020",
    10: "smpte428",
    11: "smpte431",
    12: "smpte432",
    22: "ebu3213",
}

_HDR = {"smpte2084": "hdr10", "arib-std-b67": "hlg"}


def stream_facts(stream: Any, description: Description) -> dict[str, Any]:
    """Collect what the file says of one stream."""
    facts = _common(stream, description)
    context = stream.codec_context
    if context is not None:
        facts |= {
            "profile": stream.profile,
            "level": None if context.level == _UNKNOWN_LEVEL else context.level,
            "bitrate": getattr(context, "bit_rate", None),
        }
    if description.kind == "video":
        facts |= _video(stream, description, is_cover=facts["is_cover"])
    elif description.kind == "audio" and context is not None:
        facts |= _audio(context)
    return facts


def _common(stream: Any, description: Description) -> dict[str, Any]:
    disposition, tags = int(stream.disposition), lower_keys(stream.metadata)
    tag = tag_text(description.tag)
    return {
        "idx": stream.index,
        "kind": description.kind,
        "codec": description.codec or _CODECS_BY_TAG.get(tag or ""),
        "codec_tag": tag,
        "duration_s": seconds(stream.duration, stream.time_base),
        "start_s": seconds(stream.start_time, stream.time_base),
        "frame_count": stream.frames,
        "language": language(tags.get("language")),
        "title": tags.get("title"),
        "is_default": bool(disposition & _DEFAULT),
        "is_forced": bool(disposition & _FORCED),
        "is_cover": bool(disposition & _COVER),
    }


_DEFAULT, _FORCED, _COVER = 0x1, 0x40, 0x400


def _video(stream: Any, description: Description, *, is_cover: bool) -> dict[str, Any]:
    context = stream.codec_context
    facts: dict[str, Any] = {
        "width": (context and context.width) or description.width,
        "height": (context and context.height) or description.height,
        "rotation": description.rotation or 0,
        "sar": _ratio(stream.sample_aspect_ratio) if context else None,
    }
    if not is_cover:
        rate = stream.average_rate or stream.base_rate
        facts |= {"fps_num": rate and rate.numerator, "fps_den": rate and rate.denominator}
    colour = _colour(context) if context else {}
    return facts | colour | {"hdr": _hdr(colour.get("color_transfer"), description)}


def _colour(context: Any) -> dict[str, Any]:
    form = context.format
    return {
        "pix_fmt": context.pix_fmt,
        "bit_depth": max((part.bits for part in form.components), default=None) if form else None,
        "color_range": _RANGES.get(context.color_range),
        "color_space": _SPACES.get(context.colorspace),
        "color_transfer": _TRANSFERS.get(context.color_trc),
        "color_primaries": _PRIMARIES.get(context.color_primaries),
    }


def _hdr(transfer: str | None, description: Description) -> str | None:
    if description.has_dolby_vision:
        return "dolby_vision"
    return _HDR.get(transfer, "sdr") if transfer else None


def _audio(context: Any) -> dict[str, Any]:
    layout = context.layout.name if context.channels else ""
    return {
        "channels": context.channels,
        "channel_layout": None if layout.endswith(" channels") else layout,  # a count, no layout
        "sample_rate": context.sample_rate,
    }


def tag_text(tag: int | None) -> str | None:
    """Return a codec's tag as its four characters, or as a number where they are not printable."""
    if not tag:
        return None
    text = tag.to_bytes(4, "little").decode("latin-1")
    return text if text.isascii() and text.isprintable() else f"0x{tag:04x}"


def language(code: str | None) -> str | None:
    """Return a language code; ``und`` is how a file says that it does not know."""
    word = (code or "").strip()
    return word if word and word.lower() not in ("und", "unk", "xxx") else None


def lower_keys(tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags under lower-case keys: Matroska writes them in capitals."""
    return {key.lower(): value for key, value in tags.items()}


def seconds(ticks: int | None, base: Any) -> float | None:
    """Return a time in seconds."""
    return None if ticks is None or not base else float(ticks * base)


def _ratio(value: Any) -> float | None:
    return float(value) if value else None
