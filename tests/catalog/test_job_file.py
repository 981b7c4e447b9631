"""How jobs lie in the file: what is durable, what is quick, and what older files held."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from stoat_nb.catalog import migrations
from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.database import Database, fetch
from stoat_nb.catalog.jobs import CatalogJobStore
from stoat_nb.jobs.state import JobEvent, JobState, JobStatus, Progress
from stoat_nb.jobs.store import Claim, Errand, Interest
from stoat_nb.jobs.transitions import Wish, handed_back

from .world import EVERYTHING, World, claim, end, load, names, save, submit

# The file -----------------------------------------------------------------------------------------


def test_what_must_outlive_a_power_cut_waits_for_the_disk_and_progress_does_not(
    world: World,
) -> None:
    store = world.process(11)
    waited = []

    def note() -> None:
        waited.append(world.databases[0]._durable)

    submit(store, "a")
    note()
    (state,) = claim(store)
    note()
    save(store, state.evolve(progress=Progress(done=1)))
    note()
    store.tend()
    note()
    store.wish("a", Wish.PAUSE)
    note()
    store.tend()
    save(store, end(state))
    note()
    assert waited == [True, True, False, False, True, True]


def test_an_exchange_that_fails_changes_nothing(world: World) -> None:
    store = world.process(11)
    submit(store, "a", "b")
    (state,) = claim(store)
    fresh = JobState(job_id="c", job_type="scan")
    twice = Errand(
        submits=[fresh, fresh],
        saves=[end(state)],
        events=[("a", JobEvent(at=1.0, text="never"))],
        claim=Claim(9, {"scan": None}),
    )
    with pytest.raises(apsw.ConstraintError):
        store.exchange(twice)
    assert names(store.states()) == ["b", "a"]
    assert load(store) == state
    assert store.log("a") == []
    assert names(claim(store, 9)) == ["b"]


@pytest.mark.parametrize("status", ["pending", "running", "failed", "cancelled"])
def test_the_file_itself_refuses_to_change_a_final_status(world: World, status: str) -> None:
    store = world.process(11)
    submit(store, "a")
    save(store, *map(end, claim(store)))
    with pytest.raises(apsw.ConstraintError, match="never changes"):
        world.databases[0].write(
            lambda connection: fetch(connection, "UPDATE jobs SET status = ?", (status,))
        )


def test_jobs_are_a_frame_too(path: Path, world: World) -> None:
    store = world.process(11)
    submit(store, "a", priority=4, retry_of="x")
    (state,) = claim(store)
    save(store, state.evolve(progress=Progress(phase="probing", done=2, failed=1)))
    catalog = Catalog(path)
    frame = catalog.jobs()
    catalog.close()
    row = frame.iloc[0]
    assert (row["job_id"], row["phase"], row["done"], row["n_failed"]) == ("a", "probing", 2, 1)
    assert (row["priority"], row["attempt"], row["paused"]) == (4, 1, False)
    assert (row["retry_of"], row["waited_s"]) == ("x", world.now - 10.0)
    assert frame["total"].isna().all()
    assert frame["duration_s"].isna().all()


def plans(database: Database, do: Callable[[], object]) -> dict[str, str]:
    """Return what the store asks of SQLite, each with SQLite's plan for it."""
    asked: list[str] = []
    spied = [database._connection]
    database.read(spied.append)

    def spy(_cursor: apsw.Cursor, sql: str, _bindings: object) -> bool:
        asked.append(sql)
        return True

    for connection in spied:
        connection.exec_trace = spy
    do()
    for connection in spied:
        connection.exec_trace = None
    return {sql: plan(database, sql) for sql in asked if "FROM jobs" in sql}


def plan(database: Database, sql: str) -> str:
    n_bindings = sql.count("?")

    def explain(connection: apsw.Connection) -> str:
        rows = fetch(connection, f"EXPLAIN QUERY PLAN {sql}", ("a",) * n_bindings)
        return "; ".join(row[3] for row in rows)

    return database.read(explain)


def with_history(world: World, finished: int, *, analysed: bool = True) -> CatalogJobStore:
    store = world.process(11)
    store.tend()  # what is done once an hour is done
    done = [
        JobState(job_id=f"old {number}", job_type="scan", status=JobStatus.FAILED, error="Old.")
        for number in range(finished)
    ]
    store.exchange(Errand(submits=done))
    submit(store, "a", "b", "c")
    if analysed:
        world.databases[0].write(lambda connection: fetch(connection, "ANALYZE"))
    return store


