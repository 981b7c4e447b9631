"""The handle and the queue on its own thread: from plain code, from another loop, at the end."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stoat_nb import Library
from stoat_nb.errors import JobCancelled, JobError, JobFailed, QueueClosed, UnknownJob
from stoat_nb.jobs import job as handles
from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.memory_store import MemoryJobStore
from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.jobs.thread import QueueThread


@pytest.fixture
def queue() -> Iterator[QueueThread]:
    thread = QueueThread(store=MemoryJobStore())
    yield thread
    thread.close()


async def echo(context: JobContext) -> Any:
    return context.payload["said"]


class Gate:
    """A handler that waits until the test opens it."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.opened = threading.Event()

    async def __call__(self, context: JobContext) -> str:
        context.report(phase="waiting", done=1, total=3)
        self.begun.set()
        await context.run(self.opened.wait)
        return "open"


def submit(queue: QueueThread, job_type: str, said: Any = None) -> Job[Any]:
    return queue.submit(job_type, {"said": said}, read=lambda result: result)


def test_the_result_is_there_in_plain_code(queue: QueueThread) -> None:
    queue.register_handler("echo", echo)
    job = submit(queue, "echo", "hello")
    assert job.result(timeout=60) == "hello"
    assert repr(job).startswith(f"<Job echo {job.id[:8]}")
    assert repr(job).endswith(" [complete]>")


def test_the_result_is_awaited_from_any_loop(queue: QueueThread) -> None:
    queue.register_handler("echo", echo)

    async def ask() -> Any:
        return await submit(queue, "echo", "hello")

    assert asyncio.run(ask()) == "hello"


def test_watching_from_another_loop_ends_with_the_final_state(queue: QueueThread) -> None:
    gate = Gate()
    queue.register_handler("gate", gate)

    async def follow() -> list[JobStatus]:
        seen = []
        async for state in submit(queue, "gate").watch():
            seen.append(state.status)
            if state.progress.done == 1:
                gate.opened.set()
        return seen

    seen = asyncio.run(follow())
    assert seen[-1] is JobStatus.COMPLETE
    assert JobStatus.RUNNING in seen


@pytest.mark.parametrize("turns", range(5))
def test_who_follows_can_be_stopped_in_the_very_moment_of_news(
    queue: QueueThread, turns: int
) -> None:
    gate = Gate()
    queue.register_handler("gate", gate)
    job = submit(queue, "gate")

    async def follow(changed: asyncio.Event) -> None:
        while True:
            changed.clear()
            await job._news(changed)

    async def stop() -> bool:
        changed = asyncio.Event()
        following = asyncio.create_task(follow(changed))
        for _ in range(3):  # it waits now
            await asyncio.sleep(0)
        changed.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        following.cancel()
        done, _ = await asyncio.wait({following}, timeout=60)
        following.cancel()
        return bool(done)

    ended = asyncio.run(stop())
    gate.opened.set()
    assert ended


def test_waiting_for_a_while_returns_the_state_and_the_job_goes_on(queue: QueueThread) -> None:
    gate = Gate()
    queue.register_handler("gate", gate)
    job = submit(queue, "gate")
    gate.begun.wait(60)
    assert job.wait(timeout=0.01).status is JobStatus.RUNNING
    with pytest.raises(TimeoutError, match="it is running"):
        job.result(timeout=0.01)
    gate.opened.set()
    assert job.result(timeout=60) == "open"


@pytest.mark.parametrize("way", ["result", "await"])
def test_who_waits_for_a_job_that_is_left_to_others_is_told_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(handles, "LOOK_EVERY_S", 0.01)

    async def outcome(job: Job[Any]) -> Any:
        async with asyncio.timeout(60):
            return await job

    with Library(tmp_path / "l.db", take="none") as library:
        library.register_handler("echo", echo)
        job = library.submit("echo", {"said": "heard"})
        with pytest.raises(TimeoutError, match=r"is pending\. This library leaves it to others"):
            job.result(timeout=0.2)
        with Library(tmp_path / "l.db", take="all") as other:
            # Warnings are errors here; elsewhere it goes on waiting.
            with pytest.raises(UserWarning, match=r"still pending\. .*take='all' or start stoat"):
                job.result() if way == "result" else asyncio.run(outcome(job))
            other.register_handler("echo", echo)
            assert asyncio.run(outcome(job)) == "heard"


@pytest.mark.parametrize("end", ["closed", "killed"])
def test_who_waits_for_a_job_that_nobody_takes_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(handles, "LOOK_EVERY_S", 0.01)
    path = tmp_path / "l.db"
    code = "import sys, stoat_nb; library = stoat_nb.Library(sys.argv[1]); print(); input()"
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout is not None
    other.stdout.readline()
    with Library(path, take="none") as library, Library(path, take="none", read_only=True) as third:
        library.register_handler("echo", echo)
        job = library.submit("echo", {"said": "heard"})
        with pytest.raises(UserWarning, match="still pending"):
            job.result()
        other.kill() if end == "killed" else other.communicate(b"\n")
        other.communicate()
        told = r"is pending, and no process takes jobs\. .*take='all' or start stoat serve"
        for waits in (job.result, job.wait, third.job(job.id).result):
            with pytest.raises(JobError, match=told):
                waits()
        with Library(path) as own:
            own.register_handler("echo", echo)
            assert job.result() == "heard"


