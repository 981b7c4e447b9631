"""The queue for tests: a job has run to its end when ``submit`` returns."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from stoat_nb.jobs.core import LiveJob, QueueCore
from stoat_nb.jobs.queue import DEFAULT, Timeout
from stoat_nb.jobs.state import JobStatus
from stoat_nb.jobs.verdict import Verdict


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
        super().__init__(timeout=timeout)
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

    async def submit(
        self, job_type: str, payload: Mapping[str, Any], *, timeout: Timeout = DEFAULT
    ) -> str:
        return str(await self._see_to(self._submit(job_type, payload, timeout)))

    async def _submit(self, job_type: str, payload: Mapping[str, Any], timeout: Timeout) -> str:
        live = await self._admit(job_type, payload, timeout)
        configured = self._configured.get(job_type)
        if configured is None:
            await self._run(live)
        else:
            await self._pretend(live, configured)
        return live.state.job_id

    async def _pretend(self, live: LiveJob, verdict: Verdict) -> None:
        self._advance(live, status=JobStatus.RUNNING, started_at=time.time(), attempt=1)
        await self._end(live, verdict)


async def _never_run(_context: object) -> None:
    """Stand for a handler whose outcome is configured."""
