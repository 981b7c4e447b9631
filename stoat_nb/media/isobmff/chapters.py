"""Chapters of an MP4 or QuickTime film: Nero's list, a track of titles, and GoPro's highlights.

The forms: QuickTime File Format, "Chapter Lists"; ``chpl`` and ``HMMT`` by comparing files.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.facts import Facts
from stoat_nb.media.isobmff.boxes import Box
from stoat_nb.media.isobmff.movie import Movie
from stoat_nb.media.isobmff.samples import first_places
from stoat_nb.media.isobmff.tracks import Track
from stoat_nb.media.timestamps import Span, rescale, whole
from stoat_nb.media.unsupported import require

HANDLER = b"text"
_LIST, _MOMENTS, _REFERENCE = b"chpl", b"HMMT", b"chap"
LISTS = frozenset([_LIST, _MOMENTS])
_MOST, _LONGEST_LIST = 255, 1 << 16
_LIST_SCALE, _MOMENT_SCALE, _SECOND = 10_000_000, 1000, 1_000_000
_MOST_BYTES = 1024  # of a title


class _Chapter(NamedTuple):
    start: int
    end: int | None  #: None if it ends where the next one starts.
    scale: int
    title: str | None


def chapters_of(
    reader: BudgetedReader, movie: Movie, tracks: list[Track], spans: list[Span]
) -> list[Facts]:
    """Return the chapters of a film."""
    places = movie.moov.all(b"udta") if movie.moov else []
    nodes = [node for place in places for kind in sorted(LISTS) for node in place.all(kind)]
    require(len(nodes) <= 1, "several lists of chapters")
    found = [one for node in nodes for one in _listed(reader, node)]
    titles = _titles(tracks)
    for track, span in zip(tracks, spans, strict=True):
        if track is titles:
            told = list(_told(reader, track, span.duration))
            require(not found or len(found) == len(told), "two lists of chapters")
            found = told
    return [_written(one, found, sum(whole(spans))) for one in found]


def _written(chapter: _Chapter, every: list[_Chapter], end_us: int) -> Facts:
    """Let a chapter end where the next one starts, or with the film."""
    end = chapter.end
    if end is None:
        require(end_us > 0, "a film without an end")
        last = rescale(end_us, chapter.scale, _SECOND)
        ends = [one.start for one in every if chapter.start < one.start < last]
        end = max(chapter.start, min(ends, default=last))
    times = {"start_s": chapter.start / chapter.scale, "end_s": end / chapter.scale}
    return {**times, "title": chapter.title}


def _listed(reader: BudgetedReader, box: Box) -> Iterator[_Chapter]:
    size = box.end - box.body
    require(size <= _LONGEST_LIST, "a long list of chapters")
    body = reader.at(box.body, size)
    if box.kind == _MOMENTS:
        count = int.from_bytes(body[:4], "big")
        require(len(body) >= 4 + 4 * count and count <= _MOST, "highlights miscounted")
        for [moment] in struct.iter_unpack(">I", body[4 : 4 + 4 * count]):
            require(moment < 1 << 31, "highlights beyond measure")
            yield _Chapter(moment, None, _MOMENT_SCALE, None)
        return
    at = 8 if body[:1] != b"\0" else 4
    count, at = body[at], at + 1
    for _ in range(count):
        start, length = struct.unpack_from(">QB", body, at)
        title, at = body[at + 9 : at + 9 + length], at + 9 + length
        require(at <= len(body) and start < 1 << 62, "chapters beyond their list")
        yield _Chapter(start, None, _LIST_SCALE, _text(title))


def _text(raw: bytes) -> str:
    require(raw and b"\0" not in raw, "a chapter without a title")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        require(condition=False, reason="text that is no UTF-8")
        return ""


def _titles(tracks: list[Track]) -> Track | None:
    """Return the track of titles that others refer to."""
    named = {box for track in tracks for box in track.chapters}
    found = [track for track in tracks if track.id in named]
    require(len(named) <= 1 and len(found) == len(named), "chapters that are not there")
    texts = [track for track in tracks if track.handler == HANDLER]
    require(texts == found, "a text that is no list of chapters")
    return found[0] if found else None


def _told(reader: BudgetedReader, track: Track, length: int) -> Iterator[_Chapter]:
    require(
        track.samples and track.samples <= _MOST and not track.stbl.one(b"ctts"), "many chapters"
    )
    steps = [ticks for count, ticks in track.durations or () for _ in range(count)]
    places = first_places(reader, track, _MOST)
    require(len(places) == len(steps) and all(steps), "chapters miscounted")
    require(all(edit.media_time == 0 for edit in track.edits), "chapters that start late")
    now, last = 0, sum(steps[:-1])
    require(last <= length, "chapters beyond the film")
    for step, (offset, size) in zip(steps, places, strict=True):
        require(2 < size <= _MOST_BYTES, "a chapter without a title")  # noqa: PLR2004 - its length
        sample = reader.exactly(offset, size)
        letters = int.from_bytes(sample[:2], "big")
        require(0 < letters <= len(sample) - 2, "a chapter without a title")
        title = sample[2 : 2 + letters]
        require(title[:2] not in (b"\xfe\xff", b"\xff\xfe"), "a title of another form")
        yield _Chapter(now, length if now == last else now + step, track.time_scale, _text(title))
        now += step
