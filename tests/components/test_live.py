from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from bokeh.document import Document

from stoat_nb.components import live
from stoat_nb.components.feeds import Watch
from stoat_nb.components.live import LiveHub, in_background
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.jobs.thread import QueueThread

#: Seconds after which something that should have happened has not.
PATIENCE_S = 30.0


def test_many_news_become_few_updates_and_the_end_is_never_lost(
    submit: Callable[..., Job[Any]], steps: Any
) -> None:
    ended = threading.Event()
    updates: list[JobState] = []

    def show(states: list[JobState]) -> None:
        updates.extend(states)
        if states[-1].is_final:
            ended.set()

    began = time.monotonic()
    job = submit(total=400)
    LiveHub.current().watch(job.subscribe, show, every=0.2)
    steps.go(400)

    assert ended.wait(PATIENCE_S)
    assert updates[-1].status is JobStatus.COMPLETE
    assert updates[-1].progress.done == 400
    # One at once, one in each while, and the end: however long it took on a busy machine.
    assert len(updates) <= (time.monotonic() - began) / 0.2 + 2


def test_an_end_is_told_at_once_however_slow_the_view(
    submit: Callable[..., Job[Any]], steps: Any
) -> None:
    ended = threading.Event()
    job = submit()
    LiveHub.current().watch(
        job.subscribe, lambda states: ended.set() if states[-1].is_final else None, every=3600.0
    )

    steps.go(4)

    assert ended.wait(PATIENCE_S)


def test_of_many_open_pages_each_waits_longer_but_not_for_an_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Pages of earlier tests are there until they are collected.
    monkeypatch.setattr(live, "_session_hubs", WeakKeyDictionary())
    watch = Watch(lambda _states: None, every=2.0)
    watch.take()
    assert watch.due(live._patience()) - watch.shown_at == pytest.approx(2.0)
    pages = [Document() for _ in range(3)]
    for page in pages:
        monkeypatch.setitem(live._session_hubs, page, LiveHub(None))
    assert watch.due(live._patience()) - watch.shown_at == pytest.approx(6.0)
    watch.urgent = True
    assert watch.due(live._patience()) == float("-inf")


def test_news_after_an_end_do_not_make_it_wait() -> None:
    watch = Watch(lambda _states: None, every=2.0)
    watch.take()
    running = JobState(job_id="1", job_type="count", submitted_at=0.0, status=JobStatus.RUNNING)
    assert watch.note(running.evolve(job_id="2", status=JobStatus.COMPLETE), is_end=True)
    assert not watch.note(running, is_end=False)
    assert watch.due(1.0) == float("-inf")


def test_views_of_one_page_hear_of_the_same_through_one_subscription() -> None:
    listeners: list[Callable[[JobState], None]] = []

    def subscribe(listener: Callable[[JobState], None]) -> Callable[[], None]:
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    hub = LiveHub(None)
    first = hub.watch(subscribe, lambda _states: None)
    second = hub.watch(subscribe, lambda _states: None)
    assert (len(listeners), len(hub)) == (1, 2)

    first()
    first()
    assert (len(listeners), len(hub)) == (1, 1)
    second()
    assert (len(listeners), len(hub)) == (0, 0)


def test_news_of_several_jobs_in_one_update_are_the_newest_of_each(
    queue: QueueThread, submit: Callable[..., Job[Any]], steps: Any
) -> None:
    newest: dict[str, JobStatus] = {}
    all_ended = threading.Event()

    def show(states: list[JobState]) -> None:
        newest.update({state.job_id: state.status for state in states})
        if len(newest) == 3 and set(newest.values()) == {JobStatus.COMPLETE}:
            all_ended.set()

    LiveHub.current().watch(lambda listener: queue.subscribe(None, listener), show)
    for _ in range(3):
        submit()
    steps.go(12)

    assert all_ended.wait(PATIENCE_S)


def test_a_view_that_fails_does_not_stop_the_others(
    submit: Callable[..., Job[Any]], steps: Any
) -> None:
    ended = threading.Event()

    def broken(_states: list[JobState]) -> None:
        raise RuntimeError("a view's own fault")

    job = submit()
    LiveHub.current().watch(job.subscribe, broken)
    LiveHub.current().watch(
        job.subscribe, lambda states: ended.set() if states[-1].is_final else None
    )
    steps.go(4)

    assert ended.wait(PATIENCE_S)


def test_a_closed_hub_has_dropped_every_subscription() -> None:
    told: list[JobState] = []
    listeners: list[Callable[[JobState], None]] = []

    def subscribe(listener: Callable[[JobState], None]) -> Callable[[], None]:
        listeners.append(listener)
        return listeners.clear

    hub = LiveHub(None)
    hub.watch(subscribe, told.extend)
    (still_at_work,) = listeners

    hub.close()
    still_at_work(JobState(job_id="1", job_type="count", submitted_at=0.0))

    assert (len(hub), listeners, hub._fires_at, told) == (0, [], None, [])


def test_an_action_posted_from_any_thread_is_run() -> None:
    done = threading.Event()
    hub = LiveHub.current()

    in_background(lambda: hub.post(done.set))

    assert done.wait(PATIENCE_S)
