"""The manifest: in the file where the format has a place for it, beside it where it has none."""

from __future__ import annotations

import hashlib
import html
import json
import re
from pathlib import Path
from typing import Any

import apsw
import openpyxl
import pyarrow.parquet as pq
import pytest

from stoat_nb import __version__
from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.errors import ExportError

QUERY = VideoQuery(search="a.mp4", sort="size_bytes", descending=True, limit=3)


@pytest.fixture
def filled(catalog: Catalog, filling: Any) -> Catalog:
    filling.record(filling.ok(), filling.ok(b"/videos/=1.mp4"), filling.bad())
    catalog.scans.finish(filling.scan_id, status="complete", at=101.5, report={})
    return catalog


def manifest_in(path: Path) -> dict[str, Any]:
    match path.suffix:
        case ".parquet":
            told = pq.read_schema(path).metadata[b"stoat"]
        case ".html":
            (found,) = re.findall("<pre>(.*)</pre>", path.read_text("utf-8"), re.DOTALL)
            told = html.unescape(found)
        case _:
            told = Path(f"{path}.manifest.json").read_bytes()
    return dict(json.loads(told))


@pytest.mark.parametrize("kind", ["csv", "json", "jsonl", "parquet", "html"])
def test_a_manifest_says_what_an_export_holds(filled: Catalog, tmp_path: Path, kind: str) -> None:
    columns = ["size_bytes", "path", "mtime"]
    target = filled.export(tmp_path / f"out.{kind}", query=QUERY, columns=columns, manifest=True)
    told = manifest_in(target)
    assert (told["table"], told["rows"], told["redacted"]) == ("videos", 1, False)
    assert told["filters"] == {"search": "a.mp4"}
    assert told["sort"] == {"by": "size_bytes", "descending": True}
    assert told["newest_scan"] == {
        "scan_id": 1,
        "status": "complete",
        "finished_at": "1970-01-01T00:01:41.500000Z",
    }
    assert told["versions"]["stoat"] == __version__
    assert told["versions"]["sqlite"] == apsw.sqlite_lib_version()
    assert re.fullmatch(r"\d+\..*", told["versions"]["pyav"])
    assert [column["name"] for column in told["columns"]] == columns
    assert told["columns"][0] | {"doc": ""} == {
        "name": "size_bytes",
        "dtype": "Int64",
        "unit": "bytes",
        "basis": "file system",
        "doc": "",
    }


def test_a_manifest_beside_a_file_tells_whether_it_is_of_it(
    filled: Catalog, tmp_path: Path
) -> None:
    target = filled.export(tmp_path / "out.csv", manifest=True)
    told, content = manifest_in(target), target.read_bytes()
    assert (told["file"], told["size_bytes"]) == ("out.csv", len(content))
    assert told["sha256"] == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("kind", ["parquet", "xlsx", "html"])
def test_no_second_file_where_the_first_has_a_place_for_it(
    filled: Catalog, tmp_path: Path, kind: str
) -> None:
    before = set(tmp_path.iterdir())
    target = filled.export(tmp_path / f"out.{kind}", manifest=True)
    assert set(tmp_path.iterdir()) - before == {target}


def test_no_manifest_is_written_beside_a_file_unless_it_is_asked_for(
    filled: Catalog, tmp_path: Path
) -> None:
    before = set(tmp_path.iterdir())
    target = filled.export(tmp_path / "out.csv")
    assert set(tmp_path.iterdir()) - before == {target}


def test_a_manifest_that_cannot_be_written_leaves_both_files_as_they_were(
    filled: Catalog, tmp_path: Path
) -> None:
    (tmp_path / "out.csv").write_text("before")
    (tmp_path / "out.csv.manifest.json").mkdir()
    with pytest.raises(ExportError, match=r"manifest\.json' is a folder"):
        filled.export(tmp_path / "out.csv", manifest=True)
    assert (tmp_path / "out.csv").read_text() == "before"
    assert list(tmp_path.glob(".stoat*")) == []


def test_a_workbook_has_its_manifest_on_a_sheet_of_its_own(filled: Catalog, tmp_path: Path) -> None:
    query = VideoQuery(search="=1")
    book = openpyxl.load_workbook(filled.export(tmp_path / "out.xlsx", query=query))
    assert book.sheetnames == ["videos", "manifest"]
    lines = [row[:2] for row in book["manifest"].iter_rows(values_only=True)]
    assert ("rows", "1") in lines
    assert ("filters.search", "=1") in lines
    assert ("versions.stoat", __version__) in lines
    names = [name for name, *_ in lines]
    assert names[-len(TABLES["videos"].columns) :] == [
        column.name for column in TABLES["videos"].columns
    ]
    assert {cell.data_type for row in book["manifest"] for cell in row} <= {"s", "n", "inlineStr"}


def test_a_manifest_of_a_library_that_was_never_scanned_says_so(
    catalog: Catalog, tmp_path: Path
) -> None:
    told = manifest_in(catalog.export(tmp_path / "out.parquet"))
    assert (told["rows"], told["filters"], told["sort"], told["newest_scan"]) == (0, {}, None, None)
