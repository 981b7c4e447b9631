"""The files a scan still has to read: few of them in memory, the rest in a file without a name."""

from __future__ import annotations

import asyncio
import errno
import os
import pickle
import threading
from collections import deque
from collections.abc import Sequence
from operator import attrgetter
from typing import IO, NamedTuple

from stoat_nb.media.video import Found

_FIELDS = Found.__struct_fields__
_KEPT = attrgetter(*_FIELDS)

#: Files that are kept in memory; the walk is much faster than the reading of a million of them.
NEAR_MOST = 5000


class Candidate(NamedTuple):
    """A file to read."""

    found: Found
    known: bool  #: Whether the catalog has a row of it.


class Portion(NamedTuple):
    """What one reader takes at a time."""

    files: list[Candidate]
    alone: bool  #: A single file, which was slow in a batch or whose batch failed.


class Backlog:
    """A line of candidates between one walk and some readers, all on one loop.

    What a reader takes it has in hand until it says ``settle``, and it may put files back: so the
    others know that there may be more to come.
    """

    def __init__(self, near_most: int = NEAR_MOST) -> None:
        self._near: deque[Candidate] = deque()
        self._near_most = near_most
        self._alone: deque[Candidate] = deque()
        self._far = _FarFiles()
        self._in_hand = 0
        self._complete = False
        self._changed = asyncio.Condition()

    async def put(self, candidates: Sequence[Candidate]) -> None:
        """Add files that the walk found."""
        is_near = not self._far.count and len(self._near) + len(candidates) <= self._near_most
        if is_near or not await asyncio.to_thread(self._put_away, candidates):
            self._near.extend(candidates)
        await self._tell()

    async def complete(self) -> None:
        """Say that the walk has ended."""
        self._complete = True
        await self._tell()

    async def take(self, at_most: int) -> Portion | None:
        """Return what to read next, waiting for it; None when there will be nothing any more."""
        async with self._changed:
            while True:
                if self._alone:
                    return self._hand([self._alone.popleft()], alone=True)
                if not self._near and self._far.count:
                    self._near.extend(await asyncio.to_thread(self._far.pop))
                if self._near:
                    count = min(at_most, len(self._near))
                    return self._hand([self._near.popleft() for _ in range(count)], alone=False)
                if self._complete and not self._in_hand:
                    return None
                await self._changed.wait()

    async def settle(
        self, *, alone: Sequence[Candidate] = (), again: Sequence[Candidate] = ()
    ) -> None:
        """Say that what was taken is done, but for files to read ``alone`` or to take ``again``."""
        self._in_hand -= 1
        self._alone.extend(alone)
        self._near.extendleft(reversed(again))
        await self._tell()

    def close(self) -> None:
        """Let go of the file."""
        self._far.close()

    def _put_away(self, candidates: Sequence[Candidate]) -> bool:
        try:
            self._far.append(candidates)
        except OSError:
            return False  # no room where temporary files go: memory it is
        return True

    def _hand(self, files: list[Candidate], *, alone: bool) -> Portion:
        self._in_hand += 1
        return Portion(files, alone)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


class _FarFiles:
    """Groups of candidates in a temporary file without a name, first in, first out. Blocking."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._sizes: deque[int] = deque()
        self._read_at = self._write_at = 0
        self._lock = threading.Lock()
        self._closed = False

    @property
    def count(self) -> int:
        """Groups that are left."""
        return len(self._sizes)

    def append(self, candidates: Sequence[Candidate]) -> None:
        rows = [(_KEPT(candidate.found), candidate.known) for candidate in candidates]
        data = pickle.dumps(rows, protocol=pickle.HIGHEST_PROTOCOL)
        with self._lock:  # a cancelled scan lets go of the file while a thread may still write
            if self._closed:
                return
            if self._file is None:
                import tempfile  # noqa: PLC0415 - few scans find so many files at once

                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - open as long as the scan
            written = os.pwrite(self._file.fileno(), data, self._write_at)
            if written < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._write_at += written
            self._sizes.append(written)

    def pop(self) -> list[Candidate]:
        with self._lock:
            if self._file is None or self._closed:
                return []
            data = os.pread(self._file.fileno(), self._sizes[0], self._read_at)
            self._read_at += self._sizes.popleft()
        rows = pickle.loads(data)  # noqa: S301 - written above, in a file that nobody else can open
        return [
            Candidate(Found(**dict(zip(_FIELDS, cells, strict=True))), known)
            for cells, known in rows
        ]

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._file is not None:
                self._file.close()
