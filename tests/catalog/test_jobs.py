"""Jobs as rows that several processes share: whose they are, and what becomes of orphans."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
import pytest

from stoat_nb.catalog import migrations
from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.database import Database, fetch
from stoat_nb.catalog.jobs import CHANGES_AT_MOST, CatalogJobStore
from stoat_nb.catalog.owner import Owner
from stoat_nb.catalog.workers import LEASE_S, Surroundings
from stoat_nb.jobs.state import MAX_DEATHS, JobEvent, JobState, JobStatus, Level, Progress
from stoat_nb.jobs.store import Claim, Errand, Interest, Reply
from stoat_nb.jobs.transitions import Wish, handed_back

EVERYTHING = Interest(everything=True)


class World:
    """A machine on which processes have one library open; they die, and time goes by, when told."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now, self.ticks = 1_000_000.0, 50.0
        self.dead: set[int] = set()
        self.out_of_sight: set[int] = set()
        self.boot = "boot 1"
        self.databases: list[Database] = []

    def lives(self, owner: Owner) -> bool | None:
        if owner.boot != self.boot:
            return False
        return None if owner.pid in self.out_of_sight else owner.pid not in self.dead

    def process(self, pid: int) -> CatalogJobStore:
        """Return the store of another process, with a file opened by itself."""
        owner = Owner(boot=self.boot, namespace="1", pid=pid, started="1")
        around = Surroundings(
            owner=owner, now=lambda: self.now, ticks=lambda: self.ticks, lives=self.lives
        )
        self.databases.append(Database(self.path))
        return CatalogJobStore(self.databases[-1], around=around)

    def pass_by(self, seconds: float) -> None:
        self.now += seconds
        self.ticks += seconds

    def rows(self, sql: str, *bindings: Any) -> list[Any]:
        return self.databases[0].read(lambda connection: fetch(connection, sql, bindings))


@pytest.fixture
def world(path: Path) -> Iterator[World]:
    made = World(path)
    yield made
    for database in made.databases:
        database.close()


def submit(store: CatalogJobStore, *names: str, job_type: str = "scan", **facts: Any) -> None:
    states = [
        JobState(**{"job_id": name, "job_type": job_type, "submitted_at": 10.0, **facts})
        for name in names
    ]
    store.exchange(Errand(submits=states))


def claim(store: CatalogJobStore, count: int = 1, **types: int | None) -> list[JobState]:
    return store.exchange(Errand(claim=Claim(count, types or {"scan": None}))).claimed


def save(store: CatalogJobStore, *states: JobState) -> Reply:
    return store.exchange(Errand(saves=list(states)))


def load(store: CatalogJobStore, name: str = "a") -> JobState:
    state = store.load(name)
    assert state is not None
    return state


def names(states: list[JobState]) -> list[str]:
    return [state.job_id for state in states]


def end(state: JobState, **facts: Any) -> JobState:
    return state.evolve(**{"status": JobStatus.COMPLETE, "finished_at": 12.0, **facts})


# Whose they are -----------------------------------------------------------------------------------


def test_this_process_is_alive_and_reads_itself_back() -> None:
    here = Owner.here()
    assert Owner.parse(str(here)) == here
    assert here.lives is True


def test_numbers_that_are_used_again_do_not_raise_the_dead() -> None:
    here = Owner.here()
    assert replace(here, started="1").lives is False
    assert replace(here, boot="another").lives is False
    assert replace(here, namespace="1").lives is None


