"""The queue for tests: a job has run to its end when ``submit`` returns."""

from __future__ import annotations

import asyncio
from typing import Any

from stoat_nb.errors import JobError
from stoat_nb.jobs.asyncio_queue import LOOK_EVERY_S, TEND_EVERY_S, every
from stoat_nb.jobs.context import Send
from stoat_nb.jobs.core import QueueCore
from stoat_nb.jobs.live import LiveJob
from stoat_nb.jobs.locks import Submission
from stoat_nb.jobs.queue import Take
from stoat_nb.jobs.running import CURRENT_JOB
from stoat_nb.jobs.state import JobStatus
from stoat_nb.jobs.store import JobStore
from stoat_nb.jobs.verdict import Verdict

#: A handler may submit a job and wait for it, and that one another.
DEPTH = 1000


class InMemoryJobQueue(QueueCore):
    """Runs each job inside ``submit``: deterministic, and with the same handlers as the real queue.

    ``Library(path, job_queue=InMemoryJobQueue())`` gives a whole library such a queue; its jobs are
    rows of its file then. What one of its handlers submits runs beside that handler, and has ended
    too when the outermost ``submit`` returns. A job that is paused, or waits for the folders of
    another thread's scan, has not.

    Examples
    --------
    >>> import asyncio
    >>> async def main():
    ...     queue = InMemoryJobQueue()
    ...     queue.configure_outcome("scan", error="The disk went away.", status=JobStatus.FAILED)
    ...     return await queue.get_status(await queue.submit("scan", {"path": "/videos"}))
    >>> asyncio.run(main()).error
    'The disk went away.'
    """

    def __init__(self, *, timeout: float | None = 300.0) -> None:
        super().__init__(timeout=timeout, slots=DEPTH)
        self._serving = True
        self._configured: dict[str, Verdict] = {}
        self._is_apart = False  #: Whether handlers run on another loop, and block it by waiting.
        self._beside: set[asyncio.Task[None]] = set()
        self._tending: asyncio.Task[None] | None = None

    def work_for(
        self,
        *,
        store: JobStore | None,
        send: Send | None,
        take: Take,
        handlers: asyncio.AbstractEventLoop,
    ) -> None:
        """Run the jobs of a library from now on: rows of its file, on the loop of its handlers."""
        if self._closed or self._is_apart or self._store.states(limit=1):
            raise JobError("This InMemoryJobQueue was used before. Make a new one for the library.")
        registered = self._handlers
        super().__init__(
            store=store, timeout=self._timeout, send=send, take=take, slots=DEPTH, handlers=handlers
        )
        self._handlers = registered
        self._serving = self._is_apart = True

    def configure_outcome(
        self,
        job_type: str,
        *,
        result: Any = None,
        error: str | None = None,
        status: JobStatus = JobStatus.COMPLETE,
    ) -> None:
        """Say how jobs of a type end, instead of running their handler."""
        self._configured[job_type] = Verdict(status=status, result=result, error=error)
        if job_type not in self._handlers:
            self.register_handler(job_type, _never_run)

    async def start(self) -> None:
        """Begin to give signs of life, if other processes can see the jobs."""
        if self._store.is_lasting and self._tending is None:
            self._tending = asyncio.create_task(every(TEND_EVERY_S, self._tend))

    async def _tend(self) -> None:
        await self._scribe.call(self._store.tend)

    async def aclose(self) -> None:
        """Take no more jobs."""
        if not self._closed:
            await self._close_core()
        if self._tending is not None:
            self._tending.cancel()

    async def until_idle(self) -> None:
        """Wait until nothing runs here."""
        while self._live.n_running:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(LOOK_EVERY_S)

    async def resume(self, job_id: str) -> bool:
        meant = await super().resume(job_id)
        await self._run_now()
        return meant

    async def submit_or_join(self, *args: Any, **options: Any) -> Submission:
        """Do as every queue, and wait for a job that another caller's turn has begun."""
        submission = await super().submit_or_join(*args, **options)
        live = self._live.get(submission.job_id)
        if live is not None and not (submission.joined or self._must_not_wait):
            await live.over.wait()
            await self._run_now()
        while self._beside and not self._must_not_wait:
            await asyncio.wait(self._beside)
        return submission

    async def _see_written(self, written: asyncio.Future[str]) -> str:
        await self._run_now()
        return await super()._see_written(written)

    @property
    def _must_not_wait(self) -> bool:
        return self._is_apart and CURRENT_JOB.get() is not None

    async def _run_now(self) -> None:
        """Run what was submitted even if whoever did is cancelled meanwhile."""
        running = asyncio.ensure_future(self._run_all())
        if self._must_not_wait:  # its handler's loop waits for this to return
            self._beside.add(running)
            running.add_done_callback(self._beside.discard)
        else:
            await asyncio.shield(running)

    async def _run_all(self) -> None:
        while taken := await self._turn():
            for live in taken:
                await self._run(live)

    async def _run(self, live: LiveJob) -> None:
        configured = self._configured.get(live.state.job_type)
        if configured is None:
            await self._live.work(live)
        else:
            self._live.end(live, configured)


async def _never_run(_context: object) -> None:
    """Stand for a handler whose outcome is configured."""
