"""A library that is only looked at: on a read-only disk, or another user's.

Nothing is written, not even beside the file: a log or an index that whoever looks had made would be
theirs, and the owner could not write it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import TypeVar
from urllib.parse import quote

import apsw

from stoat_nb.catalog.database import Database, set_up, translated
from stoat_nb.catalog.file_locks import connect, disconnect
from stoat_nb.catalog.migrations import inspect, steps
from stoat_nb.catalog.place import check_place
from stoat_nb.errors import CatalogClosed, CatalogError, CatalogMoved, CatalogReadOnly
from stoat_nb.names import shown

T = TypeVar("T")

_URI = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
_LOG_HEADER = 32


class ReadOnlyDatabase(Database):
    """A library's file as it is, for reading. Blocking; any thread may call any of it.

    Parameters
    ----------
    path
        The file; it must be there, and be of this version.
    """

    is_read_only = True

    def __init__(self, path: Path) -> None:
        check_place(path)
        if not path.exists():
            raise CatalogError(
                f"There is no library at '{shown(path)}' to be read. Check the path, or make one "
                "there: Library(...).scan(folder)"
            )
        self.path = path
        self._file = Path(os.path.realpath(path))
        self._log, self._index = Path(f"{self._file}-wal"), Path(f"{self._file}-shm")
        status = self._file.stat()
        self._identity = status.st_dev, status.st_ino
        self._closed = False
        self._lock = Lock()
        self._seen: tuple[object, ...] = ()
        self._number = 0
        self.read(lambda connection: _check_version(connection, path))

    def start(
        self,
        function: Callable[[apsw.Connection], T],  # noqa: ARG002 - as of any database
        *,
        durable: bool = False,  # noqa: ARG002
        committed: Callable[[], object] = lambda: None,  # noqa: ARG002
    ) -> Future[T]:
        raise CatalogReadOnly(self.path)

    def write_soon(self, function: Callable[[apsw.Connection], object]) -> None:
        """Do nothing: nobody misses it."""

    def read(self, function: Callable[[apsw.Connection], T]) -> T:
        if self._closed:
            raise CatalogClosed(self.path)
        self._status()
        with translated(self.path), self._transaction() as connection:
            return function(connection)

    def version(self) -> int:
        if self._closed:
            raise CatalogClosed(self.path)
        with self._lock:
            seen = self._state()
            self._number += seen != self._seen
            self._seen = seen
            return self._number

    def close(self) -> None:
        self._closed = True

    # -- ways to read --------------------------------------------------------------------------

    @contextmanager
    def _transaction(self) -> Iterator[apsw.Connection]:
        """Open the file for one transaction, in the way that its log needs."""
        locked = self._locked()
        if locked is None:
            with self._unlocked() as connection:
                yield connection
            return
        try:
            yield locked
        finally:
            disconnect(locked)

    def _locked(self) -> apsw.Connection | None:
        """Open it beside those who write, if the files for that are there and will do."""
        if _size(self._log) is None or _size(self._index) is None:
            return None
        with suppress(apsw.ReadOnlyError, apsw.CantOpenError):
            return _begun(connect(self._file, apsw.SQLITE_OPEN_READONLY))
        return None

    @contextmanager
    def _unlocked(self) -> Iterator[apsw.Connection]:
        """Open a file without locks; what was read is void if it was changed meanwhile."""
        before = self._content()
        uri = f"file:{quote(os.fsencode(self._file))}?mode=ro"
        if _size(self._log):
            # The log is read, and its index made in memory: that is what EXCLUSIVE is for.
            connection = apsw.Connection(f"{uri}&vfs=unix-none", flags=_URI)
            connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
        else:
            connection = apsw.Connection(f"{uri}&immutable=1", flags=_URI)
        try:
            yield _begun(connection)
        except (apsw.Error, CatalogError) as problem:
            self._check_unchanged(before, problem)
            raise
        finally:
            connection.close()
        self._check_unchanged(before, None)

    def _check_unchanged(self, before: tuple[object, ...], problem: Exception | None) -> None:
        if self._content() != before:
            raise CatalogError(
                f"The library '{shown(self.path)}' was changed by another process while it was "
                "read. Try again."
            ) from problem

    def _content(self) -> tuple[object, ...]:
        """Return what changes when the file does, or the log begins anew."""
        log = b""
        with suppress(OSError), self._log.open("rb") as file:
            log = file.read(_LOG_HEADER)
        status = self._status()
        return status.st_size, status.st_mtime_ns, log

    def _status(self) -> os.stat_result:
        try:
            status = self._file.stat()
        except OSError as problem:
            raise CatalogMoved(self.path, problem.strerror) from None
        if (status.st_dev, status.st_ino) != self._identity:
            raise CatalogMoved(self.path, "another file is in its place")
        return status

    def _state(self) -> tuple[object, ...]:
        """Return what changes with every commit."""
        index = b""
        with suppress(OSError), self._index.open("rb") as file:
            index = file.read(48)
        return (*self._content(), _size(self._log), index)


def _begun(connection: apsw.Connection) -> apsw.Connection:
    try:
        set_up(connection)
        connection.execute("BEGIN")
        connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
    except BaseException:
        disconnect(connection)
        raise
    return connection


def _check_version(connection: apsw.Connection, path: Path) -> None:
    version = inspect(connection, path)
    if version < len(steps()):
        raise CatalogError(
            f"The library '{shown(path)}' has schema version {version}, which this Stoat can read "
            f"only after it has made it {len(steps())}. Open it once where it may be written."
        )


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
