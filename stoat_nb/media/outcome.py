"""The worker's answer, checked: untrusted JSON in, a ``Video`` or a ``Failure`` out, no exception.

A worker has read a hostile file with C code, so its answer is no more to be trusted than the file.
What is missing, of the wrong type or impossible becomes None; what makes no sense at all a failure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from stoat_nb.media.failures import ERROR_CLASSES, STOAT
from stoat_nb.media.structure.verdict import INTEGRITY, LEVELS, NONE, UNKNOWN
from stoat_nb.media.video import Chapter, Failure, Found, Outcome, Stream, Tag, Video
from stoat_nb.names import shown

_KINDS = frozenset({"video", "audio", "subtitle", "data", "attachment", "unknown"})
_HDR = frozenset({"sdr", "hdr10", "hdr10plus", "hlg", "dolby_vision"})
_ORDERS = frozenset({"progressive", "tt", "bb", "tb", "bt"})
_MODES = frozenset({"cfr", "vfr"})
_BASES = frozenset(
    {"container", "header", "tags", "sizes", "streams", "timestamps", "estimated"}
    | {"packets", "counted"}
)
_TURNS = frozenset({0, 90, 180, 270})
_DIGEST = re.compile(r"[0-9a-f]{32}", re.ASCII)
_LARGEST = 2**63 - 1  # what the catalog's columns hold
_LONGEST_TEXT = 10_000
_MOST_STREAMS = 1000
_MOST_BYTE = 255
_MOST_PIXELS = 1_000_000
_MOST_SECONDS = 1e10  # three centuries; more is a damaged header

_MOST_CHAPTERS, _MOST_TAGS = 2000, 300
_LONGEST_KEY, _LONGEST_TAG, _LONGEST_DOCUMENT = 200, 2000, 100_000
_WRITER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)

_Object = dict[Any, Any]  #: Of JSON.


def outcome(found: Found, value: Any) -> Outcome:
    """Turn what a worker answered about ``found`` into an outcome."""
    answer = value if isinstance(value, dict) else {}
    video, failure = answer.get("video"), answer.get("failure")
    if isinstance(failure, dict):
        return Outcome(found=found, failure=_failure(failure))
    if isinstance(video, dict) and (streams := _streams(video.get("streams"))):
        return Outcome(found=found, video=_video(video, streams))
    return Outcome(found=found, failure=_senseless())


def _senseless() -> Failure:
    return Failure(error_class="internal", error="The reader's answer made no sense.", tool=STOAT)


def _failure(answer: _Object) -> Failure:
    name = _error_class(answer.get("error_class")) or "internal"
    return Failure(
        error_class=name,
        error=shown(_text(answer.get("error")) or ERROR_CLASSES[name]),
        tool=_text(answer.get("tool")) or STOAT,
        elapsed_ms=_number(answer.get("elapsed_ms")),
    )


def _video(answer: _Object, streams: tuple[Stream, ...]) -> Video:
    return Video(
        container=_text(answer.get("container")) or "unknown",
        format_name=_text(answer.get("format_name")) or "unknown",
        streams=streams,
        duration_s=_duration(answer.get("duration_s")),
        start_s=_time(answer.get("start_s")),
        bitrate=_count(answer.get("bitrate")),
        n_chapters=_number(answer.get("n_chapters")) or 0,
        created_at=_text(answer.get("created_at")),
        encoder=_text(answer.get("encoder")),
        title=_text(answer.get("title")),
        tool=_text(answer.get("tool")) or "",
        integrity=_integrity(answer.get("integrity")) or UNKNOWN,
        integrity_level=_level(answer.get("integrity_level")) or NONE,
        integrity_reason=_text(answer.get("integrity_reason")),
        fragmented=_truth(answer.get("fragmented")),
        faststart=_truth(answer.get("faststart")),
        duration_basis=_basis(answer.get("duration_basis")),
        chapters=_chapters(answer.get("chapters")),
        tags=_tags(answer.get("tags"), len(streams)),
        quick_hash=_digest(answer.get("quick_hash")),
        document=_document(answer.get("document")),
    )


def _chapters(answer: Any) -> tuple[Chapter, ...]:
    given = answer[:_MOST_CHAPTERS] if isinstance(answer, list | tuple) else ()
    known = [chapter for chapter in given if isinstance(chapter, dict)]
    return tuple(
        Chapter(
            n=number,
            start_s=_time(chapter.get("start_s")),
            end_s=_time(chapter.get("end_s")),
            title=_text(chapter.get("title")),
        )
        for number, chapter in enumerate(known, start=1)
    )


def _tags(answer: Any, streams: int) -> tuple[Tag, ...]:
    given = answer[:_MOST_TAGS] if isinstance(answer, list | tuple) else ()
    return tuple(tag for tag in (_tag(one, streams) for one in given) if tag)


def _tag(answer: Any, streams: int) -> Tag | None:
    if not isinstance(answer, dict):
        return None
    key, value = _text(answer.get("key"), _LONGEST_KEY), _text(answer.get("value"), _LONGEST_TAG)
    idx = answer.get("idx")
    if type(idx) is not int or not 0 <= idx < streams:
        idx = None
    return Tag(key=key, value=value, idx=idx) if key and value else None


def _document(answer: Any) -> str | None:
    """Write what else the reader said; a document too long to keep whole is not kept."""
    if not isinstance(answer, dict):
        return None
    try:
        written = _WRITER.encode(answer)
    except (TypeError, ValueError, RecursionError):
        return None
    return written if len(written) <= _LONGEST_DOCUMENT else None


def _streams(answer: Any) -> tuple[Stream, ...]:
    """Read the streams in their order; their numbers are the places, whatever the answer says."""
    given = answer[:_MOST_STREAMS] if isinstance(answer, list | tuple) else ()
    known = [stream for stream in given if isinstance(stream, dict)]
    return tuple(_stream(idx, stream) for idx, stream in enumerate(known))


def _stream(idx: int, answer: _Object) -> Stream:
    facts: dict[str, Any] = {
        name: check(value)
        for name, value in answer.items()
        if value is not None and (check := _CHECKS.get(name))
    }
    if facts.get("fps_num") is None or facts.get("fps_den") is None:
        facts["fps_num"] = facts["fps_den"] = None
    facts["idx"], facts["kind"] = idx, facts.get("kind") or "unknown"
    return Stream(**facts)


# Each check is made once and called many million times; bounds that it closes over cost it the
# least. JSON has no subclasses, so that types are compared, and True is no number.


def _whole(least: int = 1, most: int = _LARGEST) -> Callable[[Any], int | None]:
    """Return what tells a whole number within bounds, and gives None for anything else."""

    def check(value: Any) -> int | None:
        return value if type(value) is int and least <= value <= most else None

    return check


def _real(least: float, most: float) -> Callable[[Any], float | None]:
    """Return what tells a number within finite bounds, and gives None for anything else."""

    def check(value: Any) -> float | None:
        # Comparing is exact for integers of any size, and false for NaN.
        if (type(value) is float or type(value) is int) and least <= value <= most:
            return float(value)
        return None

    return check


def _one_of(words: Iterable[str]) -> Callable[[Any], str | None]:
    """Return what tells some words, and gives None for anything else."""
    known = frozenset(words)

    def check(value: Any) -> str | None:
        return value if type(value) is str and value in known else None

    return check


def _text(value: Any, longest: int = _LONGEST_TEXT) -> str | None:
    """Return text that any column can hold, or None if there is none."""
    if type(value) is not str:
        return None
    kept = value[:longest].replace("\0", "\\x00").strip()
    if not kept.isascii():  # half a character of UTF-16 is none
        kept = kept.encode("utf-8", "backslashreplace").decode("utf-8")
    return kept or None


def _truth(value: Any) -> bool | None:
    return value if type(value) is bool else None


def _is_true(value: Any) -> bool:
    return value is True


def _duration(value: Any) -> float | None:
    return _span(value) or None


def _turn(value: Any) -> int | None:
    return value if type(value) is int and value in _TURNS else None


def _digest(value: Any) -> str | None:
    return value if type(value) is str and _DIGEST.fullmatch(value) else None


_count, _number, _pixels = _whole(), _whole(least=0), _whole(most=_MOST_PIXELS)
_byte = _whole(least=0, most=_MOST_BYTE)
_time, _span = _real(-_MOST_SECONDS, _MOST_SECONDS), _real(0.0, _MOST_SECONDS)
_basis, _error_class = _one_of(_BASES), _one_of(ERROR_CLASSES)
_integrity, _level = _one_of(INTEGRITY), _one_of(LEVELS)

#: What each fact of a stream must be, in one pass over what there is: most of them are unknown.
_CHECKS: dict[Any, Callable[[Any], Any]] = {
    "kind": _one_of(_KINDS),
    **dict.fromkeys(("channels", "sample_rate", "bitrate", "frame_count", "bit_depth"), _count),
    **dict.fromkeys(("fps_num", "fps_den", "max_cll", "max_fall"), _count),
    **dict.fromkeys(("width", "height", "coded_width", "coded_height"), _pixels),
    "level": _number,
    "rotation": _turn,
    "sar": _real(1e-4, 1e4),
    **dict.fromkeys(("dv_profile", "dv_compat"), _byte),
    "duration_s": _duration,
    "start_s": _time,
    **dict.fromkeys(("frame_min_s", "frame_max_s", "frame_avg_s"), _span),
    **dict.fromkeys(("codec", "codec_tag", "profile", "pix_fmt", "chroma"), _text),
    **dict.fromkeys(("color_range", "color_space", "color_transfer", "color_primaries"), _text),
    **dict.fromkeys(("channel_layout", "language", "title"), _text),
    **dict.fromkeys(("is_default", "is_forced", "is_cover"), _is_true),
    **dict.fromkeys(("interlaced", "has_b_frames"), _truth),
    "hdr": _one_of(_HDR),
    "field_order": _one_of(_ORDERS),
    "fps_mode": _one_of(_MODES),
    **dict.fromkeys(("fps_mode_basis", "frame_count_basis", "bitrate_basis"), _basis),
}
