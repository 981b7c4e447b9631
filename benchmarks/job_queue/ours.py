"""Our queue over a library's file: durable submits, claims, and no-op jobs from end to end."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from benchmarks.job_queue.figures import SUBMITTERS, WORKERS, Run, run_of
from stoat_nb.catalog.catalog import Catalog
from stoat_nb.jobs.asyncio_queue import AsyncioJobQueue
from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.state import JobState
from stoat_nb.jobs.store import Claim, Errand

#: Jobs that are in flight at most while a file is filled with finished ones.
_FILL_SUBMITTERS = 512


async def _no_op(_context: JobContext) -> None:
    return None


class _Ends:
    """Counts jobs that have ended, and tells when there are as many as are wanted."""

    def __init__(self, wanted: int) -> None:
        self._left = wanted
        self.all_ended = asyncio.Event()

    def hear(self, state: JobState) -> None:
        if state.is_final:
            self._left -= 1
            if not self._left:
                self.all_ended.set()


@contextmanager
def _copy(file: Path) -> Iterator[Catalog]:
    """Open a copy of a file, so that every run finds the same history."""
    copied = file.with_name("run.db")
    shutil.copy(file, copied)
    catalog = Catalog(copied)
    try:
        yield catalog
    finally:
        catalog.close()
        copied.unlink()


def prepare(file: Path, finished: int) -> None:
    """Make a library in which so many jobs were run to their end."""
    catalog = Catalog(file)
    try:
        asyncio.run(_end_to_end(catalog, finished, _FILL_SUBMITTERS)) if finished else None
    finally:
        catalog.close()


def measure(file: Path, jobs: int) -> Run:
    """Run the leg once, on copies of a prepared file."""
    with _copy(file) as catalog:
        whole = asyncio.run(_end_to_end(catalog, jobs, SUBMITTERS))
    with _copy(file) as catalog:
        submits = asyncio.run(_submits(catalog, jobs))
        return replace(submits, jobs=whole.jobs, claims=_claims(catalog, jobs))


async def _end_to_end(catalog: Catalog, jobs: int, submitters: int) -> Run:
    """Submit and run: from the first submit to the last end that is written down."""
    ends = _Ends(jobs)
    queue = AsyncioJobQueue(store=catalog.job_store, workers=WORKERS)
    queue.register_handler("no-op", _no_op)
    queue.subscribe(None, ends.hear)
    async with queue:
        began = time.perf_counter()
        latencies = await _submit_all(queue, jobs, submitters)
        submitted = time.perf_counter()
        await ends.all_ended.wait()
        ended = time.perf_counter()
    return run_of(latencies, submitting_s=submitted - began, all_s=ended - began)


async def _submits(catalog: Catalog, jobs: int) -> Run:
    """Only submit: the same queue, told to run nothing."""
    queue = AsyncioJobQueue(store=catalog.job_store, workers=WORKERS, take="none")
    queue.register_handler("no-op", _no_op)
    async with queue:
        began = time.perf_counter()
        latencies = await _submit_all(queue, jobs, SUBMITTERS)
        submitted = time.perf_counter()
    return run_of(latencies, submitting_s=submitted - began, all_s=submitted - began)


async def _submit_all(queue: AsyncioJobQueue, jobs: int, submitters: int) -> list[float]:
    latencies: list[float] = []
    numbers = iter(range(jobs))

    async def submit() -> None:
        for number in numbers:
            asked = time.perf_counter()
            await queue.submit("no-op", {"n": number})
            latencies.append(time.perf_counter() - asked)

    await asyncio.gather(*(submit() for _ in range(submitters)))
    return latencies


def _claims(catalog: Catalog, jobs: int) -> float:
    """Take all that is pending, as many at once as a queue has workers; return jobs a second."""
    errand = Errand(claim=Claim(WORKERS, {"no-op": None}))
    taken, began = 0, time.perf_counter()
    while claimed := catalog.job_store.exchange(errand).claimed:
        taken += len(claimed)
    elapsed = time.perf_counter() - began
    assert taken == jobs, f"{taken} jobs were taken, not {jobs}"
    return taken / elapsed
