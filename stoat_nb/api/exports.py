"""The route of exports: a whole table as a file, sent while it is written."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from stoat_nb.api.filters import VideosOrder
from stoat_nb.api.shapes import BYTES, ROWS, refused
from stoat_nb.catalog.exports.formats import FORMATS
from stoat_nb.library import Library

Format = Literal["csv", "csv-excel", "xlsx", "parquet", "json", "jsonl", "html"]


class ExportQuery(VideosOrder):
    """Which videos to export, and as what."""

    suffix: Format = Field(default="csv", alias="format", description="The format of the file.")
    columns: str = Field(
        default="",
        max_length=8192,
        json_schema_extra={"format": "column-names"},
        description="Names of columns of `videos()`, with commas between them; empty: all of them.",
    )
    redact: bool = Field(
        default=False,
        description="Let paths begin with the scanned folder's name; leave out the GPS position.",
    )


_FILES: dict[str, Any] = {
    "description": "The table",
    "content": {
        FORMATS[suffix].media_type.partition(";")[0]: ROWS if suffix == "json" else BYTES
        for suffix in get_args(Format)
    },
}


class ExportRoutes:
    """The exports of one library."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def add_to(self, router: APIRouter) -> None:
        """Put the route in place."""
        router.add_api_route(
            "/videos/export",
            self.export_videos,
            methods=["GET"],
            response_class=StreamingResponse,
            responses={200: _FILES, **refused(422)},
        )

    def export_videos(self, wanted: Annotated[ExportQuery, Query()]) -> StreamingResponse:
        """Download every video that matches as one table, never a page of it."""
        stream = self._library.export_stream(
            wanted.suffix,
            query=wanted.query(),
            columns=wanted.columns.split(",") if wanted.columns else None,
            redact=wanted.redact,
        )
        ending = wanted.suffix.partition("-")[0]
        headers = {
            "Content-Disposition": f'attachment; filename="videos.{ending}"',
            "Cache-Control": "no-store",
        }
        media_type = FORMATS[wanted.suffix].media_type
        return StreamingResponse(stream, media_type=media_type, headers=headers)
