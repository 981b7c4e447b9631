"""Real queues and libraries in temporary folders, and handlers that wait to be told to go on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stoat_nb.components.live import LiveHub
from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.thread import QueueThread
from stoat_nb.library import Library

#: Seconds after which something that should have happened has not.
PATIENCE_S = 30.0


class Steps:
    """A handler that stands still after each report until it is waved on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waved = 0
        self._wake: list[Callable[[], object]] = []

    def go(self, steps: int = 1) -> None:
        with self._lock:
            self._waved += steps
            waking, self._wake = self._wake, []
        for wake in waking:
            wake()

    async def __call__(self, context: JobContext) -> dict[str, Any]:
        total = context.payload["total"]
        context.report(phase="counting", total=total)
        for done in range(1, total + 1):
            await self._wait()
            context.report(done=done, failed=done // 4, current=(f"<b>{done}</b>.mp4",))
        if context.payload.get("fail"):
            raise OSError("The disk went away.")
        return {"counted": total}

    async def _wait(self) -> None:
        loop, woken = asyncio.get_running_loop(), asyncio.Event()
        while not self._take(lambda: loop.call_soon_threadsafe(woken.set)):
            await woken.wait()
            woken.clear()

    def _take(self, wake: Callable[[], object]) -> bool:
        with self._lock:
            if self._waved:
                self._waved -= 1
                return True
            self._wake.append(wake)
            return False


class Seen:
    """Waits until what is shown satisfies a condition."""

    def __init__(self) -> None:
        self._changed = threading.Condition()

    def note(self, *_events: object) -> None:
        with self._changed:
            self._changed.notify_all()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE_S), "it never came to be shown"


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def steps() -> Steps:
    return Steps()


@pytest.fixture
def queue(steps: Steps) -> Iterator[QueueThread]:
    queue = QueueThread()
    queue.register_handler("count", steps)
    yield queue
    queue.close()


@pytest.fixture
def submit(queue: QueueThread) -> Callable[..., Job[Any]]:
    def submit(**payload: Any) -> Job[Any]:
        return queue.submit("count", {"total": 4, **payload}, read=lambda result: result)

    return submit


@pytest.fixture
def library(tmp_path: Path, steps: Steps) -> Iterator[Library]:
    with Library(tmp_path / "stoat.db") as library:
        library.register_handler("count", steps)
        yield library


@pytest.fixture(autouse=True)
def fresh_hub() -> Iterator[None]:
    LiveHub.forget_kernel()  # that of a test of something else
    yield
    LiveHub.forget_kernel()
