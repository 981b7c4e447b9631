"""The tracks of an MP4, QuickTime or 3GP file as their boxes state them.

ISO/IEC 14496-12: ``mvhd`` 8.2.2, ``tkhd`` 8.3.2, ``tref`` 8.3.3, ``mdhd`` 8.4.2, ``hdlr`` 8.4.3,
``stsd`` 8.5.2, ``stts`` 8.6.1.2, ``elst`` 8.6.6.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.isobmff.boxes import Box
from stoat_nb.media.isobmff.display_matrix import IDENTITY, Matrix
from stoat_nb.media.isobmff.movie import Movie

_MOVIE, _WIDE_MOVIE = struct.Struct(">4xIIII"), struct.Struct(">4xQQIQ")
_SHOWN = struct.Struct(">H2x9i2I")  # the volume, the matrix, the size
_TIMED, _WIDE_TIMED = struct.Struct(">4xI4xIIH"), struct.Struct(">4xQ8xIQH")
_TWO = struct.Struct(">4xII")
_MOST_RUNS = 8192
_MATRIX = struct.Struct(">9i")
_MOST_EDITS = 64
VISUAL = 86  #: Bytes of a visual sample entry before its boxes.
_NOBODY: frozenset[int] = frozenset()
_MOST_TRACKS = 1000
_LARGEST_ENTRY = 1 << 16
_NO_DURATION = frozenset({0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF})

Runs = tuple[tuple[int, int], ...]  #: How many samples in a row, and what each of them has.


class Edit(NamedTuple):
    """One line of a track's edit list."""

    duration: int  #: In the movie's time scale.
    media_time: int  #: In the track's; -1 is a pause.
    rate: int  #: 16.16.


#: What stands for a list that is damaged or too long.
_ODD_EDITS = (Edit(duration=0, media_time=0, rate=0),)


class Track(NamedTuple):
    """One track: its header boxes as they are, and where its tables lie."""

    id: int
    handler: bytes
    name: bytes
    is_enabled: bool
    language: int
    created: int  #: Seconds since 1904.
    time_scale: int
    duration: int | None  #: In its own time scale; None if not stated.
    matrix: Matrix
    volume: int
    width: int  #: 16.16, as shown.
    height: int
    sample_entry: bytes  #: The first sample entry, from its size on.
    n_entries: int
    edits: tuple[Edit, ...]
    chapters: frozenset[int]  #: The tracks that it names as its list of chapters.
    durations: Runs | None  #: None where there are too many runs to read.
    samples: int | None  #: How many samples the table of durations counts.
    played: int  #: The durations added up; 0 where they are not known.
    stbl: Box  #: The sample table.
    mdia: Box
    trak: Box

    @property
    def tag(self) -> bytes:
        """The four characters of the first sample entry."""
        return self.sample_entry[4:8]


class MovieHeader(NamedTuple):
    """The movie's own header."""

    time_scale: int
    duration: int | None
    created: int  #: Seconds since 1904.
    matrix: Matrix  #: Of the picture of the whole movie.
    is_simple: bool  #: That picture is neither turned nor stretched.


def read_movie_header(reader: BudgetedReader, movie: Movie) -> MovieHeader | None:
    """Read the movie's header."""
    box = movie.moov.one(b"mvhd") if movie.moov else None
    if box is None:
        return None
    body = reader.at(box.body, min(box.end - box.body, 112))
    wide = body[:1] == b"\x01"
    if len(body) < (32 if wide else 20):
        return None
    created, _, scale, duration = (_WIDE_MOVIE if wide else _MOVIE).unpack_from(body)
    at = 48 if wide else 36
    matrix = _MATRIX.unpack_from(body, at) if len(body) >= at + _MATRIX.size else ()
    return MovieHeader(
        time_scale=scale,
        duration=None if duration in _NO_DURATION else duration,
        created=created,
        matrix=matrix or IDENTITY,
        is_simple=body[0] <= 1 and matrix == IDENTITY,
    )


def read_tracks(reader: BudgetedReader, movie: Movie) -> list[Track]:
    """Read the tracks in the file's order; those without the boxes they must have are left out."""
    nodes = movie.moov.all(b"trak")[:_MOST_TRACKS] if movie.moov else []
    found = (_track(reader, node) for node in nodes)
    return [track for track in found if track]


