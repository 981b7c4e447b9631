"""Exports: complete, typed, harmless, and never half there."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.exports import source
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.errors import ExportError, FilterError

from .looking import frame_of_table, frame_of_videos

FORMATS = ("csv", "json", "jsonl", "parquet", "xlsx")
EVERY_FORMAT = (*FORMATS, "html")
NAMES = [column.name for column in TABLES["videos"].columns]
HOSTILE = ["=1+1", "+1", "-1", "@sum(1)", " =1", "\t=1", "\r=1", "\n=1", "\u3000=1", "\uff1d1"]


def cells(path: Path) -> list[dict[str, Any]]:
    """Read any export as rows of plain values, by another reader than ours."""
    match path.suffix:
        case ".json":
            return list(json.loads(path.read_text("utf-8")))
        case ".jsonl":
            return [json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1]]
        case ".csv":
            with path.open(encoding="utf-8", newline="") as file:
                return list(csv.DictReader(file))
        case ".parquet":
            return list(pq.read_table(path).to_pylist())
    head, *body = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in body]


@pytest.fixture
def filled(catalog: Catalog, filling: Any) -> Catalog:
    filling.record(
        filling.ok(b"/videos/a.mp4", filling.video(title="=1+1", created_at="2021-05-06")),
        filling.bad(b"/videos/b.mp4"),
    )
    return catalog


# What they hold -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_exported_with_all_its_columns(
    filled: Catalog, tmp_path: Path, table: str, kind: str
) -> None:
    target = tmp_path / f"out.{kind}"
    assert filled.export(target, table=table) == target
    frame = frame_of_table(filled, table)
    found = cells(target)
    assert len(found) == len(frame)
    for row in found:
        assert list(row) == [column.name for column in TABLES[table].columns]


@pytest.mark.parametrize("kind", FORMATS)
def test_an_empty_table_is_still_a_table(catalog: Catalog, tmp_path: Path, kind: str) -> None:
    target = catalog.export(tmp_path / f"out.{kind}")
    assert cells(target) == []
    if kind in ("csv", "xlsx", "parquet"):
        readers: dict[str, Callable[[Path], pd.DataFrame]] = {
            "csv": pd.read_csv,
            "xlsx": pd.read_excel,
            "parquet": pd.read_parquet,
        }
        assert list(readers[kind](target).columns) == NAMES


def test_csv_tells_nothing_from_empty_and_writes_times_in_utc(
    filled: Catalog, tmp_path: Path
) -> None:
    ok, bad = cells(filled.export(tmp_path / "out.csv"))
    assert (ok["duration_s"], ok["has_cover"], ok["audio_languages"]) == ("10", "false", '["eng"]')
    assert ok["mtime"] == "1970-01-01T00:00:05.000000Z"
    assert ok["mtime_ns"] == "5000000001"
    assert ok["title"] == "'=1+1"
    assert (bad["duration_s"], bad["codec"], bad["error"]) == ("", "", "It is cut off.")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_of_a_csv_is_a_formula(
    catalog: Catalog, filling: Any, tmp_path: Path, text: str
) -> None:
    video = filling.video(title=text, encoder=text, container=text)
    filling.record(filling.ok(video=video))
    (row,) = cells(catalog.export(tmp_path / "out.csv"))
    assert row["title"] == row["encoder"] == row["container"] == f"'{text}"


def test_harmless_text_is_left_alone_in_csv(catalog: Catalog, filling: Any, tmp_path: Path) -> None:
    text = "a=b, \"c\"\n'd' 5-6 é 💣"
    filling.record(filling.ok(video=filling.video(title=text)))
    assert cells(catalog.export(tmp_path / "out.csv"))[0]["title"] == text


def test_csv_for_excel_is_the_same_behind_a_byte_order_mark(
    filled: Catalog, tmp_path: Path
) -> None:
    plain = filled.export(tmp_path / "plain.csv").read_bytes()
    excel = filled.export(tmp_path / "excel.csv", format="csv-excel").read_bytes()
    assert excel == b"\xef\xbb\xbf" + plain


def test_one_apostrophe_taken_away_gives_back_what_there_was(
    catalog: Catalog, filling: Any, tmp_path: Path
) -> None:
    texts = [*HOSTILE, "'", "'=1", "''=1", "'quoted'", "it's", "plain", " '", "-5"]
    for number, text in enumerate(texts):
        filling.record(filling.ok(b"/v/%02d.mp4" % number, filling.video(title=text)))
    titles = [row["title"] for row in cells(catalog.export(tmp_path / "out.csv"))]
    assert [title.removeprefix("'") for title in titles] == texts


def test_parquet_comes_back_with_its_dtypes_and_says_what_it_is(
    filled: Catalog, tmp_path: Path
) -> None:
    target = filled.export(tmp_path / "out.parquet", query=VideoQuery(sort="size_bytes"))
    with pd.option_context("mode.string_storage", "pyarrow"):  # pandas 2 chooses python
        back, frame = pd.read_parquet(target), frame_of_videos(filled)
    lists = [one.name for one in TABLES["videos"].columns if one.dtype == "list<string>"]
    pd.testing.assert_frame_equal(
        back.drop(columns=lists), frame.drop(columns=lists), check_categorical=False
    )
    assert list(back["audio_languages"][0]) == ["eng"]
    manifest = json.loads(pq.read_schema(target).metadata[b"stoat"])
    assert (manifest["table"], manifest["rows"]) == ("videos", 2)
    assert manifest["sort"] == {"by": "size_bytes", "descending": False}
    assert [column["name"] for column in manifest["columns"]] == NAMES
    assert {"dtype", "unit", "basis", "doc"} < set(manifest["columns"][0])


def test_an_export_is_always_complete(
    catalog: Catalog, filling: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "PIECE", 7)  # more pieces than one, and the last one smaller
    filling.record(*(filling.ok(b"/videos/%03d.mp4" % number) for number in range(40)))
    query = VideoQuery(search="/videos/0", sort="path", descending=True, limit=3, offset=2)
    for kind in FORMATS:
        found = cells(catalog.export(tmp_path / f"out.{kind}", query=query))
        assert [row["name"] for row in found] == [f"{at:03d}.mp4" for at in reversed(range(40))]
    assert len(frame_of_videos(catalog)) == 40


# Where they go ------------------------------------------------------------------------------------


def test_the_format_is_told_by_the_ending_or_by_name(filled: Catalog, tmp_path: Path) -> None:
    loud = filled.export(tmp_path / "OUT.CSV")
    named = filled.export(tmp_path / "out.txt", format="csv")
    assert loud.read_bytes() == named.read_bytes()
    for name, kind in (("out.txt", None), ("out", None), ("out.csv", "sql\n")):
        with pytest.raises(
            ExportError, match="of: csv, csv-excel, xlsx, parquet, json, jsonl, html"
        ):
            filled.export(tmp_path / name, format=kind)


@pytest.mark.parametrize("kind", FORMATS)
def test_an_open_file_is_written_too(filled: Catalog, tmp_path: Path, kind: str) -> None:
    with (tmp_path / f"out.{kind}").open("wb") as file:
        filled.export_into(file, format=kind)
    assert [row["name"] for row in cells(tmp_path / f"out.{kind}")] == ["a.mp4", "b.mp4"]
    with gzip.open(tmp_path / "out.gz", "wb") as packed:
        filled.export_into(packed, format=kind)  # type: ignore[arg-type]
    assert gzip.decompress((tmp_path / "out.gz").read_bytes())


def test_an_open_file_needs_a_format(filled: Catalog) -> None:
    with pytest.raises(ExportError, match="No format is given"):
        filled.export_into(io.BytesIO())


@pytest.mark.parametrize("kind", FORMATS)
def test_an_export_that_fails_leaves_what_was_there_and_nothing_else(
    filled: Catalog, path: Path, tmp_path: Path, kind: str
) -> None:
    target = tmp_path / f"out.{kind}"
    target.write_text("before")
    filled._database.write(
        lambda connection: fetch(connection, "UPDATE videos SET audio_languages = 'no json'")
    )
    filled._database.write(
        lambda connection: fetch(connection, "ALTER TABLE videos RENAME COLUMN title TO no_title")
    )
    with pytest.raises(Exception, match="title"):
        filled.export(target)
    assert target.read_text() == "before"
    assert {entry.name for entry in tmp_path.iterdir()} - {target.name} == {
        path.name,
        f"{path.name}-wal",
        f"{path.name}-shm",
    }


def test_whoever_reads_the_old_file_meanwhile_reads_it_whole(
    filled: Catalog, tmp_path: Path
) -> None:
    target = tmp_path / "out.csv"
    target.write_text("before")
    with target.open() as old:
        filled.export(target)
        assert old.read() == "before"
    assert len(cells(target)) == 2


def test_a_place_that_cannot_be_written_is_said(filled: Catalog, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    for name, said in (
        ("nowhere/out.csv", "No such file or directory"),
        ("folder.csv", "is a folder"),
        ("pipe.csv", "is a device or a pipe"),
        ("nul\0.csv", "no name a file can have"),
        ("x" * 300 + ".csv", "File name too long"),
    ):
        with pytest.raises(ExportError, match=said):
            filled.export(tmp_path / name)
    with (
        Path("/dev/full").open("wb", buffering=0) as full,
        pytest.raises(ExportError, match="No space left on device"),
    ):
        filled.export_into(full, format="csv")  # type: ignore[arg-type]


def test_the_library_is_never_written_over(filled: Catalog, path: Path, tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(path)
    os.link(path, tmp_path / "hard.csv")
    for target in (path, tmp_path / "link.csv", tmp_path / "hard.csv", Path(f"{path}-wal")):
        with pytest.raises(ExportError, match="is the library itself"):
            filled.export(target, format="csv")
    assert len(frame_of_videos(filled)) == 2


def test_a_link_is_written_through(filled: Catalog, tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    filled.export(tmp_path / "link.csv")
    assert (tmp_path / "link.csv").is_symlink()
    assert len(cells(tmp_path / "real.csv")) == 2


def test_a_file_may_have_any_name(filled: Catalog, tmp_path: Path) -> None:
    target = tmp_path / os.fsdecode(b"caf\xe9 \n.xlsx")
    filled.export(target)
    assert len(cells(target)) == 2


def test_others_may_read_an_export_as_any_other_file(filled: Catalog, tmp_path: Path) -> None:
    (tmp_path / "ordinary").touch()
    target = filled.export(tmp_path / "out.csv")
    assert target.stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def test_an_unknown_table_or_a_filter_on_another_is_refused(
    filled: Catalog, tmp_path: Path
) -> None:
    with pytest.raises(ExportError, match=r"no table 'songs'. Choose one of: videos, streams"):
        filled.export(tmp_path / "out.csv", table="songs")
    with pytest.raises(ExportError, match="Only videos can be filtered, not jobs"):
        filled.export(tmp_path / "out.csv", table="jobs", query=VideoQuery())
    with pytest.raises(FilterError, match="sorted by 'nothing'"):
        filled.export(tmp_path / "out.csv", query=VideoQuery(sort="nothing"))


def test_a_slow_reader_of_an_export_does_not_hold_the_catalog_back(
    filled: Catalog, filling: Any, path: Path
) -> None:
    class Slow(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            filling.record(filling.ok(b"/videos/late.mp4"))
            # It waits for who still reads the catalog; whoever reads the export is not waited for.
            ((busy, *_),) = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            seen.append(busy)
            return min(100, len(data))

    seen: list[Any] = []
    other = apsw.Connection(str(path))
    other.set_busy_timeout(30_000)
    filled.export_into(Slow(), format="csv")  # type: ignore[arg-type]
    other.close()
    assert seen == [0] * len(seen)
    assert len(seen) > 10