@pytest.mark.parametrize("analysed", [False, True])
def test_what_is_asked_often_does_not_look_at_history(world: World, analysed: bool) -> None:
    store = with_history(world, 10_000, analysed=analysed)
    database = world.databases[0]

    def work() -> None:
        since = store.changes(-1, EVERYTHING).revision
        locked = JobState(job_id="locked", job_type="work", lock="/v/")
        store.exchange(Errand(submits=[locked], covers={"work": lambda *_: True}))
        taken = claim(store, 2, scan=2)
        save(store, handed_back(taken[0]), end(taken[1]))
        claim(store, 2)
        store.tend()
        store.wish("c", Wish.PAUSE)
        store.changes(since - 1, Interest(frozenset({"a"}), everything=True))
        store.changes(since, EVERYTHING)
        assert store.load("a") is not None

    seen = plans(database, work)
    assert len(seen) >= 6
    holders = [line for how in seen.values() for line in how.split("; ") if " held " in line]
    assert holders
    assert all("jobs_running" in line for line in holders)
    assert any("jobs_locks" in how for how in seen.values())
    for sql, how in seen.items():
        assert "SCAN jobs" not in how.replace("SCAN jobs USING", ""), (sql, how)
    (taking,) = {how for sql, how in seen.items() if "jobs.paused = 0" in sql}
    assert "jobs_waiting" in taking
    assert "TEMP B-TREE" not in taking
    told = [how for sql, how in seen.items() if "jobs.revision > ?" in sql and "id = ?" not in sql]
    assert told
    assert all("jobs_revision" in how for how in told)


def test_a_page_of_jobs_is_read_without_sorting_them_all(world: World) -> None:
    store = with_history(world, 2000)
    seen = plans(world.databases[0], lambda: store.states(limit=50))
    assert len(seen) == 1
    assert all("TEMP B-TREE" not in how for how in seen.values())


# Migration ----------------------------------------------------------------------------------------


def old_library(path: Path, *rows: tuple[Any, ...]) -> None:
    """Make a file as version 1 left it."""
    connection = apsw.Connection(str(path))
    connection.execute(migrations.steps()[0])
    connection.execute(f"PRAGMA application_id = {migrations.APPLICATION_ID}")
    connection.execute("PRAGMA user_version = 1")
    connection.executemany(
        "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
    )
    connection.execute(
        "INSERT INTO roots (id, path, path_text) VALUES (1, x'2f76', '/v');"
        "INSERT INTO scans (job_id, root_id, folder, folder_text, recursive, started_at) "
        "VALUES ('running', 1, x'2f76', '/v', 1, 5.0)"
    )
    connection.close()


def old_row(name: str, status: str, at: float, **facts: Any) -> tuple[Any, ...]:
    row = {
        "id": name,
        "type": "scan",
        "status": status,
        "payload": '{"path": "/caf\\udce9"}',
        "progress": '{"phase": "probing", "done": 3, "total": null, "unit": "files", '
        '"bytes_done": 0, "failed": 1, "message": "", "current": ["a.mp4"], "rate": 2.5, '
        '"eta_s": null}',
        "result": None,
        "error": None,
        "submitted_at": at,
        "started_at": 21.0,
        "finished_at": None,
        "heartbeat_at": 22.0,
        "timeout_s": 300.0,
        "attempt": 1,
        "cancel_requested": 0,
        "seq": 4,
        "owner": "boot/1/4711/99",
    }
    return tuple({**row, **facts}.values())


def test_jobs_of_an_older_library_are_kept(path: Path, world: World) -> None:
    old_library(
        path,
        old_row("running", "running", 20.0),
        old_row("asked to stop", "running", 21.0, cancel_requested=1),
        old_row("pending", "pending", 10.0, started_at=None, heartbeat_at=None, attempt=0),
        old_row("done", "complete", 30.0, finished_at=40.0, result='{"n": [1]}'),
        old_row("bad", "failed", 5.0, finished_at=41.0, error="No."),
    )
    store = world.process(11)
    states = {state.job_id: state for state in store.states()}
    assert list(states) == ["done", "asked to stop", "running", "pending", "bad"]
    done = JobState(
        job_id="done",
        job_type="scan",
        payload={"path": "/caf\udce9"},
        status=JobStatus.COMPLETE,
        progress=Progress(phase="probing", done=3, failed=1, current=("a.mp4",), rate=2.5),
        result={"n": [1]},
        submitted_at=30.0,
        started_at=21.0,
        finished_at=40.0,
        heartbeat_at=22.0,
        timeout_s=300.0,
        attempt=1,
        seq=4,
    )
    assert states["done"] == done
    assert (states["bad"].status, states["bad"].error) == (JobStatus.FAILED, "No.")
    assert states["asked to stop"].status is JobStatus.CANCELLED
    assert states["asked to stop"].finished_at is not None
    assert states["running"].status is JobStatus.PENDING
    taken = claim(store, 9)
    assert names(taken) == ["pending", "running"]
    assert [state.attempt for state in taken] == [1, 2]
    catalog = Catalog(path)
    begun = catalog.scans.begin(job_id="running", folder=b"/v", recursive=True, started_at=50.0)
    assert (begun.goes_on, begun.started_at) == (True, 5.0)
    catalog.close()


def test_scans_of_an_older_library_hold_their_folders(path: Path, world: World) -> None:
    paths = {"a": "/v", "b": "/v/", "root": "/", "not text": "/caf\udce9", "no path": None}
    rows = [
        old_row(name, "pending", 20.0, payload=json.dumps({"path": folder}))
        for name, folder in paths.items()
    ]
    old_library(path, *rows, old_row("ended", "complete", 1.0, payload='{"path": "/v"}'))
    locks = {state.job_id: state.lock for state in world.process(1).states()}
    free = {"not text": None, "no path": None, "ended": None}
    assert locks == {"a": "/v/", "b": "/v/", "root": "/"} | free
