"""The routes of jobs: ask, wait, follow, and say what is to become of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field
from starlette.types import Receive, Scope, Send

from stoat_nb.api import controls
from stoat_nb.api.events import MEDIA_TYPE, events, wait_for
from stoat_nb.api.filters import Asked
from stoat_nb.api.limits import SubmitLimit, WatcherLimit
from stoat_nb.api.shapes import (
    Accepted,
    EventShape,
    JobChange,
    JobShape,
    JobsShape,
    LogShape,
    RetryRequest,
)
from stoat_nb.jobs.state import JobStatus
from stoat_nb.library import Library

MAX_WAIT_S = 3600
MAX_INTEGER = 2**63 - 1
RETRY_ALL = RetryRequest()

JobId = Annotated[str, Path(max_length=100, description="The UUID that submitting answered with.")]


class JobsQuery(Asked):
    """Which jobs to list."""

    status: JobStatus | None = None
    job_type: str | None = Field(default=None, max_length=100)
    limit: int = Field(default=50, ge=1, le=500)
    offset: int = Field(default=0, ge=0, le=MAX_INTEGER)


def _sent_as_json(request: Request) -> None:
    # A form of another site can post without asking first, but not with this content type.
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class _Events(StreamingResponse):
    """Events, whose reader is counted for as long as he reads."""

    def __init__(self, watchers: WatcherLimit, content: AsyncIterator[str], **kwargs: Any) -> None:
        super().__init__(content, **kwargs)
        self._watchers = watchers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them."""
        with self._watchers.one():
            await super().__call__(scope, receive, send)


class JobRoutes:
    """The jobs of one library."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._submits = SubmitLimit(library)
        self._watchers = WatcherLimit(max(1, library.settings.max_connections // 2))

    def add_to(self, router: APIRouter) -> None:
        """Put the routes in place."""
        sent_as_json = [Depends(_sent_as_json)]
        router.add_api_route("/jobs", self.list_jobs, methods=["GET"])
        router.add_api_route("/jobs/{job_id}", self.get_job, methods=["GET"])
        router.add_api_route(
            "/jobs/{job_id}", self.change_job, methods=["PATCH"], dependencies=sent_as_json
        )
        router.add_api_route("/jobs/{job_id}", self.delete_job, methods=["DELETE"], status_code=202)
        for verb in (self.cancel_job, self.pause_job, self.resume_job):
            path = f"/jobs/{{job_id}}/{verb.__name__.removesuffix('_job')}"
            router.add_api_route(path, verb, methods=["POST"], dependencies=sent_as_json)
        router.add_api_route(
            "/jobs/{job_id}/retry",
            self.retry_job,
            methods=["POST"],
            status_code=202,
            dependencies=sent_as_json,
        )
        router.add_api_route("/jobs/{job_id}/log", self.get_log, methods=["GET"])
        router.add_api_route("/jobs/{job_id}/wait", self.wait_for_job, methods=["GET"])
        router.add_api_route(
            "/jobs/{job_id}/events",
            self.follow_job,
            methods=["GET"],
            response_class=StreamingResponse,
            responses={200: {"content": {MEDIA_TYPE: {}}, "description": "States, as they come"}},
        )

    def list_jobs(self, query: Annotated[JobsQuery, Query()]) -> JobsShape:
        """List jobs, newest first: one page of those that match."""
        states = self._library.job_states(
            status=query.status,
            job_type=query.job_type,
            limit=query.limit,
            offset=query.offset,
        )
        return JobsShape(items=[JobShape.of(state) for state in states])

    def get_job(self, job_id: JobId) -> JobShape:
        """Say where a job stands."""
        return JobShape.of(self._library.job(job_id).state)

    def change_job(self, job_id: JobId, change: JobChange) -> JobShape:
        """Give a job that waits another place in the line: the highest priority runs first."""
        return JobShape.of(controls.prioritize(self._library, job_id, change.priority))

    def delete_job(self, job_id: JobId) -> JobShape:
        """Cancel a job; what it has finished is kept, and so is the job itself."""
        return JobShape.of(controls.cancel(self._library, job_id))

    def cancel_job(self, job_id: JobId) -> JobShape:
        """Cancel a job: the same as DELETE, for clients that cannot send one."""
        return JobShape.of(controls.cancel(self._library, job_id))

    def pause_job(self, job_id: JobId) -> JobShape:
        """Have a job wait until it is resumed; what it has done is kept."""
        return JobShape.of(controls.pause(self._library, job_id))

    def resume_job(self, job_id: JobId) -> JobShape:
        """Have a paused job go on where it was."""
        return JobShape.of(controls.resume(self._library, job_id))

    def retry_job(
        self,
        job_id: JobId,
        request: Request,
        response: Response,
        wanted: RetryRequest = RETRY_ALL,
    ) -> Accepted:
        """Submit a job that has ended once more, as a new one; the old one stays as it ended."""
        self._submits.check()
        job = controls.retry(self._library, job_id, only_failed=wanted.only_failed)
        prefix = request.url.path.removesuffix("/retry").rpartition("/")[0]
        response.headers["Location"] = f"{prefix}/{job.id}"
        return Accepted.of(job)

    def get_log(self, job_id: JobId) -> LogShape:
        """Tell what was noted of a job, oldest first."""
        return LogShape(items=[EventShape.of(event) for event in self._library.job_log(job_id)])

    async def wait_for_job(
        self,
        job_id: JobId,
        request: Request,
        timeout_s: Annotated[float, Query(alias="timeout", ge=0, le=MAX_WAIT_S)] = 60.0,
    ) -> JobShape:
        """Answer when the job has ended, or with where it stands when the time is up."""
        self._watchers.check()
        with self._watchers.one():
            job = await asyncio.to_thread(self._library.job, job_id)
            return JobShape.of(await wait_for(job, timeout_s, _left(request)))

    async def follow_job(self, job_id: JobId) -> StreamingResponse:
        """Follow a job as server-sent events: `progress` until the last, which is `end`."""
        self._watchers.check()
        job = await asyncio.to_thread(self._library.job, job_id)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return _Events(self._watchers, events(job), media_type=MEDIA_TYPE, headers=headers)
