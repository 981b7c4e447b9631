"""What handlers and listeners may ask of their own queue, and what blocks or dies beside them."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stoat_nb.catalog.database import Database
from stoat_nb.catalog.jobs import CatalogJobStore
from stoat_nb.catalog.owner import Owner
from stoat_nb.catalog.workers import LEASE_S, Surroundings
from stoat_nb.errors import JobError, QueueClosed
from stoat_nb.jobs.asyncio_queue import AsyncioJobQueue
from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.memory_store import MemoryJobStore
from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.jobs.thread import QueueThread

from .threads import SOON, echo, ids, queue, reach_limit, run, submit

__all__ = ["queue"]


# What a handler may ask ---------------------------------------------------------------------------


def here(_context: JobContext, function: Callable[[], Any]) -> Any:
    async def called() -> Any:
        return function()

    return called()


def in_thread(context: JobContext, function: Callable[[], Any]) -> Any:
    return context.in_thread(function)


def every_verb(queue: QueueThread) -> list[Any]:
    """Use the queue in all ways that need no waiting for a job."""
    heard: list[JobState] = []
    unsubscribe = queue.subscribe(None, heard.append)
    queue.register_handler("child", echo)
    child = submit(queue, "child", said=1)
    answers = [
        child.pause(),
        child.status.value,
        child.resume(),
        queue.prioritize(child.id, 3),
        child.state.priority,
        queue.cancel(child.id),
        queue.peek(child.id).status.value,
        child.retry().status.value,
        queue.snapshots(job_type="child", limit=1)[0].status.value,
        child.log()[0].text,
    ]
    unsubscribe()
    return answers


@pytest.mark.parametrize("way", [here, in_thread], ids=ids)
@pytest.mark.parametrize("kind", ["memory", "catalog"])
def test_every_verb_works_within_a_handler(kind: str, way: Any, tmp_path: Path) -> None:
    database = Database(tmp_path / "library.db") if kind == "catalog" else None
    store = MemoryJobStore() if database is None else CatalogJobStore(database)
    queue = QueueThread(store=store, workers=1)

    async def parent(context: JobContext) -> Any:
        return await way(context, lambda: every_verb(queue))

    state = run(queue, parent)
    queue.close()
    if database is not None:
        database.close()
    assert state.error is None
    assert state.result == [
        *(True, "pending", True, True, 3, True, "cancelled", "pending", "pending", "Submitted.")
    ]


async def awaits(_context: JobContext, job: Job[Any]) -> Any:
    return await job


async def watches(_context: JobContext, job: Job[Any]) -> Any:
    return [state.result async for state in job.watch()][-1]


async def awaits_in_a_task(context: JobContext, job: Job[Any]) -> Any:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(awaits(context, job))
    return task.result()


async def waits_in_thread(context: JobContext, job: Job[Any]) -> Any:
    return await context.in_thread(job.result)


@pytest.mark.parametrize("way", [awaits, watches, awaits_in_a_task, waits_in_thread], ids=ids)
def test_with_one_worker_a_job_may_wait_for_those_it_started(queue: QueueThread, way: Any) -> None:
    async def parent(context: JobContext) -> Any:
        if not context.payload["depth"]:
            return ["leaf"]
        child = submit(queue, "parent", depth=context.payload["depth"] - 1)
        return [*(await way(context, child)), context.payload["depth"]]

    queue.register_handler("parent", parent)
    assert submit(queue, "parent", depth=3).result(SOON) == ["leaf", 1, 2, 3]
    assert run(queue, echo).status is JobStatus.COMPLETE


def test_a_job_that_no_more_waits_counts_as_one_that_runs(queue: QueueThread) -> None:
    begun, go_on = threading.Event(), threading.Event()

    async def parent(context: JobContext) -> None:
        await submit(queue, "echo")
        begun.set()
        await context.in_thread(go_on.wait)

    queue.register_handler("echo", echo)
    queue.register_handler("parent", parent)
    job = submit(queue, "parent")
    assert begun.wait(SOON)
    other = submit(queue, "echo")
    submit(queue, "nothing of this kind").wait(SOON)  # it has been through the whole queue
    assert other.status is JobStatus.PENDING
    go_on.set()
    job.result(SOON)
    other.result(SOON)


@pytest.mark.parametrize("way", [awaits, waits_in_thread], ids=ids)
def test_a_job_that_waits_for_itself_is_told(queue: QueueThread, way: Any) -> None:
    async def selfish(context: JobContext) -> Any:
        return await way(context, Job(context.job_id, "odd", queue.desk, lambda result: result))

    state = run(queue, selfish)
    assert state.status is JobStatus.FAILED
    assert state.error is not None
    assert "cannot wait for itself" in state.error


def test_a_limit_fires_while_a_job_waits_for_another(queue: QueueThread) -> None:
    begun = threading.Event()

    async def parent(_context: JobContext) -> Any:
        return await submit(queue, "endless")

    async def endless(_context: JobContext) -> None:
        begun.set()  # so its parent, which had the only worker, waits
        await asyncio.Event().wait()

    queue.register_handler("endless", endless)
    queue.register_handler("parent", parent)
    job = submit(queue, "parent")
    assert begun.wait(SOON)
    reach_limit(queue, job)
    assert job.wait(SOON).status is JobStatus.TIMEOUT
    (child,) = queue.snapshots(job_type="endless")
    assert queue.cancel(child.job_id)


@pytest.mark.parametrize("way", [here, in_thread], ids=ids)
def test_a_handler_cannot_close_the_queue_and_is_told(queue: QueueThread, way: Any) -> None:
    async def closer(context: JobContext) -> Any:
        return await way(context, queue.close)

    state = run(queue, closer)
    assert state.error is not None
    assert "cannot be closed by one of its own jobs" in state.error


def test_a_listener_may_use_the_queue_but_not_close_it(queue: QueueThread) -> None:
    said: list[Any] = []
    done = threading.Event()

    def hear(state: JobState) -> None:
        if state.job_type != "odd" or not state.is_final:
            return
        unsubscribe()
        queue.register_handler("child", echo)
        job = submit(queue, "child", said="heard")
        said.append((job.result(SOON), job.cancel(), job.retry().result(SOON)))
        try:
            queue.close()
        except JobError as problem:
            said.append(str(problem))
        done.set()

    unsubscribe = queue.subscribe(None, hear)
    run(queue, echo)
    assert done.wait(SOON)
    assert said[0] == ("heard", False, "heard")
    assert "cannot be closed" in said[1]


# A handler that blocks ----------------------------------------------------------------------------


class Blocker:
    """A handler that blocks the loop until the test lets it go on."""

    def __init__(self) -> None:
        self.begun, self.over = threading.Event(), threading.Event()

    async def __call__(self, _context: JobContext) -> str:
        self.begun.set()
        self.over.wait(SOON)
        return "unblocked"


class Heard(logging.Handler):
    """Waits for a line of the log."""

    def __init__(self, said: str) -> None:
        super().__init__()
        self.said, self.line, self.text = said, threading.Event(), ""

    def emit(self, record: logging.LogRecord) -> None:
        if self.said in record.getMessage():
            self.text = record.getMessage()
            self.line.set()


@pytest.fixture
def heard() -> Iterator[Heard]:
    handler = Heard("has blocked the queue's loop")
    logger = logging.getLogger("stoat_nb.jobs")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


async def block_in_a_task(blocker: Blocker, context: JobContext) -> str:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(blocker(context))
    return task.result()


@pytest.mark.parametrize("in_task", [False, True])
def test_a_handler_that_blocks_the_loop_is_named(
    monkeypatch: pytest.MonkeyPatch, heard: Heard, in_task: bool
) -> None:
    # By itself it looks once a second, and a handler that a busy machine holds up is named too:
    # the test looks when it knows where the loop stands.
    monkeypatch.setattr("stoat_nb.jobs.asyncio_queue.WATCH_EVERY_S", 3600.0)
    monkeypatch.setattr("stoat_nb.jobs.watchdog.BLOCKED_AFTER_S", 0.0)
    queue = QueueThread(store=MemoryJobStore())
    gate, blocker = asyncio.Event(), Blocker()

    async def innocent(_context: JobContext) -> None:
        await gate.wait()

    async def guilty(context: JobContext) -> str:
        return await (block_in_a_task(blocker, context) if in_task else blocker(context))

    queue.register_handler("innocent", innocent)
    queue.register_handler("guilty", guilty)
    other, job = submit(queue, "innocent"), submit(queue, "guilty")
    assert blocker.begun.wait(SOON)
    assert isinstance(queue._queue, AsyncioJobQueue)
    assert queue._queue._watchdog is not None
    for _asks_then_tells in range(2):
        queue._loop.call(queue._queue._watchdog.look())
    assert heard.line.is_set()
    assert heard.text.startswith("The handler 'guilty' has blocked the queue's loop for 0 s; use ")
    blocker.over.set()
    assert job.result(SOON) == "unblocked"
    other.cancel()
    other.wait(SOON)
    queue.close()
    assert any(heard.text in event.text for event in job.log())
    assert not any("blocked" in event.text for event in other.log())


def test_a_handler_that_blocks_the_loop_keeps_its_job(tmp_path: Path) -> None:
    ticks = [100.0]
    owners = [Owner(boot="boot", namespace="1", pid=pid, started="1") for pid in (11, 12)]
    databases = [Database(tmp_path / "library.db") for _owner in owners]
    stores = [
        CatalogJobStore(
            database,
            around=Surroundings(owner=owner, ticks=lambda: ticks[0], lives=lambda _owner: True),
        )
        for owner, database in zip(owners, databases, strict=True)
    ]
    first, second = (QueueThread(store=store) for store in stores)
    blocker, thief = Blocker(), Blocker()
    first.register_handler("block", blocker)
    job = submit(first, "block")
    assert blocker.begun.wait(SOON)
    second.register_handler("block", thief)
    for _ in range(3):
        ticks[0] += LEASE_S - 1
        first._loop.call(first._queue._tend())  # in its own time it comes every two seconds
        assert stores[1].tend() is False
    blocker.over.set()
    assert job.result(SOON) == "unblocked"
    assert (job.state.attempt, thief.begun.is_set()) == (1, False)
    for one in (first, second):
        one.close()
    for database in databases:
        database.close()


def test_limits_fire_and_the_queue_answers_while_a_handler_blocks_the_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("stoat_nb.jobs.running.GRACE_S", 0.01)
    queue = QueueThread(store=MemoryJobStore())
    blocker = Blocker()
    queue.register_handler("block", blocker)
    queue.register_handler("echo", echo)
    job = submit(queue, "block")
    assert blocker.begun.wait(SOON)
    reach_limit(queue, job)
    assert job.wait(SOON).status is JobStatus.TIMEOUT
    late = queue.submit("echo", {}, timeout=0.01, read=lambda result: result)
    assert "could not even begin: another handler blocked" in str(late.wait(SOON).error)
    other = submit(queue, "echo", said="at last")
    blocker.over.set()
    assert other.result(SOON) == "at last"
    queue.close()


def test_a_queue_whose_loop_is_blocked_can_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("running.GRACE_S", "thread.GRACE_S", "loops.STOP_S"):
        monkeypatch.setattr(f"stoat_nb.jobs.{name}", 0.01)
    closed: list[str] = []

    async def put_away() -> None:
        closed.append("put away")

    queue = QueueThread(store=MemoryJobStore(), on_close=put_away)
    blocker = Blocker()
    queue.register_handler("block", blocker)
    job = submit(queue, "block")
    assert blocker.begun.wait(SOON)
    queue.close()
    assert job.status is JobStatus.CANCELLED
    assert closed == []
    blocker.over.set()
    queue._handlers._thread.join(SOON)
    assert not queue._handlers.is_alive


# A queue whose thread has ended -------------------------------------------------------------------


def end_thread(queue: QueueThread) -> None:
    """End the queue's thread as nothing should be able to."""
    queue._loop._stopping = True
    queue._loop.loop.call_soon_threadsafe(queue._loop.loop.stop)
    queue._loop._thread.join(SOON)


def test_whoever_asks_a_queue_that_died_is_told(queue: QueueThread) -> None:
    gate, blocker = threading.Event(), Blocker()

    async def still(context: JobContext) -> None:
        await context.in_thread(gate.wait)

    queue.register_handler("still", still)
    job = submit(queue, "still")
    problems: list[BaseException] = []

    def ask(question: Callable[[], Any]) -> None:
        try:
            question()
        except BaseException as problem:  # noqa: BLE001 - it is looked at
            problems.append(problem)

    async def follow() -> None:
        async for _state in job.watch():
            blocker.begun.set()

    waiting = [
        threading.Thread(target=ask, args=(question,))
        for question in (job.wait, job.result, lambda: asyncio.run(follow()))
    ]
    for thread in waiting:
        thread.start()
    assert blocker.begun.wait(SOON)
    end_thread(queue)
    for question in (lambda: submit(queue, "still"), job.cancel, job.wait, job.pause):
        ask(question)
    for thread in waiting:
        thread.join(SOON)
    gate.set()
    assert [type(problem) for problem in problems] == [QueueClosed] * 7
    assert all("has ended unexpectedly" in str(problem) for problem in problems)
    queue.close()  # it says so in the log, and does not hang
