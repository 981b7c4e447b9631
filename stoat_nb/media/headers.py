"""One pass over a file's headers: its structure, its timing, and whatever else they prove."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import zip_longest
from typing import Any, NamedTuple, TypeVar

from stoat_nb.media.budgeted_reader import BudgetedReader, BudgetExceeded
from stoat_nb.media.containers import MATROSKA
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
    Length,
    Timing,
    add_length,
    add_starts,
    add_timing,
    of_segment,
    of_tracks,
    stated_by_movie,
    stated_by_segment,
)
from stoat_nb.media.unsupported import NOT_PROVEN

Answer = TypeVar("Answer")

_NO_LENGTH = Length()
_NO_STARTS: Mapping[int, float] = {}
#: Who reads where a file of another format comes from, by the bytes it starts with.
_ORIGINS: tuple[tuple[bytes, Callable[[BudgetedReader], Clues]], ...] = (
    (b"RIFF", riff.clues_in),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", asf.clues_in),
    (b"\x06\x0e\x2b\x34\x02\x05\x01\x01", mxf.clues_in),
)
_IDENTITY = frozenset({"id", "kind", "codec"})  # of a stream
_READERS_OWN = frozenset({"streams", "tool", "document"})  # not facts of the whole file


class Headers(NamedTuple):
    """What a file's headers say, whoever reads its streams."""

    structure: Structure = UNCHECKED
    timings: Sequence[Timing] = ()
    length: Length = _NO_LENGTH  #: What the container's header says.
    size_bytes: int = 0  #: Of the file.
    facts: dict[str, Any] | None = None  #: Those that are proven; what is not in there is not.
    starts: Mapping[int, float] = _NO_STARTS  #: Seconds, by the stream's place.
    unproven: Sequence[str] = ()  #: Why libav must be asked for the others.
    is_empty: bool = False  #: Nothing but the start of a stream: its length is that of no content.
    has_data_elsewhere: bool = False  #: Samples are in another file, which nobody opens.
    ends_in_zeros: bool = False
    clues: Clues | None = None  #: Where the film comes from, beyond what its tags say.

    @property
    def is_proven(self) -> bool:
        """Whether the facts are all there is to know."""
        return self.facts is not None and not self.unproven

    def complete(self, theirs: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return all facts: those that are proven, libav's for the others, and what follows."""
        facts = theirs or self.facts or {}
        if theirs and self.facts and _is_same(theirs["streams"], self.facts["streams"]):
            facts |= {key: self.facts[key] for key in self.facts.keys() - _READERS_OWN}
            for stream, proven in zip(theirs["streams"], self.facts["streams"], strict=False):
                stream.update(proven)
        facts |= self.structure._asdict()
        add_starts(facts, self.starts)
        add_timing(facts["streams"], self.timings)
        clues = self.clues or Clues()
        add_tags(clues, facts["tags"], facts["format_name"])
        if told := facts.pop("sample_clues", None):
            clues.add(told)
        facts |= origin_facts(clues)
        length = _NO_LENGTH if self.is_empty else self.length
        if self.is_empty:
            for one in (facts, *facts["streams"]):
                one |= {"duration_s": None, "bitrate": None}
        if self.ends_in_zeros:
            doubt_zeros(facts)
        stated_s = length.seconds
        if facts["format_name"] == MATROSKA:
            stated_s = add_length(facts, length, self.size_bytes)
        add_derived_facts(facts, stated_s, self.size_bytes)
        if length.is_measured:
            facts["duration_basis"] = "timestamps"
        return facts


def _is_same(theirs: list[dict[str, Any]], ours: list[dict[str, Any]]) -> bool:
    """Whether libav's streams are those of the headers, one by one; it may have found covers."""
    return len(ours) <= len(theirs) and all(
        their["is_cover"] or their["kind"] == "attachment"
        if stream is None
        else all(their.get(name) in (stream.get(name), None) for name in _IDENTITY & stream.keys())
        for their, stream in zip_longest(theirs, ours)
    )


def read_headers(reader: BudgetedReader) -> Headers:
    """Read a file's headers; whatever it holds, there is an answer."""
    headers = _read(reader)
    if ends_in_zeros(reader, headers.structure.integrity):
        headers = headers._replace(ends_in_zeros=True)
    return headers


def _read(reader: BudgetedReader) -> Headers:
    head = reader.at(0, 16)
    try:
        if is_iso(head):
            return _iso(reader)
        if is_matroska(head):
            return _matroska(reader)
    except BudgetExceeded:
        return Headers(too_many_headers(), size_bytes=reader.size)
    read = next((read for start, read in _ORIGINS if head.startswith(start)), None)
    clues = _tried(read, reader) if read else None
    return Headers(structure(reader), size_bytes=reader.size, clues=clues)


def _tried(read: Callable[..., Answer], *source: Any) -> Answer | None:
    """Return what a reader finds; what is broken says nothing."""
    try:
        return read(*source)
    except (*NOT_PROVEN, BudgetExceeded):
        return None


def _iso(reader: BudgetedReader) -> Headers:
    movie = read_movie(reader)
    found, header = read_tracks(reader, movie), read_movie_header(reader, movie)
    shape, stated = check_movie(reader, movie), stated_by_movie(header)
    facts, unproven = movie_facts(reader, movie, header, found, shape)
    return Headers(
        shape,
        of_tracks(reader, found, header, with_sizes=bool(unproven)),
        stated,
        reader.size,
        facts,
        unproven=unproven,
        is_empty=movie.is_empty,
        clues=_tried(movie_origin.clues_in, reader, movie, header, found),
        has_data_elsewhere=shape.integrity == SUSPECT and has_data_elsewhere(reader, movie),
    )


def _matroska(reader: BudgetedReader) -> Headers:
    found = read_segment(reader)
    if found is None:
        return Headers(structure(reader), size_bytes=reader.size)
    shape = structure(reader, partial(check_segment, segment=found.top))
    blocks = _tried(first_blocks, reader, found) or {}
    facts, unproven = segment_facts(reader, found, shape, blocks)
    return Headers(
        shape,
        of_segment(reader, found, facts),
        stated_by_segment(reader, found),
        reader.size,
        facts,
        starts_of(found, blocks),
        unproven,
        clues=_tried(matroska_origin.clues_in, found),
    )
