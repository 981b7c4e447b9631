"""The result of a SQL statement as a file: text that no spreadsheet runs, or Parquet."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
from msgspec import Struct

from stoat_nb.catalog.column import Column
from stoat_nb.catalog.columns import Table
from stoat_nb.catalog.exports import lines
from stoat_nb.catalog.rows import PIECE, Row
from stoat_nb.errors import ExportError
from stoat_nb.media.fact import Dtype
from stoat_nb.names import shown

#: Those whose file needs no manifest, which speaks of the library's own tables.
FORMATS = ("csv", "csv-excel", "json", "jsonl", "parquet")
_OBJECTS = {"json": lines.write_json, "jsonl": lines.write_jsonl}


class ResultSource(Struct, frozen=True):
    """Rows that are written as those of a table are."""

    result: pa.Table
    table: Table

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the result."""
        return self.table.columns

    def pieces(self) -> Iterator[list[Row]]:
        """Yield the rows, some thousands at a time, their cells as the catalog keeps them."""
        for batch in self.result.to_batches(PIECE):
            cells = [
                _cells(column.dtype, array)
                for column, array in zip(self.columns, batch.columns, strict=True)
            ]
            yield [*zip(*cells, strict=True)]


def write_result(result: pa.Table, file: BinaryIO, kind: str) -> None:
    """Write a result; of text, a cell that a spreadsheet would run is marked, as in any export."""
    if (kind := kind.lower()) not in FORMATS:
        raise ExportError(
            f"A result of SQL is not written as '{shown(kind)}'. "
            f"Choose one of: {', '.join(FORMATS)}."
        )
    if kind == "parquet":
        pa.parquet.write_table(result, file, compression="zstd")
        return
    if kind in _OBJECTS:
        columns = tuple(Column(one.name, _dtype(one.type), "") for one in result.schema)
        table = Table(name="result", doc="", columns=columns, source="", order="")
        _OBJECTS[kind](ResultSource(result, table), file)
        return
    if kind == "csv-excel":
        file.write(codecs.BOM_UTF8)
    plain = pa.table(
        [_csv_column(_dtype(column.type), column) for column in result.columns],
        names=result.column_names,
    )
    pa.csv.write_csv(plain, file)


def _csv_column(dtype: Dtype, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as CSV has it, made by Arrow wherever no cell has to become an object."""
    if dtype == "datetime64[ns, UTC]":
        whole = pc.floor_temporal(column, unit="microsecond").cast(
            pa.timestamp("us", column.type.tz)
        )
        told = whole.cast("int64").cast(pa.timestamp("us")).cast(pa.string())
        return pc.binary_join_element_wise(pc.replace_substring(told, " ", "T"), "Z", "")
    if dtype == "list<string>":
        return pa.chunked_array([pa.array(_cells(dtype, column), pa.string())])
    if dtype != "string":
        return column
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return lines.marked(column.cast(pa.string()))
    return lines.marked(pa.array(_cells(dtype, column), pa.string()))


def _dtype(kind: pa.DataType) -> Dtype:
    if pa.types.is_integer(kind):
        return "Int64"
    if pa.types.is_floating(kind):
        return "Float64"
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_timestamp(kind):
        return "datetime64[ns, UTC]"
    is_texts = pa.types.is_list(kind) and pa.types.is_string(kind.value_type)
    return "list<string>" if is_texts else "string"


@lru_cache(4096)
def _json(texts: tuple[str | None, ...]) -> str:
    return json.dumps(texts, ensure_ascii=False)


def _cells(dtype: Dtype, array: pa.Array) -> list[Any]:
    if dtype == "datetime64[ns, UTC]":
        moments: list[Any] = array.cast(pa.timestamp("ns", array.type.tz)).cast("int64").to_pylist()
        return moments
    cells: list[Any] = (array.cast("int64") if dtype == "boolean" else array).to_pylist()
    if dtype == "list<string>":
        return [None if cell is None else _json((*cell,)) for cell in cells]
    if dtype == "string":
        return [cell if cell is None else str(cell) for cell in cells]
    return cells
