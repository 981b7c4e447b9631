"""A store for as long as the process lives, and the shortest form of what every store must do."""

from __future__ import annotations

import heapq
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor, Future

from msgspec.structs import replace

from stoat_nb.errors import UnknownJob
from stoat_nb.jobs.locks import joined, overlap
from stoat_nb.jobs.state import JobEvent, JobState, JobStatus
from stoat_nb.jobs.store import Changes, Claim, Errand, Interest, Reply
from stoat_nb.jobs.transitions import Wish, begun, heed, prioritized, settled

_Ticket = tuple[int, int, str]


class MemoryJobStore:
    """Keeps jobs in memory, for one queue."""

    def __init__(self) -> None:
        self._states: dict[str, JobState] = {}
        self._numbers: dict[str, int] = {}
        #: Those that wait, first to run first; some entries are out of date.
        self._queue: list[_Ticket] = []
        self._running: Counter[str] = Counter()
        self._locks: dict[str, str] = {}  #: Of those that run, by their ids.
        self._logs: dict[str, list[JobEvent]] = {}
        self._lock = threading.Lock()

    @property
    def is_lasting(self) -> bool:
        return False

    def exchange(self, errand: Errand) -> Reply:
        with self._lock:
            twins: dict[str, JobState] = {}
            refused: set[str] = set()
            for state in errand.submits:
                covers = errand.covers.get(state.job_type)
                if twin := joined(state, self._states.values(), covers):
                    twins[state.job_id] = twin
                elif self._is_full(errand.most_waiting):
                    refused.add(state.job_id)
                else:
                    self._put(state)
            lost = {
                state.job_id: self._states.get(state.job_id)
                for state in errand.saves
                if not self._save(state)
            }
            for job_id, event in errand.events:
                self._logs.setdefault(job_id, []).append(event)
            claimed = self._take(errand.claim)
            return Reply(claimed=claimed, lost=lost, joined=twins, refused=frozenset(refused))

    def start(self, errand: Errand, idle: Executor) -> Future[Reply]:
        return idle.submit(self.exchange, errand)

    def wish(self, job_id: str, wish: Wish) -> tuple[bool, JobState]:
        return self._change(job_id, lambda state: heed(state, wish, time.time()))

    def prioritize(self, job_id: str, priority: int) -> tuple[bool, JobState]:
        return self._change(job_id, lambda state: prioritized(state, priority))

    def load(self, job_id: str) -> JobState | None:
        with self._lock:
            state = self._states.get(job_id)
            return None if state is None else self._shown(state)

    def states(
        self,
        *,
        status: JobStatus | None = None,
        job_type: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[JobState]:
        with self._lock:
            newest_first = [self._shown(state) for state in reversed(self._states.values())]
        chosen = [
            state
            for state in newest_first
            if status in (None, state.status) and job_type in (None, state.job_type)
        ]
        return chosen[offset : None if limit is None else offset + limit]

    def log(self, job_id: str) -> list[JobEvent]:
        with self._lock:
            return list(self._logs.get(job_id, ()))

    def may_have_changed(self) -> bool:
        return False  # nobody else is here

    def has_changed(self) -> bool:
        return False

    def changes(self, since: int, interest: Interest) -> Changes:  # noqa: ARG002 - nobody else is here
        return Changes(revision=since)

    def tend(self) -> bool:
        return False

    def others_take(self) -> bool:
        return False

    def leave(self) -> None:
        """Nothing outlives this process."""

    def _is_full(self, most_waiting: int | None) -> bool:
        return most_waiting is not None and most_waiting <= sum(map(_waits, self._states.values()))

    def _put(self, state: JobState) -> None:
        before = self._states.get(state.job_id)
        if before is not None and before.status is JobStatus.RUNNING:
            self._running[before.job_type] -= 1
            self._locks.pop(before.job_id, None)
        if state.status is JobStatus.RUNNING:
            self._running[state.job_type] += 1
            if state.lock is not None:
                self._locks[state.job_id] = state.lock
        self._states[state.job_id] = state
        self._numbers.setdefault(state.job_id, len(self._numbers))
        if _waits(state):
            heapq.heappush(self._queue, self._ticket(state))

    def _save(self, state: JobState) -> bool:
        kept = self._states.get(state.job_id)
        if kept is None or kept.status is not JobStatus.RUNNING or kept.attempt != state.attempt:
            return False
        after = settled(kept, state, time.time())
        self._put(after)
        return (after.status, after.paused) == (state.status, state.paused)

    def _take(self, claim: Claim | None) -> list[JobState]:
        taken: list[JobState] = []
        passed: list[_Ticket] = []
        while claim is not None and self._queue and len(taken) < claim.count:
            ticket = heapq.heappop(self._queue)
            state = self._states[ticket[2]]
            if not _waits(state) or ticket != self._ticket(state):
                continue  # what it stood for has changed, and has another ticket if it still waits
            if self._may_run(state, claim):
                taken.append(begun(state, worker=None, now=time.time()))
                self._put(taken[-1])
            else:
                passed.append(ticket)
        for ticket in passed:
            heapq.heappush(self._queue, ticket)
        return taken

    def _may_run(self, state: JobState, claim: Claim) -> bool:
        if state.job_type not in claim.types:
            return False
        limit = claim.types[state.job_type]
        if self._holder(state) is not None:
            return False
        if limit is not None and self._running[state.job_type] >= limit:
            return False
        return claim.only is None or state.job_id in claim.only

    def _holder(self, state: JobState) -> str | None:
        """Return the job that runs and keeps this one from running."""
        locks = self._locks.items()
        return next((job_id for job_id, lock in locks if overlap(lock, state.lock)), None)

    def _shown(self, state: JobState) -> JobState:
        return replace(state, waits_for=self._holder(state)) if _waits(state) else state

    def _ticket(self, state: JobState) -> _Ticket:
        return -state.priority, self._numbers[state.job_id], state.job_id

    def _change(
        self, job_id: str, change: Callable[[JobState], JobState | None]
    ) -> tuple[bool, JobState]:
        with self._lock:
            if job_id not in self._states:
                raise UnknownJob(job_id)
            changed = change(self._states[job_id])
            if changed is not None:
                self._put(changed)
            return changed is not None, self._states[job_id]


def _waits(state: JobState) -> bool:
    return state.status is JobStatus.PENDING and not state.paused
