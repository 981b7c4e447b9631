"""What only a container's own tables say of its streams' time, added to what libav read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from stoat_nb.media.headers import rates
from stoat_nb.media.headers.segment import Segment, number, real
from stoat_nb.media.headers.tracks import Header, Track, total_size
from stoat_nb.media.window import Window

_KINDS = {1: "video", 2: "audio", 17: "subtitle"}
_HANDLERS = {b"vide": "video", b"soun": "audio"}
_NANOSECONDS = 1_000_000_000
_DEFAULT_SCALE = 1_000_000
#: Samples of one track whose sizes are worth reading: an hour of video.
MOST_SIZES = 1 << 17


@dataclass(frozen=True, slots=True)
class Timing:
    """What the tables say of one stream."""

    kind: str
    id: int | None  #: The stream's own number in the file; None if only its place counts.
    mode: str | None
    bitrate: int | None = None  #: From the sizes of all samples.


def of_tracks(window: Window, tracks: Iterable[Track]) -> list[Timing]:
    """Read the timing of ISO tracks from their tables of durations and sizes."""
    return [
        Timing(
            _HANDLERS.get(track.handler, ""),
            track.id,
            rates.mode_of(track.durations),
            bitrate_of(window, track),
        )
        for track in tracks
    ]


def bitrate_of(window: Window, track: Track) -> int | None:
    """Divide the size of all samples by their time; None where a table is long or empty."""
    size = total_size(window, track.tables, MOST_SIZES)
    if not size or not track.duration:
        return None
    return size * 8 * track.time_scale // track.duration


def of_segment(found: Segment) -> list[Timing]:
    """Read the timing of Matroska tracks: a stated duration of each frame is a constant rate."""
    return [
        Timing(
            _KINDS.get(number(entry, 0x83) or 0, ""),
            None,
            rates.CONSTANT if number(entry, 0x23E383) else None,
        )
        for entry in found.tracks
    ]


def stated_by_movie(header: Header | None) -> float | None:
    """Return how long a movie header says the film is."""
    known = header is not None and header.duration and header.time_scale
    return header.duration / header.time_scale if header and header.duration and known else None


def stated_by_segment(found: Segment) -> float | None:
    """Return how long a segment says it is."""
    ticks = real(found.info, 0x4489)
    scale = number(found.info, 0x2AD7B1) or _DEFAULT_SCALE
    return ticks * scale / _NANOSECONDS if ticks else None


def add_timing(streams: list[dict[str, Any]], timings: list[Timing]) -> None:
    """Add the timing to the streams it belongs to."""
    for stream, timing in _pairs(streams, timings):
        if stream["kind"] == "video" and timing.mode:
            stream["fps_mode"], stream["fps_mode_basis"] = timing.mode, rates.CONTAINER
        if timing.id is not None and (stream.get("bitrate") or timing.bitrate):
            stream["bitrate"] = stream.get("bitrate") or timing.bitrate
            stream["bitrate_basis"] = "sizes"


def _pairs(
    streams: list[dict[str, Any]], timings: list[Timing]
) -> Iterator[tuple[dict[str, Any], Timing]]:
    by_id = {timing.id: timing for timing in timings if timing.id is not None}
    for place, stream in enumerate(streams):
        found = by_id.get(stream.get("id") or 0) if by_id else None
        if not by_id and place < len(timings):
            found = timings[place]
        if found and found.kind in ("", stream["kind"]) and not stream.get("is_cover"):
            yield stream, found