def test_a_job_that_waits_for_its_turn_here_is_left_to_nobody() -> None:
    gate, queue = Gate(), QueueThread(store=MemoryJobStore(), workers=1, take="own")
    queue.register_handler("gate", gate)
    jobs = [submit(queue, "gate") for _ in range(2)]
    gate.begun.wait(60)
    with pytest.raises(TimeoutError, match=r"it is pending\.$"):
        jobs[1].result(timeout=0.001)
    gate.opened.set()
    assert [job.result(60) for job in jobs] == ["open", "open"]
    queue.close()


def test_cancel_is_acknowledged_at_once_and_the_job_ends_cancelled(queue: QueueThread) -> None:
    begun = threading.Event()

    async def still(_context: JobContext) -> None:
        begun.set()
        await asyncio.Event().wait()

    queue.register_handler("still", still)
    job = submit(queue, "still")
    begun.wait(60)
    assert job.cancel() is True
    with pytest.raises(JobCancelled, match="was cancelled"):
        job.result(timeout=60)
    assert job.cancel() is False


def test_a_pending_job_that_is_cancelled_never_runs() -> None:
    queue = QueueThread(workers=1)
    gate, ran = Gate(), threading.Event()

    async def mark(_context: JobContext) -> None:
        ran.set()

    queue.register_handler("gate", gate)
    queue.register_handler("mark", mark)
    first, second, third = submit(queue, "gate"), submit(queue, "mark"), submit(queue, "gate")
    assert second.cancel() is True
    assert second.status is JobStatus.CANCELLED
    gate.opened.set()
    assert third.result(timeout=60) == "open"  # it waited behind the cancelled one
    assert first.result(timeout=60) == "open"
    assert not ran.is_set()
    queue.close()


def test_a_job_cannot_be_waited_for_on_the_thread_that_runs_it(queue: QueueThread) -> None:
    async def wait_for_itself(context: JobContext) -> Any:
        return Job(context.job_id, "selfish", queue.desk, lambda result: result).result()

    queue.register_handler("selfish", wait_for_itself)
    with pytest.raises(JobFailed, match="Await it instead"):
        submit(queue, "selfish").result(timeout=60)


def test_news_of_all_jobs_reach_a_listener_until_it_unsubscribes(queue: QueueThread) -> None:
    queue.register_handler("echo", echo)
    heard: list[JobState] = []
    ended = threading.Event()

    def hear(state: JobState) -> None:
        heard.append(state)
        if state.is_final:
            ended.set()

    unsubscribe = queue.subscribe(None, hear)
    job = submit(queue, "echo")
    assert ended.wait(60)
    assert [state.status for state in heard if state.job_id == job.id] == [
        JobStatus.PENDING,
        JobStatus.RUNNING,
        JobStatus.COMPLETE,
    ]
    unsubscribe()
    submit(queue, "echo").result(timeout=60)
    assert {state.job_id for state in heard} == {job.id}


def test_a_listener_that_fails_harms_nobody(
    queue: QueueThread, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_state: JobState) -> None:
        raise RuntimeError("deaf")

    queue.register_handler("echo", echo)
    heard = threading.Event()
    queue.subscribe(None, fail)
    queue.subscribe(None, lambda _state: heard.set())
    assert submit(queue, "echo", 5).result(timeout=60) == 5
    assert heard.wait(60)
    assert "A listener failed" in caplog.text


def test_closing_cancels_what_runs_and_says_why() -> None:
    store = MemoryJobStore()
    queue = QueueThread(store=store)
    begun = threading.Event()

    async def still(_context: JobContext) -> None:
        begun.set()
        await asyncio.Event().wait()

    queue.register_handler("still", still)
    job = submit(queue, "still")
    begun.wait(60)
    queue.close()
    state = store.load(job.id)
    assert state is not None
    assert state.status is JobStatus.CANCELLED
    assert state.error == "The library was closed before it ended."
    with pytest.raises(QueueClosed):
        submit(queue, "still")
    assert job.status is JobStatus.CANCELLED


def test_a_handler_that_will_not_let_go_is_left_behind(
    monkeypatch: pytest.MonkeyPatch, queue: QueueThread
) -> None:
    monkeypatch.setattr("stoat_nb.jobs.running.GRACE_S", 0.05)
    begun, over = threading.Event(), threading.Event()

    async def stubborn(context: JobContext) -> None:
        begun.set()
        while not over.is_set():
            try:
                await context.run(over.wait)
            except asyncio.CancelledError:
                continue

    queue.register_handler("stubborn", stubborn)
    job = submit(queue, "stubborn")
    begun.wait(60)
    job.cancel()
    assert job.wait(timeout=60).status is JobStatus.CANCELLED
    over.set()


def test_reports_from_many_threads_are_shown_a_few_times_a_second_and_end_right(
    queue: QueueThread,
) -> None:
    async def shout(context: JobContext) -> None:
        def speak() -> None:
            for _ in range(2000):
                context.report(phase="shouting")

        await asyncio.gather(*(context.run(speak) for _ in range(4)))
        context.report(done=8000, total=8000)

    heard: list[JobState] = []
    queue.subscribe(None, heard.append)
    queue.register_handler("shout", shout)
    job = submit(queue, "shout")
    job.result(timeout=60)
    assert job.progress.done == 8000
    running = job.state.finished_at - job.state.started_at  # type: ignore[operator]
    assert len(heard) <= 4 + running / 0.1


def test_an_unknown_id_is_refused(queue: QueueThread) -> None:
    with pytest.raises(UnknownJob):
        queue.peek("nobody")
    with pytest.raises(UnknownJob):
        queue.cancel("nobody")


def test_job_errors_belong_to_one_tree() -> None:
    assert issubclass(UnknownJob, JobError)
    assert issubclass(UnknownJob, KeyError)
