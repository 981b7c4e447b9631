"""``stoat sql``: statements for people and for programs."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from stoat_nb.catalog.exports.result import write_result
from stoat_nb.library import Library

from .conftest import Run


def test_in_a_pipe_the_answer_is_csv_that_no_spreadsheet_runs(run: Run, full: Path) -> None:
    ran = run("--library", full, "sql", "select name, '=1+1' as f, true as b from videos limit 1")
    assert (ran.returncode, ran.stderr) == (0, "")
    head, line = ran.stdout.splitlines()
    assert head == '"name","f","b"'
    assert line.endswith(',"\'=1+1",true')


def test_each_format_holds_the_same_answer(run: Run, full: Path, tmp_path: Path) -> None:
    statement = "select name, size_bytes, mtime, audio_languages from videos order by name"
    with Library(full) as library:
        expected = library.sql(statement)
    lines = run("--library", full, "sql", statement, "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["name"] for line in lines] == expected["name"].tolist()
    assert json.loads(lines[0])["mtime"].endswith("Z")
    for name, read in (("x.csv", pd.read_csv), ("x.parquet", pd.read_parquet)):
        ran = run("--library", full, "sql", statement, "-o", tmp_path / name)
        assert (ran.returncode, ran.stderr) == (0, f"Wrote {tmp_path / name}\n")
        assert read(tmp_path / name)["size_bytes"].tolist() == expected["size_bytes"].tolist()


@pytest.mark.parametrize(
    ("table", "order"),
    [("videos", "path"), ("streams", "path, idx"), ("failures", "path"), ("scans", "scan_id")],
)
@pytest.mark.parametrize("form", ["csv", "csv-excel", "json", "jsonl"])
def test_a_table_is_the_same_text_by_sql_and_by_export(
    full: Path, tmp_path: Path, table: str, order: str, form: str
) -> None:
    with Library(full) as library:
        found = library.sql(f"from {table} order by {order}")
        exported = library.export(tmp_path / "out", table=table, format=form).read_bytes()
    written = io.BytesIO()
    write_result(pa.Table.from_pandas(found, preserve_index=False), written, form)
    assert written.getvalue() == exported


def test_a_file_is_read_only_if_it_is_named(run: Run, full: Path, tmp_path: Path) -> None:
    (tmp_path / "shots.csv").write_text("shot\n7\n")
    statement = "select shot from 'shots.csv'"
    assert "--read shots.csv" in run("--library", full, "sql", statement).stderr
    ran = run("--library", full, "sql", statement, "--read", "shots.csv")
    assert ran.stdout.split() == ['"shot"', "7"]


def test_mistakes_are_one_line_and_a_code(run: Run, full: Path, tmp_path: Path) -> None:
    for words in (["selec"], ["drop table videos"], ["select 1 as a", "-o", "x.xlsx"]):
        ran = run("--library", full, "sql", *words)
        assert ran.returncode == 2
        assert len(ran.stderr.splitlines()) == 1
        assert ran.stderr.startswith("stoat: ")
    missing = tmp_path / "none" / "x.csv"
    ran = run("--library", full, "sql", "select 1 as a", "-o", missing)
    assert (ran.returncode, "cannot be written" in ran.stderr) == (2, True)
