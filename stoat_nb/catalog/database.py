"""The SQLite file: one thread that writes, a few connections that read, failures in our words."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import apsw

from stoat_nb.catalog.file_guard import FileGuard
from stoat_nb.catalog.file_locks import connect, disconnect
from stoat_nb.catalog.migrations import APPLICATION_ID, inspect, migrate, roll_back
from stoat_nb.catalog.place import check_place
from stoat_nb.errors import (
    CatalogClosed,
    CatalogCorrupt,
    CatalogError,
    CatalogNotOpened,
    CatalogNotWritable,
    StoatError,
)
from stoat_nb.names import shown

T = TypeVar("T")

#: How long a transaction waits for one of another process.
BUSY_TIMEOUT_S = 15.0
#: File systems tell times apart in steps of some milliseconds; this is a good deal longer.
FRESH_NS = 500_000_000
#: What SQLite says of a full disk; the second where it cannot make the log's index.
_FULL = frozenset({apsw.SQLITE_FULL, apsw.SQLITE_IOERR_SHMSIZE})
#: Descriptors that one more connection may take: the file, its log and index, a lock and a folder.
MOST_FILES = 6
#: Read connections kept for the next reader.
IDLE_READERS = 4

WRITER_PRAGMAS = (
    "foreign_keys = ON",
    "synchronous = FULL",
    "journal_size_limit = 67108864",
    # A large scan puts rows all over its indexes: their pages should still be at hand (32 MiB), and
    # be copied from the log into the file once in a while, not each time they change.
    "cache_size = -32768",
    "wal_autocheckpoint = 4000",
)
_PRAGMAS = ("PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON", "PRAGMA mmap_size = 0")
#: What reading a row raises that Stoat never wrote: a number too large, text that is no JSON.
_NO_VALUES = (ValueError, ArithmeticError, RecursionError)
_READ_ONLY = apsw.SQLITE_OPEN_READONLY
_READ_WRITE = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE


class LogMark(NamedTuple):
    """What a commit of any process leaves on the log's file."""

    mtime_ns: int
    size_bytes: int
    is_fresh: bool  #: Written so lately that a second commit might have left the same time.


