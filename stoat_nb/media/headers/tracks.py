"""The tracks of an MP4, QuickTime or 3GP file as their boxes state them (ISO/IEC 14496-12)."""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

from stoat_nb.media.boxes import Box
from stoat_nb.media.movie import Movie
from stoat_nb.media.window import Window

_MOST_RUNS = 8192
_IDENTITY = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_MOST_EDITS = 64
_MOST_TRACKS = 64
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
    matrix: tuple[int, ...]
    volume: int
    width: int  #: 16.16, as shown.
    height: int
    entry: bytes  #: The first sample entry, from its size on.
    n_entries: int
    edits: tuple[Edit, ...]
    chapters: frozenset[int]  #: The tracks that it names as its list of chapters.
    durations: Runs | None  #: None where there are too many runs to read.
    tables: Box  #: The sample table.
    media: Box
    node: Box

    @property
    def tag(self) -> bytes:
        """The four characters of the first sample entry."""
        return self.entry[4:8]

    @property
    def samples(self) -> int | None:
        """How many samples the table of durations counts."""
        return None if self.durations is None else sum([count for count, _ in self.durations])


class Header(NamedTuple):
    """The movie's own header."""

    time_scale: int
    duration: int | None
    created: int  #: Seconds since 1904.
    is_plain: bool  #: The picture of the whole movie is neither turned nor stretched.


def movie_header(window: Window, film: Movie) -> Header | None:
    """Read the movie's header."""
    box = film.index.one(b"mvhd") if film.index else None
    if box is None:
        return None
    body = window.at(box.body, min(box.end - box.body, 112))
    wide = body[:1] == b"\x01"
    if len(body) < (32 if wide else 20):
        return None
    form = ">4xQQIQ" if wide else ">4xIIII"
    created, _, scale, duration = struct.unpack_from(form, body)
    at = 48 if wide else 36
    return Header(
        time_scale=scale,
        duration=_stated(duration),
        created=created,
        is_plain=body[0] <= 1 and body[at : at + 36] == _IDENTITY,
    )


def _stated(duration: int) -> int | None:
    return None if duration in _NO_DURATION else duration


def tracks(window: Window, film: Movie) -> list[Track]:
    """Read the tracks in the file's order; those without the boxes they must have are left out."""
    nodes = film.index.all(b"trak")[:_MOST_TRACKS] if film.index else []
    found = (_track(window, node) for node in nodes)
    return [track for track in found if track]


def _track(window: Window, node: Box) -> Track | None:
    media, tables = node.below(b"mdia"), node.below(b"mdia", b"minf", b"stbl")
    if media is None or tables is None:
        return None
    shown = _shown(_body(window, node.one(b"tkhd"), 96))
    timed = _timed(_body(window, media.one(b"mdhd"), 36))
    if shown is None or timed is None:
        return None
    handler = _body(window, media.one(b"hdlr"), 200)
    count, entry = _entry(window, tables.one(b"stsd"))
    return Track(
        **shown,
        **timed,
        handler=handler[8:12],
        name=handler[24:],
        entry=entry,
        n_entries=count,
        edits=_edits(_body(window, node.below(b"edts", b"elst"), 8 + 20 * _MOST_EDITS)),
        chapters=_named(_body(window, node.below(b"tref", b"chap"), 4 * _MOST_TRACKS)),
        durations=runs(window, tables.one(b"stts")),
        tables=tables,
        media=media,
        node=node,
    )


def _body(window: Window, box: Box | None, most: int) -> bytes:
    return window.at(box.body, min(box.end - box.body, most)) if box else b""


def _shown(body: bytes) -> dict[str, Any] | None:
    wide = body[:1] == b"\x01"
    if len(body) != (96 if wide else 84) or body[0] > 1:
        return None
    layout = 12 if wide else 0
    [identity] = struct.unpack_from(">I", body, 20 if wide else 12)
    [volume] = struct.unpack_from(">H", body, 36 + layout)
    *matrix, width, height = struct.unpack_from(">9i2I", body, 40 + layout)
    return {
        "id": identity,
        "is_enabled": bool(body[3] & 1),
        "volume": volume,
        "matrix": tuple(matrix),
        "width": width,
        "height": height,
    }


def _timed(body: bytes) -> dict[str, Any] | None:
    form = ">4x16xIQH" if body[:1] == b"\x01" else ">4x8xIIH"
    if len(body) != struct.calcsize(form) + 2 or body[0] > 1:
        return None
    scale, duration, language = struct.unpack_from(form, body)
    created = int.from_bytes(body[4:12] if body[0] == 1 else body[4:8], "big")
    stated = _stated(duration)
    return {"time_scale": scale, "duration": stated, "language": language, "created": created}


def _entry(window: Window, box: Box | None) -> tuple[int, bytes]:
    """Return how many sample entries there are, and the first."""
    head = _body(window, box, 16)
    if box is None or len(head) < 16:  # noqa: PLR2004 - the count, and the head of an entry
        return 0, b""
    count, size = struct.unpack_from(">4xII", head)
    room = box.end - box.body - 8
    if not count or not 8 <= size <= min(room, _LARGEST_ENTRY) or (count == 1 and size != room):  # noqa: PLR2004 - a box's head
        return count, b""
    return count, window.at(box.body + 8, size)


def _named(body: bytes) -> frozenset[int]:
    return frozenset(number for [number] in struct.iter_unpack(">I", body[: len(body) & ~3]))


def _edits(body: bytes) -> tuple[Edit, ...]:
    if len(body) < 8 or body[0] > 1:  # noqa: PLR2004 - version and count
        return _ODD_EDITS if body else ()
    form, size = (">Qqi", 20) if body[0] == 1 else (">Iii", 12)
    [count] = struct.unpack_from(">I", body, 4)
    if len(body) != 8 + count * size:
        return _ODD_EDITS
    lines = (struct.unpack_from(form, body, 8 + size * line) for line in range(count))
    return tuple(Edit(duration=length, media_time=at, rate=rate) for length, at, rate in lines)


def runs(window: Window, box: Box | None) -> Runs | None:
    """Read a table of runs (``stts``, ``ctts``); None if it is missing, damaged or too long."""
    count = _count(window, box)
    if box is None or count is None or count > _MOST_RUNS or count * 8 > box.end - box.body - 8:
        return None
    numbers = struct.unpack(f">{2 * count}I", window.at(box.body + 8, 8 * count))
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def _count(window: Window, box: Box | None) -> int | None:
    head = window.at(box.body + 4, 4) if box else b""
    return int.from_bytes(head, "big") if len(head) == 4 else None  # noqa: PLR2004 - one number