def test_a_process_that_nobody_has_buried_yet_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    stat = Path(f"/proc/{child.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    zombie = replace(Owner.here(), pid=child.pid, started=stat[19])
    assert zombie.lives is False
    child.wait()
    assert zombie.lives is False


def test_a_job_tells_which_process_runs_it(world: World) -> None:
    first, second = world.process(11), world.process(12)
    submit(first, "a", "b")
    (state,) = claim(second)
    assert state.worker == load(first).worker == "pid 12"
    assert load(first, "b").worker is None
    save(second, end(state))
    assert load(first).worker == "pid 12"


def test_each_job_is_taken_by_one_process(world: World) -> None:
    first, second = world.process(11), world.process(12)
    submit(first, "a", "b", "c")
    taken = claim(first, 2) + claim(second, 2)
    assert names(taken) == ["a", "b", "c"]
    assert claim(first, 9) == claim(second, 9) == []


def test_no_process_saves_what_another_runs(world: World) -> None:
    first, second = world.process(11), world.process(12)
    submit(first, "a")
    (state,) = claim(first)
    for said in (state.evolve(progress=Progress(done=9)), end(state), handed_back(state)):
        assert save(second, said).lost == {"a": state}
    assert load(first) == state
    assert not save(first, end(state)).lost


def test_no_more_of_a_type_run_than_may_in_all_processes_together(world: World) -> None:
    first, second = world.process(11), world.process(12)
    submit(first, "a", "b", "c", "d")
    (one,) = claim(first, 1, scan=2)
    assert names(claim(second, 9, scan=2)) == ["b"]
    assert claim(first, 9, scan=2) == claim(second, 9, scan=2) == []
    save(first, end(one))
    assert names(claim(second, 9, scan=2)) == ["c"]


def test_threads_that_write_at_once_are_one_worker(world: World) -> None:
    store = world.process(11)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: submit(store, str(number)), range(40)))
    assert world.rows("SELECT count(*) FROM workers") == [(1,)]
    taken = claim(store, 40)
    assert save(store, *map(end, taken)).lost == {}
    assert len(store.states(status=JobStatus.COMPLETE)) == 40


# Orphans ------------------------------------------------------------------------------------------


def test_jobs_of_a_dead_process_are_taken_up_again_by_another(world: World) -> None:
    first, second = world.process(11), world.process(12)
    submit(first, "a", "b", "c")
    mine = claim(first, 2)
    save(first, mine[0].evolve(progress=Progress(phase="probing", done=7)))
    assert second.tend() is False
    world.dead.add(11)
    assert second.tend() is True
    state = load(second)
    assert (state.status, state.attempt, state.deaths) == (JobStatus.PENDING, 1, 1)
    assert (state.worker, state.paused, state.progress.done) == (None, False, 7)
    assert second.tend() is False
    (again,) = claim(second)  # in its old place
    assert (again.job_id, again.attempt, again.worker) == ("a", 2, "pid 12")
    assert second.log("a")[-1] == JobEvent(
        at=world.now,
        text="The process that ran it (pid 11) ended before it did. It will be taken up again.",
        level=Level.WARNING,
        attempt=1,
    )


def test_a_job_that_takes_its_process_down_each_time_is_given_up(world: World) -> None:
    submit(world.process(1), "a")
    for pid in range(1, MAX_DEATHS + 1):
        (state,) = claim(world.process(pid))
        assert (state.attempt, state.deaths) == (pid, pid - 1)
        world.dead.add(pid)
        assert world.process(99).tend()
    state = load(world.process(99))
    assert (state.status, state.deaths) == (JobStatus.FAILED, MAX_DEATHS)
    assert state.finished_at == world.now
    assert state.error == (
        "The process that ran it (pid 3) ended before it did. "
        "That was the case 3 times, so it was given up."
    )


def test_handing_back_is_no_death(world: World) -> None:
    store = world.process(11)
    submit(store, "a")
    for attempt in range(1, 2 * MAX_DEATHS):
        (state,) = claim(store)
        assert (state.attempt, state.deaths) == (attempt, 0)
        save(store, handed_back(state))


def test_of_the_jobs_whose_process_died_a_worker_takes_one_at_a_time(world: World) -> None:
    first, second = world.process(11), world.process(12)
    submit(first, "a", "b", "c")
    claim(first, 3)
    world.dead.add(11)
    second.tend()
    submit(second, "d", "e")
    taken = claim(second, 9)
    assert names(taken) == ["a", "d", "e"]
    save(second, *map(end, taken))
    assert names(claim(second, 9)) == ["b"]


def test_an_orphan_that_was_to_stop_is_cancelled(world: World) -> None:
    first, second = world.process(11), world.process(12)
    submit(first, "a")
    claim(first)
    assert second.wish("a", Wish.CANCEL)[0]
    world.dead.add(11)
    assert second.tend()
    state = load(second)
    assert (state.status, state.finished_at) == (JobStatus.CANCELLED, world.now)
    assert state.error == "The process that ran it (pid 11) ended before it did."
    assert claim(second, 9) == []


