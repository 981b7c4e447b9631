"""The writer of each format. What each needs is loaded when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import BinaryIO

from stoat_nb.catalog.exports.source import Source

Writer = Callable[[Source, BinaryIO], None]

_PLACES = {
    "csv": ("lines", "write_csv"),
    "csv-excel": ("lines", "write_csv_excel"),
    "json": ("lines", "write_json"),
    "jsonl": ("lines", "write_jsonl"),
    "parquet": ("parquet", "write_parquet"),
    "xlsx": ("workbook", "write_xlsx"),
    "html": ("report", "write_html"),
}


def writer_of(kind: str) -> Writer:
    """Return what writes a format."""
    room, name = _PLACES[kind]
    writer: Writer = getattr(import_module(f"stoat_nb.catalog.exports.{room}"), name)
    return writer
