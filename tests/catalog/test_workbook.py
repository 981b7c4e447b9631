"""Excel files: made for people, typed, and without a formula."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.exports import workbook
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.errors import ExportError

from .test_export import HOSTILE, NAMES, cells, filled

__all__ = ["filled"]  # a fixture


def test_a_workbook_holds_no_formula_and_no_link(
    catalog: Catalog, filling: Any, tmp_path: Path
) -> None:
    texts = [
        *HOSTILE,
        "{=1+1}",
        "http://a.example/",
        "internal:Sheet1!A1",
        "a\0\x01\x1f_x0041_",
        "<r></c><c><f>1+1</f></c><r></r>",  # which the writer's library would take for its own
        "<r><t>bold</t></r>",
        "<r>",
        "'=1",
    ]
    for number, text in enumerate(texts):
        video = filling.video(title=text)
        filling.record(filling.ok(b"/videos/%02d.mp4" % number, video))
    sheet = openpyxl.load_workbook(catalog.export(tmp_path / "out.xlsx")).active
    assert {cell.data_type for row in sheet for cell in row} <= {"s", "n", "b", "d", "inlineStr"}
    assert not any(cell.hyperlink for row in sheet for cell in row)
    titles = [row[NAMES.index("title")].value for row in sheet.iter_rows(min_row=2)]
    assert [_unescaped(title) for title in titles] == texts


def test_text_in_a_workbook_stays_text_when_its_cell_is_edited(
    catalog: Catalog, filling: Any, tmp_path: Path
) -> None:
    for number, text in enumerate(["=1+1", "plain"]):
        filling.record(filling.ok(b"/v/%02d.mp4" % number, filling.video(title=text)))
    sheet = openpyxl.load_workbook(catalog.export(tmp_path / "out.xlsx")).active
    marks = [row[NAMES.index("title")].quotePrefix for row in sheet.iter_rows(min_row=2)]
    assert [bool(mark) for mark in marks] == [True, False]


def _unescaped(text: str) -> str:
    """Undo the escapes that the format itself prescribes for control characters."""
    return re.sub("_x([0-9A-F]{4})_", lambda code: chr(int(code[1], 16)), text)


def test_a_workbook_keeps_numbers_times_and_long_ones_exactly(
    catalog: Catalog, filling: Any, tmp_path: Path
) -> None:
    filling.record(filling.ok(mtime_ns=1_700_000_000_123_456_789, inode=2**63 - 1))
    filling.record(filling.ok(b"/videos/old.mp4", mtime_ns=-(10**19)))
    row, old = cells(catalog.export(tmp_path / "out.xlsx"))
    assert (row["size_bytes"], row["has_cover"]) == (1000, False)
    assert row["duration_s"] == timedelta(seconds=10)
    assert f"{row['mtime']:%Y-%m-%d %H:%M:%S}" == "2023-11-14 22:13:20"
    assert (row["mtime_ns"], row["inode"]) == ("1700000000123456789", "9223372036854775807")
    assert old["mtime"] == "1677-09-21T00:12:43.145225Z"


def test_a_workbook_is_made_for_people(catalog: Catalog, filling: Any, tmp_path: Path) -> None:
    for path in (b"/videos/a.mp4", b"/videos/a long name of a folder/and a file in it.mp4"):
        filling.record(filling.ok(path, filling.video(bitrate=5_000_000)))
    names = ["name", "duration_s", "size_bytes", "bitrate", "mtime", "path"]
    sheet = openpyxl.load_workbook(catalog.export(tmp_path / "out.xlsx", columns=names)).active
    head, first, *_ = sheet.iter_rows()
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:F{sheet.max_row}"
    assert all(cell.font.bold for cell in head)
    shown = {name: cell.number_format for name, cell in zip(names, first, strict=True)}
    assert shown["duration_s"] == "[h]:mm:ss"
    assert '" GB"' in shown["size_bytes"]
    assert '" Mbit/s"' in shown["bitrate"]
    assert shown["mtime"].startswith("yyyy-mm-dd")
    assert [cell.data_type for cell in first] == ["s", "d", "n", "n", "d", "s"]
    longest = max(len(row[-1].value) for row in sheet.iter_rows())
    assert longest < sheet.column_dimensions["F"].width <= longest + 2
    assert sheet.column_dimensions["A"].width < sheet.column_dimensions["F"].width


def test_a_length_that_excel_cannot_show_stays_seconds(
    catalog: Catalog, filling: Any, tmp_path: Path
) -> None:
    for number, seconds in enumerate((-5.0, 1e15, 90_000.5)):
        video = filling.video(duration_s=seconds)
        filling.record(filling.ok(b"/v/%d.mp4" % number, video))
    told = [row["duration_s"] for row in cells(catalog.export(tmp_path / "out.xlsx"))]
    assert told == [-5, 1e15, timedelta(seconds=90_000.5)]


def test_a_cell_too_long_for_a_workbook_says_that_it_was_cut(
    catalog: Catalog, filling: Any, tmp_path: Path
) -> None:
    filling.record(filling.ok(video=filling.video(title="x" * 40_000)))
    (row,) = cells(catalog.export(tmp_path / "out.xlsx"))
    assert len(row["title"]) == workbook.XLSX_TEXT
    assert row["title"].endswith("x … (cut here; 40,000 characters)")


def test_what_is_too_long_is_counted_as_excel_counts(
    catalog: Catalog, filling: Any, tmp_path: Path
) -> None:
    filling.record(filling.ok(video=filling.video(title="💣" * 20_000)))
    (row,) = cells(catalog.export(tmp_path / "out.xlsx"))
    assert row["title"].endswith("💣 … (cut here; 20,000 characters)")
    assert len(row["title"].encode("utf-16-le")) // 2 <= workbook.XLSX_TEXT


def test_more_rows_than_a_workbook_holds_are_refused(
    filled: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "XLSX_ROWS", 1)
    with pytest.raises(ExportError, match=r"holds 1 rows; videos has 2\. Export to \.parquet"):
        filled.export(tmp_path / "out.xlsx")
    filled.export(tmp_path / "out.xlsx", query=VideoQuery(search="a.mp4"))
