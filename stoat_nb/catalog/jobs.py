"""Jobs as rows, shared by every process that has the library open."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from typing import Any, TypeVar

import apsw

from stoat_nb.catalog.database import Database, LogMark, fetch, translated
from stoat_nb.catalog.job_rows import SELECT, state_of
from stoat_nb.catalog.job_turn import JobTurn, newest_revision
from stoat_nb.catalog.owner import Owner
from stoat_nb.catalog.retention import Retention, forget_old
from stoat_nb.catalog.values import as_integer, as_stored_text
from stoat_nb.catalog.workers import Surroundings, others_take
from stoat_nb.errors import CatalogError
from stoat_nb.jobs.state import JobEvent, JobState, JobStatus, Level
from stoat_nb.jobs.store import Changes, Errand, Interest, Reply
from stoat_nb.jobs.transitions import Wish, heed, orphaned, prioritized

T = TypeVar("T")

#: Of the changes others made, at most so many of jobs nobody asked for by name are told.
CHANGES_AT_MOST = 200
#: Seconds between two looks for jobs that are too old to be kept.
FORGET_EVERY_S = 3600.0


class CatalogJobStore:
    """Keeps jobs in the library's file. Blocking; any thread, any number of processes."""

    def __init__(
        self,
        database: Database,
        *,
        around: Surroundings | None = None,
        retention: Retention | None = None,
        takes: bool = False,
    ) -> None:
        self._database, self._takes = database, takes
        self._around = Surroundings(owner=Owner.here()) if around is None else around
        self._retention = Retention() if retention is None else retention
        self._forgot_at = float("-inf")
        self._me: int | None = None
        self._version = -1
        self._mark: LogMark | None = None
        self._lock = threading.Lock()
        self._enter()  # before anybody asks whether there is one who takes jobs

    def _enter(self) -> None:
        if self._takes and self._me is None and not self._database.is_read_only:
            with suppress(CatalogError):  # a full disk: the next time
                self._write(JobTurn.enter, durable=False)

    @property
    def is_lasting(self) -> bool:
        return True

    # -- one transaction each ------------------------------------------------------------------

    def exchange(self, errand: Errand) -> Reply:
        return self._write(lambda turn: turn.exchange(errand), durable=errand.is_durable)

    def start(self, errand: Errand, idle: Executor) -> Future[Reply]:  # noqa: ARG002 - the file has its own
        return self._begin(lambda turn: turn.exchange(errand), durable=errand.is_durable)

    def wish(self, job_id: str, wish: Wish) -> tuple[bool, JobState]:
        return self._change(job_id, lambda state: heed(state, wish, self._around.now()))

    def prioritize(self, job_id: str, priority: int) -> tuple[bool, JobState]:
        return self._change(job_id, lambda state: prioritized(state, priority))

    def tend(self) -> bool:
        if self._database.is_read_only:
            return False
        self._enter()
        running = self._read(_leases)
        if any(number == self._me for number, _owner, _at in running):
            self._write(lambda turn: turn.beat(), durable=False)
        lapsed = {lease[0] for lease in running if self._fate(*lease)}
        self._forget_now_and_then()
        return bool(lapsed) and self._write(lambda turn: turn.reap(lapsed), durable=True)

    def others_take(self) -> bool:
        return self._read(lambda connection: others_take(connection, self._around, self._me))

    def leave(self) -> None:
        me = self._me
        if me is not None:
            self._write(lambda turn: turn.leave(me), durable=True)

    # -- reading -------------------------------------------------------------------------------

    def load(self, job_id: str) -> JobState | None:
        states = self._states("WHERE jobs.id = ?", (as_stored_text(job_id),))
        return states[0] if states else None

    def states(
        self,
        *,
        status: JobStatus | None = None,
        job_type: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[JobState]:
        wanted = {"status": status, "type": job_type}
        given = {name: as_stored_text(value) for name, value in wanted.items() if value is not None}
        where = " AND ".join(f"jobs.{name} = ?" for name in given)
        return self._states(
            f"{'WHERE ' if where else ''}{where} ORDER BY jobs.number DESC LIMIT ? OFFSET ?",
            (*given.values(), -1 if limit is None else as_integer(limit), as_integer(offset)),
        )

    def log(self, job_id: str) -> list[JobEvent]:
        rows = self._read(
            lambda connection: fetch(
                connection,
                "SELECT at, text, level, attempt FROM job_events "
                "WHERE job_number = (SELECT number FROM jobs WHERE id = ?) ORDER BY id",
                (as_stored_text(job_id),),
            )
        )
        return [
            JobEvent(at=at, text=text, level=Level(level), attempt=attempt)
            for at, text, level, attempt in rows
        ]

    def may_have_changed(self) -> bool:
        mark, before = self._database.log_mark(), self._mark
        self._mark = mark
        return mark != before or mark.is_fresh

    def has_changed(self) -> bool:
        version = self._database.version()
        with self._lock:
            changed, self._version = version != self._version, version
        return changed

    def changes(self, since: int, interest: Interest) -> Changes:
        return self._read(lambda connection: self._changes(connection, since, interest))

    # -- within --------------------------------------------------------------------------------

    def _changes(self, connection: apsw.Connection, since: int, interest: Interest) -> Changes:
        revision = newest_revision(connection)
        # Those of a process that is no more are nobody's, and news to everybody.
        others = "jobs.revision > ? AND (jobs.changed_by IS NULL OR jobs.changed_by IS NOT ?)"
        wished = fetch(
            connection,
            f"{SELECT} WHERE jobs.status = 'running' AND jobs.worker_id = ? "
            "AND (jobs.cancel_requested OR jobs.pause_requested)",
            (self._me,),
        )
        changed = f"SELECT EXISTS (SELECT 1 FROM jobs WHERE {others})"  # noqa: S608 - of our own words alone
        if since < 0 or not fetch(connection, changed, (since, self._me))[0][0]:
            return Changes(revision=revision, wished=[state_of(row) for row in wished])
        rows: list[Any] = []
        if interest.everything:
            rows = fetch(
                connection,
                f"{SELECT} WHERE {others} ORDER BY jobs.revision DESC LIMIT ?",
                (since, self._me, CHANGES_AT_MOST),
            )
        for job_id in interest.job_ids:
            rows += fetch(
                connection,
                f"{SELECT} WHERE {others} AND jobs.id = ?",
                (since, self._me, as_stored_text(job_id)),
            )
        states = {row[0]: state_of(row) for row in reversed(rows)}
        return Changes(
            revision=revision,
            by_others=True,
            states=list(states.values()),
            wished=[state_of(row) for row in wished],
        )

    def _states(self, clauses: str, bindings: tuple[Any, ...]) -> list[JobState]:
        def select(connection: apsw.Connection) -> list[Any]:
            return fetch(connection, f"{SELECT} {clauses}", bindings)

        rows = self._read(select)
        lapsed = {row[-3] for row in rows if row[2] == "running" and self._fate(*row[-3:])}
        if lapsed and not self._database.is_read_only:
            # Whoever looks at it must not believe that a process runs it that is no more.
            self._write(lambda turn: turn.reap(lapsed), durable=True)
            rows = self._read(select)
        with translated(self._database.path):
            return [self._state(row) for row in rows]

    def _state(self, row: Any) -> JobState:
        """Return what is kept of a job; of a lost one that only may be read what it will become."""
        state = state_of(row)
        if not self._database.is_read_only or state.status is not JobStatus.RUNNING:
            return state
        fate = self._fate(*row[-3:])
        return state if fate is None else orphaned(state, fate, self._around.now())

    def _change(
        self, job_id: str, change: Callable[[JobState], JobState | None]
    ) -> tuple[bool, JobState]:
        return self._write(lambda turn: turn.change(job_id, change), durable=True)

    def _fate(self, worker: int | None, owner: str | None, beat_at: float | None) -> str | None:
        is_me = worker is not None and worker == self._me
        return None if is_me else self._around.fate(owner, beat_at)

    def _forget_now_and_then(self) -> None:
        if self._around.ticks() - self._forgot_at >= FORGET_EVERY_S:
            self._forgot_at = self._around.ticks()
            forget_old(self._database, self._retention, self._around.now())

    def _read(self, function: Callable[[apsw.Connection], T]) -> T:
        return self._database.read(function)

    def _write(self, function: Callable[[JobTurn], T], *, durable: bool) -> T:
        return self._begin(function, durable=durable).result()

    def _begin(self, function: Callable[[JobTurn], T], *, durable: bool) -> Future[T]:
        """Begin one transaction; a worker's number counts from when it is committed."""
        turn: JobTurn

        def transact(connection: apsw.Connection) -> T:
            nonlocal turn
            turn = JobTurn(connection, self._around, self._me, self._fate, takes=self._takes)
            return function(turn)

        def committed() -> None:
            self._me = turn.worker

        return self._database.start(transact, durable=durable, committed=committed)


def _leases(connection: apsw.Connection) -> list[Any]:
    """Return the workers that have jobs under way: number, process, last sign of life."""
    return fetch(
        connection,
        "SELECT DISTINCT jobs.worker_id, workers.owner, workers.beat_at "
        "FROM jobs LEFT JOIN workers ON workers.id = jobs.worker_id WHERE jobs.status = 'running'",
    )
