"""The bytes of an open file, read where they are wanted: never past its end, never without end."""

from __future__ import annotations

import os
from collections import deque

_CHUNK = 4096  # a page: a header's neighbours come with it
_MOST_KEPT = 24  # pieces read before that are still in memory
_MOST_READS = 100_000
_MOST_BYTES = 64 << 20
_MOST_STEPS = 50_000


class BudgetExceeded(Exception):
    """The file asks for more work than one file is worth."""


class BudgetedReader:
    """An open file of ``size`` bytes, with a budget of reads, bytes and steps.

    A step is one header looked at. Whoever reads through it is thereby bounded, whatever
    the file says of itself.
    """

    __slots__ = (
        *("_bytes", "_data", "_end", "_fd", "_kept", "_reads", "_start", "_steps"),
        *("ahead", "size"),
    )

    def __init__(self, fd: int, size: int) -> None:
        self.size = size
        self.ahead = _CHUNK  #: Bytes read at least, for the sake of what comes after.
        self._fd = fd
        self._kept: deque[tuple[int, bytes]] = deque(maxlen=_MOST_KEPT)
        # The piece that answered last answers next, nearly always.
        self._start, self._end, self._data = 0, 0, b""
        self._steps = _MOST_STEPS
        self._reads = 0
        self._bytes = 0

    @property
    def reads(self) -> int:
        """How often the file was read."""
        return self._reads

    @property
    def bytes_read(self) -> int:
        """How many bytes the file gave."""
        return self._bytes

    def step(self, count: int = 1) -> None:
        """Count headers; raise ``BudgetExceeded`` when there were too many."""
        self._steps -= count
        if self._steps < 0:
            raise BudgetExceeded("headers")

    def at(self, offset: int, length: int) -> bytes:
        """Return up to ``length`` bytes at ``offset``: fewer, or none, where the file ends."""
        if not (self._start <= offset and offset + length <= self._end):
            self.load(offset, length, self.ahead)
        at = offset - self._start
        return self._data[at : at + length]

    def exactly(self, offset: int, length: int) -> bytes:
        """Return up to ``length`` bytes at ``offset`` and read no neighbours: for lone numbers."""
        end = offset + length
        if not (self._start <= offset and end <= self._end) and self.held(offset, end) is None:
            return self.unseen(offset, length)
        at = offset - self._start
        return self._data[at : at + length]

    def held(self, start: int, end: int) -> tuple[int, bytes] | None:
        """Return a piece in memory that covers a place, and where it starts in the file."""
        if self._start <= start and end <= self._end:
            return self._start, self._data
        for piece in self._kept:
            if piece[0] <= start and end <= piece[0] + len(piece[1]):
                self._start, self._data = piece
                self._end = self._start + len(self._data)
                return piece
        return None

    def load(self, offset: int, length: int, ahead: int = 0) -> None:
        """Have some bytes in memory, and so many in all if they must be read."""
        if self.held(offset, offset + length) is None:
            self._start, self._data = offset, self.unseen(offset, max(length, ahead))
            self._end = offset + len(self._data)
            self._kept.appendleft((offset, self._data))

    def unseen(self, offset: int, length: int) -> bytes:
        """Return up to ``length`` bytes at a place that nobody looked at, and keep none of them."""
        length = min(length, self.size - offset)
        if offset < 0 or length <= 0:
            return b""
        self._reads += 1
        self._bytes += length
        if self._reads > _MOST_READS or self._bytes > _MOST_BYTES:
            raise BudgetExceeded("bytes")
        return os.pread(self._fd, length, offset)


class UnboundedReader(BudgetedReader):
    """A file read from one header to the next up to its end, however many there are."""

    __slots__ = ()

    def step(self, count: int = 1) -> None:
        """Count nothing."""

    def unseen(self, offset: int, length: int) -> bytes:
        return os.pread(self._fd, length, offset) if offset >= 0 else b""


class MemoryReader(BudgetedReader):
    """Some bytes that are in memory, looked at as if they were a file of their own."""

    __slots__ = ("_all",)

    def __init__(self, data: bytes) -> None:
        super().__init__(-1, len(data))
        self._all = data
        self.load(0, len(data))

    def unseen(self, offset: int, length: int) -> bytes:
        return self._all[offset : offset + length] if offset >= 0 else b""
