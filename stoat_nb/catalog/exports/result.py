"""The result of a SQL statement as a file: text that no spreadsheet runs, or Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet
from msgspec import Struct

from stoat_nb.catalog.exports import lines
from stoat_nb.catalog.exports.source import PIECE
from stoat_nb.errors import ExportError
from stoat_nb.names import shown

_TEXTS = {
    "csv": lines.write_csv,
    "csv-excel": lines.write_csv_excel,
    "json": lines.write_json,
    "jsonl": lines.write_jsonl,
}
#: Those whose file needs no manifest, which speaks of the library's own tables.
FORMATS = (*_TEXTS, "parquet")


class Result(Struct, frozen=True):
    """Rows that are written as those of a table are."""

    rows: pa.Table

    @property
    def schema(self) -> pa.Schema:
        """The columns."""
        return self.rows.schema

    def pieces(self) -> Iterator[pa.Table]:
        """Yield the rows, a good many at a time."""
        for at in range(0, self.rows.num_rows, PIECE):
            yield self.rows.slice(at, PIECE)


def write_result(result: pa.Table, file: BinaryIO, kind: str) -> None:
    """Write a result; of text, a cell that a spreadsheet would run is marked, as in any export."""
    if (kind := kind.lower()) not in FORMATS:
        raise ExportError(
            f"A result of SQL is not written as '{shown(kind)}'. "
            f"Choose one of: {', '.join(FORMATS)}."
        )
    if kind == "parquet":
        pa.parquet.write_table(result, file, compression="zstd")
    else:
        _TEXTS[kind](Result(result), file)
