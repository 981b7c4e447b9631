"""Pause, resume, retry, priority, limits and logs: asked of each queue that can show them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from stoat_nb.errors import JobCancelled, JobError, JobFailed, JobNotFinal, UnknownJob
from stoat_nb.jobs.asyncio_queue import AsyncioJobQueue
from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.queue import AsyncJobQueue
from stoat_nb.jobs.state import JobState, JobStatus, Level

pytestmark = pytest.mark.anyio


class Stages:
    """A handler whose first attempts stand still; a later one returns which it was."""

    def __init__(self, stand_still: int = 1) -> None:
        self.stand_still = stand_still
        self.begun = asyncio.Event()
        self.told_to_stop: list[bool] = []

    async def __call__(self, context: JobContext) -> int:
        context.report(phase="working", done=context.attempt)
        self.begun.set()
        if context.attempt <= self.stand_still:
            try:
                await asyncio.Event().wait()
            finally:
                self.told_to_stop.append(context.cancelled)
        return context.attempt


class Line:
    """A handler that notes the order in which jobs ran; the one called ``first`` holds it up."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.begun, self.open = asyncio.Event(), asyncio.Event()

    async def __call__(self, context: JobContext) -> None:
        self.ran.append(context.payload["name"])
        if context.payload["name"] == "first":
            self.begun.set()
            await self.open.wait()

    async def submit(self, queue: AsyncJobQueue, *names: str) -> list[str]:
        """Submit jobs that wait behind the first."""
        await queue.submit("line", {"name": "first"})
        await self.begun.wait()
        return [await queue.submit("line", {"name": name}) for name in names]


async def until(queue: AsyncJobQueue, job_id: str, is_so: Callable[[JobState], bool]) -> JobState:
    async for state in queue.watch(job_id):
        if is_so(state):
            return state
    raise AssertionError(state)


async def begin(queue: AsyncJobQueue, work: Stages) -> tuple[str, asyncio.Future[str]]:
    """Submit a job and wait until its handler is at work; one queue runs it in ``submit``."""
    queue.register_handler("work", work)
    submitting = asyncio.ensure_future(queue.submit("work", {"n": 1}, priority=3, timeout=50))
    await work.begun.wait()
    (running,) = await queue.list_jobs(status=JobStatus.RUNNING)
    return running.job_id, submitting


async def test_a_paused_job_rests_until_it_is_resumed_and_goes_on(make_queue: Any) -> None:
    async with make_queue() as queue:
        work = Stages()
        job_id, submitting = await begin(queue, work)
        assert await queue.pause(job_id) is True
        state = await until(queue, job_id, lambda state: state.paused)
        assert (state.status, state.attempt, state.worker) == (JobStatus.PENDING, 1, None)
        assert not state.pause_requested
        assert work.told_to_stop == [False]
        assert await submitting == job_id
        assert await queue.pause(job_id) is True
        assert await queue.resume(job_id) is True
        assert await queue.get_result(job_id) == 2
        assert (await queue.get_status(job_id)).attempt == 2
        for verb in (queue.pause, queue.resume, queue.cancel):
            assert await verb(job_id) is False


async def test_a_paused_job_that_is_cancelled_has_ended(make_queue: Any) -> None:
    async with make_queue() as queue:
        job_id, submitting = await begin(queue, Stages())
        await queue.pause(job_id)
        await until(queue, job_id, lambda state: state.paused)
        assert await queue.cancel(job_id) is True
        with pytest.raises(JobCancelled):
            await queue.get_result(job_id)
        assert await queue.resume(job_id) is False
        await submitting


async def test_a_cancel_right_behind_a_pause_is_not_lost(make_queue: Any) -> None:
    async with make_queue() as queue:
        job_id, submitting = await begin(queue, Stages())
        asked = [asyncio.ensure_future(verb(job_id)) for verb in (queue.pause, queue.cancel)]
        assert await asyncio.gather(*asked) == [True, True]
        with pytest.raises(JobCancelled):
            await queue.get_result(job_id)
        await submitting


async def test_a_job_may_be_paused_before_it_begins(make_pool: Any) -> None:
    async with make_pool(workers=1) as queue:
        line = Line()
        queue.register_handler("line", line)
        second, third = await line.submit(queue, "second", "third")
        assert await queue.pause(second) is True
        assert (await queue.get_status(second)).paused
        line.open.set()
        await queue.get_result(third)
        assert line.ran == ["first", "third"]
        await queue.resume(second)
        await queue.get_result(second)
        assert line.ran == ["first", "third", "second"]


async def test_the_highest_priority_runs_first_and_may_be_changed(make_pool: Any) -> None:
    async with make_pool(workers=1) as queue:
        line = Line()
        queue.register_handler("line", line)
        a, _b, c = await line.submit(queue, "a", "b", "c")
        d = await queue.submit("line", {"name": "d"}, priority=2)
        assert await queue.prioritize(c, 1) is True
        assert await queue.prioritize(a, -1) is True
        line.open.set()
        await queue.get_result(a)
        assert line.ran == ["first", "d", "c", "b", "a"]
        assert await queue.prioritize(d, 5) is False
        assert (await queue.get_status(d)).priority == 2


