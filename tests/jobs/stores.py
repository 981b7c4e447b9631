"""How tests talk to a store."""

from __future__ import annotations

from typing import Any

from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.jobs.store import Claim, Errand, JobStore
from stoat_nb.jobs.transitions import Wish

HOSTILE = "<b>\x00\x1b[31m\u202e'\"\n\U0001f9a6 %s ?1 :id"
ENDS = [JobStatus.COMPLETE, JobStatus.FAILED, JobStatus.TIMEOUT, JobStatus.CANCELLED]
WISHES = list(Wish)


def submit(store: JobStore, *names: str, job_type: str = "work", **facts: Any) -> None:
    states = [
        JobState(**{"job_id": name, "job_type": job_type, "submitted_at": 10.0, **facts})
        for name in names
    ]
    store.exchange(Errand(submits=states))


def claim(store: JobStore, count: int = 1, **types: int | None) -> list[JobState]:
    return store.exchange(Errand(claim=Claim(count, types or {"work": None}))).claimed


def names(states: list[JobState]) -> list[str]:
    return [state.job_id for state in states]


def begin(store: JobStore, name: str = "a") -> JobState:
    """Submit one job and take it."""
    submit(store, name)
    (state,) = claim(store)
    return state


def save(store: JobStore, state: JobState) -> JobState | None:
    """Save a snapshot; return what is kept instead, if it is."""
    return store.exchange(Errand(saves=[state])).lost.get(state.job_id)


def end(state: JobState, status: JobStatus = JobStatus.COMPLETE, **facts: Any) -> JobState:
    return state.evolve(status=status, finished_at=12.0, **facts)


def load(store: JobStore, name: str = "a") -> JobState:
    state = store.load(name)
    assert state is not None
    return state
