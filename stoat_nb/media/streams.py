"""The facts of one stream of an open file, as JSON. Unknown is None.

PyAV's streams are typed differently from version to version (``Fraction`` became ``AVRational``),
so they pass as Any here, and what they say is checked where it arrives (``media.outcome``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from stoat_nb.media.codecs import formats
from stoat_nb.media.codecs.sei import Brightness
from stoat_nb.media.codecs.video_format import VideoFormat
from stoat_nb.media.containers import BARE_FORMATS, COUNTING_FORMATS, MATROSKA
from stoat_nb.media.frame_rates import credible, judged

if TYPE_CHECKING:
    from stoat_nb.media.ffmpeg_dump import Description

_UNKNOWN_LEVEL = -99
_LONGEST_COUNT = 18  # digits
_CUT_S = 1.0  # by which a copy is shorter than what was counted
_LENGTH = re.compile(r"(\d{1,4}):(\d\d):(\d\d(?:\.\d{1,9})?)", re.ASCII)

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


def _numbered(names: str) -> dict[int, str]:
    return {number: name for number, name in enumerate(names.split()) if name != "-"}


# Code points of ISO/IEC 23091-2 from 0 under FFmpeg's names; 2 means "unspecified".
RANGES = _numbered("- tv pc")
SPACES = _numbered(
    "gbr bt709 - - fcc bt470bg smpte170m smpte240m ycgco bt2020nc bt2020c smpte2085 "
    "chroma-derived-nc chroma-derived-c ictcp"
)
TRANSFERS = _numbered(
    "- bt709 - - bt470m bt470bg smpte170m smpte240m linear log100 log316 iec61966-2-4 bt1361e "
    "iec61966-2-1 bt2020-10 bt2020-12 smpte2084 smpte428 arib-std-b67"
)
PRIMARIES = _numbered(
    "- bt709 - - bt470m bt470bg smpte170m smpte240m film bt2020 smpte428 smpte431 smpte432 "
    "- - - - - - - - - ebu3213"
)

_FIELD_ORDERS = _numbered("- progressive tt bb tb bt")

_HDR = {"smpte2084": "hdr10", "arib-std-b67": "hlg"}


def stream_facts(
    stream: Any, description: Description, format_name: str, created: str
) -> dict[str, Any]:
    """Collect what a file that says when it was ``created`` says of one stream."""
    facts = _common(stream, description)
    context = stream.codec_context
    if context is not None:
        facts |= {
            "profile": stream.profile,
            "level": None if context.level == _UNKNOWN_LEVEL else context.level,
            "bitrate": getattr(context, "bit_rate", None),
        }
    if format_name == MATROSKA:
        facts |= statistics(facts, lower_keys(stream.metadata), created)
    if description.kind == "video":
        facts |= _video(stream, description)
        if not facts["is_cover"]:
            facts |= _rate(stream, context, format_name)
        facts |= _form(facts["codec"], context)
    elif description.kind == "audio" and context is not None:
        facts |= _audio(facts["codec"], description.bits, context)
    return facts


def _form(codec: str | None, context: Any) -> dict[str, Any]:
    """Collect what only the codec's own header says, and what libav tells by number."""
    if context is None:
        return {}
    form = formats.video_format(codec, bytes(context.extradata or b"")) or VideoFormat()
    return {
        "coded_width": form.coded_width,
        "coded_height": form.coded_height,
        "has_b_frames": bool(context.has_b_frames) if context.pix_fmt else None,
        "field_order": _FIELD_ORDERS.get(int(context.field_order)),
        "progressive_only": form.progressive,
    }