def test_an_orphan_that_was_to_pause_waits_until_it_is_resumed(world: World) -> None:
    first, second = world.process(11), world.process(12)
    submit(first, "a")
    claim(first)
    second.wish("a", Wish.PAUSE)
    world.dead.add(11)
    second.tend()
    state = load(second)
    assert (state.status, state.paused, state.pause_requested) == (JobStatus.PENDING, True, False)
    assert claim(second) == []
    assert "goes on when it is resumed" in second.log("a")[-1].text
    second.wish("a", Wish.RESUME)
    assert names(claim(second)) == ["a"]


@pytest.mark.parametrize("look", [lambda store: store.load("a"), lambda store: store.states()[0]])
def test_whoever_looks_at_a_job_does_not_hear_that_a_dead_process_runs_it(
    world: World, look: Callable[[CatalogJobStore], JobState]
) -> None:
    first, reader = world.process(11), world.process(12)
    submit(first, "a")
    claim(first)
    assert look(reader).status is JobStatus.RUNNING
    world.dead.add(11)
    assert look(reader).status is JobStatus.PENDING
    assert world.rows("SELECT count(*) FROM workers") == [(1,)]  # looking makes nobody a worker


def test_a_process_that_stands_still_loses_its_jobs_when_its_lease_runs_out(world: World) -> None:
    first, second = world.process(11), world.process(12)
    submit(first, "a")
    (stale,) = claim(first)
    world.pass_by(LEASE_S)
    assert second.tend() is False
    world.pass_by(0.001)
    assert second.tend() is True
    (fresh,) = claim(second)
    assert (fresh.attempt, fresh.deaths) == (2, 1)
    for said in (stale.evolve(progress=Progress(done=1)), end(stale), handed_back(stale)):
        assert save(first, said).lost == {"a": fresh}
    assert not save(second, end(fresh, result="second")).lost
    assert load(first).result == "second"


def test_a_process_that_took_its_own_lost_job_again_cannot_end_it_twice(world: World) -> None:
    first, second = world.process(11), world.process(12)
    submit(first, "a")
    (stale,) = claim(first)
    world.pass_by(LEASE_S + 1)
    assert second.tend()
    (fresh,) = claim(first)
    assert save(first, end(stale, result="stale")).lost == {"a": fresh}
    assert not save(first, end(fresh, result="fresh")).lost


def test_a_process_that_gives_signs_of_life_keeps_its_jobs(world: World) -> None:
    first, second = world.process(11), world.process(12)
    submit(first, "a")
    (state,) = claim(first)
    for _ in range(5):
        world.pass_by(LEASE_S - 1)
        first.tend()
        assert second.tend() is False
    assert not save(first, end(state)).lost


def test_nobody_takes_itself_for_dead(world: World) -> None:
    store = world.process(11)
    submit(store, "a")
    (state,) = claim(store)
    world.pass_by(10 * LEASE_S)
    assert load(store).status is JobStatus.RUNNING
    assert store.tend() is False
    assert not save(store, end(state)).lost


def test_a_process_out_of_sight_is_given_time(world: World) -> None:
    first, second = world.process(11), world.process(12)
    world.out_of_sight.add(11)
    submit(first, "a")
    claim(first)
    world.pass_by(LEASE_S)
    assert second.tend() is False
    world.pass_by(1)
    assert second.tend() is True


def test_after_another_boot_nobody_lives_whatever_the_clock_says(world: World) -> None:
    first = world.process(11)
    submit(first, "a")
    claim(first)
    world.boot, world.ticks = "boot 2", 1.0
    second = world.process(11)
    assert second.tend() is True
    assert names(claim(second)) == ["a"]


def test_a_clock_that_is_set_ends_no_lease(world: World) -> None:
    first, second = world.process(11), world.process(12)
    submit(first, "a")
    claim(first)
    world.now += 1e9
    assert second.tend() is False
    world.now -= 2e9
    assert second.tend() is False


def test_whoever_leaves_gives_back_what_it_could_not_stop(world: World) -> None:
    first, second = world.process(11), world.process(12)
    submit(first, "a", "b", "c")
    claim(first, 2)
    second.wish("b", Wish.CANCEL)
    first.leave()
    assert load(second).status is JobStatus.PENDING
    assert load(second, "b").status is JobStatus.CANCELLED
    assert names(claim(second, 9)) == ["a", "c"]
    world.process(13).leave()  # it had never done anything


