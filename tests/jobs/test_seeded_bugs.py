"""The store's machine is worth something: it finds every one of these bugs, and none without one.

A green machine proves little: it may never come to where it matters. So bugs are planted, one at a
time, each by changing one small function or one line of SQL of ours.

In full depth, 1,500 machines of each shape, which takes some minutes::

    STOAT_TEST_MACHINES=1500 python -m pytest tests/jobs/test_seeded_bugs.py
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any

import apsw
import pytest
from msgspec.structs import replace
from shared_file import SharedFile, shared_file
from store_machine import run

from stoat_nb.catalog import job_turn, jobs, workers
from stoat_nb.catalog.job_turn import JobTurn, newest_revision
from stoat_nb.catalog.jobs import CatalogJobStore
from stoat_nb.catalog.workers import Surroundings
from stoat_nb.errors import JobError
from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.jobs.store import Claim, Errand, Reply
from stoat_nb.jobs.transitions import Wish, begun, handed_back, heed, orphaned, settled

#: Machines run without a bug, and at most to find one. They stop at the first that finds it.
FULL = int(os.environ.get("STOAT_TEST_MACHINES", "0"))
SOUND, HUNT = FULL or 60, FULL or 1500

Plant = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture(scope="module")
def file() -> Iterator[SharedFile]:
    with shared_file() as opened:
        yield opened


def in_sql(name: str, *words: tuple[str, str]) -> Plant:
    """Change one statement."""

    def plant(monkeypatch: pytest.MonkeyPatch) -> None:
        sql = getattr(job_turn, name)
        for old, new in words:
            assert old in sql
            sql = sql.replace(old, new)
        monkeypatch.setattr(job_turn, name, sql)

    return plant


def in_claims(old: str, new: str) -> Plant:
    """Change what is asked when jobs are taken."""

    def plant(monkeypatch: pytest.MonkeyPatch) -> None:
        real = job_turn.fetch

        def fetch(connection: apsw.Connection, sql: str, bindings: Any = ()) -> list[Any]:
            return real(connection, sql.replace(old, new), bindings)

        monkeypatch.setattr(job_turn, "fetch", fetch)

    return plant


def instead(where: object, name: str, bug: Callable[..., Any]) -> Plant:
    """Change one function."""
    return lambda monkeypatch: monkeypatch.setattr(where, name, bug)


def put_off(store: CatalogJobStore, errand: Errand) -> Reply:
    """Write down what is submitted when there is something else to do."""
    late = getattr(store, "late", [])
    store.late = errand.submits  # type: ignore[attr-defined]
    return store._write(
        lambda turn: turn.exchange(replace(errand, submits=late)), durable=errand.is_durable
    )


def only_note_a_cancel(state: JobState, wish: Wish, now: float) -> JobState | None:
    if wish is Wish.CANCEL and state.status is JobStatus.PENDING:
        return state.evolve(cancel_requested=True)
    return heed(state, wish, now)


def never_give_up(state: JobState, fate: str, now: float) -> JobState:
    if state.cancel_requested:
        return orphaned(state, fate, now)
    return replace(handed_back(state), deaths=state.deaths + 1)


def count_own_alone(_turn: JobTurn, claim: Claim) -> dict[str, int]:
    return {name: limit for name, limit in claim.types.items() if limit is not None}


BUGS: dict[str, Plant] = {
    "an end is written without any fence": in_sql(
        "_END", (" AND attempt = :attempt AND worker_id = :me", "")
    ),
    "the fence around an end forgets the attempt": in_sql("_END", (" AND attempt = :attempt", "")),
    "the fence around progress forgets the attempt": in_sql(
        "_PROGRESS", (" AND attempt = :attempt", "")
    ),
    "an end overwrites an end": in_sql("_END", (" AND status = 'running'", "")),
    "progress undoes wishes": in_sql(
        "_PROGRESS",
        ("SET ", "SET cancel_requested = :cancel_requested, pause_requested = :pause_requested, "),
    ),
    "jobs of the living are taken": instead(Surroundings, "fate", lambda *_: "ended"),
    "a lease is too short": instead(workers, "LEASE_S", 10.0),
    "jobs of the dead are left alone": instead(Surroundings, "fate", lambda *_: None),
    "a cancelled orphan goes on": instead(
        job_turn,
        "orphaned",
        lambda state, *facts: orphaned(replace(state, cancel_requested=False), *facts),
    ),
    "a paused orphan goes on": instead(
        job_turn,
        "orphaned",
        lambda state, *facts: orphaned(replace(state, pause_requested=False), *facts),
    ),
    "a job that kills is never given up": instead(job_turn, "orphaned", never_give_up),
    "a death is not counted": instead(job_turn, "orphaned", lambda state, *_: handed_back(state)),
    "a start is not counted": instead(
        job_turn,
        "begun",
        lambda state, **facts: replace(begun(state, **facts), attempt=state.attempt),
    ),
    "a pause is forgotten when a job is handed back": instead(
        job_turn,
        "settled",
        lambda kept, said, now: settled(replace(kept, pause_requested=False), said, now),
    ),
    "a cancel is forgotten when a job is handed back": instead(
        job_turn,
        "settled",
        lambda kept, said, now: settled(replace(kept, cancel_requested=False), said, now),
    ),
    "a pending job that is cancelled is only marked": instead(jobs, "heed", only_note_a_cancel),
    "paused jobs are taken": in_claims("AND jobs.paused = 0", ""),
    "priorities do not count": in_claims("jobs.priority DESC, ", ""),
    "the newest is taken first": in_claims("jobs.number LIMIT", "jobs.number DESC LIMIT"),
    "each process counts its own alone": instead(JobTurn, "_room", count_own_alone),
    "a submit is acknowledged before it is written": instead(CatalogJobStore, "exchange", put_off),
    "revisions stand still": instead(
        job_turn, "_revisions_after", lambda connection: repeat(newest_revision(connection))
    ),
    "snapshots have no number of their own": in_sql("_END", ("max(seq + 1, :seq)", "0")),
    "nobody is told that a word came too late": instead(
        job_turn,
        "Reply",
        lambda claimed, **_rest: Reply(claimed=claimed),
    ),
    "whoever leaves gives nothing back": instead(JobTurn, "leave", lambda *_: None),
    "logs are not written": instead(JobTurn, "_note", lambda *_: None),
}


@pytest.mark.parametrize("steps", [30, 80])
def test_without_a_bug_the_store_keeps_every_promise(file: SharedFile, steps: int) -> None:
    run(file, machines=SOUND, steps=steps)


@pytest.mark.parametrize("bug", BUGS)
def test_the_machine_finds_the_bug(
    monkeypatch: pytest.MonkeyPatch, file: SharedFile, bug: str
) -> None:
    BUGS[bug](monkeypatch)
    with pytest.raises((AssertionError, JobError, apsw.ConstraintError)):
        run(file, machines=HUNT, steps=30)
