"""The ``moov`` of an MP4, QuickTime or 3GP file (ISO/IEC 14496-12, 8.2.1): its boxes and places.

Large tables are stepped over: an index of eight megabytes costs a few reads of a page.
"""

from __future__ import annotations

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.isobmff.boxes import HEAD, NOTHING, SHORT, Box, boxes, is_kind, walked

_CONTAINERS = frozenset(
    {b"moov", b"trak", b"edts", b"mdia", b"minf", b"dinf", b"stbl", b"mvex", b"tref", b"udta"}
)
_TOP = frozenset(
    b"ftyp styp moov mdat moof mfra sidx ssix prft emsg meta free skip wide uuid pnot pict".split()
)
_DEEPEST = 6
_NO_CONTAINERS: frozenset[bytes] = frozenset()
_READ_AT_ONCE = 1 << 16
_BETWEEN_TABLES = 768  # bytes: what stands between two tables of an index too long for that


class Movie:
    """The boxes at the top of a file, and those within its ``moov``."""

    __slots__ = ("_first", "fragmented", "is_empty", "moov", "tops")

    def __init__(self, tops: list[Box], moov: Box | None) -> None:
        self.tops = tops
        self.moov = moov
        self._first = {box.kind: box for box in reversed(tops)}
        expected = moov is not None and moov.one(b"mvex") is not None
        #: Whether it only announces fragments: the initialization segment of a stream.
        self.is_empty = expected and not self._first.keys() & {b"mdat", b"moof"}
        #: Whether samples are in pieces outside the index, or will be when they come.
        self.fragmented = b"moof" in self._first or self.is_empty

    def first(self, kind: bytes) -> Box | None:
        """Return the first box of a kind at the top of the file."""
        return self._first.get(kind)


def read_movie(reader: BudgetedReader) -> Movie:
    """Walk the top of the file, then its index if it is there as a whole."""
    tops, moov = [], None
    for box in boxes(reader, 0, reader.size):
        kind, is_whole = box.kind, box.end <= reader.size
        if kind not in _TOP and not (is_whole and is_kind(kind)):
            break  # a trailer of somebody's own, or what is left of something overwritten
        tops.append(box)
        if kind == b"moov" and is_whole:
            moov = moov or box
    return Movie(tops, _tree(reader, moov) if moov else None)


def _tree(reader: BudgetedReader, moov: Box) -> Box:
    if moov.end - moov.start <= _READ_AT_ONCE:
        reader.load(moov.start, moov.end - moov.start)
    else:
        reader.ahead = _BETWEEN_TABLES
    return _filled(reader, moov, 0, reader.held(moov.body, moov.end))


def _filled(reader: BudgetedReader, box: Box, depth: int, held: tuple[int, bytes] | None) -> Box:
    """Return a container with what is in it.

    Boxes of plain sizes that are in memory come first, in one pass: those are all, nearly always.
    """
    kind, start, body, last, _, _ = box
    children: dict[bytes, list[Box]] = {}
    inner = _CONTAINERS if depth < _DEEPEST else _NO_CONTAINERS
    at, most, count = body, last - SHORT, 0
    new = tuple.__new__
    base, data = held or reader.held(body, last) or (at, b"")
    while at <= most and data:
        size, name = HEAD.unpack_from(data, at - base)
        if size < SHORT:
            break
        count += 1
        after = at + size
        if after > last:
            most = at - 1  # nothing comes after what goes on beyond the container
            break
        child = new(Box, (name, at, at + SHORT, after, NOTHING, 0))
        if name in inner:
            child = _filled(reader, child, depth + 1, held)
        if name in children:
            children[name].append(child)
        else:
            children[name] = [child]
        at = after
    reader.step(count)
    if at <= most:
        at = _fill(reader, children, at, last, depth)
    return Box(kind, start, body, last, children, last - at)


def _fill(
    reader: BudgetedReader, children: dict[bytes, list[Box]], at: int, last: int, depth: int
) -> int:
    """Add boxes of whatever size to those of a container; return where the last of them ends."""
    for child in walked(reader, at, last):
        if child.end > last:
            break
        at = child.end
        is_container = child.kind in _CONTAINERS and depth < _DEEPEST
        found = _filled(reader, child, depth + 1, None) if is_container else child
        children.setdefault(child.kind, []).append(found)
    return at
