"""A table as CSV, JSON, JSON lines, Parquet or Excel: each format one function, each in pieces."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO

import apsw
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
import xlsxwriter

from stoat_nb import __version__
from stoat_nb.catalog import frames, rows
from stoat_nb.catalog.column import Column
from stoat_nb.catalog.columns import Table
from stoat_nb.catalog.query import Selection, VideoQuery
from stoat_nb.catalog.values import moment_text
from stoat_nb.errors import ExportError

#: Rows of an Excel sheet below its head.
XLSX_ROWS = 1_048_575
#: Characters of an Excel cell.
XLSX_TEXT = 32_767
#: Numbers beyond it lose digits in Excel, which knows only floats.
XLSX_EXACT = 2**53
#: The first year Excel has dates of.
XLSX_YEAR = 1900

#: What makes a spreadsheet take text for a formula, after any blanks; full-width signs do too.
_FORMULA = r"\A([\pZ\pC]*[=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]|[\pZ]*[\t\r])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is exported, inside one read transaction."""

    connection: apsw.Connection
    table: Table
    query: VideoQuery | None
    chosen: Selection | None

    def pieces(self) -> Iterator[list[rows.Row]]:
        """Yield the rows."""
        return rows.pieces(self.connection, self.table, self.chosen)

    def count(self) -> int:
        """Return how many there are."""
        return rows.count(self.connection, self.table, self.chosen)


def write_csv(source: Source, file: BinaryIO) -> None:
    """Write CSV: text in quotes, null empty, and no cell that a spreadsheet would run."""
    fields = [
        (column.name, pa.string() if _is_written_as_text(column) else kind.type)
        for column, kind in zip(source.table.columns, frames.schema(source.table), strict=True)
    ]
    with pa.csv.CSVWriter(file, pa.schema(fields)) as writer:
        for piece in source.pieces():
            columns = [
                _csv_array(column, cells)
                for column, cells in zip(
                    source.table.columns, zip(*piece, strict=True), strict=True
                )
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=pa.schema(fields)))


def write_json(source: Source, file: BinaryIO) -> None:
    """Write one JSON array, a row a line."""
    before = b"[\n"
    for line in _lines(source):
        file.write(before + line)
        before = b",\n"
    file.write(b"\n]\n" if before == b",\n" else b"[]\n")


def write_jsonl(source: Source, file: BinaryIO) -> None:
    """Write a JSON object a line."""
    file.writelines(line + b"\n" for line in _lines(source))


def write_parquet(source: Source, file: BinaryIO) -> None:
    """Write Parquet that keeps the dtypes and says what it holds."""
    metadata = {b"pandas": _pandas_metadata(source.table), b"stoat": _manifest(source)}
    schema = frames.schema(source.table).with_metadata(metadata)
    with pa.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for piece in source.pieces():
            writer.write_table(frames.arrow(source.table, piece).cast(schema))


def write_xlsx(source: Source, file: BinaryIO) -> None:
    """Write an Excel workbook of one sheet, without formulas or links."""
    count = source.count()
    if count > XLSX_ROWS:
        raise ExportError(
            f"An Excel sheet holds {XLSX_ROWS:,} rows; {source.table.name} has {count:,}. "
            "Export to .parquet or .csv instead."
        )
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as workbook:
        sheet = workbook.add_worksheet(source.table.name)
        sheet.freeze_panes(1, 0)
        date = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for at, column in enumerate(source.table.columns):
            sheet.write_string(0, at, column.name)
        line = 0
        for piece in source.pieces():
            for row in piece:
                line += 1
                _xlsx_row(sheet, line, source.table.columns, row, date)


WRITERS: dict[str, Callable[[Source, BinaryIO], None]] = {
    "csv": write_csv,
    "json": write_json,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
    "xlsx": write_xlsx,
}


def _lines(source: Source) -> Iterator[bytes]:
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    for piece in source.pieces():
        for row in rows.as_objects(source.table, piece):
            yield encode(row).encode()


def _is_written_as_text(column: Column) -> bool:
    return column.is_text or column.dtype in ("list<string>", "datetime64[ns, UTC]")


def _csv_array(column: Column, cells: Sequence[Any]) -> pa.Array:
    if column.is_text:
        return pc.replace_substring_regex(
            pa.array(cells, pa.string()), pattern=_FORMULA, replacement=r"'\1"
        )
    if column.dtype == "list<string>":
        return pa.array(cells, pa.string())
    if column.dtype == "datetime64[ns, UTC]":
        return pa.array(
            [None if cell is None else moment_text(cell) for cell in cells], pa.string()
        )
    return frames.array(column, cells)


def _pandas_metadata(table: Table) -> bytes:
    """Return what makes pandas read the file back with the dtypes it was written with."""
    # Lists are left out: pandas writes a dtype down for them that it cannot read back.
    plain = [column.name for column in table.columns if column.dtype != "list<string>"]
    known = json.loads(pa.Schema.from_pandas(frames.frame(table, [])[plain]).metadata[b"pandas"])
    known["index_columns"] = []
    return json.dumps(known).encode()


def _manifest(source: Source) -> bytes:
    manifest = {
        "stoat_version": __version__,
        "table": source.table.name,
        "rows": source.count(),
        "query": None if source.query is None else asdict(source.query),
        "exported_at": moment_text(time.time_ns()),
        "columns": [
            {
                "name": column.name,
                "dtype": column.dtype,
                "unit": column.unit,
                "basis": column.basis,
                "doc": column.doc,
            }
            for column in source.table.columns
        ],
    }
    return json.dumps(manifest).encode()


def _xlsx_row(sheet: Any, line: int, columns: Sequence[Column], row: rows.Row, date: Any) -> None:
    for at, (column, cell) in enumerate(zip(columns, row, strict=True)):
        if cell is None:
            continue
        if column.dtype == "boolean":
            sheet.write_boolean(line, at, bool(cell))
        elif column.dtype == "datetime64[ns, UTC]" and (day := _excel_day(cell)) is not None:
            sheet.write_datetime(line, at, day, date)
        elif column.dtype in ("Int64", "Float64") and abs(cell) <= XLSX_EXACT:
            sheet.write_number(line, at, cell)
        else:
            sheet.write_string(line, at, _xlsx_text(column, cell))


def _excel_day(nanoseconds: int) -> datetime | None:
    """Return a time as Excel has it, to the millisecond and in UTC; None before its calendar."""
    moment = datetime.fromtimestamp(nanoseconds // 1_000_000 / 1000, UTC).replace(tzinfo=None)
    return moment if moment.year >= XLSX_YEAR else None


def _xlsx_text(column: Column, cell: Any) -> str:
    text = moment_text(cell) if column.dtype == "datetime64[ns, UTC]" else str(cell)
    if len(text) <= XLSX_TEXT:
        return text
    ending = f" … (cut here; {len(text):,} characters)"
    return text[: XLSX_TEXT - len(ending)] + ending
