"""The queue on a loop of its own: what a notebook, a page, a command and REST all talk to.

A blocked notebook cell blocks the kernel's loop, a slow page the server's. Jobs run on neither.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeVar

from stoat_nb.errors import QueueClosed
from stoat_nb.jobs.asyncio_queue import AsyncioJobQueue
from stoat_nb.jobs.context import Handler
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.news import Listener, Unsubscribe
from stoat_nb.jobs.queue import DEFAULT, Timeout
from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.jobs.store import JobStore

T = TypeVar("T")


class QueueThread:
    """An AsyncioJobQueue on its own daemon thread; every verb is plain and thread-safe.

    Parameters
    ----------
    store
        Where jobs are written down.
    workers
        Jobs that run at once.
    timeout
        Seconds a job may take unless something else is said.
    on_close
        Awaited on the loop after the last job has ended, to put away what handlers use.
    """

    def __init__(
        self,
        *,
        store: JobStore | None = None,
        workers: int = 4,
        timeout: float | None = 300.0,
        on_close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._on_close = on_close
        self._loop = asyncio.new_event_loop()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._main, name="stoat-queue", daemon=True)
        self._thread.start()
        self._queue = AsyncioJobQueue(store=store, workers=workers, timeout=timeout)
        self._call(self._queue.start())

    def register_handler(
        self,
        job_type: str,
        handler: Handler,
        *,
        timeout: Timeout = DEFAULT,
        stall_timeout: float | None = None,
    ) -> None:
        """Say what runs jobs of this type."""
        self._queue.register_handler(
            job_type, handler, timeout=timeout, stall_timeout=stall_timeout
        )

    def submit(
        self,
        job_type: str,
        payload: Mapping[str, Any],
        *,
        timeout: Timeout = DEFAULT,
        read: Callable[[Any], T],
    ) -> Job[T]:
        """Take a job; it is safely written down when this returns."""
        job_id = self._call(self._queue.submit(job_type, payload, timeout=timeout))
        return Job(job_id, job_type, self, read)

    def peek(self, job_id: str) -> JobState:
        """Return the newest snapshot."""
        return self._queue.peek(job_id)

    def is_here(self, job_id: str) -> bool:
        """Whether this process runs the job or keeps it waiting."""
        return self._queue.peek_live(job_id) is not None

    def subscribe(self, job_id: str | None, listener: Listener) -> Unsubscribe:
        """Hear of one job, or of all this process runs (None)."""
        return self._queue.subscribe(job_id, listener)

    def cancel(self, job_id: str) -> bool:
        """Ask a job to stop; False if it had ended."""
        return self._call(self._queue.cancel(job_id))

    def snapshots(
        self,
        *,
        status: JobStatus | None = None,
        job_type: str | None = None,
        limit: int | None = None,
    ) -> list[JobState]:
        """Return snapshots, newest submitted first."""
        return self._queue.snapshots(status=status, job_type=job_type, limit=limit)

    def on_own_thread(self) -> bool:
        """Whether the caller is the queue's own thread."""
        return threading.current_thread() is self._thread

    def close(self) -> None:
        """Cancel what runs, keep what is finished, stop the loop. May be called again."""
        with self._closing:
            if self._closed:
                return
            self._run(self._aclose())
            self._closed = True
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _aclose(self) -> None:
        await self._queue.aclose()
        if self._on_close is not None:
            await self._on_close()

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        if self._closed:
            work.close()
            raise QueueClosed
        return self._run(work)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _main(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()