def _common(stream: Any, description: Description) -> dict[str, Any]:
    disposition, tags = int(stream.disposition), lower_keys(stream.metadata)
    tag = tag_text(description.tag)
    return {
        "idx": stream.index,
        "id": stream.id,
        "kind": description.kind,
        "codec": description.codec or _CODECS_BY_TAG.get(tag or ""),
        "codec_tag": tag,
        "duration_s": seconds(stream.duration, stream.time_base),
        "start_s": seconds(stream.start_time, stream.time_base),
        "frame_count": stream.frames,
        "language": tags.get("language"),
        "title": tags.get("title") or tags.get("name"),  # of QuickTime's user data
        "is_default": bool(disposition & _DEFAULT),
        "is_forced": bool(disposition & _FORCED),
        "is_cover": bool(disposition & _COVER),
        **{name: bool(disposition & bits) or None for name, bits in _ROLES.items()},
    }


# AV_DISPOSITION_..., of FFmpeg's avformat.h.
_DEFAULT, _DUB, _ORIGINAL, _COMMENT, _FORCED, _COVER = 0x1, 0x2, 0x4, 0x8, 0x40, 0x400
_HEARING_IMPAIRED, _VISUAL_IMPAIRED, _CAPTIONS, _DESCRIPTIONS = 0x80, 0x100, 0x10000, 0x20000
_ROLES = {
    "is_sdh": _HEARING_IMPAIRED | _CAPTIONS,
    "is_commentary": _COMMENT,
    "is_description": _VISUAL_IMPAIRED | _DESCRIPTIONS,
    "is_original": _ORIGINAL,
    "is_dub": _DUB,
}
#: DV has as many frames a second as its lines want (IEC 61834-2); libav gives the clock's step.
_RATE_BY_SIZE = frozenset({"dvvideo"})
#: Their sequence headers state the rate (ISO/IEC 11172-2 and 13818-2).
_RATE_IN_HEADER = frozenset({"mpeg1video", "mpeg2video"})
#: PCM of discs, and SMPTE 302M: each packet says how deep it is.
_STATED_IN_PACKETS = frozenset({"pcm_bluray", "pcm_dvd", "s302m"})
_FASTEST_STATED = 300  # a codec's header that says more states its clock


def _rate(stream: Any, context: Any, format_name: str) -> dict[str, Any]:
    """Tell the frame rate: libav makes up 25 a second where there are no time stamps at all."""
    tick = _fraction(stream.time_base)
    own = _fraction(context.framerate) if context is not None else None
    average, guessed = _fraction(stream.average_rate), _fraction(stream.guessed_rate)
    codec = context.name if context is not None else None
    if format_name in BARE_FORMATS or codec in _RATE_BY_SIZE:
        stated = [own, average, guessed]
    else:
        stated = [average, *((own, guessed) if codec in _RATE_IN_HEADER else (guessed, own))]
    rate = judged(stated, tick)
    counts_frames = format_name in COUNTING_FORMATS and codec not in _RATE_BY_SIZE
    nominal = 1 / tick if counts_frames and tick else own
    nominal = credible(nominal) if nominal and nominal <= _FASTEST_STATED else None
    return {
        "fps_num": rate and rate.numerator,
        "fps_den": rate and rate.denominator,
        "fps_nominal": nominal and float(nominal),
        "own_fps": own and float(own),
    }


def _fraction(value: Any) -> Fraction | None:
    return Fraction(value.numerator, value.denominator) if value and value.denominator else None


def _video(stream: Any, description: Description) -> dict[str, Any]:
    context = stream.codec_context
    facts: dict[str, Any] = {
        "width": (context and context.width) or description.width,
        "height": (context and context.height) or description.height,
        "rotation": description.rotation or 0,
        # A turn is all that FFmpeg prints of a matrix: what it mirrors is not in it.
        "mirrored": False if description.rotation is None else None,
        "sar": float(stream.sample_aspect_ratio or 0) or None if context else None,
    }
    colour = _colour(context) if context else {}
    if description.bits and colour.get("bit_depth"):
        colour["bit_depth"] = description.bits
    facts |= {
        name: getattr(description, name)
        for name in ("dv_profile", "dv_compat", "max_cll", "max_fall")
    }
    return facts | colour | {"hdr": hdr(colour.get("color_transfer"), description.has_dolby_vision)}


