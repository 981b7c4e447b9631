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
from stoat_nb.jobs.context import Handler, Send
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.news import Listener, Unsubscribe
from stoat_nb.jobs.queue import DEFAULT, Take, Timeout
from stoat_nb.jobs.state import JobEvent, JobState, JobStatus
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
    send
        Runs what handlers give to ``context.run``; on a thread if not given.
    take
        Which jobs it runs: ``all`` it has handlers for, its ``own``, or ``none``.
    on_close
        Awaited on the loop after the last job has ended, to put away what handlers use.
    """

    def __init__(
        self,
        *,
        store: JobStore | None = None,
        workers: int = 4,
        timeout: float | None = 300.0,
        send: Send | None = None,
        take: Take = "all",
        on_close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._on_close = on_close
        self._loop = asyncio.new_event_loop()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._main, name="stoat-queue", daemon=True)
        self._thread.start()
        self._queue = AsyncioJobQueue(
            store=store, workers=workers, timeout=timeout, send=send, take=take
        )
        self._call(self._queue.start())

    def register_handler(self, job_type: str, handler: Handler, **limits: Any) -> None:
        """Say what runs jobs of this type, within limits as AsyncJobQueue knows them."""
        self._call(self._register(job_type, handler, limits))

    async def _register(self, job_type: str, handler: Handler, limits: Mapping[str, Any]) -> None:
        self._queue.register_handler(job_type, handler, **limits)

    def submit(
        self,
        job_type: str,
        payload: Mapping[str, Any],
        *,
        timeout: Timeout = DEFAULT,
        priority: int = 0,
        read: Callable[[Any], T],
    ) -> Job[T]:
        """Take a job; it is safely written down when this returns."""
        submission = self._queue.submit_or_join(
            job_type, payload, timeout=timeout, priority=priority
        )
        job_id, joined = self._call(submission)
        return Job(job_id, job_type, self, read, joined=joined)

    def peek(self, job_id: str) -> JobState:
        """Return the newest snapshot."""
        return self._queue.peek(job_id)

    def read_log(self, job_id: str) -> list[JobEvent]:
        """Return what was noted of a job."""
        return self._queue.read_log(job_id)

    def subscribe(self, job_id: str | None, listener: Listener) -> Unsubscribe:
        """Hear of one job, or of all (None), whichever process runs them."""
        return self._queue.subscribe(job_id, listener)

    def cancel(self, job_id: str) -> bool:
        """Ask a job to stop; False if it had ended."""
        return self._call(self._queue.cancel(job_id))

    def pause(self, job_id: str) -> bool:
        """Ask a job to wait; False if it had ended."""
        return self._call(self._queue.pause(job_id))

    def resume(self, job_id: str) -> bool:
        """Ask a job to go on; False if it was not paused."""
        return self._call(self._queue.resume(job_id))

    def prioritize(self, job_id: str, priority: int) -> bool:
        """Give a job another place in the line; False if it had ended."""
        return self._call(self._queue.prioritize(job_id, priority))

    def retry(self, job_id: str, **changes: Any) -> str:
        """Submit a job that has ended once more; return the new id."""
        return self._call(self._queue.retry(job_id, **changes))

    def snapshots(
        self,
        *,
        status: JobStatus | None = None,
        job_type: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[JobState]:
        """Return snapshots, newest submitted first."""
        return self._queue.snapshots(status, job_type, limit, offset)

    @property
    def closed(self) -> bool:
        """Whether it was closed, so that no more news will come."""
        return self._closed

    def on_own_thread(self) -> bool:
        """Whether the caller is the queue's own thread."""
        return threading.current_thread() is self._thread

    def close(self) -> None:
        """Stop what runs, to go on later if anything lasts, and end the loop. May be repeated."""
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
