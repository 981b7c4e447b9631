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
    async with aclosing(job.watch()) as states:  # type: ignore[type-var]
        coming = asyncio.ensure_future(anext(states))
        try:
            while True:
                done, _ = await asyncio.wait({coming}, timeout=keep_alive_s)
                state = coming.result() if done else None
                is_news = state is not None and (state.seq > after or state.is_final)
                yield event(state) if state is not None and is_news else ": still here\n\n"
                if state is None:
                    continue
                if state.is_final:
                    return
                await asyncio.sleep(every_s)  # what comes meanwhile is skipped but for the newest
                coming = asyncio.ensure_future(anext(states))
        finally:
            await _stop(coming)


async def wait_for(job: Job[Any], timeout_s: float, gone: Awaitable[None]) -> JobState:
    """Return the job's final state, or its newest when the time is up or the client is gone."""
    ending = asyncio.ensure_future(_end_of(job))
    leaving = asyncio.ensure_future(gone)
    try:
        done, _ = await asyncio.wait(
            {ending, leaving}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED
        )
        return await ending if ending in done else await asyncio.to_thread(lambda: job.state)
    finally:
        await _stop(ending, leaving)


async def _end_of(job: Job[Any]) -> JobState:
    async with aclosing(job.watch()) as states:  # type: ignore[type-var]
        async for state in states:  # noqa: B007 - the last one is wanted
            pass
    return state


async def _stop(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def event(state: JobState) -> str:
    """Write one state as an event; ``progress`` until it is final, then ``end``."""
    name = "end" if state.is_final else "progress"
    data = dumps(JobStatusResponse.of(state).model_dump(mode="json"))
    return f"id: {state.seq}\nevent: {name}\ndata: {data}\n\n"