def _colour(context: Any) -> dict[str, Any]:
    form = context.format
    return {
        "pix_fmt": context.pix_fmt,
        "bit_depth": max((part.bits for part in form.components), default=None) if form else None,
        "chroma": formats.chroma_of(context.pix_fmt),
        "color_range": RANGES.get(context.color_range),
        "color_space": SPACES.get(context.colorspace),
        "color_transfer": TRANSFERS.get(context.color_trc),
        "color_primaries": PRIMARIES.get(context.color_primaries),
    }


def hdr(transfer: str | None, has_dolby_vision: bool) -> str | None:
    """Name the kind of dynamic range; None where the file does not say."""
    if has_dolby_vision:
        return "dolby_vision"
    return _HDR.get(transfer, "sdr") if transfer else None


def statistics(facts: dict[str, Any], tags: Mapping[str, str], created: str) -> dict[str, Any]:
    """Take from a Matroska stream's tags what its header leaves out.

    A copy with some other program keeps the counts of the original; those are of the same time as
    the file, added to it later by mkvpropedit, or worth nothing.
    """
    found: dict[str, Any] = {"duration_s": None}  # what libav gives is the whole file's
    end, counted = _seconds_of(tags.get("duration")), _seconds_of(tags.get("duration-eng"))
    is_fresh = _is_fresh(tags, created[:19].replace("T", " "))
    if is_fresh and end and counted:
        is_fresh = abs(end - counted) < _CUT_S
    if is_fresh and counted:
        found["duration_s"] = counted
    elif end:  # FFmpeg counts from 0
        found |= {"duration_s": end - (facts.get("start_s") or 0), "end_s": end}
    if not is_fresh:
        return found
    for name, tag in (("frame_count", "number_of_frames"), ("bitrate", "bps")):
        word = _any_language(tags, tag)
        if not facts.get(name) and word.isascii() and word.isdigit() and len(word) < _LONGEST_COUNT:
            found |= {name: int(word), f"{name}_basis": "tags"}
    return found


def _is_fresh(tags: Mapping[str, str], created: str) -> bool:
    written = _any_language(tags, "_statistics_writing_date_utc")
    is_added = _any_language(tags, "_statistics_writing_app").startswith("mkvpropedit")
    return bool(written and created) and (written == created or (is_added and written > created))


def _seconds_of(text: str | None) -> float | None:
    if not (length := _LENGTH.fullmatch(text or "")):
        return None
    hours, minutes, seconds = length.groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _any_language(tags: Mapping[str, str], key: str) -> str:
    return tags.get(f"{key}-eng") or tags.get(key) or ""


def add_brightness(facts: dict[str, Any], told: Brightness) -> None:
    """Add what a stream's first sample says; what the container says of it comes first."""
    facts["max_cll"] = facts.get("max_cll") or told.max_cll
    facts["max_fall"] = facts.get("max_fall") or told.max_fall
    facts["has_hdr10plus"] = told.dynamic


def _audio(codec: str | None, bits: int | None, context: Any) -> dict[str, Any]:
    layout = context.layout.name if context.channels else ""
    depth = formats.audio_bit_depth(codec, bytes(context.extradata or b""))
    if codec in _STATED_IN_PACKETS and context.format:
        depth = depth or bits or 8 * int(context.format.bytes)
    return {
        "channels": context.channels,
        "channel_layout": None if layout.endswith(" channels") else layout,  # a count, no layout
        "sample_rate": context.sample_rate,
        "bit_depth": depth,
    }


def tag_text(tag: int | None) -> str | None:
    """Return a codec's tag as its four characters, or as a number where they are not printable."""
    if not tag:
        return None
    text = tag.to_bytes(4, "little").decode("latin-1")
    return text if text.isascii() and text.isprintable() else f"0x{tag:04x}"


def lower_keys(tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags under lower-case keys: Matroska writes them in capitals."""
    return {key.lower(): value for key, value in tags.items()}


def seconds(ticks: int | None, base: Any) -> float | None:
    """Return a time in seconds."""
    return None if ticks is None or not base else float(ticks * base)
