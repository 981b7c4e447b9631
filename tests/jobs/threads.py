"""How tests talk to the queue on its threads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.memory_store import MemoryJobStore
from stoat_nb.jobs.state import JobState
from stoat_nb.jobs.thread import QueueThread

#: Seconds for what comes at once, however slow the machine.
SOON = 30.0


@pytest.fixture
def queue() -> Iterator[QueueThread]:
    thread = QueueThread(store=MemoryJobStore(), workers=1)
    yield thread
    thread.close()


async def echo(context: JobContext) -> Any:
    return context.payload.get("said")


def submit(queue: QueueThread, job_type: str, **payload: Any) -> Job[Any]:
    return queue.submit(job_type, payload, read=lambda result: result)


def run(queue: QueueThread, handler: Any, **limits: Any) -> JobState:
    """Run a handler as a job; the only worker must be free for another when it has ended."""
    queue.register_handler("odd", handler, **limits)
    state = submit(queue, "odd").wait(SOON)
    queue.register_handler("echo", echo)
    assert submit(queue, "echo", said="on").result(SOON) == "on"
    return state


def reach_limit(queue: QueueThread, job: Job[Any]) -> None:
    """Have all the time be over that a running job may take."""

    async def reach() -> None:
        live = queue._queue._live.get(job.id)
        assert live is not None
        assert live.run is not None
        live.run._started = float("-inf")
        live.run._look_at_limits()

    queue._loop.call(reach())


def ids(value: object) -> str:
    return getattr(value, "__name__", type(value).__name__)
