"""The routes of jobs: ask, wait, follow, cancel."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from stoat_nb.api.events import MEDIA_TYPE, events, wait_for
from stoat_nb.api.shapes import JobShape, JobsShape
from stoat_nb.errors import JobAlreadyFinal
from stoat_nb.jobs.state import JobStatus
from stoat_nb.library import Library

MAX_WAIT_S = 3600

JobId = Annotated[str, Path(max_length=100, description="The UUID that submitting answered with.")]


class JobsQuery(BaseModel):
    """Which jobs to list."""

    model_config = ConfigDict(extra="forbid")

    status: JobStatus | None = None
    job_type: str | None = Field(default=None, max_length=100)
    limit: int = Field(default=50, ge=1, le=500)


def _sent_as_json(request: Request) -> None:
    # A form of another site can post without asking first, but not with this content type.
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class JobRoutes:
    """The jobs of one library."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def add_to(self, router: APIRouter) -> None:
        """Put the routes in place."""
        router.add_api_route("/jobs", self.list_jobs, methods=["GET"])
        router.add_api_route("/jobs/{job_id}", self.get_job, methods=["GET"])
        router.add_api_route("/jobs/{job_id}", self.delete_job, methods=["DELETE"], status_code=202)
        router.add_api_route(
            "/jobs/{job_id}/cancel",
            self.cancel_job,
            methods=["POST"],
            status_code=202,
            dependencies=[Depends(_sent_as_json)],
        )
        router.add_api_route("/jobs/{job_id}/wait", self.wait_for_job, methods=["GET"])
        router.add_api_route(
            "/jobs/{job_id}/events",
            self.follow_job,
            methods=["GET"],
            response_class=StreamingResponse,
            responses={200: {"content": {MEDIA_TYPE: {}}, "description": "States, as they come"}},
        )

    def list_jobs(self, query: Annotated[JobsQuery, Query()]) -> JobsShape:
        """List jobs, newest first."""
        states = self._library.job_states(
            status=query.status, job_type=query.job_type, limit=query.limit
        )
        return JobsShape(items=[JobShape.of(state) for state in states])

    def get_job(self, job_id: JobId) -> JobShape:
        """Say where a job stands."""
        return JobShape.of(self._library.job(job_id).state)

    def delete_job(self, job_id: JobId) -> JobShape:
        """Cancel a job. What it has finished is kept, and so is the job."""
        return self._cancel(job_id)

    def cancel_job(self, job_id: JobId) -> JobShape:
        """Cancel a job: the same as DELETE, for clients that cannot send one."""
        return self._cancel(job_id)

    async def wait_for_job(
        self,
        job_id: JobId,
        request: Request,
        timeout_s: Annotated[float, Query(alias="timeout", ge=0, le=MAX_WAIT_S)] = 60.0,
    ) -> JobShape:
        """Answer when the job has ended, or with where it stands when the time is up."""
        job = await asyncio.to_thread(self._library.job, job_id)
        return JobShape.of(await wait_for(job, timeout_s, _left(request)))

    async def follow_job(self, job_id: JobId) -> StreamingResponse:
        """Follow a job as server-sent events: `progress` until the last, which is `end`."""
        job = await asyncio.to_thread(self._library.job, job_id)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(events(job), media_type=MEDIA_TYPE, headers=headers)

    def _cancel(self, job_id: str) -> JobShape:
        job = self._library.job(job_id)
        if not self._library.cancel(job_id):
            raise JobAlreadyFinal(job_id, job.status)
        return JobShape.of(job.state)
