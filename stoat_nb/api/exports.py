"""The route of exports: a whole table as a file, sent in pieces."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from stoat_nb.api.filters import VideosFilter
from stoat_nb.library import Library

CHUNK = 1 << 18

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Format = Literal["csv", "json", "jsonl", "parquet", "xlsx"]


class ExportQuery(VideosFilter):
    """Which videos to export, and as what."""

    suffix: Format = Field(default="csv", alias="format", description="The format of the file.")


class ExportRoutes:
    """The exports of one library."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def add_to(self, router: APIRouter) -> None:
        """Put the route in place."""
        router.add_api_route(
            "/videos/export", self.export_videos, methods=["GET"], response_class=StreamingResponse
        )

    def export_videos(self, wanted: Annotated[ExportQuery, Query()]) -> StreamingResponse:
        """Download every video that matches as one table, never a page of it."""
        file, size = self._exported(wanted)
        headers = {
            "Content-Length": str(size),
            "Content-Disposition": f'attachment; filename="videos.{wanted.suffix}"',
            "Cache-Control": "no-store",
        }
        media_type = MEDIA_TYPES[wanted.suffix]
        return StreamingResponse(_Content(file), media_type=media_type, headers=headers)

    def _exported(self, wanted: ExportQuery) -> tuple[int, int]:
        # The name is gone before the first byte is sent: nothing is left behind, however it ends.
        with tempfile.TemporaryDirectory(prefix="stoat-export-") as folder:
            path = Path(folder) / f"videos.{wanted.suffix}"
            self._library.catalog.export(path, format=wanted.suffix, query=wanted.query())
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
