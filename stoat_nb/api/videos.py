"""The routes of videos: scan, list, look at one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request, Response
from msgspec.structs import replace
from pydantic import Field

from stoat_nb import __version__
from stoat_nb.api.filters import Asked, ColumnName, Int64, VideosFilter, VideosOrder, sent_as_json
from stoat_nb.api.plain import exact, plain, rows
from stoat_nb.api.shapes import (
    SUBMITTED,
    FacetShape,
    FacetsShape,
    HealthShape,
    JobSubmitResponse,
    ScanRequest,
    SummaryShape,
    VideosShape,
    refused,
)
from stoat_nb.library import Library
from stoat_nb.library.changes import By

MAX_INTEGER = 2**63 - 1


class VideosQuery(VideosOrder):
    """Which videos to list, in which order, from where on."""

    int64: Int64 = "number"
    limit: int = Field(default=50, ge=1, le=500)
    offset: int = Field(default=0, ge=0, le=MAX_INTEGER)


class FacetsQuery(VideosFilter):
    """Which columns to count, of which videos."""

    int64: Int64 = "number"
    column: Annotated[list[ColumnName], Field(max_length=100)] = Field(
        default=[], description="Repeat for several; without: the usual ones."
    )
    most: int = Field(default=20, ge=1, le=1000, description="Values of each, the most frequent.")


class DiffQuery(Asked):
    """What to compare."""

    before: int | None = Field(default=None, ge=1, le=MAX_INTEGER)
    after: int | None = Field(default=None, ge=1, le=MAX_INTEGER)
    since: str = Field(
        default="",
        max_length=100,
        json_schema_extra={"format": "moment"},
        description="Instead of them: a date, or `now - 30d`.",
    )
    by: By = Field(default="change", description="One row per change, or per file.")


async def _no_get() -> None:
    raise HTTPException(405, headers={"Allow": "POST"})


class VideoRoutes:
    """The videos of one library."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def add_to(self, router: APIRouter) -> None:
        """Put the routes in place."""
        router.add_api_route(
            "/videos/scan",
            self.scan_folder,
            methods=["POST"],
            status_code=202,
            dependencies=[Depends(sent_as_json)],
            responses={202: SUBMITTED, **refused(415, 422, 429)},
        )
        # Else it would be the video of this number.
        router.add_api_route("/videos/scan", _no_get, methods=["GET"], include_in_schema=False)
        for path, answer, statuses in (
            ("/videos", self.list_videos, (422,)),
            ("/videos/facets", self.count_values, (422,)),
            ("/videos/{video_id}", self.get_video, (404, 422)),
            ("/scans", self.list_scans, (422,)),
            ("/scans/diff", self.compare_scans, (404, 422)),
        ):
            router.add_api_route(path, answer, methods=["GET"], responses=refused(*statuses))
        router.add_api_route("/summary", self.get_summary, methods=["GET"])
        router.add_api_route("/health", self.get_health, methods=["GET"])

    def scan_folder(self, wanted: ScanRequest, request: Request) -> Response:
        """Submit a scan of a folder; the answer does not wait for it."""
        job = self._library.scan(
            wanted.path,
            recursive=wanted.recursive,
            mode=wanted.mode,
            accept_removals=wanted.accept_removals,
            exclude=wanted.exclude,
            follow_links=wanted.follow_links,
        )
        return JobSubmitResponse.answer(
            job, f"{request.url.path.removesuffix('/videos/scan')}/jobs"
        )

    def list_videos(self, query: Annotated[VideosQuery, Query()]) -> VideosShape:
        """List videos: one page of those that match."""
        wanted = replace(query.query(), limit=query.limit, offset=query.offset)
        page = self._library.page(wanted)
        items = rows(page.frame)
        is_exact = query.int64 == "string"
        return VideosShape(
            total=page.total,
            items=exact(items) if is_exact else items,
            hint=None if page.total else self._library.hint(query=wanted),
        )

    def count_values(self, query: Annotated[FacetsQuery, Query()]) -> FacetsShape:
        """Count how often each value of some columns occurs among the videos that match."""
        found = self._library.facets(query.query(), query.column or None, query.most)
        is_exact = query.int64 == "string"
        shapes = [FacetShape.of(facet, is_exact=is_exact) for facet in found.values()]
        return FacetsShape(items=shapes)

    def get_video(
        self,
        video_id: Annotated[int, Path(ge=1, le=MAX_INTEGER)],
        int64: Annotated[Int64, Query()] = "number",
    ) -> dict[str, Any]:
        """Tell everything about one video, its streams included."""
        found: dict[str, Any] = plain(self._library.video(video_id))
        if int64 == "string":
            found = exact(found)
        return found

    def list_scans(self) -> list[dict[str, Any]]:
        """List every scan with its counts, oldest first."""
        return rows(self._library.scans())

    def compare_scans(self, asked: Annotated[DiffQuery, Query()]) -> list[dict[str, Any]]:
        """Tell what is different after one scan from what was after another, or since a moment."""
        return rows(
            self._library.diff(asked.before, asked.after, since=asked.since or None, by=asked.by)
        )

    def get_summary(self) -> SummaryShape:
        """Tell the library in a few numbers."""
        found = self._library.summary()
        return SummaryShape(**{name: getattr(found, name) for name in SummaryShape.model_fields})

    async def get_health(self) -> HealthShape:
        """Say that the server is there."""
        return HealthShape(version=__version__)