def test_a_scan_ends_with_its_job(world: World) -> None:
    catalog = Catalog(world.path)
    first, second = world.process(11), world.process(12)
    submit(first, "again", "stopped", "later", "late", "pending")
    taken = {state.job_id: state for state in claim(first, 9)}
    for name in taken:
        catalog.begin_scan(job_id=name, folder=b"/v", recursive=True, started_at=1.0)

    def scans() -> dict[str, str]:
        return dict(world.rows("SELECT job_id, status FROM scans"))

    second.wish("later", Wish.CANCEL)
    save(first, handed_back(taken["later"]), handed_back(taken["pending"]))
    save(first, end(taken["late"], status=JobStatus.TIMEOUT))
    second.wish("stopped", Wish.CANCEL)
    world.dead.add(11)
    second.tend()
    assert scans() == {
        "again": "running",
        "stopped": "cancelled",
        "later": "cancelled",
        "late": "timeout",
        "pending": "running",
    }
    second.wish("pending", Wish.CANCEL)
    assert scans()["pending"] == "cancelled"
    assert world.rows("SELECT count(*) FROM scans WHERE finished_at IS NULL") == [(1,)]
    catalog.close()


# News ---------------------------------------------------------------------------------------------


def test_that_something_was_written_is_told_once(world: World) -> None:
    first, second = world.process(11), world.process(12)
    first.has_changed()
    assert not first.has_changed()
    submit(second, "a")
    assert first.has_changed()
    assert not first.has_changed()


def test_what_others_did_is_told_and_what_it_did_itself_is_not(world: World) -> None:
    first, second = world.process(11), world.process(12)
    submit(first, "mine")
    begin = first.changes(-1, EVERYTHING)
    assert (begin.states, begin.by_others) == ([], False)
    (state,) = claim(first)
    own = first.changes(begin.revision, EVERYTHING)
    assert (own.states, own.by_others) == ([], False)
    assert own.revision > begin.revision
    submit(second, "theirs", "too")
    claim(second)
    news = first.changes(own.revision, EVERYTHING)
    assert news.by_others
    assert {change.job_id: change.status for change in news.states} == {
        "theirs": JobStatus.RUNNING,
        "too": JobStatus.PENDING,
    }
    assert news.wished == []
    assert first.changes(news.revision, EVERYTHING).states == []
    save(first, end(state))
    assert names(second.changes(news.revision, EVERYTHING).states) == ["mine"]


def test_only_jobs_of_interest_are_told_but_always_that_others_did_something(world: World) -> None:
    first, second = world.process(11), world.process(12)
    since = first.changes(-1, EVERYTHING).revision
    submit(second, "a", "b")
    assert names(first.changes(since, Interest(frozenset({"b", "\ud800"}))).states) == ["b"]
    nothing = first.changes(since, Interest())
    assert (nothing.states, nothing.by_others) == ([], True)


def test_news_come_in_the_order_in_which_they_happened_and_the_newest_if_many(
    world: World,
) -> None:
    first, second = world.process(11), world.process(12)
    since = first.changes(-1, EVERYTHING).revision
    many = [f"{number:04}" for number in range(CHANGES_AT_MOST + 5)]
    submit(second, *many)
    assert names(first.changes(since, EVERYTHING).states) == many[5:]
    told = first.changes(since, Interest(frozenset({"0000"}), everything=True)).states
    assert set(names(told)) == {"0000", *many[5:]}


def test_whoever_runs_a_job_is_told_of_wishes_about_it_whoever_listens(world: World) -> None:
    first, reader = world.process(11), world.process(12)
    submit(first, "a", "b", "c")
    claim(first, 3)
    since = first.changes(-1, Interest()).revision
    reader.wish("a", Wish.CANCEL)
    reader.wish("b", Wish.PAUSE)
    news = first.changes(since, Interest())
    assert news.by_others
    assert {
        state.job_id: (state.cancel_requested, state.pause_requested) for state in news.wished
    } == {
        "a": (True, False),
        "b": (False, True),
    }
    assert reader.changes(since, Interest()).wished == []


def test_readers_hear_of_each_others_wishes(world: World) -> None:
    """Neither of the two has ever run or submitted anything, so neither has a number."""
    submit(world.process(11), "a")
    one, another = world.process(12), world.process(13)
    since = one.changes(-1, EVERYTHING).revision
    another.wish("a", Wish.PAUSE)
    (news,) = one.changes(since, EVERYTHING).states
    assert news.paused


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
    begun = catalog.begin_scan(job_id="running", folder=b"/v", recursive=True, started_at=50.0)
    assert (begun.goes_on, begun.started_at) == (True, 5.0)
    catalog.close()
