"""Which stretch of a large library may hold a text in its paths, so that others are not looked at.

Text that few paths hold, or none, is the dearest search there is: every path is compared with it.
Here a library is cut into blocks of neighbouring paths, and it is noted of each which groups of
three letters occur in it. A text can only be in blocks that know all of its groups.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
import numpy.typing as npt

from stoat_nb.catalog.text_search import GROUP, folded, folded_spellings

#: Neighbouring paths that are told apart from others together.
BLOCK = 128
#: Groups are told apart by so many bits.
BITS = 14
#: Where more than one block in so many may hold a text, all paths are looked at in one go.
ONE_IN = 16

#: Odd numbers whose bits follow no pattern: those of MurmurHash3 and of Knuth's hashing by products
#: (The Art of Computer Programming 3, section 6.4).
_FIRST, _SECOND, _ALL = np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35), np.uint32(2654435761)
_SIDES = 8  # blocks that share a byte

#: A path, and the one before which it ends; None: the last.
Span = tuple[str, str | None]
Groups = npt.NDArray[np.uint32]


class Trigrams:
    """The blocks of some paths, in order; for any text it says which of them may hold it."""

    def __init__(self, firsts: list[str], blocks: npt.NDArray[np.uint8]) -> None:
        self._firsts, self._blocks = firsts, blocks

    @classmethod
    def of(cls, paths: Iterable[str], stop: threading.Event) -> Trigrams | None:
        """Take paths in order; None if it is stopped meanwhile."""
        firsts: list[str] = []
        columns: list[npt.NDArray[np.uint8]] = []
        blocks = _blocks(iter(paths))
        while some := list(islice(blocks, _SIDES)):
            if stop.is_set():
                return None
            holds = np.zeros((_SIDES, 1 << BITS), bool)
            for side, block in enumerate(some):
                firsts.append(block[0])
                holds[side, _groups(folded("\0".join(block)))] = True
            columns.append(np.packbits(holds, axis=0)[0])
        empty = np.zeros((1 << BITS, 0), np.uint8)
        return cls(firsts, np.ascontiguousarray(np.stack(columns, axis=1)) if columns else empty)

    def spans(self, search: str) -> list[Span] | None:
        """Return from which path on and before which one the text may be; None: far and wide."""
        may = np.zeros(self._blocks.shape[1], np.uint8)
        for spelling in folded_spellings(search):
            if len(spelling) < GROUP:
                return None
            may |= np.bitwise_and.reduce(self._blocks[_groups(spelling)], axis=0)
        found = np.flatnonzero(np.unpackbits(may)[: len(self._firsts)])
        if len(found) * ONE_IN > len(self._firsts):
            return None
        ends = [*self._firsts[1:], None]
        return [(self._firsts[at], ends[at]) for at in found]


def _blocks(paths: Iterator[str]) -> Iterator[list[str]]:
    while block := list(islice(paths, BLOCK)):
        yield block


def _groups(text: str) -> Groups:
    """Return a number for each three letters of a text that is folded."""
    if text.isascii():
        letters = np.frombuffer(text.encode(), np.uint8).astype(np.uint32)
    else:
        letters = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    three = (letters[:-2] * _FIRST + letters[1:-1] * _SECOND + letters[2:]) * _ALL
    hashed: Groups = np.right_shift(three, 32 - BITS, dtype=np.uint32)
    return hashed
