"""What every queue promises. One conformance suite holds them all to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from enum import Enum
from typing import Any, Final, Protocol

from stoat_nb.jobs.context import Handler
from stoat_nb.jobs.state import JobState, JobStatus


class _Default(Enum):
    DEFAULT = "the limit the handler was registered with"


#: Stands for "as registered" where None already means "no limit".
DEFAULT: Final = _Default.DEFAULT

Timeout = float | None | _Default


class AsyncJobQueue(Protocol):
    """Takes jobs, runs them, and tells truthfully how they stand.

    Every submitted job reaches exactly one final status, which never changes. A pending job that is
    cancelled never runs. An unknown id raises UnknownJob.
    """

    def register_handler(
        self,
        job_type: str,
        handler: Handler,
        *,
        timeout: Timeout = DEFAULT,
        stall_timeout: float | None = None,
    ) -> None:
        """Say what runs jobs of this type, for how long, and how long it may stand still."""

    async def submit(
        self, job_type: str, payload: Mapping[str, Any], *, timeout: Timeout = DEFAULT
    ) -> str:
        """Take a job and return its id once it is safely written down."""

    async def get_status(self, job_id: str) -> JobState:
        """Return the newest snapshot."""

    async def get_result(self, job_id: str) -> Any:
        """Wait for the end; return the result or raise JobFailed, JobTimeout or JobCancelled."""

    async def cancel(self, job_id: str) -> bool:
        """Ask the job to stop; False if it had already ended. Acknowledged at once."""

    async def list_jobs(
        self,
        *,
        status: JobStatus | None = None,
        job_type: str | None = None,
        limit: int | None = None,
    ) -> list[JobState]:
        """Return snapshots, newest submitted first."""

    def watch(self, job_id: str) -> AsyncIterator[JobState]:
        """Yield snapshots; may skip some in the middle, never the last."""
