"""The index of an MP4, QuickTime or 3GP file: which boxes it has and where, not what they say.

Large tables are stepped over: an index of eight megabytes costs a few reads of a page.
"""

from __future__ import annotations

from stoat_nb.media.boxes import Box, boxes, is_kind
from stoat_nb.media.window import Window

_CONTAINERS = frozenset(
    {b"moov", b"trak", b"edts", b"mdia", b"minf", b"dinf", b"stbl", b"mvex", b"tref", b"udta"}
)
_TOP = frozenset(
    b"ftyp styp moov mdat moof mfra sidx ssix prft emsg meta free skip wide uuid pnot pict".split()
)
_DEEPEST = 6
_READ_AT_ONCE = 1 << 16
_BETWEEN_TABLES = 768  # bytes: what stands between two tables of an index too long for that


class Movie:
    """The boxes at the top of a file, and those within its index."""

    __slots__ = ("index", "tops")

    def __init__(self, tops: list[Box], index: Box | None) -> None:
        self.tops = tops
        self.index = index

    def first(self, kind: bytes) -> Box | None:
        """Return the first box of a kind at the top of the file."""
        for box in self.tops:
            if box.kind == kind:
                return box
        return None

    @property
    def fragmented(self) -> bool:
        """Whether samples are in pieces outside the index, or will be when they come."""
        if self.first(b"moof"):
            return True
        expected = self.index is not None and self.index.one(b"mvex") is not None
        return expected and self.first(b"mdat") is None


def movie(window: Window) -> Movie:
    """Walk the top of the file, then its index if it is there as a whole."""
    tops, moov = [], None
    for box in boxes(window, 0, window.size):
        kind, is_whole = box.kind, box.end <= window.size
        if kind not in _TOP and not (is_whole and is_kind(kind)):
            break  # a trailer of somebody's own, or what is left of something overwritten
        tops.append(box)
        if kind == b"moov" and is_whole:
            moov = moov or box
    return Movie(tops, _tree(window, moov) if moov else None)


def _tree(window: Window, moov: Box) -> Box:
    if moov.end - moov.start <= _READ_AT_ONCE:
        window.load(moov.start, moov.end - moov.start)
    else:
        window.ahead = _BETWEEN_TABLES
    return _filled(window, moov, 0)


def _filled(window: Window, box: Box, depth: int) -> Box:
    """Return a container with what is in it."""
    kind, start, body, last, _, _ = box
    children: dict[bytes, list[Box]] = {}
    end = body
    for one in boxes(window, body, last):
        if one.end > last:
            break
        end = one.end
        is_container = one.kind in _CONTAINERS and depth < _DEEPEST
        child = _filled(window, one, depth + 1) if is_container else one
        if known := children.get(one.kind):
            known.append(child)
        else:
            children[one.kind] = [child]
    return Box(kind, start, body, last, children, last - end)
