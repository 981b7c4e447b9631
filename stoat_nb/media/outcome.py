"""The worker's answer, checked: untrusted JSON in, a ``Video`` or a ``Failure`` out, no exception.

A worker has read a hostile file with C code, so its answer is no more to be trusted than the file.
What is missing, of the wrong type or impossible becomes None; what makes no sense at all a failure.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import partial
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
_ERROR_CLASSES, _INTEGRITY, _LEVELS = map(frozenset, (ERROR_CLASSES, INTEGRITY, LEVELS))
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
    name = _one_of(answer.get("error_class"), _ERROR_CLASSES) or "internal"
    return Failure(
        error_class=name,
        error=shown(text(answer.get("error")) or ERROR_CLASSES[name]),
        tool=text(answer.get("tool")) or STOAT,
        elapsed_ms=whole(answer.get("elapsed_ms"), least=0),
    )


def _video(answer: _Object, streams: tuple[Stream, ...]) -> Video:
    return Video(
        container=text(answer.get("container")) or "unknown",
        format_name=text(answer.get("format_name")) or "unknown",
        streams=streams,
        duration_s=_duration(answer.get("duration_s")),
        start_s=real(answer.get("start_s"), least=-_MOST_SECONDS, most=_MOST_SECONDS),
        bitrate=whole(answer.get("bitrate")),
        n_chapters=whole(answer.get("n_chapters"), least=0) or 0,
        created_at=text(answer.get("created_at")),
        encoder=text(answer.get("encoder")),
        title=text(answer.get("title")),
        tool=text(answer.get("tool")) or "",
        integrity=_one_of(answer.get("integrity"), _INTEGRITY) or UNKNOWN,
        integrity_level=_one_of(answer.get("integrity_level"), _LEVELS) or NONE,
        integrity_reason=text(answer.get("integrity_reason")),
        fragmented=truth(answer.get("fragmented")),
        faststart=truth(answer.get("faststart")),
        duration_basis=_one_of(answer.get("duration_basis"), _BASES),
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
            start_s=real(chapter.get("start_s"), least=-_MOST_SECONDS, most=_MOST_SECONDS),
            end_s=real(chapter.get("end_s"), least=-_MOST_SECONDS, most=_MOST_SECONDS),
            title=text(chapter.get("title")),
        )
        for number, chapter in enumerate(known, start=1)
    )


def _tags(answer: Any, streams: int) -> tuple[Tag, ...]:
    given = answer[:_MOST_TAGS] if isinstance(answer, list | tuple) else ()
    return tuple(tag for tag in (_tag(one, streams) for one in given) if tag)


def _tag(answer: Any, streams: int) -> Tag | None:
    if not isinstance(answer, dict):
        return None
    key, value = text(answer.get("key"), _LONGEST_KEY), text(answer.get("value"), _LONGEST_TAG)
    idx = whole(answer.get("idx"), least=0, most=streams - 1)
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
        facts |= {"fps_num": None, "fps_den": None}
    return Stream(**{**facts, "idx": idx, "kind": facts.get("kind") or "unknown"})


def whole(value: Any, *, least: int = 1, most: int = _LARGEST) -> int | None:
    """Return a whole number within bounds; None for anything else."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if least <= value <= most else None


def real(value: Any, *, least: float, most: float) -> float | None:
    """Return a finite number within bounds; None for anything else."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    if not least <= value <= most:  # comparing is exact for integers of any size, and false for NaN
        return None
    return float(value) if math.isfinite(value) else None


def truth(value: Any) -> bool | None:
    """Return a truth value; None for anything else."""
    return value if isinstance(value, bool) else None


def text(value: Any, longest: int = _LONGEST_TEXT) -> str | None:
    """Return text that any column can hold, or None if there is none."""
    if not isinstance(value, str):
        return None
    kept = value[:longest].replace("\0", "\\x00").strip()
    if not kept.isascii():  # half a character of UTF-16 is none
        kept = kept.encode("utf-8", "backslashreplace").decode("utf-8")
    return kept or None


def _duration(value: Any) -> float | None:
    seconds = real(value, least=0.0, most=_MOST_SECONDS)
    return seconds or None


def _turn(value: Any) -> int | None:
    degrees = whole(value, least=0)
    return degrees if degrees in _TURNS else None


def _digest(value: Any) -> str | None:
    return value if isinstance(value, str) and _DIGEST.fullmatch(value) else None


def _one_of(value: Any, words: frozenset[str]) -> str | None:
    return value if isinstance(value, str) and value in words else None


def _is_true(value: Any) -> bool:
    return value is True


_PIXELS = partial(whole, most=_MOST_PIXELS)
_BYTE = partial(whole, least=0, most=_MOST_BYTE)
_TIME = partial(real, least=-_MOST_SECONDS, most=_MOST_SECONDS)
_SPAN = partial(real, least=0.0, most=_MOST_SECONDS)
_BASIS = partial(_one_of, words=_BASES)

#: What each fact of a stream must be, in one pass over what there is: most of them are unknown.
_CHECKS: dict[Any, Callable[[Any], Any]] = {
    "kind": partial(_one_of, words=_KINDS),
    **dict.fromkeys(("channels", "sample_rate", "bitrate", "frame_count", "bit_depth"), whole),
    **dict.fromkeys(("fps_num", "fps_den", "max_cll", "max_fall"), whole),
    **dict.fromkeys(("width", "height", "coded_width", "coded_height"), _PIXELS),
    "level": partial(whole, least=0),
    "rotation": _turn,
    "sar": partial(real, least=1e-4, most=1e4),
    **dict.fromkeys(("dv_profile", "dv_compat"), _BYTE),
    "duration_s": _duration,
    "start_s": _TIME,
    **dict.fromkeys(("frame_min_s", "frame_max_s", "frame_avg_s"), _SPAN),
    **dict.fromkeys(("codec", "codec_tag", "profile", "pix_fmt", "chroma"), text),
    **dict.fromkeys(("color_range", "color_space", "color_transfer", "color_primaries"), text),
    **dict.fromkeys(("channel_layout", "language", "title"), text),
    **dict.fromkeys(("is_default", "is_forced", "is_cover"), _is_true),
    **dict.fromkeys(("interlaced", "has_b_frames"), truth),
    "hdr": partial(_one_of, words=_HDR),
    "field_order": partial(_one_of, words=_ORDERS),
    "fps_mode": partial(_one_of, words=_MODES),
    **dict.fromkeys(("fps_mode_basis", "frame_count_basis", "bitrate_basis"), _BASIS),
}
