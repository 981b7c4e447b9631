"""One library file for many machines, and its jobs read with SQL of our own."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

import apsw

from stoat_nb.catalog.database import Database, fetch
from stoat_nb.jobs.state import JobStatus

T = TypeVar("T")

_ROWS = (
    "SELECT id, number, type, status, attempt, deaths, max_deaths, cancel_requested, "
    "pause_requested, paused, priority, seq, revision, progress, result, "
    "(SELECT count(*) FROM job_events WHERE job_number = jobs.number) FROM jobs"
)


class Row(NamedTuple):
    """A job as the file has it."""

    id: str
    number: int
    type: str
    status: JobStatus
    attempt: int
    deaths: int
    max_deaths: int
    cancel_requested: int
    pause_requested: int
    paused: int
    priority: int
    seq: int
    revision: int
    progress: str | None
    result: str | None
    n_events: int


class DirectDatabase(Database):
    """Writes on the caller's thread: one step is made at a time, and waiting took half of it."""

    def start(
        self,
        function: Callable[[apsw.Connection], T],
        *,
        durable: bool = False,
        committed: Callable[[], object] = lambda: None,
    ) -> Future[T]:
        done: Future[T] = Future()
        try:
            done.set_result(self._transact(function, durable, committed))
        except Exception as problem:  # noqa: BLE001 - it is for whoever waits for it
            done.set_exception(problem)
        return done


class SharedFile:
    """One library file for many machines, opened twice; it is emptied, not made anew."""

    def __init__(self, folder: Path) -> None:
        path = folder / "library.db"
        self.databases = (DirectDatabase(path), DirectDatabase(path))

    def empty(self) -> None:
        tables = ("job_events", "jobs", "workers", "sqlite_sequence")
        sql = ";".join(f"DELETE FROM {name}" for name in tables)  # noqa: S608 - of our own words alone
        self.databases[0].write(lambda connection: fetch(connection, sql))

    def rows(self) -> dict[str, Row]:
        rows = self.databases[1].read(lambda connection: fetch(connection, _ROWS))
        return {row[0]: Row(*row[:3], JobStatus(row[3]), *row[4:]) for row in rows}


@contextmanager
def shared_file() -> Iterator[SharedFile]:
    """Open a file in memory where there is such a place: nothing here is about disks."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own below it
    folder = Path(tempfile.mkdtemp(dir=memory if os.access(memory, os.W_OK) else None))
    try:
        file = SharedFile(folder)
        try:
            yield file
        finally:
            for database in file.databases:
                database.close()
    finally:
        shutil.rmtree(folder)
