"""A table as text: CSV that no spreadsheet runs, JSON, and JSON lines."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

import msgspec
import pyarrow.csv

from stoat_nb.catalog.exports.cells import csv_columns, plain
from stoat_nb.catalog.exports.source import Rows


def write_csv(source: Rows, file: BinaryIO) -> None:
    """Write CSV: text in quotes, null empty, and no cell that a spreadsheet would run."""
    with pyarrow.csv.CSVWriter(file, csv_columns(source.schema.empty_table()).schema) as writer:
        for piece in source.pieces():
            writer.write_table(csv_columns(piece))


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
    encode = msgspec.json.Encoder().encode
    names = source.schema.names
    for piece in source.pieces():
        for row in zip(*map(plain, piece.columns), strict=True):
            yield encode(dict(zip(names, row, strict=True)))
