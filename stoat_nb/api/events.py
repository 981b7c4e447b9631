"""A job as server-sent events: its newest state, a few times a second, until its last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import aclosing
from typing import Any

from stoat_nb.api.plain import dumps
from stoat_nb.api.shapes import JobStatusResponse
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobState

#: Seconds between two events; more often nobody can read.
EVENT_EVERY_S = 0.2

#: Seconds of silence after which a comment says that the connection lives.
KEEP_ALIVE_S = 15.0

MEDIA_TYPE = "text/event-stream"


async def events(
    job: Job[Any],
    *,
    after: int = -1,
    every_s: float = EVENT_EVERY_S,
    keep_alive_s: float = KEEP_ALIVE_S,
) -> AsyncIterator[str]:
    """Yield the job's states from number ``after`` on as events; the last is its final state."""
    newest = _Newest()
    follower = asyncio.create_task(newest.follow(job))
    try:
        while True:
            state = await newest.take(keep_alive_s)
            is_news = state is not None and (state.seq > after or state.is_final)
            yield event(state) if state is not None and is_news else ": still here\n\n"
            if state is not None:
                if state.is_final:
                    return
                await asyncio.sleep(every_s)
    finally:
        await _stop(follower)


async def wait_for(job: Job[Any], timeout_s: float, gone: Awaitable[None]) -> JobState:
    """Return the job's final state, or its newest when the time is up or the client is gone."""
    following = asyncio.ensure_future(_Newest().follow(job))
    leaving = asyncio.ensure_future(gone)
    try:
        done, _ = await asyncio.wait(
            {following, leaving}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED
        )
        return await following if following in done else await asyncio.to_thread(lambda: job.state)
    finally:
        await _stop(following, leaving)


async def _stop(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def event(state: JobState) -> str:
    """Write one state as an event; ``progress`` until it is final, then ``end``."""
    name = "end" if state.is_final else "progress"
    data = dumps(JobStatusResponse.of(state).model_dump(mode="json"))
    return f"id: {state.seq}\nevent: {name}\ndata: {data}\n\n"


class _Newest:
    """Holds the newest state until it is taken; what came between is skipped."""

    def __init__(self) -> None:
        self._state: JobState | None = None
        self._changed = asyncio.Event()
        self._ended: BaseException | None = None

    async def follow(self, job: Job[Any]) -> JobState:
        """Keep the newest state up to date until the final one."""
        try:
            async with aclosing(job.watch()) as states:  # type: ignore[type-var]
                async for state in states:
                    self._state = state
                    self._changed.set()
        except Exception as problem:
            self._ended = problem
            self._changed.set()
            raise
        return state

    async def take(self, timeout_s: float) -> JobState | None:
        """Wait for a state that was not taken yet; None if none came in time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()
        except TimeoutError:
            return None
        if self._ended is not None:
            raise self._ended
        self._changed.clear()
        return self._state
