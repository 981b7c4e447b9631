"""The queue that works: asyncio.Queue, and a pool of workers that take from it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from stoat_nb.jobs.core import LiveJob, QueueCore
from stoat_nb.jobs.queue import DEFAULT, Timeout
from stoat_nb.jobs.store import JobStore


class AsyncioJobQueue(QueueCore):
    """Runs up to ``workers`` jobs at once on the loop it was started on.

    Parameters
    ----------
    store
        Where jobs are written down; in memory if not given.
    workers
        Jobs that run at once.
    timeout
        Seconds a job may take unless its handler or its submitter says otherwise; None: no limit.

    Examples
    --------
    >>> import asyncio
    >>> async def double(context):
    ...     return 2 * context.payload["n"]
    >>> async def main():
    ...     async with AsyncioJobQueue() as queue:
    ...         queue.register_handler("double", double)
    ...         return await queue.get_result(await queue.submit("double", {"n": 21}))
    >>> asyncio.run(main())
    42
    """

    def __init__(
        self,
        *,
        store: JobStore | None = None,
        workers: int = 4,
        timeout: float | None = 300.0,
    ) -> None:
        super().__init__(store=store, timeout=timeout)
        self._waiting: asyncio.Queue[LiveJob] = asyncio.Queue()
        self._n_workers = workers
        self._workers: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to run jobs; those submitted before were only kept."""
        if not self._workers:
            self._workers = [
                asyncio.create_task(self._work(), name=f"stoat job worker {number}")
                for number in range(self._n_workers)
            ]

    async def aclose(self) -> None:
        """Cancel what runs, keep what is finished, and take no more."""
        if self._closed:
            return
        await self._close_core()
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    async def submit(
        self, job_type: str, payload: Mapping[str, Any], *, timeout: Timeout = DEFAULT
    ) -> str:
        live = await self._see_to(self._enqueue(job_type, payload, timeout))
        return str(live.state.job_id)

    async def _enqueue(
        self, job_type: str, payload: Mapping[str, Any], timeout: Timeout
    ) -> LiveJob:
        live = await self._admit(job_type, payload, timeout)
        self._waiting.put_nowait(live)
        return live

    async def _work(self) -> None:
        while True:
            await self._run(await self._waiting.get())

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()
