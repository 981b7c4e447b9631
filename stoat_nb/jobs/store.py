"""Where jobs are written down: the plug between the queue and whatever keeps them."""

from __future__ import annotations

import threading
from typing import Protocol

from stoat_nb.jobs.state import JobState, JobStatus


class JobStore(Protocol):
    """Keeps the newest snapshot of every job. Blocking and thread-safe; never called on a loop."""

    def add(self, state: JobState) -> None:
        """Write a new job down; it is durable when this returns."""

    def save(self, state: JobState, *, durable: bool) -> None:
        """Write a newer snapshot down. One that is older than what is kept (``seq``) is ignored."""

    def load(self, job_id: str) -> JobState | None:
        """Return the newest snapshot, or None if there is no such job."""

    def states(
        self,
        *,
        status: JobStatus | None = None,
        job_type: str | None = None,
        limit: int | None = None,
    ) -> list[JobState]:
        """Return snapshots, newest submitted first."""


class MemoryJobStore:
    """Keeps jobs for as long as the process lives."""

    def __init__(self) -> None:
        self._states: dict[str, JobState] = {}
        self._lock = threading.Lock()

    def add(self, state: JobState) -> None:
        with self._lock:
            self._states[state.job_id] = state

    def save(self, state: JobState, *, durable: bool) -> None:  # noqa: ARG002 - memory has no other kind
        with self._lock:
            if self._states[state.job_id].seq < state.seq:
                self._states[state.job_id] = state

    def load(self, job_id: str) -> JobState | None:
        with self._lock:
            return self._states.get(job_id)

    def states(
        self,
        *,
        status: JobStatus | None = None,
        job_type: str | None = None,
        limit: int | None = None,
    ) -> list[JobState]:
        with self._lock:
            newest_first = list(reversed(self._states.values()))
        chosen = [
            state
            for state in newest_first
            if status in (None, state.status) and job_type in (None, state.job_type)
        ]
        return chosen[:limit]
