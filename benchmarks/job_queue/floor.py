"""The floor: what asyncio itself costs. A bare queue, workers that take from it, no-op jobs."""

from __future__ import annotations

import asyncio
import time

from benchmarks.job_queue.figures import SUBMITTERS, WORKERS, Run, run_of


async def _no_op(_job: int) -> None:
    return None


async def _work(queue: asyncio.Queue[int]) -> None:
    while True:
        await _no_op(await queue.get())
        queue.task_done()


async def _submit(queue: asyncio.Queue[int], jobs: int, latencies: list[float]) -> None:
    for job in range(jobs):
        asked = time.perf_counter()
        await queue.put(job)
        latencies.append(time.perf_counter() - asked)


async def _measure(jobs: int) -> Run:
    queue: asyncio.Queue[int] = asyncio.Queue()
    latencies: list[float] = []
    workers = [asyncio.create_task(_work(queue)) for _ in range(WORKERS)]
    began = time.perf_counter()
    share = jobs // SUBMITTERS
    await asyncio.gather(*(_submit(queue, share, latencies) for _ in range(SUBMITTERS)))
    submitted = time.perf_counter()
    await queue.join()
    ended = time.perf_counter()
    for worker in workers:
        worker.cancel()
    return run_of(latencies, submitting_s=submitted - began, all_s=ended - began)


def measure(jobs: int) -> Run:
    """Run the leg once."""
    return asyncio.run(_measure(jobs))