async def test_no_more_of_a_type_run_than_may_and_others_go_by(make_pool: Any) -> None:
    async with make_pool(workers=3) as queue:
        line, other = Line(), Stages(0)
        queue.register_handler("line", line, concurrency=1)
        queue.register_handler("work", other)
        waiting = await line.submit(queue, *"abcde")
        assert await queue.get_result(await queue.submit("work", {})) == 1
        assert line.ran == ["first"]
        line.open.set()
        for job_id in waiting:
            await queue.get_result(job_id)
        assert line.ran == ["first", *"abcde"]


async def test_a_retry_is_a_new_job_with_the_same_task(make_queue: Any) -> None:
    async with make_queue() as queue:
        job_id, submitting = await begin(queue, Stages())
        with pytest.raises(JobNotFinal):
            await queue.retry(job_id)
        await queue.cancel(job_id)
        await submitting
        with pytest.raises(JobCancelled):
            await queue.get_result(job_id)
        old = await queue.get_status(job_id)
        queue.register_handler("work", Stages(0))
        new_id = await queue.retry(job_id, only_failed=True)
        assert await queue.get_result(new_id) == 1
        new = await queue.get_status(new_id)
        assert new.retry_of == job_id != new_id
        assert (new.priority, new.timeout_s) == (3, 50)
        assert new.payload == {"n": 1, "only_failed": True}
        assert await queue.get_status(job_id) == old


async def test_a_log_keeps_what_the_handler_said_and_where_it_broke(make_queue: Any) -> None:
    async def work(context: JobContext) -> None:
        context.log("half-way <b>\x1b[31m\udce9")
        context.log("look out", "warning")
        await context.run(int, "no number\n")

    async with make_queue() as queue:
        queue.register_handler("work", work)
        job_id = await queue.submit("work", {})
        with pytest.raises(JobFailed):
            await queue.get_result(job_id)
        first, second, third = await queue.job_log(job_id)
        assert first.text.startswith("half-way <b>\x1b[31m")
        assert (first.level, first.attempt) == (Level.INFO, 1)
        assert (second.level, second.text) == (Level.WARNING, "look out")
        assert third.level is Level.ERROR
        assert third.text.startswith("Traceback")
        assert "ValueError: invalid literal" in third.text.splitlines()[-1]
        error = (await queue.get_status(job_id)).error
        assert error.startswith("ValueError: invalid literal")
        assert "\n" not in error


async def test_an_unknown_id_is_refused_by_every_control(make_queue: Any) -> None:
    async with make_queue() as queue:
        for verb in (queue.pause, queue.resume, queue.retry, queue.job_log):
            with pytest.raises(UnknownJob):
                await verb("\ud800")
        with pytest.raises(UnknownJob):
            await queue.prioritize("nobody", 1)


async def test_numbers_beyond_all_sense_stop_no_queue(make_queue: Any) -> None:
    async with make_queue() as queue:
        queue.register_handler("work", Stages(0))
        for priority in (2**70, -(2**70)):
            job_id = await queue.submit("work", {}, priority=priority, timeout=2**70)
            assert await queue.get_result(job_id) == 1


async def test_a_job_type_must_be_text_that_can_be_written_down(make_queue: Any) -> None:
    async with make_queue() as queue:
        with pytest.raises(JobError, match="not valid text"):
            queue.register_handler("caf\udce9", Stages(0))
        job_id = await queue.submit("caf\udce9", {})
        assert (await queue.get_status(job_id)).status is JobStatus.FAILED


def test_handlers_may_be_registered_before_there_is_a_loop() -> None:
    queue = AsyncioJobQueue()

    async def work(_context: JobContext) -> int:
        return 7

    async def main() -> Any:
        async with queue:
            return await queue.get_result(await queue.submit("work", {}))

    queue.register_handler("work", work)
    assert asyncio.run(main()) == 7


async def test_what_runs_when_a_lasting_queue_is_closed_goes_on_in_the_next(
    make_durable: Any,
) -> None:
    work, waiting = Stages(), Stages(0)
    async with make_durable(workers=1) as queue:
        job_id, _submitting = await begin(queue, work)
        queue.register_handler("wait", waiting)
        behind = await queue.submit("wait", {})
    state = await queue.get_status(job_id)
    assert (state.status, state.attempt, state.deaths) == (JobStatus.PENDING, 1, 0)
    assert work.told_to_stop == [False]
    async with make_durable(take="none") as reader:
        assert (await reader.get_status(job_id)).status is JobStatus.PENDING
        async with make_durable() as other:
            other.register_handler("work", work)
            other.register_handler("wait", waiting)
            assert await reader.get_result(job_id) == 2
            assert await reader.get_result(behind) == 1


async def test_a_queue_that_forgets_cancels_what_it_cannot_keep(make_queue: Any) -> None:
    """A queue whose jobs end with it leaves none of them open."""
    work = Stages()
    async with make_queue() as queue:
        job_id, submitting = await begin(queue, work)
        closing = asyncio.ensure_future(queue.aclose())
        assert await submitting == job_id
        await closing
        state = await queue.get_status(job_id)
        lasts = queue._store.is_lasting
        assert state.status is (JobStatus.PENDING if lasts else JobStatus.CANCELLED)
        assert work.told_to_stop == [not lasts]
