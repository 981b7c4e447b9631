"""The routes of jobs: ask, wait, follow, and say what is to become of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field
from starlette.types import Receive, Scope, Send

from stoat_nb.api import controls
from stoat_nb.api.events import MEDIA_TYPE, events, wait_for
from stoat_nb.api.filters import Asked, sent_as_json
from stoat_nb.api.refusals import TooManyWatchers
from stoat_nb.api.shapes import (
    EVENT,
    SUBMITTED,
    EventShape,
    JobChange,
    JobsShape,
    JobStatusResponse,
    JobSubmitResponse,
    LogShape,
    RetryRequest,
    refused,
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


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() else -1


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class _Events(StreamingResponse):
    """Events, whose reader is counted for as long as he reads."""

    def __init__(
        self, watchers: asyncio.Semaphore, content: AsyncIterator[str], **kwargs: Any
    ) -> None:
        super().__init__(content, **kwargs)
        self._watchers = watchers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them."""
        async with self._watchers:
            await super().__call__(scope, receive, send)


class JobRoutes:
    """The jobs of one library."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._most_watchers = max(1, library.settings.max_connections // 2)
        self._watchers = asyncio.Semaphore(self._most_watchers)

    def add_to(self, router: APIRouter) -> None:
        """Put the routes in place."""
        for method, path, answer, status, statuses in (
            ("GET", "/jobs", self.list_jobs, 200, (422,)),
            ("GET", "/jobs/{job_id}", self.get_job, 200, (404, 422)),
            ("PATCH", "/jobs/{job_id}", self.change_job, 200, (404, 409, 415, 422)),
            ("DELETE", "/jobs/{job_id}", self.delete_job, 202, (404, 409, 415, 422)),
            ("POST", "/jobs/{job_id}/cancel", self.cancel_job, 200, (404, 409, 415, 422)),
            ("POST", "/jobs/{job_id}/pause", self.pause_job, 200, (404, 409, 415, 422)),
            ("POST", "/jobs/{job_id}/resume", self.resume_job, 200, (404, 409, 415, 422)),
            ("POST", "/jobs/{job_id}/retry", self.retry_job, 202, (404, 409, 415, 422, 429)),
            ("GET", "/jobs/{job_id}/log", self.get_log, 200, (404, 422)),
            ("GET", "/jobs/{job_id}/wait", self.wait_for_job, 200, (404, 422)),
        ):
            answers = refused(*statuses)
            if path.endswith("/retry"):
                answers[202] = SUBMITTED
            router.add_api_route(
                path,
                answer,
                methods=[method],
                status_code=status,
                dependencies=[] if method == "GET" else [Depends(sent_as_json)],
                responses=answers,
            )
        stream = {"description": "States, as they come", "content": {MEDIA_TYPE: EVENT}}
        router.add_api_route(
            "/jobs/{job_id}/events",
            self.follow_job,
            methods=["GET"],
            response_class=StreamingResponse,
            responses={200: stream, **refused(404, 422)},
        )

    def list_jobs(self, query: Annotated[JobsQuery, Query()]) -> JobsShape:
        """List jobs, newest first: one page of those that match."""
        states = self._library.job_states(
            status=query.status,
            job_type=query.job_type,
            limit=query.limit,
            offset=query.offset,
        )
        return JobsShape(items=[JobStatusResponse.of(state) for state in states])

    def get_job(self, job_id: JobId) -> JobStatusResponse:
        """Say where a job stands."""
        return JobStatusResponse.of(self._library.job(job_id).state)

    def change_job(self, job_id: JobId, change: JobChange) -> JobStatusResponse:
        """Give a job that waits another place in the line: the highest priority runs first."""
        return JobStatusResponse.of(controls.prioritize(self._library, job_id, change.priority))

    def delete_job(self, job_id: JobId) -> JobStatusResponse:
        """Cancel a job; what it has finished is kept, and so is the job itself."""
        return JobStatusResponse.of(controls.cancel(self._library, job_id))

    def cancel_job(self, job_id: JobId) -> JobStatusResponse:
        """Cancel a job: the same as DELETE, for clients that cannot send one."""
        return JobStatusResponse.of(controls.cancel(self._library, job_id))

    def pause_job(self, job_id: JobId) -> JobStatusResponse:
        """Have a job wait until it is resumed; what it has done is kept."""
        return JobStatusResponse.of(controls.pause(self._library, job_id))

    def resume_job(self, job_id: JobId) -> JobStatusResponse:
        """Have a paused job go on where it was."""
        return JobStatusResponse.of(controls.resume(self._library, job_id))

    def retry_job(
        self, job_id: JobId, request: Request, wanted: RetryRequest = RETRY_ALL
    ) -> Response:
        """Submit a job that has ended once more, as a new one; the old one stays as it ended."""
        job = controls.retry(self._library, job_id, only_failed=wanted.only_failed)
        return JobSubmitResponse.answer(job, request.url.path.rsplit("/", 2)[0])

    def get_log(self, job_id: JobId) -> LogShape:
        """Tell what was noted of a job, oldest first."""
        return LogShape(items=[EventShape.of(event) for event in self._library.job_log(job_id)])

    async def wait_for_job(
        self,
        job_id: JobId,
        request: Request,
        timeout_s: Annotated[float, Query(alias="timeout", ge=0, le=MAX_WAIT_S)] = 60.0,
    ) -> JobStatusResponse:
        """Answer when the job has ended, or with where it stands when the time is up."""
        self._check_watchers()
        async with self._watchers:
            job = await asyncio.to_thread(self._library.job, job_id)
            return JobStatusResponse.of(await wait_for(job, timeout_s, _left(request)))

    async def follow_job(
        self,
        job_id: JobId,
        seen: Annotated[str | None, Header(alias="Last-Event-ID", max_length=20)] = None,
    ) -> StreamingResponse:
        """Follow a job as server-sent events: `progress` until the last, which is `end`.

        Who comes back with the id of the last event it has seen hears only of newer ones.
        """
        self._check_watchers()
        job = await asyncio.to_thread(self._library.job, job_id)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return _Events(
            self._watchers, events(job, after=_number(seen)), media_type=MEDIA_TYPE, headers=headers
        )

    def _check_watchers(self) -> None:
        if self._watchers.locked():
            raise TooManyWatchers(self._most_watchers)
