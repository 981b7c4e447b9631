"""One transaction over the jobs: who may change what is decided in here, and only in here."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from math import inf
from typing import Any, Final

import apsw

from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.job_locks import IS_FREE, say_who_waits, twin_of
from stoat_nb.catalog.job_rows import (
    FIELDS,
    NEW_FIELDS,
    SELECT,
    new_row_of,
    row_of,
    state_of,
)
from stoat_nb.catalog.values import as_stored_text
from stoat_nb.catalog.workers import CLOSED, GONE, Surroundings, beat, enter
from stoat_nb.errors import UnknownJob
from stoat_nb.jobs.events import start_of
from stoat_nb.jobs.locks import overlap
from stoat_nb.jobs.state import JobEvent, JobState, JobStatus
from stoat_nb.jobs.store import Claim, Errand, Reply
from stoat_nb.jobs.transitions import begun, news_of_orphan, orphaned, settled

_NEW: Final = (*NEW_FIELDS, "revision", "changed_by")
#: Rows that are inserted by one statement: as many at once as there are, by few statements.
_AT_ONCE: Final = (64, 16, 4, 1)
_INSERT: Final = {
    count: f"INSERT INTO jobs ({', '.join(_NEW)}) VALUES "  # noqa: S608 - of our own words alone
    + ", ".join([f"({', '.join('?' * len(_NEW))})"] * count)
    for count in _AT_ONCE
}
#: What never changes after the submission stays out of updates.
_FIXED: Final = frozenset({"id", "type", "payload", "retry_of", "lock", "waits_for"})
_MOVING = tuple(name for name in FIELDS if name not in _FIXED)
_SET: Final = ", ".join(f"{name} = :{name}" for name in _MOVING)
_UPDATE: Final = (
    f"UPDATE jobs SET {_SET}, worker_id = :worker_id, revision = :revision, changed_by = :me "  # noqa: S608 - of our own words alone
    "WHERE id = :id"
)
_PROGRESS: Final = (
    "UPDATE jobs SET progress = :progress, heartbeat_at = :heartbeat_at, "
    "seq = max(seq + 1, :seq), revision = :revision, changed_by = :me "
    "WHERE id = :id AND status = 'running' AND attempt = :attempt AND worker_id = :me"
)
_BEGIN: Final = (
    "UPDATE jobs SET status = 'running', attempt = ?, started_at = ?, heartbeat_at = ?, "
    "pause_requested = 0, seq = ?, worker_id = ?, revision = ?, changed_by = ? WHERE id = ?"
)
_END: Final = (
    "UPDATE jobs SET status = :status, progress = :progress, result = :result, error = :error, "
    "finished_at = :finished_at, heartbeat_at = :heartbeat_at, seq = max(seq + 1, :seq), "
    "cancel_requested = max(cancel_requested, :cancel_requested), pause_requested = 0, "
    "revision = :revision, changed_by = :me "
    "WHERE id = :id AND status = 'running' AND attempt = :attempt AND worker_id = :me"
)
_END_SCAN: Final = (
    "UPDATE scans SET status = ?, finished_at = ? WHERE job_id = ? AND status = 'running'"
)
_SCANS_RUN: Final = "SELECT 1 FROM scans WHERE status = 'running' LIMIT 1"
_NOTE: Final = (
    "INSERT INTO job_events (job_number, at, level, attempt, text) "
    "SELECT number, ?, ?, ?, ? FROM jobs WHERE id = ?"
)


class JobTurn:
    """One transaction over the jobs."""

    def __init__(
        self,
        connection: apsw.Connection,
        around: Surroundings,
        worker: int | None,
        fate: Callable[[int | None, str | None, float | None], str | None],
        *,
        takes: bool = False,
    ) -> None:
        self._connection, self._around, self._fate = connection, around, fate
        self.worker, self._takes = worker, takes
        self._revisions = _revisions_after(connection)
        self._has_scans: bool | None = None
        self._locks_moved = False  #: Whether any lock is held or wanted that was not, or no more.

    def exchange(self, errand: Errand) -> Reply:
        joined, refused = self._insert(errand)
        lost: dict[str, JobState | None] = {}
        for state in errand.saves:
            kept = self._save(state)
            if kept is not state:
                lost[state.job_id] = kept
        for job_id, event in errand.events:
            self._note(job_id, event)
        claimed = [] if errand.claim is None else self._take(errand.claim)
        self._say_who_waits()
        return Reply(claimed=claimed, lost=lost, joined=joined, refused=refused)

    def change(
        self, job_id: str, change: Callable[[JobState], JobState | None]
    ) -> tuple[bool, JobState]:
        kept = self._load(job_id)
        if kept is None:
            raise UnknownJob(job_id)
        state, worker_id = kept
        changed = change(state)
        if changed is None:
            return False, state
        if changed is not state:
            self.enter()
            self._update(changed, worker_id)
            self._say_who_waits()
        return True, changed

    def enter(self) -> int:
        """Return the number of this worker, written down when it is first needed."""
        if self.worker is None:
            self.worker = enter(self._connection, self._around, takes=self._takes)
        return self.worker

    def beat(self) -> None:
        if self.worker is not None:
            beat(self._connection, self.worker, self._around.ticks())

    def reap(self, workers: Iterable[int | None]) -> bool:
        """Take the jobs of workers that are no more; look again whether that is so."""
        found = False
        for worker in workers:
            rows = fetch(
                self._connection,
                f"{SELECT} WHERE jobs.status = 'running' AND jobs.worker_id IS ?",
                (worker,),
            )
            for row in rows:
                fate = self._fate(*row[-3:])
                if fate is not None:
                    found = True
                    self._orphan(state_of(row), fate)
        self._say_who_waits()
        return found

    def leave(self, worker: int) -> None:
        """Give back what this worker could not stop, and end its lease."""
        beat(self._connection, worker, GONE)
        rows = fetch(
            self._connection,
            f"{SELECT} WHERE jobs.status = 'running' AND jobs.worker_id = ?",
            (worker,),
        )
        for row in rows:
            self._orphan(state_of(row), CLOSED)
        self._say_who_waits()

    # -- new jobs ------------------------------------------------------------------------------

    def _insert(self, errand: Errand) -> tuple[dict[str, JobState], frozenset[str]]:
        """Write new jobs down; return those that are none: what they join, and the refused."""
        joined: dict[str, JobState] = {}
        refused: set[str] = set()
        plain: list[JobState] = []
        room = self._room_to_wait(errand)
        for state in errand.submits:
            if state.lock is not None:
                self._insert_all(plain)  # a job's number is its place in the line
                plain = []
                twin = twin_of(self._connection, state, errand.covers.get(state.job_type))
                if twin is not None:
                    joined[state.job_id] = twin
                    continue
            if room <= 0:
                refused.add(state.job_id)
                continue
            room -= 1
            plain.append(state)
            self._locks_moved |= state.lock is not None
        self._insert_all(plain)
        return joined, frozenset(refused)

    def _room_to_wait(self, errand: Errand) -> float:
        if errand.most_waiting is None or not errand.submits:
            return inf
        waiting = "SELECT 1 FROM jobs WHERE status = 'pending' AND paused = 0 LIMIT ?"
        (found,) = fetch(
            self._connection,
            f"SELECT count(*) FROM ({waiting})",  # noqa: S608 - of our own words alone
            (errand.most_waiting,),
        )
        return errand.most_waiting - int(found[0])

    def _say_who_waits(self) -> None:
        if self._locks_moved:
            say_who_waits(self._connection, next(self._revisions))

    def _insert_all(self, states: list[JobState]) -> None:
        if not states:
            return
        me = self.enter()
        rows = [(*new_row_of(state), next(self._revisions), me) for state in states]
        done = 0
        for count in _AT_ONCE:
            while len(rows) - done >= count:
                cells = chain.from_iterable(rows[done : done + count])
                self._connection.execute(_INSERT[count], tuple(cells))
                done += count

    # -- the worker's own ----------------------------------------------------------------------

    def _save(self, state: JobState) -> JobState | None:
        """Write a newer snapshot of an own job; return what is kept instead if it is not ours."""
        if state.status is not JobStatus.PENDING:
            is_final = state.is_final
            self._connection.execute(_END if is_final else _PROGRESS, self._bound(state))
            if not self._connection.changes():
                return self._kept(state.job_id)
            if is_final:
                self._locks_moved |= state.lock is not None
                self._end_scan(state)
            return state
        kept = self._load(state.job_id)
        if kept is None:
            return None
        before, worker_id = kept
        is_ours = worker_id == self.worker and before.attempt == state.attempt
        if before.status is not JobStatus.RUNNING or not is_ours:
            return before
        after = settled(before, state, self._around.now())
        self._note_return(before, after)
        self._update(after, None if after.status is JobStatus.PENDING else worker_id)
        is_as_said = (after.status, after.paused) == (state.status, state.paused)
        return state if is_as_said else after

    def _take(self, claim: Claim) -> list[JobState]:
        """Begin the jobs whose turn it is, as far as there is room for their type."""
        taken: list[JobState] = []
        worker, now = f"pid {self._around.owner.pid}", self._around.now()
        room, may_be_suspect = self._room(claim), None
        passed_over = True
        while passed_over and len(taken) < claim.count:
            passed_over, begin = False, list[JobState]()
            types = [name for name in claim.types if room.get(name, 1) > 0]
            for state in self._first(
                claim, types, may_be_suspect is not False, claim.count - len(taken)
            ):
                is_suspect = state.deaths > 0
                if is_suspect and may_be_suspect is None:
                    may_be_suspect = self._has_room_for_a_suspect()
                is_held = any(overlap(state.lock, other.lock) for other in begin)
                is_full = room.get(state.job_type, 1) <= 0
                if is_full or is_held or (is_suspect and not may_be_suspect):
                    passed_over = True  # others, behind it, may have room
                    continue
                may_be_suspect = may_be_suspect and not is_suspect
                if state.job_type in room:
                    room[state.job_type] -= 1
                begin.append(begun(state, worker=worker, now=now))
            self._begin(begin, now)
            taken += begin
        return taken

    def _has_room_for_a_suspect(self) -> bool:
        """Whether a job may begin whose process died: not beside another such that runs here.

        Which of several took it down cannot be told. One at a time, only the guilty one is given
        up in the end.
        """
        suspects = fetch(
            self._connection,
            "SELECT 1 FROM jobs WHERE status = 'running' AND worker_id = ? AND deaths > 0 LIMIT 1",
            (self.worker,),
        )
        return not suspects

    def _begin(self, taken: list[JobState], now: float) -> None:
        if not taken:
            return
        me = self.enter()
        self._locks_moved |= any(one.lock is not None for one in taken)
        self._connection.executemany(
            _BEGIN,
            (
                (one.attempt, now, now, one.seq, me, next(self._revisions), me, one.job_id)
                for one in taken
            ),
        )
        self.beat()

    def _first(self, claim: Claim, types: list[str], suspects: bool, count: int) -> list[JobState]:
        """Return the jobs whose turn it is."""
        wanted = [as_stored_text(name) for name in types]
        where = f"jobs.type IN ({', '.join('?' * len(wanted))})"
        if not suspects:
            where += " AND jobs.deaths = 0"
        if claim.only is not None:
            wanted.append(json.dumps([as_stored_text(job_id) for job_id in claim.only]))
            where += " AND jobs.id IN (SELECT value FROM json_each(?))"
        rows = fetch(
            self._connection,
            f"{SELECT} WHERE jobs.status = 'pending' AND jobs.paused = 0 "
            f"AND {IS_FREE} AND {where} "
            "ORDER BY jobs.priority DESC, jobs.number LIMIT ?",
            (*wanted, count),
        )
        return [state_of(row) for row in rows]

    def _room(self, claim: Claim) -> dict[str, int]:
        """Return how many more of each limited type may run, in all processes together."""
        if all(limit is None for limit in claim.types.values()):
            return {}
        running = Counter(
            name
            for (name,) in fetch(self._connection, "SELECT type FROM jobs WHERE status = 'running'")
        )
        limits = {name: limit for name, limit in claim.types.items() if limit is not None}
        return {name: limit - running[as_stored_text(name)] for name, limit in limits.items()}

    # -- any job -------------------------------------------------------------------------------

    def _orphan(self, before: JobState, fate: str) -> None:
        now = self._around.now()
        after = orphaned(before, fate, now)
        self._note_start(before)
        self._note(before.job_id, news_of_orphan(before, after, fate, now))
        self._update(after, None, by_nobody=True)  # whoever finds it has to hear of it like others

    def _note_start(self, before: JobState) -> None:
        start = start_of(before)
        if start is not None:
            self._note(before.job_id, start)

    def _note_return(self, before: JobState, after: JobState) -> None:
        """Note that a job goes back to the line, and the start that its row will tell no more."""
        if after.status is JobStatus.PENDING:
            self._note_start(before)
            text = "Paused." if after.paused else "Stopped, to go on later: its library was closed."
            event = JobEvent(at=self._around.now(), text=text, attempt=before.attempt)
            self._note(before.job_id, event)

    def _update(self, state: JobState, worker_id: int | None, *, by_nobody: bool = False) -> None:
        self._locks_moved |= state.lock is not None
        bound = {**self._bound(state), "worker_id": worker_id}
        self._connection.execute(_UPDATE, {**bound, "me": None} if by_nobody else bound)
        if state.is_final:
            self._end_scan(state)

    def _end_scan(self, state: JobState) -> None:
        """End the scan of a job that has ended, should its handler not have come to that."""
        if self._has_scans is None:  # asked once a turn: most jobs that end are no scans
            self._has_scans = bool(fetch(self._connection, _SCANS_RUN))
        if not self._has_scans:
            return
        self._connection.execute(
            _END_SCAN, (state.status.value, state.finished_at, as_stored_text(state.job_id))
        )

    def _bound(self, state: JobState) -> dict[str, Any]:
        return {**row_of(state), "revision": next(self._revisions), "me": self.worker}

    def _note(self, job_id: str, event: JobEvent) -> None:
        self._connection.execute(
            _NOTE, (event.at, event.level.value, event.attempt, as_stored_text(event.text), job_id)
        )

    def _load(self, job_id: str) -> tuple[JobState, int | None] | None:
        rows = fetch(self._connection, f"{SELECT} WHERE jobs.id = ?", (as_stored_text(job_id),))
        return (state_of(rows[0]), rows[0][-3]) if rows else None

    def _kept(self, job_id: str) -> JobState | None:
        kept = self._load(job_id)
        return None if kept is None else kept[0]


def newest_revision(connection: apsw.Connection) -> int:
    """Return the number of the last change to any job."""
    ((newest,),) = fetch(connection, "SELECT max(revision) FROM jobs")
    return int(newest or 0)


def _revisions_after(connection: apsw.Connection) -> Iterator[int]:
    number = newest_revision(connection)
    while True:
        number += 1
        yield number
