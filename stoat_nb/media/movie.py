"""The index of an MP4, QuickTime or 3GP file: which boxes it has and where, not what they say.

Large tables are stepped over: an index of eight megabytes costs a few reads of a page.
"""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(slots=True)
class Node:
    """One box with the boxes in it that are containers' own."""

    box: Box
    children: dict[bytes, list[Node]]
    rest: int = 0  #: Bytes at its end that are no box.

    def below(self, *path: bytes) -> Node | None:
        """Return the first box at a path below this one, with what is in it."""
        node = self
        for kind in path:
            found = node.children.get(kind)
            if not found:
                return None
            node = found[0]
        return node

    def one(self, kind: bytes) -> Box | None:
        """Return the first child of a kind as a box alone."""
        found = self.children.get(kind)
        return found[0].box if found else None

    def all(self, kind: bytes) -> list[Node]:
        """Return the children of a kind."""
        return self.children.get(kind, [])


_NOTHING: dict[bytes, list[Node]] = {}  # never filled


@dataclass(frozen=True, slots=True)
class Movie:
    """The boxes at the top of a file, and those within its index."""

    tops: list[Box]
    index: Node | None

    def first(self, kind: bytes) -> Box | None:
        """Return the first box of a kind at the top of the file."""
        return next((box for box in self.tops if box.kind == kind), None)

    @property
    def fragmented(self) -> bool:
        """Whether samples are in pieces outside the index, or will be when they come."""
        if self.first(b"moof"):
            return True
        expected = self.index is not None and self.index.one(b"mvex") is not None
        return expected and self.first(b"mdat") is None


def movie(window: Window) -> Movie:
    """Walk the top of the file, then its index if it is there as a whole."""
    tops = []
    for box in boxes(window, 0, window.size):
        if not is_kind(box.kind) or (box.end > window.size and box.kind not in _TOP):
            break  # a trailer of somebody's own, or what is left of something overwritten
        tops.append(box)
    moov = next((box for box in tops if box.kind == b"moov" and box.end <= window.size), None)
    return Movie(tops, _tree(window, moov) if moov else None)


def _tree(window: Window, moov: Box) -> Node:
    if moov.end - moov.start <= _READ_AT_ONCE:
        window.load(moov.start, moov.end - moov.start)
    else:
        window.ahead = _BETWEEN_TABLES
    return _node(window, moov, 0)


def _node(window: Window, box: Box, depth: int) -> Node:
    """Return a container with what is in it; other boxes share one empty list of children."""
    node = Node(box, {})
    end = box.body
    for child in boxes(window, box.body, box.end):
        if child.end > box.end:
            break
        end = child.end
        is_container = child.kind in _CONTAINERS and depth < _DEEPEST
        below = _node(window, child, depth + 1) if is_container else Node(child, _NOTHING)
        if known := node.children.get(child.kind):
            known.append(below)
        else:
            node.children[child.kind] = [below]
    node.rest = box.end - end
    return node
