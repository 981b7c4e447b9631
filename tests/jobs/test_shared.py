"""Queues of several processes on one file: they see, stop and take up each other's jobs."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from stoat_nb.catalog.database import Database
from stoat_nb.catalog.jobs import CatalogJobStore
from stoat_nb.catalog.owner import Owner
from stoat_nb.catalog.workers import LEASE_S, Surroundings
from stoat_nb.errors import CatalogError, JobCancelled
from stoat_nb.jobs import asyncio_queue
from stoat_nb.jobs.asyncio_queue import AsyncioJobQueue
from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.memory_store import MemoryJobStore
from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.jobs.store import Errand, Reply

pytestmark = pytest.mark.anyio

#: Seconds after which something that should have happened has not.
PATIENCE_S = 60.0


class Machine:
    """Where the processes run: they die, and time goes by, when told."""

    def __init__(self, path: Path) -> None:
        self.path, self.ticks = path, 100.0
        self.dead: set[int] = set()

    @asynccontextmanager
    async def queue(self, pid: int, **options: Any) -> AsyncIterator[AsyncioJobQueue]:
        database = Database(self.path)
        around = Surroundings(
            owner=Owner(boot="boot", namespace="1", pid=pid, started="1"),
            ticks=lambda: self.ticks,
            lives=lambda owner: owner.pid not in self.dead,
        )
        async with AsyncioJobQueue(
            store=CatalogJobStore(database, around=around), **options
        ) as queue:
            yield queue
        database.close()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    # A queue that is to be dead, or to stand still, gives no sign of life in between.
    monkeypatch.setattr(asyncio_queue, "TEND_EVERY_S", 3600.0)
    return Machine(tmp_path / "library.db")


class Gate:
    """A handler that tells when it begins, and ends when it is told."""

    def __init__(self, word: str = "done") -> None:
        self.word = word
        self.begun, self.open = asyncio.Event(), asyncio.Event()
        self.attempts: list[int] = []

    async def __call__(self, context: JobContext) -> str:
        context.report(phase="waiting", done=5)
        self.attempts.append(context.attempt)
        self.begun.set()
        await self.open.wait()
        return f"{self.word}, attempt {context.attempt}"


async def until(queue: AsyncioJobQueue, job_id: str, is_so: Callable[[JobState], bool]) -> JobState:
    async for state in queue.watch(job_id):
        if is_so(state):
            return state
    raise AssertionError(state)


async def test_a_job_is_watched_from_another_process_to_its_end(machine: Machine) -> None:
    async with machine.queue(11) as worker, machine.queue(12, take="none") as reader:
        gate = Gate()
        worker.register_handler("work", gate)
        job_id = await reader.submit("work", {})
        assert (await reader.get_status(job_id)).status is JobStatus.FAILED  # unknown to it
        job_id = await worker.submit("work", {})
        seen: list[JobState] = []
        async for state in reader.watch(job_id):
            seen.append(state)
            if state.progress.done == 5 and not state.is_final:
                assert state.worker == "pid 11"
                gate.open.set()
        assert seen[-1].result == "done, attempt 1"
        assert [state.seq for state in seen] == sorted({state.seq for state in seen})
        assert seen[-2].progress.done == 5


async def test_whoever_listens_to_all_jobs_hears_of_those_of_others(machine: Machine) -> None:
    async with machine.queue(11) as worker, machine.queue(12) as other:
        gate, heard = Gate(), asyncio.Queue[JobState]()
        worker.register_handler("work", gate)
        gate.open.set()
        other.subscribe(None, heard.put_nowait)
        job_id = await worker.submit("work", {})
        while not (state := await heard.get()).is_final:
            assert state.job_id == job_id
        assert state.result == "done, attempt 1"


async def test_a_running_job_is_cancelled_from_another_process(machine: Machine) -> None:
    async with machine.queue(11) as worker, machine.queue(12) as other:
        gate = Gate()
        worker.register_handler("work", gate)
        job_id = await worker.submit("work", {})
        await gate.begun.wait()
        assert await other.cancel(job_id) is True
        with pytest.raises(JobCancelled):
            await other.get_result(job_id)
        with pytest.raises(JobCancelled):
            await worker.get_result(job_id)
        assert (await worker.get_status(job_id)).status is JobStatus.CANCELLED
        assert await other.cancel(job_id) is await worker.cancel(job_id) is False


async def test_a_job_is_paused_resumed_and_taken_by_another_process(machine: Machine) -> None:
    async with machine.queue(11) as first, machine.queue(12, take="none") as reader:
        gate, ready = Gate("first"), Gate("second")
        ready.open.set()
        first.register_handler("work", gate)
        job_id = await first.submit("work", {})
        await gate.begun.wait()
        assert await reader.pause(job_id) is True
        await until(reader, job_id, lambda state: state.paused)
        async with machine.queue(13) as second:
            second.register_handler("work", ready)
            first._take = "none"
            assert await reader.resume(job_id) is True
            assert await reader.get_result(job_id) == "second, attempt 2"
        assert gate.attempts == [1]


async def test_500_jobs_on_two_queues_run_once_each(machine: Machine) -> None:
    ran: Counter[str] = Counter()
    by: Counter[int] = Counter()

    def handler(pid: int) -> Callable[[JobContext], Any]:
        async def work(context: JobContext) -> int:
            ran[context.job_id] += 1
            by[pid] += 1
            return int(context.payload["n"])

        return work

    async with machine.queue(11) as first, machine.queue(12) as second:
        queues = (first, second)
        for pid, queue in enumerate(queues):
            queue.register_handler("work", handler(pid))
        submits = [queues[n % 2].submit("work", {"n": n}) for n in range(500)]
        job_ids = await asyncio.gather(*submits)
        results = await asyncio.gather(*(first.get_result(job_id) for job_id in job_ids))
        states = await second.list_jobs()
    assert results == list(range(500))
    assert set(ran.values()) == {1}
    assert len(ran) == len(states) == 500
    assert {(state.status, state.attempt) for state in states} == {(JobStatus.COMPLETE, 1)}
    assert min(by[0], by[1]) > 0


async def test_a_queue_takes_its_own_all_or_none(machine: Machine) -> None:
    async with (
        machine.queue(11, take="own") as own,
        machine.queue(12, take="none") as none,
        machine.queue(13, workers=1) as every,
    ):
        gates = {"own": Gate("own"), "every": Gate("every")}
        for queue, word in ((own, "own"), (none, "none"), (every, "every")):
            queue.register_handler("work", gates.get(word, Gate()))
        first = await none.submit("work", {})
        await gates["every"].begun.wait()
        second = await every.submit("work", {})  # its only worker is at work
        third = await own.submit("work", {})
        await gates["own"].begun.wait()
        for gate in gates.values():
            gate.open.set()
        results = [await none.get_result(job_id) for job_id in (first, second, third)]
        assert results == ["every, attempt 1", "every, attempt 1", "own, attempt 1"]
        assert not own._own


async def test_a_queue_that_stood_still_too_long_has_no_last_word(machine: Machine) -> None:
    async with machine.queue(11) as first, machine.queue(12) as second:
        slow, quick = Gate("first"), Gate("second")
        quick.open.set()
        first.register_handler("work", slow)
        job_id = await first.submit("work", {})
        await slow.begun.wait()
        second.register_handler("work", quick)
        first._take = "none"
        machine.ticks += LEASE_S + 1
        await second._tend()
        assert await second.get_result(job_id) == "second, attempt 2"
        slow.open.set()
        assert await first.get_result(job_id) == "second, attempt 2"
        state = await first.get_status(job_id)
        assert (state.attempt, state.deaths, state.worker) == (2, 1, "pid 12")
        first._take = "all"
        assert await first.get_result(await first.submit("work", {})) in {
            "first, attempt 1",
            "second, attempt 1",
        }


async def test_a_queue_that_takes_its_own_lost_job_again_runs_it_anew(machine: Machine) -> None:
    async with machine.queue(11) as worker, machine.queue(12, take="none") as reader:
        gate = Gate()
        worker.register_handler("work", gate)
        job_id = await worker.submit("work", {})
        await gate.begun.wait()
        gate.begun.clear()
        machine.ticks += LEASE_S + 1
        await reader._tend()  # the worker hears of it, and takes what waits
        await gate.begun.wait()
        assert gate.attempts == [1, 2]
        gate.open.set()
        assert await reader.get_result(job_id) == "done, attempt 2"
        async with asyncio.timeout(PATIENCE_S):
            # What ended is written down first, then let go of; nothing tells of that.
            while worker._live._jobs:  # noqa: ASYNC110 - as said
                await asyncio.sleep(0)


class HeldStore(MemoryJobStore):
    """A store on a disk that takes its time, or fails, whenever an end is to be written."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.get_running_loop()
        self.held, self.problems = asyncio.Event(), list[Exception]()
        self.may_go_on = asyncio.Event()

    def exchange(self, errand: Errand) -> Reply:
        if any(state.is_final for state in errand.saves):
            if self.problems:
                raise self.problems.pop()
            self.loop.call_soon_threadsafe(self.held.set)
            asyncio.run_coroutine_threadsafe(self.may_go_on.wait(), self.loop).result()
        return super().exchange(errand)