class Database:
    """An open library file. Blocking; any thread may call any of it.

    Parameters
    ----------
    path
        The file, made when missing.
    """

    is_read_only = False

    def __init__(self, path: Path) -> None:
        self.path = path
        #: SQLite keeps the log beside the file itself, not beside a link to it.
        self._file = Path(os.path.realpath(path))
        self._log = Path(f"{self._file}-wal")
        self._idle: list[apsw.Connection] = []
        self._lock = threading.Lock()
        self._n_checking = 0  #: Readers that look at the files at this moment.
        self._checked = threading.Condition(self._lock)
        self._closed = False
        check_place(path)
        # One thread owns the only connection that writes, so that writers never meet in here.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="stoat-catalog-writer")
        try:
            opened = self._writer.submit(_opened_for_writing, self._file)
            self._connection, self._guard = opened.result()
        except BaseException:
            self._writer.shutdown()
            raise
        self._durable = True
        #: Versions can be compared only on one connection.
        self._look: apsw.Connection | None = None
        self._looking = threading.Lock()

    def write(self, function: Callable[[apsw.Connection], T], *, durable: bool = False) -> T:
        """Run a function of the connection as one transaction; return when it is committed.

        Durable ones outlive a power cut, and so does everything written before them. What raises
        is rolled back.
        """
        return self.start(function, durable=durable).result()

    def start(
        self,
        function: Callable[[apsw.Connection], T],
        *,
        durable: bool = False,
        committed: Callable[[], object] = lambda: None,
    ) -> Future[T]:
        """Begin such a transaction; what is returned is done when it is committed.

        ``committed`` is called before then, and before the next transaction begins.
        """
        with self._lock:
            if self._closed:
                raise CatalogClosed(self.path)
            return self._writer.submit(self._transact, function, durable, committed)

    def write_soon(self, function: Callable[[apsw.Connection], object]) -> None:
        """Run a transaction that nobody waits for, and that nobody misses if it fails."""
        with suppress(CatalogClosed):
            self.start(function)

    def read(self, function: Callable[[apsw.Connection], T]) -> T:
        """Run a function of a connection that only reads, on one state of the file.

        Nothing that still reads may escape from it: a half-read cursor keeps the log growing.
        """
        connection = self._reader()
        try:
            with translated(self.path):
                connection.execute("BEGIN")
                try:
                    return function(connection)
                except _NO_VALUES as problem:
                    if isinstance(problem, StoatError):
                        raise
                    reason = f"a value in it cannot be read: {str(problem)[:200]}"
                    raise CatalogCorrupt(self.path, reason) from problem
                finally:
                    roll_back(connection)
        finally:
            self._put_back(connection)

    def log_mark(self) -> LogMark:
        """Return how the log looks from outside. It takes no lock and waits for nobody."""
        try:
            status = self._log.stat()
        except OSError:
            return LogMark(0, 0, True)
        is_fresh = abs(time.time_ns() - status.st_mtime_ns) < FRESH_NS
        return LogMark(status.st_mtime_ns, status.st_size, is_fresh)

    def version(self) -> int:
        """Return a number that changes with every commit of any process. Asked often: cheap."""
        with self._looking, translated(self.path):
            if self._look is None:
                self._look = self._reader()
            else:
                self._guard.check()
            ((number,),) = self._look.execute("PRAGMA data_version").fetchall()
            return int(str(number))

    def close(self) -> None:
        """Finish what is being written and let go of the file. May be called again.

        Raises
        ------
        CatalogMoved
            If the file is no longer where it was; all is let go of nevertheless.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
            idle, self._idle = self._idle, []
            while self._n_checking:
                self._checked.wait()
        with self._looking:
            if self._look is not None:
                idle.append(self._look)
                self._look = None
        for connection in idle:
            disconnect(connection)
        # The writer is the last to go: closing it folds the log into the file.
        shut = self._writer.submit(_shut, self._connection, self._guard)
        self._writer.shutdown(wait=True)
        shut.result()

    def _transact(
        self,
        function: Callable[[apsw.Connection], T],
        durable: bool,
        committed: Callable[[], object],
    ) -> T:
        self._guard.check()
        connection = self._connection
        with translated(self.path):
            if durable is not self._durable:
                connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self._durable = durable
            connection.execute("BEGIN IMMEDIATE")
            try:
                value = function(connection)
                connection.execute("COMMIT")
            except BaseException:
                roll_back(connection)
                raise
            committed()
            return value

    def _reader(self) -> apsw.Connection:
        with self._lock:
            if self._closed:
                raise CatalogClosed(self.path)
            self._n_checking += 1
        # Without the lock, which nobody could have while this thread waits for its turn to go on.
        try:
            self._guard.check()  # before a connection is made by the file's name
        finally:
            with self._lock:
                self._n_checking -= 1
                self._checked.notify_all()
        with self._lock:
            if self._idle:
                return self._idle.pop()
        with translated(self.path):
            return _connected(self._file, _READ_ONLY)

    def _put_back(self, connection: apsw.Connection) -> None:
        with self._lock:
            if not self._closed and len(self._idle) < IDLE_READERS:
                self._idle.append(connection)
                return
        disconnect(connection)


def fetch(connection: apsw.Connection, sql: str, bindings: apsw.Bindings = ()) -> list[Any]:
    """Run one statement to its end and return its rows."""
    return connection.execute(sql, bindings).fetchall()


def _opened_for_writing(path: Path) -> tuple[apsw.Connection, FileGuard]:
    with translated(path):
        if path.exists() and path.stat().st_size:
            _look_first(path)
        connection = _connected(path, _READ_WRITE)
        try:
            _prepare(connection, path)
            guard = FileGuard(path)
            if guard.is_blind():
                # What a killed process left in the log is folded in: then it sees.
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except BaseException:
            disconnect(connection)
            raise
        return connection, guard


def _look_first(path: Path) -> None:
    """Refuse what is no library of ours before anything in it could change."""
    try:
        _inspect(path, _READ_ONLY)
    except apsw.ReadOnlyError as problem:
        if _extended_code(problem) != apsw.SQLITE_READONLY_ROLLBACK:
            raise
        # A process died while it wrote, and what it had begun is to be undone: only a writer can.
        if not _is_ours_to_undo(path):
            raise CatalogCorrupt(path, "another program has left it half-written") from None
        _inspect(path, apsw.SQLITE_OPEN_READWRITE)


def _inspect(path: Path, flags: int) -> None:
    connection = _connected(path, flags)
    try:
        inspect(connection, path)
    finally:
        disconnect(connection)


def _extended_code(problem: apsw.Error) -> int:
    return int(getattr(problem, "extendedresult", 0))  # which apsw's types do not know of


def _is_ours_to_undo(path: Path) -> bool:
    """Whether a file is marked as ours, or was empty before what its journal undoes.

    See https://sqlite.org/fileformat2.html: 1.3 for the mark, 3 for the size before.
    """
    with path.open("rb") as file, Path(f"{path}-journal").open("rb") as journal:
        mark, size_before = file.read(72)[68:], journal.read(20)[16:]
    return APPLICATION_ID.to_bytes(4, "big") == mark or not int.from_bytes(size_before, "big")


def _prepare(connection: apsw.Connection, path: Path) -> None:
    if connection.readonly("main"):
        raise CatalogNotWritable(path, "this user may only read it")
    _use_wal(connection)
    for pragma in WRITER_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").fetchall()
    if migrate(connection, path):
        # A new schema must not live in the log alone, and the new file not in its folder's cache.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        _sync_folder(path.parent)


def _use_wal(connection: apsw.Connection) -> None:
    """Switch to the log; SQLite does not wait by itself while another process does the same."""
    until = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
        except apsw.BusyError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _connected(path: Path, flags: int) -> apsw.Connection:
    connection = connect(path, flags)
    set_up(connection)
    return connection


def set_up(connection: apsw.Connection) -> None:
    """Tell a connection what all of ours have in common."""
    connection.set_busy_timeout(int(BUSY_TIMEOUT_S * 1000))
    # Whoever closes last folds the log in and deletes it, by its name: that may be another's.
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    for pragma in _PRAGMAS:
        connection.execute(pragma).fetchall()


def _shut(connection: apsw.Connection, guard: FileGuard) -> None:
    try:
        guard.check()
        connection.execute("PRAGMA optimize").fetchall()
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)
    except apsw.Error:
        pass  # it only makes later queries quicker
    finally:
        disconnect(connection)
        guard.close()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what SQLite raises about the file into what people can act on."""
    try:
        yield
    except (apsw.NotADBError, apsw.CorruptError, apsw.SQLError, UnicodeDecodeError) as problem:
        # Our SQL fits our schema: where it does not, the schema is damaged.
        raise CatalogCorrupt(path, problem) from problem
    except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError) as problem:
        if (reason := _lack_of_files()) is not None:
            raise CatalogNotOpened(path, reason) from problem
        raise CatalogNotWritable(path, problem) from problem
    except apsw.BusyError as problem:
        raise CatalogError(
            f"Another process has kept the library '{shown(path)}' busy for "
            f"{BUSY_TIMEOUT_S:g} s. Try again, or close what else uses it."
        ) from problem
    except (apsw.FullError, apsw.IOError, apsw.ProtocolError) as problem:
        if _extended_code(problem) in _FULL:
            raise CatalogError(
                f"The disk that holds the library '{shown(path)}' is full. "
                "Nothing of this was written. Free some space and try again."
            ) from problem
        raise CatalogError(
            f"The disk that holds the library '{shown(path)}' reported an error: "
            f"{shown(problem)}. Check the disk and try again."
        ) from problem


def _lack_of_files() -> str | None:
    """Return why this process cannot open what a connection needs, which SQLite does not say."""
    with ExitStack() as opened:
        try:
            for _ in range(MOST_FILES):
                opened.callback(os.close, os.open(os.devnull, os.O_RDONLY))
        except OSError as problem:
            return problem.strerror
    return None
