"""A library whose jobs have ended when they are submitted: what tests of others stand on."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stoat_nb import InMemoryJobQueue, Library
from stoat_nb.errors import BadArgument, JobError
from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.state import JobStatus
from stoat_nb.server import create_app

PAGE = (Path(__file__).parent.parent / "docs" / "testing.md").read_text(encoding="utf-8")


def example() -> dict[str, Any]:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, "docs/testing.md", "exec"), names)  # noqa: S102 - our own page
    return names


EXAMPLE = example()


@pytest.mark.parametrize("name", [name for name in EXAMPLE if name.startswith("test_")])
def test_the_tests_on_the_docs_page_pass(name: str, tmp_path: Path) -> None:
    EXAMPLE[name](tmp_path)


async def echo(context: JobContext) -> Any:
    return context.payload


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.db"


def test_an_app_over_an_open_library_gets_such_a_queue_of_its_own(path: Path) -> None:
    queue = InMemoryJobQueue()
    queue.configure_outcome("scan", result={})
    with Library(path) as library:
        app = create_app(library, job_queue=queue)
        job = asyncio.run(EXAMPLE["scanned"](app, path.parent))
        assert (job["status"], job["result"]) == ("complete", {})
        assert library.job(job["job_id"]).state.status is JobStatus.COMPLETE


def test_what_a_handler_submits_has_ended_when_the_first_submit_returns(path: Path) -> None:
    with Library(path, job_queue=InMemoryJobQueue()) as library:
        inner = []

        async def outer(context: JobContext) -> Any:
            inner.append(library.submit("echo", {"n": 1}))
            if context.payload["waits"]:
                return await inner[-1]
            return None

        library.register_handler("outer", outer)
        library.register_handler("echo", echo)
        assert library.submit("outer", {"waits": True}).state.result == {"n": 1}
        assert library.submit("outer", {"waits": False}).state.status is JobStatus.COMPLETE
        assert [job.state.status for job in inner] == [JobStatus.COMPLETE] * 2
        assert len(library.jobs()) == 4


def test_each_of_many_threads_finds_its_job_ended(path: Path) -> None:
    with Library(path, job_queue=InMemoryJobQueue()) as library:
        library.register_handler("echo", echo)
        together, found = threading.Barrier(8), []

        def submit() -> None:
            together.wait(30)
            found.extend(library.submit("echo", {}).state.status for _ in range(5))

        threads = [threading.Thread(target=submit) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert found == [JobStatus.COMPLETE] * 40


def test_a_job_can_be_stopped_while_submit_runs_it_and_tried_once_more(path: Path) -> None:
    with Library(path, job_queue=InMemoryJobQueue()) as library:

        async def cancelled_once(context: JobContext) -> Any:
            if context.attempt == 1 and library.job(context.job_id).state.retry_of is None:
                library.cancel(context.job_id)
            await context.in_thread(int)
            return "done"

        library.register_handler("once", cancelled_once)
        job = library.submit("once", {})
        assert job.state.status is JobStatus.CANCELLED
        assert library.retry(job.id).state.result == "done"


def test_submit_returns_when_its_job_is_paused_or_the_library_closed_meanwhile(path: Path) -> None:
    begun = threading.Event()

    async def endless(_context: JobContext) -> None:
        begun.set()
        await asyncio.Event().wait()

    def run(work: Callable[[], object]) -> threading.Thread:
        begun.clear()
        thread = threading.Thread(target=work)
        thread.start()
        assert begun.wait(30)
        return thread

    with Library(path, job_queue=InMemoryJobQueue()) as library:
        library.register_handler("endless", endless)
        threads = [run(lambda: library.submit("endless", {}))]
        (state,) = library.job_states()
        assert library.pause(state.job_id)
        threads[0].join(30)
        assert library.job(state.job_id).state.paused
        threads.append(run(lambda: library.resume(state.job_id)))
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    with Library(path) as library:
        assert library.job(state.job_id).state.status is JobStatus.PENDING


def test_its_queue_is_shared_with_nobody(path: Path) -> None:
    queue = InMemoryJobQueue()
    with Library(path, job_queue=queue) as library, Library(path) as other:
        assert library._queue is not other._queue
        with pytest.raises(JobError, match="used before"):
            Library(path.with_name("second.db"), job_queue=queue)
    with pytest.raises(BadArgument, match="an InMemoryJobQueue"):
        Library(path, job_queue="memory")  # type: ignore[arg-type]
