"""Whether the files of an open library are still those that were opened, where they were.

SQLite finds the log by its name. Once a file was moved, deleted, replaced or written over, that
name may belong to another library, and what is in the log may not fit the file any more.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from stoat_nb.catalog.file_locks import are_kept
from stoat_nb.errors import CatalogMoved
from stoat_nb.logs import logger
from stoat_nb.media.listing import SHORTAGES

log = logger(__name__)

#: The ``-shm`` file grows by as much; what is less was cut off, and must not be looked at.
_LEAST_INDEX = 32_768
#: Where the ``-shm`` file says how many frames the log has: https://sqlite.org/walformat.html 2.1.
_FRAMES = slice(16, 20)


class _Checkpoint(NamedTuple):
    """How much of the log is in the file, by the ``-shm`` file; see the same page."""

    log: bytes  #: The salts of the log, which change when it begins anew.
    copied: bytes
    to_copy: bytes

    @classmethod
    def of(cls, index: bytes) -> _Checkpoint:
        return cls(index[32:40], index[96:100], index[128:132])

    @property
    def is_under_way(self) -> bool:
        return self.copied != self.to_copy


class FileGuard:
    """Notices what becomes of an open library's files; any thread may ask it, before each use.

    Parameters
    ----------
    path
        The library's real path, opened and in WAL mode.
    """

    def __init__(self, path: Path) -> None:
        self._files = (path, Path(f"{path}-wal"), Path(f"{path}-shm"))
        self._path, self._log, self._index = self._files
        self._names = [os.fspath(one) for one in self._files]
        self._moved: CatalogMoved | None = None
        self._opened = tuple(_identity(one.stat()) for one in self._files)
        # Kept open: where locks belong to the process, closing it would drop SQLite's own.
        self._index_file = os.open(self._index, os.O_RDONLY | os.O_CLOEXEC)
        #: When the file was last written, and the checkpoint that did so, as far as is known.
        self._written = self._last_write()

    def check(self) -> None:
        """Raise CatalogMoved, from the first time that something is amiss."""
        if self._moved is None:
            if self._is_as_ever():
                return
            reason = self._reason()
            if reason is None:
                return
            self._moved = CatalogMoved(self._path, reason)
            log.error("%s", self._moved)
        raise self._moved.with_traceback(None)

    def is_blind(self) -> bool:
        """Whether it cannot tell who writes to the file, until a checkpoint has come to its end."""
        self._written = self._written or self._last_write()
        return self._written is None

    def close(self) -> None:
        """Let go of the ``-shm`` file, after SQLite has; not to be asked any more."""
        if are_kept():
            os.close(self._index_file)

    def _is_as_ever(self) -> bool:
        """Look in passing, at what costs least."""
        try:
            file, log, index = map(os.stat, self._names)
        except OSError:
            return False
        return (
            self._written is not None
            and file.st_mtime_ns == self._written[0]
            and log.st_size > 0
            and index.st_size >= _LEAST_INDEX
            and (_identity(file), _identity(log), _identity(index)) == self._opened
        )

    def _reason(self) -> str | None:
        found = []
        try:
            for one, opened in zip(self._files, self._opened, strict=True):
                found.append(one.stat())
                if _identity(found[-1]) != opened:
                    return f"another file is in the place of '{one.name}'"
            return self._damage(*found)
        except FileNotFoundError as problem:
            return f"'{Path(problem.filename).name}' was moved or deleted"
        except OSError as problem:
            if problem.errno in SHORTAGES:
                return None  # which says nothing of the file
            return f"'{Path(problem.filename).name}' cannot be found: {problem.strerror}"

    def _damage(
        self, file: os.stat_result, log: os.stat_result, index: os.stat_result
    ) -> str | None:
        if index.st_size < _LEAST_INDEX:
            return f"'{self._index.name}' was cut off"
        if log.st_size == 0 and self._misses_frames():
            return f"'{self._log.name}' was cut off"
        before = self._written
        if before is None or file.st_mtime_ns != before[0]:
            newest = self._last_write()
            self._written = newest or before
            if before is not None and newest is not None and newest[1] == before[1]:
                return "another program has written over it"
        return None

    def _misses_frames(self) -> bool:
        """Whether an empty log should have frames: SQLite says first that it has none."""
        return any(self._read_index()[_FRAMES]) and self._log.stat().st_size == 0

    def _last_write(self) -> tuple[int, _Checkpoint] | None:
        """Return when the file was written, and by which checkpoint: nothing else may write to it.

        A checkpoint says how much it is going to copy before it writes, and how much it has copied
        afterwards. While one is under way, nothing is known.
        """
        written_at = self._path.stat().st_mtime_ns
        checkpoint = _Checkpoint.of(self._read_index())
        if checkpoint.is_under_way or self._path.stat().st_mtime_ns != written_at:
            return None
        return written_at, checkpoint

    def _read_index(self) -> bytes:
        return os.pread(self._index_file, 132, 0)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
