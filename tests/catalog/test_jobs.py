"""Jobs as rows that several processes share: whose they are, and what becomes of orphans."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest
from msgspec.structs import replace

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.jobs import CatalogJobStore
from stoat_nb.catalog.owner import Owner
from stoat_nb.catalog.workers import LEASE_S
from stoat_nb.jobs.state import MAX_DEATHS, JobEvent, JobState, JobStatus, Level, Progress
from stoat_nb.jobs.transitions import Wish, handed_back

from .world import EVERYTHING, World, claim, end, load, names, save, submit

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
        "The job lost its process 3 times, so it was given up."
    )


def test_an_orphan_is_news_to_whoever_found_it_too(world: World) -> None:
    first, second = world.process(11), world.process(12)
    submit(first, "a", max_deaths=1)
    submit(second, "b")  # from here on it has a number of its own
    claim(first)
    world.dead.add(11)
    before = second.changes(-1, EVERYTHING).revision
    assert second.tend()
    (told,) = second.changes(before, EVERYTHING).states
    assert (told.job_id, told.status) == ("a", JobStatus.FAILED)


def test_a_wish_is_no_news_to_whoever_had_it(world: World) -> None:
    first, second = world.process(11), world.process(12)
    submit(first, "a", "b")
    before = second.changes(-1, EVERYTHING).revision
    second.wish("a", Wish.CANCEL)  # the first thing that it does
    second.prioritize("b", 3)
    assert second.changes(before, EVERYTHING).states == []
    assert names(first.changes(before, EVERYTHING).states) == ["a", "b"]


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


def test_only_the_job_that_takes_processes_down_is_given_up(world: World) -> None:
    submit(world.process(1), "a", "guilty", "c", "d")
    for pid in count(1):
        store = world.process(pid)
        running = claim(store, 9) + claim(store, 9)
        if "guilty" in names(running):
            world.dead.add(pid)
            assert world.process(99).tend()
        elif running:
            save(store, *map(end, running))
        else:
            break
    told = {state.job_id: (state.status, state.deaths) for state in store.states()}
    others = dict.fromkeys("acd", (JobStatus.COMPLETE, 1))
    assert told == {"guilty": (JobStatus.FAILED, MAX_DEATHS), **others}


def test_what_one_process_tries_again_keeps_no_other_from_doing_so(world: World) -> None:
    first, second, third = (world.process(pid) for pid in (11, 12, 13))
    submit(first, "a", "b", "c")
    claim(first, 3)
    world.dead.add(11)
    assert second.tend()
    assert [names(claim(store, 9)) for store in (second, third)] == [["a"], ["b"]]
    assert claim(second, 9) == claim(third, 9) == []


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


def test_no_process_is_said_to_have_ended_that_may_still_be_there(world: World) -> None:
    first, second, third = (world.process(pid) for pid in (11, 12, 13))
    world.out_of_sight.add(12)
    for store, name in ((first, "silent"), (second, "out of sight"), (third, "closed")):
        submit(store, name)
        claim(store)
    third.leave()  # with a job that would not stop
    world.pass_by(LEASE_S + 1)
    judge = world.process(99)
    assert judge.tend()
    told = {name: judge.log(name)[-1].text for name in ("silent", "out of sight", "closed")}
    assert told == {
        "silent": "The process that ran it (pid 11) has not been heard of for 30 s."
        " It will be taken up again.",
        "out of sight": "The process that ran it (pid 12) has not been heard of for 30 s."
        " It will be taken up again.",
        "closed": "The process that ran it (pid 13) closed the library before it ended."
        " It will be taken up again.",
    }


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
        catalog.scans.begin(job_id=name, folder=b"/v", recursive=True, started_at=1.0)

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
