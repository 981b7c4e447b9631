"""Which videos a request is about: what listing and exporting them have in common."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import HTTPException, Request
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field, model_validator

from stoat_nb.api.shapes import few_fields
from stoat_nb.catalog.filters.fields import FIELDS, STATUSES
from stoat_nb.catalog.query import SORTABLE, VideoQuery

Words = Annotated[list[str], Field(max_length=100)]

# Closed lists, for programs that are made from OpenAPI; the catalog refuses all else in its words.
Status = Annotated[str, Field(json_schema_extra={"enum": [*STATUSES]})]
ColumnName = Annotated[str, Field(json_schema_extra={"enum": [*FIELDS]})]
SortName = Annotated[str, Field(json_schema_extra={"enum": [*SORTABLE]})]

#: How whole numbers are sent that JavaScript would round.
Int64 = Annotated[
    Literal["number", "string"],
    Field(
        description="string: `mtime_ns`, `device`, `inode`, and whatever else is beyond 2**53 - 1, "
        "as text, for readers such as JavaScript that would round it."
    ),
]


async def sent_as_json(request: Request) -> None:
    """Refuse whatever is said to be, or is, anything else; without a body nothing need be said.

    A form of another site can post without asking first, and always says that it is one.
    """
    told = request.headers
    has_body = told.get("content-length", "0") != "0" or "transfer-encoding" in told
    kind = told.get("content-type", "").partition(";")[0].strip().lower()
    if (has_body or kind) and kind != "application/json":
        raise HTTPException(415)


class Asked(BaseModel):
    """What is asked for in an address: known words alone, and what is left empty is left out."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, told: Any) -> Any:
        """Leave out what a form sends of a field that nobody has filled in."""
        if not isinstance(few_fields(cls, told), dict):
            return told
        return {name: value for name, value in told.items() if value not in ("", [""])}


class VideosFilter(Asked):
    """Which videos."""

    where: str = Field(
        default="",
        max_length=4096,
        json_schema_extra={"format": "filter"},
        description="An expression: `height >= 2160 and not has_cover`; see filters.md.",
    )
    search: str = Field(default="", max_length=1000, description="A part of the path.")
    status: Annotated[list[Status], Field(max_length=100)] = Field(
        default=[], description="Repeat for several."
    )
    codec: Words = Field(default=[], description="h264, hevc, ...; repeat for several.")
    container: Words = Field(default=[], description="mp4, matroska, ...; repeat for several.")

    def query(self) -> VideoQuery:
        """Return what the catalog is asked."""
        return VideoQuery(
            where=self.where,
            search=self.search,
            facets={
                "status": tuple(self.status),
                "codec": tuple(self.codec),
                "container": tuple(self.container),
            },
        )


class VideosOrder(VideosFilter):
    """Which videos, in which order."""

    sort: SortName = Field(default="path", max_length=100, description="A column of `videos()`.")
    descending: bool = False

    def query(self) -> VideoQuery:
        """Return what the catalog is asked."""
        return replace(super().query(), sort=self.sort, descending=self.descending)