def _track(reader: BudgetedReader, trak: Box) -> Track | None:
    mdia = trak.one(b"mdia")
    stbl = mdia.below(b"minf", b"stbl") if mdia else None
    if mdia is None or stbl is None:
        return None
    shown = _body(reader, trak.one(b"tkhd"), 96)
    timed = _timed(_body(reader, mdia.one(b"mdhd"), 36))
    wide = shown[:1] == b"\x01"
    if len(shown) != (96 if wide else 84) or shown[0] > 1 or timed is None:
        return None
    created, scale, duration, language = timed
    volume, *matrix, width, height = _SHOWN.unpack_from(shown, 48 if wide else 36)
    handler = _body(reader, mdia.one(b"hdlr"), 200)
    count, entry = _entry(reader, stbl.one(b"stsd"))
    durations = runs(reader, stbl.one(b"stts"))
    return Track(
        id=int.from_bytes(shown[20:24] if wide else shown[12:16], "big"),
        is_enabled=bool(shown[3] & 1),
        volume=volume,
        matrix=tuple(matrix),
        width=width,
        height=height,
        created=created,
        time_scale=scale,
        duration=None if duration in _NO_DURATION else duration,
        language=language,
        handler=handler[8:12],
        name=handler[24:],
        sample_entry=entry,
        n_entries=count,
        edits=_edits(_body(reader, trak.below(b"edts", b"elst"), 8 + 20 * _MOST_EDITS)),
        chapters=_named(_body(reader, trak.below(b"tref", b"chap"), 4 * _MOST_TRACKS)),
        durations=durations,
        samples=None if durations is None else sum([count for count, _ in durations]),
        played=sum([count * ticks for count, ticks in durations or ()]),
        stbl=stbl,
        mdia=mdia,
        trak=trak,
    )


def _body(reader: BudgetedReader, box: Box | None, most: int) -> bytes:
    return reader.at(box.body, min(box.end - box.body, most)) if box else b""


def _timed(body: bytes) -> tuple[int, int, int, int] | None:
    """Return when the track was made, its clock, its length and its language."""
    wide = body[:1] == b"\x01"
    form = _WIDE_TIMED if wide else _TIMED
    if len(body) != form.size + 2 or body[0] > 1:
        return None
    created, scale, duration, language = form.unpack_from(body)
    return created, scale, duration, language


def _entry(reader: BudgetedReader, box: Box | None) -> tuple[int, bytes]:
    """Return how many sample entries there are, and the first."""
    head = _body(reader, box, 16)
    if box is None or len(head) < 16:  # noqa: PLR2004 - the count, and the head of an entry
        return 0, b""
    count, size = _TWO.unpack_from(head)
    room = box.end - box.body - 8
    if not count or not 8 <= size <= min(room, _LARGEST_ENTRY) or (count == 1 and size != room):  # noqa: PLR2004 - a box's head
        return count, b""
    return count, reader.at(box.body + 8, size)


def _named(body: bytes) -> frozenset[int]:
    if not body:
        return _NOBODY
    return frozenset(number for [number] in struct.iter_unpack(">I", body[: len(body) & ~3]))


def _edits(body: bytes) -> tuple[Edit, ...]:
    if len(body) < 8 or body[0] > 1:  # noqa: PLR2004 - version and count
        return _ODD_EDITS if body else ()
    form, size = (">Qqi", 20) if body[0] == 1 else (">Iii", 12)
    [count] = struct.unpack_from(">I", body, 4)
    if len(body) != 8 + count * size:
        return _ODD_EDITS
    return tuple([Edit(*line) for line in struct.iter_unpack(form, body[8:])])


def runs(reader: BudgetedReader, box: Box | None) -> Runs | None:
    """Read a table of runs (``stts``, ``ctts``); None if it is missing, damaged or too long."""
    count = _count(reader, box)
    if box is None or count is None or count > _MOST_RUNS or count * 8 > box.end - box.body - 8:
        return None
    numbers = struct.unpack(f">{2 * count}I", reader.at(box.body + 8, 8 * count))
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def _count(reader: BudgetedReader, box: Box | None) -> int | None:
    head = reader.at(box.body + 4, 4) if box else b""
    return int.from_bytes(head, "big") if len(head) == 4 else None  # noqa: PLR2004 - one number
