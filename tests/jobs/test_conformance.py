"""What every queue promises, asked of each of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from stoat_nb.errors import (
    JobCancelled,
    JobError,
    JobFailed,
    JobTimeout,
    QueueClosed,
    UnknownJob,
)
from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.queue import AsyncJobQueue
from stoat_nb.jobs.state import JobState, JobStatus

pytestmark = pytest.mark.anyio


async def add(context: JobContext) -> int:
    return int(context.payload["a"]) + int(context.payload["b"])


async def explode(_context: JobContext) -> None:
    raise ValueError("the fuse\nwas short")


async def stand_still(_context: JobContext) -> None:
    await asyncio.Event().wait()


async def ended(queue: AsyncJobQueue, job_id: str) -> JobState:
    states = [state async for state in queue.watch(job_id)]
    return states[-1]


async def test_a_job_runs_its_handler_and_keeps_what_it_returned(make_queue: Any) -> None:
    async with make_queue() as queue:
        queue.register_handler("add", add)
        job_id = await queue.submit("add", {"a": 20, "b": 22})
        assert await queue.get_result(job_id) == 42
        state = await queue.get_status(job_id)
        assert (state.status, state.result, state.error) == (JobStatus.COMPLETE, 42, None)
        assert state.submitted_at <= state.started_at <= state.finished_at
        assert state.attempt == 1


async def test_an_exception_fails_the_job_with_one_line_that_names_it(make_queue: Any) -> None:
    async with make_queue() as queue:
        queue.register_handler("explode", explode)
        job_id = await queue.submit("explode", {})
        with pytest.raises(JobFailed, match="ValueError: the fuse"):
            await queue.get_result(job_id)
        state = await queue.get_status(job_id)
        assert state.status is JobStatus.FAILED
        assert state.error == "ValueError: the fuse\\nwas short"


async def test_a_handler_that_is_a_plain_function_fails_its_job_and_says_so(
    make_queue: Any,
) -> None:
    async with make_queue() as queue:
        plain: Any = lambda context: context.payload["n"]  # noqa: E731 - what people write
        queue.register_handler("plain", plain)
        with pytest.raises(JobFailed, match="of plain jobs is a plain function"):
            await queue.get_result(await queue.submit("plain", {"n": 1}))
        queue.register_handler("add", add)
        assert await queue.get_result(await queue.submit("add", {"a": 1, "b": 2})) == 3


def _nested(depth: int) -> list[Any]:
    return [] if depth == 1 else [_nested(depth - 1)]


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda queue: queue.submit("add", {}, timeout=0), "cannot take '0' seconds"),
        (lambda queue: queue.submit("add", {}, timeout="soon"), "cannot take 'soon' seconds"),
        (lambda queue: queue.submit("add", {}, priority=1.5), "priority '1.5'"),
        (lambda queue: queue.submit("add", {"a": {1}}), "not JSON"),
        (lambda queue: queue.submit("add", ["list"]), "'.*list.*' .list., which is not a mapping"),
        (lambda queue: queue.submit("add", None), "is 'None' .NoneType., which is not a mapping"),
        (lambda queue: queue.submit("add", "text"), "is 'text' .str., which is not a mapping"),
        (lambda queue: queue.submit(5, {}), "job type '5' .int. is not text"),
        (lambda queue: queue.submit("add", {}, timeout=True), "cannot take 'True' seconds"),
        (lambda queue: queue.submit("add", {}, timeout=float("nan")), "cannot take 'nan' seconds"),
        (lambda queue: queue.submit("add", {}, timeout=float("inf")), "cannot take 'inf' seconds"),
        (lambda queue: queue.submit("add", {}, timeout=10**400), "cannot take '1000.*' seconds"),
        (lambda queue: queue.submit("add", {}, priority=True), "priority 'True'"),
        (lambda queue: queue.submit("add", {"a": _nested(201)}), "nested more than 200 levels"),
        (lambda queue: queue.prioritize("some", "high"), "priority 'high'"),
    ],
)
async def test_what_no_job_can_be_is_refused_at_the_door(
    make_queue: Any, ask: Callable[[AsyncJobQueue], Any], said: str
) -> None:
    async with make_queue() as queue:
        queue.register_handler("add", add)
        with pytest.raises(JobError, match=said):
            await ask(queue)
        assert await queue.list_jobs() == []
        for options in (
            *({"timeout": limit} for limit in (-1, "5", True)),
            *({"stall_timeout": limit} for limit in (0, float("inf"))),
            *({"concurrency": count} for count in (0, -1, True, 1.5, "2")),
        ):
            with pytest.raises(JobError, match="above 0"):
                queue.register_handler("add", add, **options)
        for job_type, handler, refusal in (
            (5, add, "job type '5' .int. is not text"),
            (None, add, "job type 'None' .NoneType. is not text"),
            ("", add, "cannot be empty"),
            ("add", "add", "handler of 'add' jobs cannot be called: it is 'add' .str."),
            ("add", None, "handler of 'add' jobs cannot be called: it is 'None'"),
        ):
            with pytest.raises(JobError, match=refusal):
                queue.register_handler(job_type, handler)


async def test_a_job_of_an_unregistered_type_fails_at_once_and_says_why(make_queue: Any) -> None:
    async with make_queue() as queue:
        queue.register_handler("add", add)
        job_id = await queue.submit("juggle", {})
        state = await queue.get_status(job_id)
        assert state.status is JobStatus.FAILED
        assert "'juggle'" in state.error
        assert "'add'" in state.error


async def test_an_unknown_id_is_refused_by_every_verb(make_queue: Any) -> None:
    async with make_queue() as queue:
        for verb in (queue.get_status, queue.get_result, queue.cancel):
            with pytest.raises(UnknownJob, match="'nobody'"):
                await verb("nobody")
        with pytest.raises(KeyError):
            await ended(queue, "nobody")


async def test_a_job_that_takes_too_long_is_stopped_and_times_out(make_queue: Any) -> None:
    begun, stopped = asyncio.Event(), asyncio.Event()

    async def dawdle(_context: JobContext) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    async with make_queue() as queue:
        queue.register_handler("dawdle", dawdle, timeout=0.02)
        job_id = await queue.submit("dawdle", {})
        with pytest.raises(JobTimeout, match=r"longer than the 0\.02 s"):
            await queue.get_result(job_id)
        assert stopped.is_set() == begun.is_set()  # its time may be up before it has begun
        assert (await queue.get_status(job_id)).status is JobStatus.TIMEOUT


async def test_a_submitters_own_timeout_wins_over_the_handlers(make_queue: Any) -> None:
    async with make_queue() as queue:
        queue.register_handler("still", stand_still, timeout=None)
        job_id = await queue.submit("still", {}, timeout=0.02)
        assert (await ended(queue, job_id)).status is JobStatus.TIMEOUT


async def test_a_job_without_a_limit_is_given_up_when_nothing_moves(make_queue: Any) -> None:
    async with make_queue() as queue:
        queue.register_handler("still", stand_still, timeout=None, stall_timeout=0.02)
        state = await ended(queue, await queue.submit("still", {}))
        assert state.status is JobStatus.TIMEOUT
        assert state.error == "Nothing in it moved for 0.02 s."


async def test_the_default_limit_is_300_seconds(make_queue: Any) -> None:
    async with make_queue() as queue:
        queue.register_handler("add", add)
        state = await queue.get_status(await queue.submit("add", {"a": 1, "b": 1}))
        assert state.timeout_s == 300.0


async def test_a_result_that_is_no_json_fails_the_job(make_queue: Any) -> None:
    async def give_nan(_context: JobContext) -> float:
        return float("nan")

    async with make_queue() as queue:
        queue.register_handler("nan", give_nan)
        state = await queue.get_status(await queue.submit("nan", {}))
        state = await ended(queue, state.job_id)
        assert state.status is JobStatus.FAILED
        assert "not JSON" in state.error


async def test_the_last_report_before_the_end_is_never_lost(make_queue: Any) -> None:
    async def count(context: JobContext) -> None:
        for number in range(1, 1001):
            context.report(phase="counting", done=number, total=1000)

    async with make_queue() as queue:
        queue.register_handler("count", count)
        state = await ended(queue, await queue.submit("count", {}))
        assert (state.progress.done, state.progress.total) == (1000, 1000)
        assert state.progress.fraction == 1.0


async def test_watching_a_job_that_has_ended_yields_its_end_once(make_queue: Any) -> None:
    async with make_queue() as queue:
        queue.register_handler("add", add)
        job_id = await queue.submit("add", {"a": 1, "b": 1})
        await queue.get_result(job_id)
        states = [state async for state in queue.watch(job_id)]
        assert [state.status for state in states] == [JobStatus.COMPLETE]


async def test_a_job_that_has_ended_cannot_be_cancelled(make_queue: Any) -> None:
    async with make_queue() as queue:
        queue.register_handler("add", add)
        job_id = await queue.submit("add", {"a": 1, "b": 1})
        await queue.get_result(job_id)
        assert await queue.cancel(job_id) is False
        assert (await queue.get_status(job_id)).status is JobStatus.COMPLETE


async def test_a_running_job_that_is_cancelled_stops_and_hands_in_what_it_had(
    make_queue: Any,
) -> None:
    begun = asyncio.Event()

    async def work(context: JobContext) -> dict[str, Any]:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return {"kept": 7, "was_told": context.cancelled}
        return {}

    async with make_queue() as queue:
        queue.register_handler("work", work)
        submitting = asyncio.ensure_future(queue.submit("work", {}))
        await begun.wait()
        (running,) = await queue.list_jobs(status=JobStatus.RUNNING)
        assert await queue.cancel(running.job_id) is True
        job_id = await submitting
        with pytest.raises(JobCancelled):
            await queue.get_result(job_id)
        state = await queue.get_status(job_id)
        assert state.status is JobStatus.CANCELLED
        assert state.result == {"kept": 7, "was_told": True}


async def test_jobs_are_listed_newest_first_by_status_type_and_number(make_queue: Any) -> None:
    async with make_queue() as queue:
        queue.register_handler("add", add)
        queue.register_handler("explode", explode)
        first = await queue.submit("add", {"a": 1, "b": 1})
        second = await queue.submit("explode", {})
        third = await queue.submit("add", {"a": 2, "b": 2})
        for job_id in (first, second, third):
            await ended(queue, job_id)
        assert [job.job_id for job in await queue.list_jobs()] == [third, second, first]
        assert [job.job_id for job in await queue.list_jobs(limit=1)] == [third]
        failed = await queue.list_jobs(status=JobStatus.FAILED)
        assert [job.job_id for job in failed] == [second]
        added = await queue.list_jobs(job_type="add")
        assert [job.job_id for job in added] == [third, first]


async def test_a_closed_queue_takes_no_jobs_but_still_tells_of_old_ones(make_queue: Any) -> None:
    async with make_queue() as queue:
        queue.register_handler("add", add)
        job_id = await queue.submit("add", {"a": 1, "b": 1})
        await queue.get_result(job_id)
    with pytest.raises(QueueClosed):
        await queue.submit("add", {"a": 1, "b": 1})
    assert (await queue.get_status(job_id)).result == 2


async def test_a_job_blocks_no_other_while_its_work_is_on_a_thread(make_queue: Any) -> None:
    async def blocking(context: JobContext) -> list[int]:
        return await context.run(sorted, [3, 1, 2])

    async with make_queue() as queue:
        queue.register_handler("sort", blocking)
        assert await queue.get_result(await queue.submit("sort", {})) == [1, 2, 3]


async def test_a_snapshot_is_what_its_job_was_submitted_with(make_queue: Any) -> None:
    async with make_queue() as queue:
        queue.register_handler("add", add)
        payload = {"a": 1, "b": 2}
        job_id = await queue.submit("add", payload)
        payload["a"] = 99
        state = await queue.get_status(job_id)
        assert json.dumps(dict(state.payload)) == '{"a": 1, "b": 2}'
