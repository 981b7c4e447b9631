"""The boxes that MP4, QuickTime and 3GP files are made of (ISO/IEC 14496-12, clause 4.2)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from stoat_nb.media.budgeted_reader import BudgetedReader

HEAD = struct.Struct(">I4s")
SHORT, _LONG = 8, 16  # bytes of a header without and with a 64-bit size
NOTHING: Mapping[bytes, list[Box]] = {}  # never filled


class Box(NamedTuple):
    """One box: where it starts, where its content starts, and where it says that it ends.

    Of a container that was looked into there are the boxes in it, too.
    """

    kind: bytes
    start: int
    body: int
    end: int
    children: Mapping[bytes, list[Box]] = NOTHING
    rest: int = 0  #: Bytes at its end that are no box.

    def below(self, *path: bytes) -> Box | None:
        """Return the first box at a path below this one."""
        box = self
        for kind in path:
            found = box.children.get(kind)
            if not found:
                return None
            box = found[0]
        return box

    def one(self, kind: bytes) -> Box | None:
        """Return the first child of a kind."""
        found = self.children.get(kind)
        return found[0] if found else None

    def all(self, kind: bytes) -> list[Box]:
        """Return the children of a kind."""
        return self.children.get(kind, [])


def boxes(reader: BudgetedReader, start: int, end: int) -> Iterable[Box]:
    """Return the boxes between two places, up to what is no box.

    The last box may say that it ends beyond ``end``: that is the news of a file cut short.
    """
    piece = reader.held(start, end)
    if piece is None:
        return walked(reader, start, end)
    found = _in_memory(*piece, start, end)
    reader.step(len(found))
    start = found[-1].end if found else start
    return found if start + SHORT > end else chain(found, walked(reader, start, end))


def walked(reader: BudgetedReader, start: int, end: int) -> Iterator[Box]:
    """Yield boxes one by one, of whatever size and wherever they are."""
    while start + SHORT <= end and (box := _box(reader, start, end)):
        yield box
        start = box.end


def _in_memory(base: int, data: bytes, start: int, end: int) -> list[Box]:
    """Return the boxes of plain sizes, as far as there are only such."""
    found = []
    head, new, last = HEAD.unpack_from, tuple.__new__, end - SHORT
    while start <= last:
        size, kind = head(data, start - base)
        if size < SHORT:
            break
        after = start + size
        found.append(new(Box, (kind, start, start + SHORT, after, NOTHING, 0)))
        start = after
    return found


def _box(reader: BudgetedReader, start: int, end: int) -> Box | None:
    reader.step()
    head = reader.at(start, _LONG)
    if len(head) < SHORT:
        return None
    size, kind = HEAD.unpack_from(head)
    body = start + SHORT
    if size == 1:
        if len(head) < _LONG:
            return None
        size, body = int.from_bytes(head[8:], "big"), start + _LONG
    elif size == 0:  # it goes on to the end of the file
        size = end - start
    return Box(kind, start, body, start + size) if start + size >= body else None


def is_kind(kind: bytes) -> bool:
    """Whether four bytes could be the name of a box: letters, digits, signs, or Apple's ©."""
    return all(0x20 <= byte < 0x7F or byte == 0xA9 for byte in kind)  # noqa: PLR2004 - ASCII