async def test_an_end_is_told_only_when_it_is_written_down() -> None:
    store, gate = HeldStore(), Gate()
    gate.open.set()
    async with AsyncioJobQueue(store=store) as queue:
        queue.register_handler("work", gate)
        heard: list[JobStatus] = []
        queue.subscribe(None, lambda state: heard.append(state.status))
        job_id = await queue.submit("work", {})
        await store.held.wait()
        assert (await queue.get_status(job_id)).status is JobStatus.RUNNING
        assert JobStatus.COMPLETE not in heard
        assert await queue.cancel(job_id) is False  # it is too late for that
        store.may_go_on.set()
        assert await queue.get_result(job_id) == "done, attempt 1"


@pytest.mark.parametrize("problem", [CatalogError("The disk is full."), RuntimeError("a bug")])
async def test_an_end_that_cannot_be_written_is_written_and_told_later(
    problem: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(asyncio_queue, "RETRY_AFTER_S", 0.01)
    store, gate = HeldStore(), Gate()
    gate.open.set()
    store.may_go_on.set()
    store.problems.append(problem)
    kept: list[JobState | None] = []

    def hear(state: JobState) -> None:
        if state.is_final:
            kept.append(store.load(state.job_id))

    async with AsyncioJobQueue(store=store) as queue:
        queue.register_handler("work", gate)
        queue.subscribe(None, hear)
        assert await queue.get_result(await queue.submit("work", {})) == "done, attempt 1"
    assert [state and state.status for state in kept] == [JobStatus.COMPLETE]
    assert "could not be written down" in caplog.text
