"""What is kept of jobs that have ended, and that nothing else is ever forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stoat_nb.catalog import retention
from stoat_nb.catalog.database import Database, fetch
from stoat_nb.catalog.jobs import FORGET_EVERY_S, CatalogJobStore
from stoat_nb.catalog.owner import Owner
from stoat_nb.catalog.retention import GRACE_S, Retention, forget_old
from stoat_nb.catalog.workers import Surroundings
from stoat_nb.jobs.state import JobEvent, JobState, JobStatus
from stoat_nb.jobs.store import Claim, Errand

DAY_S = 86_400.0
NOW = 1000 * DAY_S


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    opened = Database(path)
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database) -> CatalogJobStore:
    return CatalogJobStore(database)


def ended(store: CatalogJobStore, *ages: float, names: str = "job") -> None:
    """Write down jobs that ended so many seconds ago, each with a line in its log."""
    states = [
        JobState(
            job_id=f"{names} {number}",
            job_type="scan",
            status=JobStatus.FAILED,
            submitted_at=1.0,
            finished_at=NOW - age,
        )
        for number, age in enumerate(ages)
    ]
    events = [(state.job_id, JobEvent(at=1.0, text="noted")) for state in states]
    store.exchange(Errand(submits=states, events=events))


def pending(store: CatalogJobStore, *names: str) -> None:
    states = [JobState(job_id=name, job_type="scan", submitted_at=1.0) for name in names]
    store.exchange(Errand(submits=states))


def kept(store: CatalogJobStore) -> list[str]:
    return [state.job_id for state in reversed(store.states())]


def forget(database: Database, **limits: Any) -> int:
    return forget_old(database, Retention(**limits), NOW)


def test_jobs_that_ended_too_long_ago_are_forgotten(
    database: Database, store: CatalogJobStore
) -> None:
    ended(store, 91 * DAY_S, 90 * DAY_S, 89 * DAY_S, 2 * DAY_S)
    assert forget(database) == 1
    assert kept(store) == ["job 1", "job 2", "job 3"]
    assert forget(database, days=1.5) == 3
    assert kept(store) == []
    assert forget(database, days=1.5) == 0


def test_of_more_jobs_than_are_kept_the_oldest_are_forgotten(
    database: Database, store: CatalogJobStore
) -> None:
    ended(store, *[2 * GRACE_S] * 10)
    assert forget(database, count=10) == 0
    assert forget(database, count=3) == 7
    assert kept(store) == ["job 7", "job 8", "job 9"]
    assert forget(database, count=1) == 2


def test_what_ended_within_the_hour_is_kept_whatever_the_count(
    database: Database, store: CatalogJobStore
) -> None:
    ended(store, GRACE_S + 1, GRACE_S - 1, 0.0, 2 * GRACE_S, 0.0)
    assert forget(database, count=1) == 2
    assert kept(store) == ["job 1", "job 2", "job 4"]


def test_what_waits_or_runs_is_never_forgotten(database: Database, store: CatalogJobStore) -> None:
    pending(store, "runs", "waits")
    store.exchange(Errand(claim=Claim(1, {"scan": None})))
    ended(store, 400 * DAY_S, 400 * DAY_S)
    assert forget(database, count=1, days=1.0) == 2
    assert kept(store) == ["runs", "waits"]


def test_the_log_of_a_job_goes_with_it_and_no_others(
    database: Database, store: CatalogJobStore
) -> None:
    ended(store, 400 * DAY_S, DAY_S)
    forget(database)
    assert store.log("job 0") == []
    assert [event.text for event in store.log("job 1")] == ["noted"]
    noted = database.read(lambda connection: fetch(connection, "SELECT count(*) FROM job_events"))
    assert noted == [(1,)]


def test_many_jobs_are_forgotten_piece_by_piece(
    database: Database, store: CatalogJobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_AT_ONCE", 10)
    pending(store, *(f"first {number}" for number in range(25)))
    ended(store, *[100 * DAY_S] * 35)
    pending(store, "last")
    assert forget(database) == 35
    assert len(kept(store)) == 26


def test_a_queue_that_is_open_forgets_once_an_hour(database: Database) -> None:
    clock = {"ticks": 0.0}
    store = CatalogJobStore(
        database,
        around=Surroundings(
            owner=Owner.here(), now=lambda: NOW + clock["ticks"], ticks=lambda: clock["ticks"]
        ),
        retention=Retention(days=1.0),
    )
    ended(store, 2 * DAY_S)
    store.tend()
    assert kept(store) == []
    ended(store, 2 * DAY_S)
    clock["ticks"] += FORGET_EVERY_S - 1
    store.tend()
    assert kept(store) == ["job 0"]
    clock["ticks"] += 1
    store.tend()
    assert kept(store) == []
