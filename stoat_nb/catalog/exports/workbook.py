"""A table as an Excel workbook: one sheet of rows, one that says what they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, BinaryIO

import pyarrow as pa
import xlsxwriter

from stoat_nb.catalog.column import Column
from stoat_nb.catalog.exports.cells import is_texts, plain, texts
from stoat_nb.catalog.exports.manifest import manifest_of
from stoat_nb.catalog.exports.source import Source
from stoat_nb.catalog.values import moment_text
from stoat_nb.errors import ExportError

#: Rows of an Excel sheet below its head.
XLSX_ROWS = 1_048_575
#: Characters of an Excel cell, as UTF-16 counts them.
XLSX_TEXT = 32_767
#: Numbers beyond it lose digits in Excel, which knows only floats.
XLSX_EXACT = 2**53
#: The first year Excel has dates of.
XLSX_YEAR = 1900

#: What Excel shows of numbers, which stay numbers: it sums and sorts them.
_NUMBERS = {
    "bytes": '[>=999950000]#,##0.0,,," GB";[>=999950]0.0,," MB";0.0," kB"',
    "bit/s": '[>=999950]#,##0.0,," Mbit/s";0.0," kbit/s"',
}
_LENGTH = "[h]:mm:ss"
_MOMENT = 'yyyy-mm-dd hh:mm:ss "UTC"'
_DAY_S = 86_400
#: Days that Excel can show as a time.
_MOST_DAYS = 2_958_465

#: Characters of the widest column, of a filter's arrow, and of what is no text.
_WIDEST, _ARROW = 60, 3
_WIDTHS = {"datetime64[ns, UTC]": 23, "Int64": 12, "Float64": 12}

_OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
#: What Excel would take for a formula if somebody edited the cell and left it as it was.
_FORMULA = re.compile(r"[\s\x00-\x20]*[=+\-@\uff1d\uff0b\uff0d\uff20']")

Write = Callable[[int, int, Any], None]


def write_xlsx(source: Source, file: BinaryIO) -> None:
    """Write a workbook without formulas or links."""
    manifest = manifest_of(source)
    if manifest["rows"] > XLSX_ROWS:
        raise ExportError(
            f"An Excel sheet holds {XLSX_ROWS:,} rows; {source.table.name} has "
            f"{manifest['rows']:,}. Export to .parquet or .csv instead, or filter them."
        )
    with xlsxwriter.Workbook(file, dict(_OPTIONS)) as book:
        sheet = _Sheet(book, source.table.name)
        names = [column.name for column in source.columns]
        sheet.head(names, margin=_ARROW)
        writes = [sheet.writer(*one) for one in enumerate(source.columns)]
        line = 0
        for piece in source.pieces():
            for row in zip(*map(_cells, piece.columns), strict=True):
                line += 1
                for at, cell in enumerate(row):
                    if cell is not None:
                        writes[at](line, at, cell)
        sheet.close(line, len(names))
        _write_manifest(_Sheet(book, "manifest"), manifest)


class _Sheet:
    """One sheet, written from its top to its end: nothing of it stays in memory."""

    def __init__(self, book: xlsxwriter.Workbook, name: str) -> None:
        self._sheet = book.add_worksheet(name)
        self._book = book
        self._date = book.add_format({"num_format": _MOMENT})
        self._length = book.add_format({"num_format": _LENGTH})
        self._widths: list[int] = []
        self._inert = book.add_format({"quote_prefix": True})
        self._bold = book.add_format({"bold": True})

    def head(self, names: list[str], *, margin: int = 0) -> None:
        """Write the first line, which stays in sight."""
        self._sheet.freeze_panes(1, 0)
        self._widths = [len(name) + margin for name in names]
        for at, name in enumerate(names):
            self._sheet.write_string(0, at, name, self._bold)

    def close(self, n_lines: int, n_filtered: int = 0) -> None:
        """Make each column as wide as what is in it, and let the first ones filter the lines."""
        for at, width in enumerate(self._widths):
            self._sheet.set_column(at, at, min(width + 1, _WIDEST))
        if n_filtered:
            self._sheet.autofilter(0, 0, n_lines, n_filtered - 1)

    def writer(self, at: int, column: Column) -> Write:
        """Return what writes a cell of a column, which begins as wide as its kind needs."""
        self._widths[at] = max(self._widths[at], _WIDTHS.get(column.dtype, 0))
        if column.dtype == "boolean":
            return self._sheet.write_boolean  # type: ignore[no-any-return]
        if column.dtype == "datetime64[ns, UTC]":
            return self._moment
        if column.is_length:
            return self._time
        if column.dtype in ("Int64", "Float64"):
            shown = _NUMBERS.get(column.unit)
            form = shown and self._book.add_format({"num_format": shown})
            return partial(self._number, form=form)
        return self.text

    def text(self, line: int, at: int, cell: Any) -> None:
        """Write text that is a text whatever it looks like."""
        text = _cut(str(cell))
        self._widths[at] = max(self._widths[at], len(text))
        form = self._inert if _FORMULA.match(text) else None
        if text.startswith("<r>"):
            # Such a text the library takes for markup of its own, unless it comes in two pieces.
            self._sheet.write_rich_string(line, at, "<", self._inert, text[1:])
        else:
            self._sheet.write_string(line, at, text, form)

    def _number(self, line: int, at: int, cell: float, form: Any = None) -> None:
        if abs(cell) <= XLSX_EXACT:
            self._sheet.write_number(line, at, cell, form)
        else:
            self.text(line, at, cell)

    def _time(self, line: int, at: int, cell: float) -> None:
        if 0 <= cell < _MOST_DAYS * _DAY_S:
            self._sheet.write_number(line, at, cell / _DAY_S, self._length)
        else:
            self._number(line, at, cell)

    def _moment(self, line: int, at: int, cell: int) -> None:
        # To the millisecond and in UTC, as Excel has it.
        day = datetime.fromtimestamp(cell // 1_000_000 / 1000, UTC).replace(tzinfo=None)
        if day.year >= XLSX_YEAR:
            self._sheet.write_datetime(line, at, day, self._date)
        else:
            self.text(line, at, moment_text(cell))


def _cells(column: pa.ChunkedArray) -> list[Any]:
    """Return cells as Excel has them: times in nanoseconds still, and lists as JSON."""
    if pa.types.is_timestamp(column.type):
        moments: list[Any] = column.cast(pa.int64()).to_pylist()
        return moments
    return texts(column) if is_texts(column.type) else plain(column)


def _cut(text: str) -> str:
    if len(text) <= XLSX_TEXT // 2 or _units(text) <= XLSX_TEXT:
        return text
    ending = f" … (cut here; {len(text):,} characters)"
    kept = text.encode("utf-16-le")[: 2 * (XLSX_TEXT - len(ending))]
    return kept.decode("utf-16-le", "ignore") + ending


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _write_manifest(sheet: _Sheet, manifest: Mapping[str, Any]) -> None:
    """Write what is known of the table as a whole, then a line for each of its columns."""
    sheet.head(["what", "value", *[""] * (len(manifest["columns"][0]) - 2)])
    facts = {name: value for name, value in manifest.items() if name != "columns"}
    line = 0
    for name, value in _flat(facts):
        line += 1
        sheet.text(line, 0, name)
        sheet.text(line, 1, value)
    columns = manifest["columns"]
    for row in (dict.fromkeys(columns[0]), *columns):
        line += 1
        for at, (name, value) in enumerate(row.items()):
            sheet.text(line + 1, at, name if value is None else value)
    sheet.close(line)


def _flat(facts: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    found = []
    for name, value in facts.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{before}{name}.")
        else:
            found.append((before + name, "" if value is None else str(value)))
    return found
