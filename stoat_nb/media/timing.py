"""What only a container's own tables say of its streams, added to what libav read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from stoat_nb.media import frame_rates
from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.isobmff.display_matrix import IDENTITY
from stoat_nb.media.isobmff.sample_sizes import size_of
from stoat_nb.media.isobmff.track_facts import track_facts as isobmff_facts
from stoat_nb.media.isobmff.tracks import MovieHeader, Track
from stoat_nb.media.matroska import element_ids as ids
from stoat_nb.media.matroska.segment import Segment, number, real
from stoat_nb.media.matroska.track_facts import track_facts as matroska_facts

_KINDS = {1: "video", 2: "audio", 17: "subtitle"}
_HANDLERS = {b"vide": "video", b"soun": "audio"}
_NANOSECONDS = 1_000_000_000
_DEFAULT_SCALE = 1_000_000


class Timing(NamedTuple):
    """What the tables say of one stream."""

    kind: str
    id: int | None  #: The stream's own number in the file; None if only its place counts.
    mode: str | None
    bitrate: int | None = None  #: From the sizes of all samples.
    facts: Mapping[str, Any] = {}  #: What libav does not hand out, or not as it is.


def of_tracks(
    reader: BudgetedReader,
    tracks: Iterable[Track],
    header: MovieHeader | None,
    *,
    with_sizes: bool = False,
) -> list[Timing]:
    """Read the timing of ISO tracks from their tables of durations and, if asked to, of sizes."""
    movie = header.matrix if header else IDENTITY
    return [
        Timing(
            _HANDLERS.get(track.handler, ""),
            track.id,
            frame_rates.mode_of(track.durations),
            bitrate_of(reader, track) if with_sizes else None,
            isobmff_facts(reader, track, movie),
        )
        for track in tracks
    ]


def bitrate_of(reader: BudgetedReader, track: Track) -> int | None:
    """Divide the size of all samples by their time; None where a table is long or empty."""
    length = min(track.duration or 0, track.played or track.duration or 0)
    return size_of(reader, track).bitrate(length, track.time_scale)


def of_segment(found: Segment) -> list[Timing]:
    """Read the timing of Matroska tracks: a stated duration of each frame is a constant rate."""
    return [
        Timing(
            _KINDS.get(number(entry, ids.TRACK_TYPE) or 0, ""),
            None,
            frame_rates.CONSTANT if number(entry, ids.DEFAULT_DURATION) else None,
            facts=matroska_facts(entry),
        )
        for entry in found.tracks
    ]


def stated_by_movie(header: MovieHeader | None) -> float | None:
    """Return how long a movie header says the film is."""
    known = header is not None and header.duration and header.time_scale
    return header.duration / header.time_scale if header and header.duration and known else None


def stated_by_segment(found: Segment) -> float | None:
    """Return how long a segment says it is."""
    ticks = real(found.info, ids.DURATION)
    scale = number(found.info, ids.TIMESTAMP_SCALE) or _DEFAULT_SCALE
    return ticks * scale / _NANOSECONDS if ticks else None


def add_timing(streams: list[dict[str, Any]], timings: Sequence[Timing]) -> None:
    """Add the timing to the streams it belongs to."""
    for stream, timing in _pairs(streams, timings):
        if stream["kind"] == "video" and timing.mode:
            stream["fps_mode"], stream["fps_mode_basis"] = timing.mode, frame_rates.CONTAINER
        stream.update(timing.facts)
        if timing.id is not None and (stream.get("bitrate") or timing.bitrate):
            stream["bitrate"] = stream.get("bitrate") or timing.bitrate
            stream.setdefault("bitrate_basis", "sizes")


def _pairs(
    streams: list[dict[str, Any]], timings: Sequence[Timing]
) -> Iterator[tuple[dict[str, Any], Timing]]:
    by_id = {timing.id: timing for timing in timings if timing.id is not None}
    for place, stream in enumerate(streams):
        found = by_id.get(stream.get("id") or 0) if by_id else None
        if not by_id and place < len(timings):
            found = timings[place]
        if found and found.kind in ("", stream["kind"]) and not stream.get("is_cover"):
            yield stream, found


def add_starts(facts: dict[str, Any], starts: Mapping[int, float]) -> None:
    """Add when streams start where libav did not read as far as it takes to know."""
    known = []
    for place, stream in enumerate(facts["streams"]):
        if stream.get("start_s") is None and stream["kind"] in ("video", "audio"):
            stream["start_s"] = starts.get(place)
        if stream.get("start_s") is not None:
            known.append(stream["start_s"])
    if facts.get("start_s") is None:
        facts["start_s"] = min(known, default=None)
