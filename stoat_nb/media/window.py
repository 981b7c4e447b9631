"""The bytes of an open file, read where they are wanted: never past its end, never without end."""

from __future__ import annotations

import os

_CHUNK = 4096  # a page: a header's neighbours come with it
_MOST_READS = 100_000
_MOST_BYTES = 64 << 20
_MOST_STEPS = 50_000


class TooMuch(Exception):
    """The file asks for more work than one file is worth."""


class Window:
    """An open file of ``size`` bytes, with a budget of reads, bytes and steps.

    A step is one header looked at. Whoever reads through the window is thereby bounded, whatever
    the file says of itself.
    """

    __slots__ = ("_bytes", "_data", "_fd", "_reads", "_start", "_steps", "size")

    def __init__(self, fd: int, size: int) -> None:
        self.size = size
        self._fd = fd
        self._data = b""
        self._start = 0
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

    def step(self) -> None:
        """Count one header; raise ``TooMuch`` when there were too many."""
        self._steps -= 1
        if self._steps < 0:
            raise TooMuch("headers")

    def at(self, offset: int, length: int) -> bytes:
        """Return up to ``length`` bytes at ``offset``: fewer, or none, where the file ends."""
        start = offset - self._start
        if start >= 0 and start + length <= len(self._data):
            return self._data[start : start + length]
        self.load(offset, max(length, _CHUNK))
        return self._data[:length]

    def exactly(self, offset: int, length: int) -> bytes:
        """Return up to ``length`` bytes at ``offset`` and read no neighbours: for lone numbers."""
        start = offset - self._start
        if start >= 0 and start + length <= len(self._data):
            return self._data[start : start + length]
        return self._read(offset, length)

    def load(self, offset: int, length: int) -> None:
        """Read ahead: what is asked for within these bytes comes from memory."""
        self._data, self._start = self._read(offset, length), offset

    def _read(self, offset: int, length: int) -> bytes:
        length = min(length, self.size - offset)
        if offset < 0 or length <= 0:
            return b""
        self._reads += 1
        self._bytes += length
        if self._reads > _MOST_READS or self._bytes > _MOST_BYTES:
            raise TooMuch("bytes")
        return os.pread(self._fd, length, offset)
