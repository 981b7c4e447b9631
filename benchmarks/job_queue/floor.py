"""The floor: what asyncio itself costs. A bare queue, workers that take from it, no-op jobs.

Measured twice: with submitters that throw jobs in and go on, which an unbounded queue lets them do
without ever waiting, and with submitters that wait until a worker has answered each.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from benchmarks.job_queue.figures import SUBMITTERS, WORKERS, Run, run_of

#: What a worker answers, if anybody waits for it.
_Answer = asyncio.Future[None] | None
_Queue = asyncio.Queue[tuple[int, _Answer]]


async def _no_op(_job: int) -> None:
    return None


async def _work(queue: _Queue) -> None:
    with suppress(asyncio.CancelledError):
        while True:
            job, answer = await queue.get()
            await _no_op(job)
            if answer is not None:
                answer.set_result(None)
            queue.task_done()


async def _submit(queue: _Queue, jobs: int, latencies: list[float], *, awaited: bool) -> None:
    loop = asyncio.get_running_loop()
    for job in range(jobs):
        asked = time.perf_counter()
        answer = loop.create_future() if awaited else None
        await queue.put((job, answer))
        if answer is not None:
            await answer
        latencies.append(time.perf_counter() - asked)


async def _measure(jobs: int, *, awaited: bool) -> Run:
    queue: _Queue = asyncio.Queue()
    latencies: list[float] = []
    workers = [asyncio.create_task(_work(queue)) for _ in range(WORKERS)]
    began = time.perf_counter()
    share = jobs // SUBMITTERS
    submits = (_submit(queue, share, latencies, awaited=awaited) for _ in range(SUBMITTERS))
    await asyncio.gather(*submits)
    submitted = time.perf_counter()
    await queue.join()
    ended = time.perf_counter()
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers)
    return run_of(latencies, submitting_s=submitted - began, all_s=ended - began)


def measure(jobs: int, *, awaited: bool) -> Run:
    """Run the leg once."""
    return asyncio.run(_measure(jobs, awaited=awaited))
