"""The routes of videos: scan, list, look at one, export."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from stoat_nb import __version__
from stoat_nb.api.plain import plain, rows
from stoat_nb.api.shapes import (
    Accepted,
    HealthShape,
    ScanRequest,
    SummaryShape,
    VideosShape,
)
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.library import Library

MAX_INTEGER = 2**63 - 1
CHUNK = 1 << 18

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Format = Literal["csv", "json", "jsonl", "parquet", "xlsx"]
Words = Annotated[list[str], Field(max_length=100)]


class VideosQuery(BaseModel):
    """Which videos to list, in which order, from where on."""

    model_config = ConfigDict(extra="forbid")

    search: str = Field(default="", max_length=4096, description="A part of the path.")
    status: Words = Field(
        default=[], description="ok, failed, missing, offline; repeat for several."
    )
    codec: Words = Field(default=[], description="h264, hevc, ...; repeat for several.")
    container: Words = Field(default=[], description="mp4, matroska, ...; repeat for several.")
    sort: str = Field(default="path", max_length=100, description="A column of `videos()`.")
    descending: bool = False
    limit: int = Field(default=50, ge=1, le=500)
    offset: int = Field(default=0, ge=0, le=MAX_INTEGER)


class VideoRoutes:
    """The videos of one library."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def add_to(self, router: APIRouter) -> None:
        """Put the routes in place."""
        router.add_api_route("/videos/scan", self.scan_folder, methods=["POST"], status_code=202)
        router.add_api_route("/videos", self.list_videos, methods=["GET"])
        router.add_api_route(
            "/videos/export", self.export_videos, methods=["GET"], response_class=StreamingResponse
        )
        router.add_api_route("/videos/{video_id}", self.get_video, methods=["GET"])
        router.add_api_route("/scans", self.list_scans, methods=["GET"])
        router.add_api_route("/scans/diff", self.compare_scans, methods=["GET"])
        router.add_api_route("/summary", self.get_summary, methods=["GET"])
        router.add_api_route("/health", self.get_health, methods=["GET"])

    def scan_folder(self, wanted: ScanRequest, request: Request, response: Response) -> Accepted:
        """Submit a scan of a folder; the answer does not wait for it."""
        job = self._library.scan(
            wanted.path,
            recursive=wanted.recursive,
            mode=wanted.mode,
            accept_removals=wanted.accept_removals,
        )
        prefix = request.url.path.removesuffix("/videos/scan")
        response.headers["Location"] = f"{prefix}/jobs/{job.id}"
        return Accepted(job_id=job.id)

    def list_videos(self, query: Annotated[VideosQuery, Query()]) -> VideosShape:
        """List videos: one page of those that match."""
        page = self._library.page(
            VideoQuery(
                search=query.search,
                status=tuple(query.status),
                codec=tuple(query.codec),
                container=tuple(query.container),
                sort=query.sort,
                descending=query.descending,
                limit=query.limit,
                offset=query.offset,
            )
        )
        return VideosShape(total=page.total, items=rows(page.frame))

    def get_video(self, video_id: Annotated[int, Path(ge=1, le=MAX_INTEGER)]) -> dict[str, Any]:
        """Tell everything about one video, its streams included."""
        return {str(name): plain(fact) for name, fact in self._library.video(video_id).items()}

    def export_videos(
        self, suffix: Annotated[Format, Query(alias="format")] = "csv"
    ) -> StreamingResponse:
        """Download every video as one table."""
        file, size = _exported(self._library, suffix)
        headers = {
            "Content-Length": str(size),
            "Content-Disposition": f'attachment; filename="videos.{suffix}"',
            "Cache-Control": "no-store",
        }
        return StreamingResponse(_Content(file), media_type=MEDIA_TYPES[suffix], headers=headers)

    def list_scans(self) -> list[dict[str, Any]]:
        """List every scan with its counts, oldest first."""
        return rows(self._library.scans())

    def compare_scans(
        self,
        before: Annotated[int, Query(ge=1, le=MAX_INTEGER)],
        after: Annotated[int, Query(ge=1, le=MAX_INTEGER)],
    ) -> list[dict[str, Any]]:
        """Tell what is different after one scan from what was after another."""
        return rows(self._library.diff(before, after))

    def get_summary(self) -> SummaryShape:
        """Tell the library in a few numbers."""
        found = self._library.summary()
        return SummaryShape(**{name: getattr(found, name) for name in SummaryShape.model_fields})

    def get_health(self) -> HealthShape:
        """Say that the server is there."""
        return HealthShape(version=__version__)


def _exported(library: Library, suffix: str) -> tuple[int, int]:
    # The name is gone before the first byte is sent: nothing is left behind, however it ends.
    with tempfile.TemporaryDirectory(prefix="stoat-export-") as folder:
        path = library.export(FilePath(folder) / f"videos.{suffix}", format=suffix)
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC), path.stat().st_size


class _Content:
    """The bytes of a file that has no name any more; let go of even if nobody reads them."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __iter__(self) -> Iterator[bytes]:
        while chunk := os.read(self._descriptor, CHUNK):
            yield chunk

    def __del__(self) -> None:
        os.close(self._descriptor)
