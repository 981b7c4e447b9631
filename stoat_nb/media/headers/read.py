"""One pass over a file's headers: its structure, its timing, and whatever else they prove."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from stoat_nb.media.completed import completed
from stoat_nb.media.headers.segment import segment
from stoat_nb.media.headers.timing import (
    Timing,
    add_timing,
    of_segment,
    of_tracks,
    stated_by_movie,
    stated_by_segment,
)
from stoat_nb.media.headers.tracks import movie_header, tracks
from stoat_nb.media.movie import movie
from stoat_nb.media.structure.check import is_iso, is_matroska, structure
from stoat_nb.media.structure.iso import check_movie
from stoat_nb.media.structure.verdict import UNCHECKED, Structure, beyond_measure
from stoat_nb.media.window import TooMuch, Window


@dataclass(frozen=True, slots=True)
class Headers:
    """What a file's headers say, whoever reads its streams."""

    structure: Structure = UNCHECKED
    timings: list[Timing] = field(default_factory=list)
    stated_s: float | None = None  #: How long the container's header says the film is.

    def complete(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Add to what libav read."""
        facts |= asdict(self.structure)
        add_timing(facts["streams"], self.timings)
        return completed(facts, self.stated_s)


def read_headers(window: Window) -> Headers:
    """Read a file's headers; whatever it holds, there is an answer."""
    head = window.at(0, 16)
    try:
        if is_iso(head):
            return _iso(window)
        if is_matroska(head):
            return _matroska(window)
    except TooMuch:
        return Headers(beyond_measure())
    return Headers(structure(window))


def _iso(window: Window) -> Headers:
    film = movie(window)
    found = tracks(window, film)
    stated = stated_by_movie(movie_header(window, film))
    return Headers(check_movie(window, film), of_tracks(window, found), stated)


def _matroska(window: Window) -> Headers:
    found = segment(window)
    shape = structure(window)
    if found is None:
        return Headers(shape)
    return Headers(shape, of_segment(found), stated_by_segment(found))
