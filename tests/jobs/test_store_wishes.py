"""What every store does with wishes about jobs, and how it lists them."""

from __future__ import annotations

from typing import Any

import pytest

from stoat_nb.jobs.state import JobEvent, JobStatus, Level, Progress
from stoat_nb.jobs.store import Errand, JobStore
from stoat_nb.jobs.transitions import Wish, handed_back

from .stores import HOSTILE, begin, claim, end, load, names, save, submit


def test_a_pending_job_that_is_cancelled_is_never_taken(store: JobStore) -> None:
    submit(store, "a", "b")
    meant, state = store.wish("a", Wish.CANCEL)
    assert meant
    assert state == load(store)
    assert state.status is JobStatus.CANCELLED
    assert state.finished_at is not None
    assert names(claim(store, 9)) == ["b"]


def test_a_pending_job_that_is_paused_waits_until_it_is_resumed(store: JobStore) -> None:
    submit(store, "a")
    assert store.wish("a", Wish.RESUME)[0] is False
    assert store.wish("a", Wish.PAUSE)[0]
    assert load(store).paused
    assert store.wish("a", Wish.PAUSE) == (True, load(store))
    assert claim(store) == []
    assert store.wish("a", Wish.RESUME)[0]
    assert not load(store).paused
    assert names(claim(store)) == ["a"]


def test_a_paused_job_may_be_cancelled(store: JobStore) -> None:
    submit(store, "a")
    store.wish("a", Wish.PAUSE)
    assert store.wish("a", Wish.CANCEL)[0]
    state = load(store)
    assert (state.status, state.paused) == (JobStatus.CANCELLED, False)


@pytest.mark.parametrize("wish", [Wish.CANCEL, Wish.PAUSE])
def test_a_wish_about_a_running_job_is_kept_until_its_worker_heeds_it(
    store: JobStore, wish: Wish
) -> None:
    state = begin(store)
    meant, asked = store.wish("a", wish)
    assert meant
    assert asked.status is JobStatus.RUNNING
    moved = state.evolve(progress=Progress(done=3), heartbeat_at=11.0)
    assert save(store, moved) is None  # its worker has not heard of it yet
    kept = load(store)
    assert (kept.cancel_requested, kept.pause_requested) == (
        wish is Wish.CANCEL,
        wish is Wish.PAUSE,
    )
    assert kept.progress.done == 3
    assert store.wish("a", wish) == (True, kept)


def test_nobody_pauses_what_is_to_stop_for_good(store: JobStore) -> None:
    begin(store)
    store.wish("a", Wish.CANCEL)
    assert store.wish("a", Wish.PAUSE)[0] is False
    assert store.wish("a", Wish.RESUME)[0] is False


def test_a_job_that_ended_before_its_worker_heard_of_a_wish_has_ended_so(store: JobStore) -> None:
    state = begin(store)
    store.wish("a", Wish.PAUSE)
    store.wish("a", Wish.CANCEL)
    assert save(store, end(state, result=7)) is None
    kept = load(store)
    assert (kept.status, kept.result) == (JobStatus.COMPLETE, 7)
    assert kept.cancel_requested
    assert not kept.pause_requested


def test_a_job_handed_back_as_wished_is_not_lost(store: JobStore) -> None:
    state = begin(store)
    _meant, asked = store.wish("a", Wish.PAUSE)
    assert save(store, handed_back(asked)) is None
    kept = load(store)
    assert (kept.status, kept.paused, kept.pause_requested) == (JobStatus.PENDING, True, False)
    assert kept.attempt == state.attempt


def test_a_job_handed_back_after_somebody_paused_it_is_paused(store: JobStore) -> None:
    state = begin(store)
    store.wish("a", Wish.PAUSE)
    kept = save(store, handed_back(state))
    assert kept == load(store)
    assert kept.paused
    assert claim(store) == []


def test_a_job_handed_back_after_somebody_resumed_it_goes_on(store: JobStore) -> None:
    begin(store)
    _meant, asked = store.wish("a", Wish.PAUSE)
    assert store.wish("a", Wish.RESUME)[0]
    kept = save(store, handed_back(asked))
    assert kept == load(store)
    assert not kept.paused
    assert names(claim(store)) == ["a"]


def test_a_job_handed_back_after_somebody_cancelled_it_is_cancelled(store: JobStore) -> None:
    state = begin(store)
    store.wish("a", Wish.CANCEL)
    kept = save(store, handed_back(state.evolve(progress=Progress(done=5))))
    assert kept == load(store)
    assert kept.status is JobStatus.CANCELLED
    assert kept.progress.done == 5
    assert kept.finished_at is not None
    assert claim(store) == []


def test_a_priority_given_while_a_job_runs_counts_when_it_is_handed_back(store: JobStore) -> None:
    submit(store, "a", "b")
    first, second = claim(store, 2)
    store.prioritize("b", 3)
    save(store, handed_back(first))
    save(store, handed_back(second))
    assert names(claim(store, 2)) == ["b", "a"]


def test_the_number_of_a_snapshot_grows_with_every_change(store: JobStore) -> None:
    state = begin(store)
    seen = [load(store).seq]

    def note() -> None:
        seen.append(load(store).seq)

    for priority in range(5):
        store.prioritize("a", priority)
        note()
    save(store, state.evolve(progress=Progress(done=1)))
    note()
    store.wish("a", Wish.PAUSE)
    note()
    save(store, handed_back(state))
    note()
    store.wish("a", Wish.RESUME)
    note()
    (again,) = claim(store)
    note()
    store.prioritize("a", 9)
    note()
    save(store, end(again))
    note()
    assert seen == sorted(set(seen))


# Reading ------------------------------------------------------------------------------------------


def test_a_log_is_kept_in_its_order_and_outlives_what_it_tells_of(store: JobStore) -> None:
    submit(store, "a", "b")
    first = JobEvent(at=5.0, text=HOSTILE, level=Level.ERROR, attempt=1)
    second = JobEvent(at=4.0, text="two\nlines")  # clocks are set back
    store.exchange(Errand(events=[("a", first), ("b", second), ("nobody", second)]))
    (state,) = claim(store)
    third = JobEvent(at=6.0, text="", level=Level.WARNING, attempt=1)
    store.exchange(Errand(saves=[end(state)], events=[("a", third)]))
    assert store.log("a") == [first, third]
    assert store.log("b") == [second]
    assert store.log("\ud800") == []


def test_jobs_are_listed_newest_first_by_status_type_and_page(store: JobStore) -> None:
    for number, kind in enumerate(["scan", "loud", "scan", "scan"]):
        submit(store, str(number), job_type=kind, submitted_at=50.0 - number)
    (state,) = claim(store, scan=None)
    save(store, end(state))

    def listed(**wanted: Any) -> list[str]:
        return names(store.states(**wanted))

    assert listed() == ["3", "2", "1", "0"]
    assert listed(job_type="scan") == ["3", "2", "0"]
    assert listed(status=JobStatus.COMPLETE) == ["0"]
    assert listed(status=JobStatus.PENDING, job_type="scan", limit=5) == ["3", "2"]
    assert listed(limit=2) == ["3", "2"]
    assert listed(limit=2, offset=1) == ["2", "1"]
    assert listed(offset=3) == ["0"]
    assert listed(limit=0) == listed(offset=9) == listed(job_type="\ud800") == []


def test_a_store_that_nobody_else_uses_has_nobody_to_look_after(store: JobStore) -> None:
    begin(store)
    assert store.tend() is False
    assert load(store).status is JobStatus.RUNNING
