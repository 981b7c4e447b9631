"""What every queue promises. One conformance suite holds them all to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from enum import Enum
from typing import Any, Final, Literal, Protocol

from stoat_nb.jobs.context import Handler
from stoat_nb.jobs.locks import Lock
from stoat_nb.jobs.state import JobEvent, JobState, JobStatus


class _Default(Enum):
    DEFAULT = "the limit the handler was registered with"


#: Stands for "as registered" where None already means "no limit".
DEFAULT: Final = _Default.DEFAULT

Timeout = float | None | _Default

#: Which jobs of its store a queue runs: all it has handlers for, those it submitted, or none.
Take = Literal["all", "own", "none"]


class AsyncJobQueue(Protocol):
    """Takes jobs, runs them, and tells truthfully how they stand.

    Every submitted job reaches exactly one final status, which never changes. A pending job that is
    cancelled never runs. Of the pending ones the highest priority runs first, then the oldest. An
    unknown id raises UnknownJob. With a store that several processes share they share the jobs too.
    """

    def register_handler(
        self,
        job_type: str,
        handler: Handler,
        *,
        timeout: Timeout = DEFAULT,
        stall_timeout: float | None = None,
        concurrency: int | None = None,
        lock: Lock | None = None,
    ) -> None:
        """Say what runs jobs of this type, for how long, how many and which of them at once."""

    async def submit(
        self,
        job_type: str,
        payload: Mapping[str, Any],
        *,
        timeout: Timeout = DEFAULT,
        priority: int = 0,
        retry_of: str | None = None,
    ) -> str:
        """Take a job and return its id once it is safely written down.

        Where a live job with the same lock does all that this one asks for, return the id of that.
        """

    async def get_status(self, job_id: str) -> JobState:
        """Return the newest snapshot."""

    async def get_result(self, job_id: str) -> Any:
        """Wait for the end; return the result or raise JobFailed, JobTimeout or JobCancelled."""

    async def cancel(self, job_id: str) -> bool:
        """Ask the job to stop; False if it had already ended. Acknowledged at once."""

    async def pause(self, job_id: str) -> bool:
        """Have the job wait, keeping what it has done; False if it has ended."""

    async def resume(self, job_id: str) -> bool:
        """Have a paused job go on; False if it is not paused."""

    async def prioritize(self, job_id: str, priority: int) -> bool:
        """Give the job another place in the line; False if it has ended."""

    async def retry(self, job_id: str, **changes: Any) -> str:
        """Submit a job that has ended once more, with changes to its payload; return the new id.

        One that has not ended raises JobNotFinal.
        """

    async def job_log(self, job_id: str) -> list[JobEvent]:
        """Return what was noted of the job, oldest first."""

    async def list_jobs(
        self,
        *,
        status: JobStatus | None = None,
        job_type: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[JobState]:
        """Return snapshots, newest submitted first."""

    def watch(self, job_id: str) -> AsyncIterator[JobState]:
        """Yield snapshots; may skip some in the middle, never the last."""
