"""What only a container's own tables say of its streams, added to what libav read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from stoat_nb.media import frame_rates
from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.derived_facts import restate_length
from stoat_nb.media.isobmff.display_matrix import IDENTITY, Matrix
from stoat_nb.media.isobmff.sample_sizes import size_of
from stoat_nb.media.isobmff.track_facts import track_facts as isobmff_facts
from stoat_nb.media.isobmff.tracks import MovieHeader, Track
from stoat_nb.media.matroska import element_ids as ids
from stoat_nb.media.matroska.segment import NANOSECONDS, Segment, Tree, last, number, real
from stoat_nb.media.matroska.timing import Beat, beat_of, last_time, nominal_of
from stoat_nb.media.matroska.track_facts import track_facts as matroska_facts

_KINDS = {1: "video", 2: "audio", 17: "subtitle"}
_HANDLERS = {b"vide": "video", b"soun": "audio"}
_MICROSECONDS = 1_000_000
_ASTRAY_S = 0.1
_FRAMES_ASTRAY = 2  # that rounding and the ends of a film explain


class Timing(NamedTuple):
    """What the tables say of one stream."""

    kind: str
    id: int | None  #: The stream's own number in the file; None if only its place counts.
    mode: str | None = None
    mode_basis: str = frame_rates.CONTAINER
    rate: Fraction | None = None  #: The average, where frames come at an even beat.
    nominal: Fraction | None = None  #: As it is stated.
    frames: int | None = None  #: Counted one by one.
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
    return [_of_track(reader, track, movie, with_sizes=with_sizes) for track in tracks]


def _of_track(reader: BudgetedReader, track: Track, movie: Matrix, *, with_sizes: bool) -> Timing:
    kind, facts = _HANDLERS.get(track.handler, ""), isobmff_facts(reader, track, movie)
    bitrate = bitrate_of(reader, track) if with_sizes else None
    if kind != "video":
        return Timing(kind, track.id, bitrate=bitrate, facts=facts)
    mode, tick = frame_rates.mode_of(track.durations), Fraction(1, track.time_scale or 1)
    rate = beat = None
    if mode == frame_rates.CONSTANT and track.samples and track.played:
        rate = frame_rates.measured(track.samples, track.played, tick)
        beat = frame_rates.beat_of(track.durations, tick)
    nominal = beat or frame_rates.usual_of(track.durations, tick)
    return Timing(kind, track.id, mode, rate=rate, nominal=nominal, bitrate=bitrate, facts=facts)


def bitrate_of(reader: BudgetedReader, track: Track) -> int | None:
    """Divide the size of all samples by their time; None where a table is long or empty."""
    length = min(track.duration or 0, track.played or track.duration or 0)
    return size_of(reader, track).bitrate(length, track.time_scale)


def of_segment(
    reader: BudgetedReader, found: Segment, facts: dict[str, Any] | None
) -> list[Timing]:
    """Read the timing of Matroska tracks, of pictures that ``facts`` do not count at both ends."""
    streams = facts["streams"] if facts else ()
    counted = {idx for idx, one in enumerate(streams) if one.get("frame_count")}
    return [
        _of_entry(reader, found, entry, is_counted=idx in counted)
        for idx, entry in enumerate(found.tracks)
    ]


def _of_entry(reader: BudgetedReader, found: Segment, entry: Tree, *, is_counted: bool) -> Timing:
    kind = _KINDS.get(number(entry, ids.TRACK_TYPE) or 0, "")
    if kind != "video":
        return Timing(kind, None, facts=matroska_facts(entry))
    nominal = nominal_of(entry)
    beat = Beat(nominal) if is_counted and nominal else beat_of(reader, found, entry, nominal)
    basis = frame_rates.ENDS if beat.frames is None else frame_rates.CONTAINER
    return Timing(
        kind,
        None,
        beat.mode,
        basis,
        beat.rate,
        beat.nominal,
        beat.frames,
        facts=matroska_facts(entry),
    )


class Length(NamedTuple):
    """How long a container says that its film is."""

    seconds: float | None = None
    counts_from_zero: bool = False  #: It is when the film ends, and not how long it lasts.
    is_measured: bool = False  #: It is the time of the last frame.


def stated_by_movie(header: MovieHeader | None) -> Length:
    """Return how long a movie header says the film is."""
    known = header is not None and header.duration and header.time_scale
    return Length(
        header.duration / header.time_scale if header and header.duration and known else None
    )


def stated_by_segment(reader: BudgetedReader, found: Segment) -> Length:
    """Return how long a segment says it is, else when its last frame is shown.

    RFC 9559, section 5.1.2.10, leaves open from when Duration counts: libavformat counts from 0,
    libmatroska from the first frame.
    """
    if ticks := real(found.info, ids.DURATION):
        is_from_zero = last(found.info, ids.MUXING_APP).startswith(b"Lavf")
        return Length(ticks * (found.scale / NANOSECONDS), counts_from_zero=is_from_zero)
    if not (ticks := last_time(reader, found)):
        return Length()
    rates = [nominal_of(entry) for entry in found.tracks]
    frame = 1 / next((rate for rate in rates if rate), Fraction(_MICROSECONDS))
    seconds = Fraction(ticks * found.scale, NANOSECONDS) + frame
    return Length(float(seconds), counts_from_zero=True, is_measured=True)


def add_length(facts: dict[str, Any], length: Length, size_bytes: int) -> float | None:
    """Say how long the film can be played: from its first frame to the end of its last.

    Captions do not make it longer. What tags say of each stream is believed if they agree with
    what the container says of the whole; that is returned.
    """
    if not length.seconds:
        return None
    begin = facts.get("start_s") or 0.0
    start = begin if length.counts_from_zero and begin < length.seconds else 0.0
    ends = [(one["kind"], one.get("end_s")) for one in facts["streams"]]
    played = [end for kind, end in ends if kind in ("video", "audio")]
    last_end = max((end for _kind, end in ends if end), default=0.0)
    is_agreed = all(played) and abs(last_end - length.seconds) < _ASTRAY_S
    seconds = (max(played, default=0.0) if is_agreed else length.seconds) - start
    if seconds != facts.get("duration_s"):
        restate_length(facts, seconds, size_bytes)
    return length.seconds - start


def add_timing(streams: list[dict[str, Any]], timings: Sequence[Timing]) -> None:
    """Add the timing to the streams it belongs to."""
    for stream, timing in _pairs(streams, timings):
        if stream["kind"] == "video":
            _add_rate(stream, timing)
        stream.update(timing.facts)
        if timing.id is not None and (stream.get("bitrate") or timing.bitrate):
            stream["bitrate"] = stream.get("bitrate") or timing.bitrate
            stream.setdefault("bitrate_basis", "sizes")


def _add_rate(stream: dict[str, Any], timing: Timing) -> None:
    """Add how often frames come: what is stated is the rate unless frames show another."""
    mode, basis, rate = timing.mode, timing.mode_basis, timing.rate
    if timing.frames:
        stream["frame_count"], stream["frame_count_basis"] = timing.frames, "counted"
    is_by_place, average = timing.id is None, None
    if is_by_place and mode != frame_rates.CONSTANT:
        count = stream.get("frame_count") or 0
        seconds = Fraction(round((stream.get("duration_s") or 0) * _MICROSECONDS), _MICROSECONDS)
        average = count / seconds if count and seconds else None
    if average and not mode and timing.nominal:
        is_even = abs(count / timing.nominal - seconds) <= _FRAMES_ASTRAY / timing.nominal
        mode, basis = (frame_rates.CONSTANT if is_even else frame_rates.VARIABLE), frame_rates.TAGS
    if mode:
        stream["fps_mode"], stream["fps_mode_basis"] = mode, basis
    if timing.nominal:
        stream["fps_nominal"] = float(timing.nominal)
    if is_by_place and mode == frame_rates.VARIABLE:
        rate = average
        stream["fps_num"] = stream["fps_den"] = None
    elif is_by_place:
        rate = rate or timing.nominal
    if rate:
        stream["fps_num"], stream["fps_den"] = rate.numerator, rate.denominator


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
    """Add when streams start where libav did not read as far as it takes to know.

    It says of pictures that it did not come to that they start with the file.
    """
    known = []
    for place, stream in enumerate(facts["streams"]):
        is_unknown = stream.get("start_s") is None and stream["kind"] == "audio"
        if is_unknown or (stream["kind"] == "video" and place in starts):
            stream["start_s"] = starts.get(place)
            if stream.get("end_s") and place in starts:
                stream["duration_s"] = stream["end_s"] - starts[place]
        if stream.get("start_s") is not None:
            known.append(stream["start_s"])
    if facts.get("start_s") is None:
        facts["start_s"] = min(known, default=None)
