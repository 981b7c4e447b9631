"""One pass over a file's headers: its structure, its timing, and whatever else they prove."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from stoat_nb.media.budgeted_reader import BudgetedReader, BudgetExceeded
from stoat_nb.media.codecs.bits import OutOfBits
from stoat_nb.media.derived_facts import add_derived_facts
from stoat_nb.media.isobmff.movie import read_movie
from stoat_nb.media.isobmff.probe import movie_facts
from stoat_nb.media.isobmff.structure import check_movie, has_data_elsewhere
from stoat_nb.media.isobmff.tracks import read_movie_header, read_tracks
from stoat_nb.media.matroska.probe import first_blocks, segment_facts, starts_of
from stoat_nb.media.matroska.segment import read_segment
from stoat_nb.media.matroska.structure import check_segment
from stoat_nb.media.origin import asf, matroska as matroska_origin, movie as movie_origin, mxf, riff
from stoat_nb.media.origin.clues import Clues, origin_facts
from stoat_nb.media.origin.tags import add_tags
from stoat_nb.media.structure.check import is_iso, is_matroska, structure
from stoat_nb.media.structure.verdict import SUSPECT, UNCHECKED, Structure, too_many_headers
from stoat_nb.media.structure.zeros import doubt_zeros, ends_in_zeros
from stoat_nb.media.timing import (
    Timing,
    add_starts,
    add_timing,
    of_segment,
    of_tracks,
    stated_by_movie,
    stated_by_segment,
)
from stoat_nb.media.unsupported import UnsupportedLayout, require

#: Whatever goes wrong while headers are read means that they prove nothing.
_NOT_PROVEN = (UnsupportedLayout, OutOfBits, LookupError, ArithmeticError, ValueError, struct.error)
_NO_STARTS: Mapping[int, float] = {}
#: Who reads where a file of another format comes from, by the bytes it starts with.
_ORIGINS: tuple[tuple[bytes, Callable[[BudgetedReader], Clues]], ...] = (
    (b"RIFF", riff.clues_in),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", asf.clues_in),
    (b"\x06\x0e\x2b\x34\x02\x05\x01\x01", mxf.clues_in),
)


class Headers(NamedTuple):
    """What a file's headers say, whoever reads its streams."""

    structure: Structure = UNCHECKED
    timings: Sequence[Timing] = ()
    stated_s: float | None = None  #: How long the container's header says the film is.
    facts: dict[str, Any] | None = None  #: All there is to know, if the headers prove it.
    starts: Mapping[int, float] = _NO_STARTS  #: Seconds, by the stream's place.
    reason: str | None = None  #: Why libav must be asked, if they do not.
    is_empty: bool = False  #: Nothing but the start of a stream: its length is that of no content.
    has_data_elsewhere: bool = False  #: Samples are in another file, which nobody opens.
    ends_in_zeros: bool = False
    clues: Clues | None = None  #: Where the film comes from, beyond what its tags say.

    def complete(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Add to what libav read."""
        facts |= self.structure._asdict()
        add_timing(facts["streams"], self.timings)
        add_starts(facts, self.starts)
        clues = self.clues or Clues()
        add_tags(clues, facts["tags"], facts["format_name"])
        if told := facts.pop("sample_clues", None):
            clues.add(told)
        facts |= origin_facts(clues)
        if self.is_empty:
            for one in (facts, *facts["streams"]):
                one |= {"duration_s": None, "bitrate": None}
        if self.ends_in_zeros:
            doubt_zeros(facts)
        return add_derived_facts(facts, None if self.is_empty else self.stated_s)


def read_headers(reader: BudgetedReader, *, is_libav_next: bool = False) -> Headers:
    """Read a file's headers; whatever it holds, there is an answer.

    Who asks libav in any case spares the proof, and gets what libav's answer is completed with.
    """
    headers = _read(reader, is_libav_next=is_libav_next)
    if ends_in_zeros(reader, headers.structure.integrity):
        headers = headers._replace(ends_in_zeros=True)
    return headers


def _read(reader: BudgetedReader, *, is_libav_next: bool) -> Headers:
    head = reader.at(0, 16)
    try:
        if is_iso(head):
            return _iso(reader, is_libav_next=is_libav_next)
        if is_matroska(head):
            return _matroska(reader, is_libav_next=is_libav_next)
    except BudgetExceeded:
        return Headers(too_many_headers())
    read = next((read for start, read in _ORIGINS if head.startswith(start)), None)
    return Headers(structure(reader), clues=_clues(read, reader) if read else None)


def _clues(read: Callable[..., Clues], *source: Any) -> Clues | None:
    """Return what a reader finds; what is broken says nothing of its origin."""
    try:
        return read(*source)
    except (*_NOT_PROVEN, BudgetExceeded):
        return None


def _iso(reader: BudgetedReader, *, is_libav_next: bool) -> Headers:
    movie = read_movie(reader)
    found, header = read_tracks(reader, movie), read_movie_header(reader, movie)
    shape, stated = check_movie(reader, movie), stated_by_movie(header)
    clues = _clues(movie_origin.clues_in, reader, movie, header, found)
    try:
        require(not is_libav_next, "libav is asked")
        facts = movie_facts(reader, movie, header, found, shape)
    except _NOT_PROVEN as reason:
        why = str(reason) or "a strange header"
        timings = of_tracks(reader, found, header, with_sizes=True)
        headers = Headers(shape, timings, stated, reason=why, clues=clues)
        elsewhere = shape.integrity == SUSPECT and has_data_elsewhere(reader, movie)
        return headers._replace(is_empty=movie.is_empty, has_data_elsewhere=elsewhere)
    return Headers(shape, of_tracks(reader, found, header), stated, facts, clues=clues)


def _matroska(reader: BudgetedReader, *, is_libav_next: bool) -> Headers:
    found = read_segment(reader)
    if found is None:
        return Headers(structure(reader))
    shape = structure(reader, partial(check_segment, segment=found.top))
    timings, stated = of_segment(found), stated_by_segment(found)
    begin: dict[int, float] = {}
    clues = _clues(matroska_origin.clues_in, found)
    try:
        blocks = first_blocks(reader, found)
        begin = starts_of(found, blocks)
        require(not is_libav_next, "libav is asked")
        facts = segment_facts(reader, found, shape, blocks)
    except _NOT_PROVEN as reason:
        why = str(reason) or "a strange header"
        return Headers(shape, timings, stated, reason=why, starts=begin, clues=clues)
    return Headers(shape, timings, stated, facts, begin, clues=clues)
