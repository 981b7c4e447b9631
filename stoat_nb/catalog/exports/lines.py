"""A table as text: CSV that no spreadsheet runs, JSON, and JSON lines."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from stoat_nb.catalog import frames, rows
from stoat_nb.catalog.column import Column
from stoat_nb.catalog.exports.source import Rows
from stoat_nb.catalog.values import moment_text

#: What makes a spreadsheet take text for a formula, after any blanks (full-width signs do too), and
#: the mark itself: so that one mark taken away from all that has one gives back what there was.
_MARKED = r"\A('|[\pZ\pC]*[=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]|[\pZ]*[\t\r])"


def write_csv(source: Rows, file: BinaryIO) -> None:
    """Write CSV: text in quotes, null empty, and no cell that a spreadsheet would run."""
    kinds = frames.schema(source.table)
    fields = [
        (column.name, pa.string() if _is_written_as_text(column) else kind.type)
        for column, kind in zip(source.columns, kinds, strict=True)
    ]
    schema = pa.schema(fields)
    with pa.csv.CSVWriter(file, schema) as writer:
        for piece in source.pieces():
            columns = [
                _csv_array(column, cells)
                for column, cells in zip(source.columns, zip(*piece, strict=True), strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))


def marked(texts: pa.Array) -> pa.Array:
    """Return texts with an apostrophe before each that a spreadsheet would run."""
    return pc.replace_substring_regex(texts, pattern=_MARKED, replacement=r"'\1")


def write_csv_excel(source: Rows, file: BinaryIO) -> None:
    """Write the same after a byte order mark, without which Excel takes UTF-8 for another code."""
    file.write(codecs.BOM_UTF8)
    write_csv(source, file)


def write_json(source: Rows, file: BinaryIO) -> None:
    """Write one JSON array, a row a line."""
    before = b"[\n"
    for line in _lines(source):
        file.write(before + line)
        before = b",\n"
    file.write(b"\n]\n" if before == b",\n" else b"[]\n")


def write_jsonl(source: Rows, file: BinaryIO) -> None:
    """Write a JSON object a line."""
    file.writelines(line + b"\n" for line in _lines(source))


def _lines(source: Rows) -> Iterator[bytes]:
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    for piece in source.pieces():
        for row in rows.as_objects(source.table, piece):
            yield encode(row).encode()


def _is_written_as_text(column: Column) -> bool:
    return column.is_text or column.dtype in ("list<string>", "datetime64[ns, UTC]")


def _csv_array(column: Column, cells: Sequence[Any]) -> pa.Array:
    if column.is_text:
        return marked(pa.array(cells, pa.string()))
    if column.dtype == "list<string>":
        return pa.array(cells, pa.string())
    if column.dtype == "datetime64[ns, UTC]":
        return pa.array(
            [None if cell is None else moment_text(cell) for cell in cells], pa.string()
        )
    return frames.array(column, cells)
