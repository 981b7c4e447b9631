"""The queue for tests: a job has run to its end when ``submit`` returns."""

from __future__ import annotations

import asyncio
from typing import Any

from stoat_nb.jobs.core import QueueCore
from stoat_nb.jobs.live import LiveJob
from stoat_nb.jobs.state import JobStatus
from stoat_nb.jobs.verdict import Verdict

#: A handler may submit a job and wait for it, and that one another.
DEPTH = 1000


class InMemoryJobQueue(QueueCore):
    """Runs each job inside ``submit``: deterministic, and with the same handlers as the real queue.

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
        """Nothing needs to be started."""

    async def aclose(self) -> None:
        """Take no more jobs."""
        if not self._closed:
            await self._close_core()

    async def resume(self, job_id: str) -> bool:
        meant = await super().resume(job_id)
        await self._run_all()
        return meant

    async def _see_written(self, written: asyncio.Future[str]) -> str:
        """Run what was submitted even if whoever did is cancelled meanwhile."""
        running = asyncio.ensure_future(self._run_all())
        await asyncio.shield(running)
        return await super()._see_written(written)

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
