"""The formats a table is written in: what doors know of them before anything is written."""

from __future__ import annotations

from msgspec import Struct

from stoat_nb.errors import ExportError
from stoat_nb.names import shown


class Format(Struct, frozen=True, kw_only=True):
    """What a format is to those who receive it."""

    title: str  #: What people call it.
    media_type: str
    has_manifest: bool  #: Whether the file itself says what it holds.


FORMATS = {
    "csv": Format(title="CSV", media_type="text/csv; charset=utf-8", has_manifest=False),
    "csv-excel": Format(
        title="CSV for Excel", media_type="text/csv; charset=utf-8", has_manifest=False
    ),
    "xlsx": Format(
        title="Excel",
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        has_manifest=True,
    ),
    "parquet": Format(
        title="Parquet", media_type="application/vnd.apache.parquet", has_manifest=True
    ),
    "json": Format(title="JSON", media_type="application/json", has_manifest=False),
    "jsonl": Format(title="JSON lines", media_type="application/x-ndjson", has_manifest=False),
    "html": Format(title="Report", media_type="text/html; charset=utf-8", has_manifest=True),
}


def format_named(word: str, place: object = None) -> str:
    """Return the format of that name or ending."""
    kind = word.lower()
    if kind in FORMATS:
        return kind
    where = "" if place is None else f" for '{shown(place)}'"
    said = (
        f"'{shown(word)}' is no format that tables are written in" if word else "No format is given"
    )
    raise ExportError(f"{said}{where}. Choose one of: {', '.join(FORMATS)}.")
