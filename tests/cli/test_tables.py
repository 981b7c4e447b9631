"""``stoat videos`` and ``failures``: tables for people, formats for programs."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from stoat_nb import words
from stoat_nb.library import Library

from .conftest import COMMAND, Run
from .test_scan import in_terminal


@pytest.fixture(scope="session")
def paths(full: Path) -> list[str]:
    with Library(full) as library:
        return sorted(library.videos()["path"])


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_in_a_pipe_videos_are_csv(run: Run, full: Path, paths: list[str]) -> None:
    ran = run("--library", full, "videos")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert sorted(row["path"] for row in read_csv(ran.stdout)) == paths


def test_an_expression_chooses_the_rows(run: Run, full: Path) -> None:
    rows = read_csv(run("--library", full, "videos", "--where", "status == 'failed'").stdout)
    assert rows
    assert {row["status"] for row in rows} == {"failed"}
    ran = run("--library", full, "videos", "--where", "heigth > 1")
    assert ran.returncode == 2
    assert "Did you mean 'height'?" in ran.stderr


def test_a_value_that_no_video_has_is_answered_with_the_nearest(run: Run, full: Path) -> None:
    said = "No video has the codec 'hvec'. Did you mean 'hevc'?\n"
    for form in ("csv", "table", "json"):
        ran = run("--library", full, "videos", "--where", "codec == 'hvec'", "--format", form)
        assert (ran.returncode, ran.stderr) == (0, said)


def test_json_is_every_row(run: Run, full: Path, paths: list[str]) -> None:
    whole = json.loads(run("--library", full, "videos", "--format", "json").stdout)
    lines = run("--library", full, "videos", "--format", "jsonl").stdout.splitlines()
    assert sorted(row["path"] for row in whole) == paths
    assert [json.loads(line) for line in lines] == whole


def test_a_table_is_every_row(run: Run, full: Path, paths: list[str]) -> None:
    ran = run("--library", full, "videos", "--format", "table")
    rows = [line.split("\t") for line in ran.stdout.splitlines()]
    assert rows[0][0] == "path"
    assert sorted(row[0] for row in rows[1:]) == paths


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl", "parquet", "xlsx"])
def test_a_file_s_ending_tells_its_format(
    run: Run, full: Path, paths: list[str], tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"out.{suffix}"
    ran = run("--library", full, "videos", "-o", out)
    assert (ran.returncode, ran.stdout) == (0, "")
    assert str(out) in ran.stderr
    assert sorted(paths_in(out)) == paths


def paths_in(file: Path) -> list[str]:
    match file.suffix:
        case ".csv":
            return [row["path"] for row in read_csv(file.read_text())]
        case ".json":
            return [row["path"] for row in json.loads(file.read_text())]
        case ".jsonl":
            return [json.loads(line)["path"] for line in file.read_text().splitlines()]
        case ".parquet":
            return list(pd.read_parquet(file)["path"])
    header, *rows = openpyxl.load_workbook(file).active.iter_rows(values_only=True)
    return [row[header.index("path")] for row in rows]


def test_search_and_sort_hold_for_every_format(run: Run, full: Path, paths: list[str]) -> None:
    word = Path(paths[0]).name.upper()
    wanted = [path for path in paths if word in path.upper()]
    for form in ("csv", "table"):
        ran = run("--library", full, "videos", "--search", word, "--format", form)
        assert len(ran.stdout.splitlines()) == len(wanted) + 1
    ran = run("--library", full, "videos", "--sort", "size_bytes", "--descending")
    sizes = [int(row["size_bytes"]) for row in read_csv(ran.stdout)]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "parquet"], "needs a file: -o FILE"),
        (["--format", "xlsx"], "needs a file: -o FILE"),
        (["--format", "table", "-o", "x.csv"], "leave out -o"),
        (["-o", "videos.exe"], "stoat: "),
        (["-o", "nowhere/videos.csv"], "stoat: "),
        (["--sort", "nonsense"], "stoat: "),
        (["--columns", "name,nonsense"], "stoat: There is no column 'nonsense'"),
        (["--format", "table", "--columns", "name,nam"], "Did you mean 'name'?"),
        (["--format", "table", "--redact"], "cannot be redacted"),
        (["--json", "--format", "csv"], "--json is --format json"),
        (["--limit", "0"], "0 is not in the range"),
        (["--manifest"], "add -o FILE"),
        (["--manifest", "-o", "-"], "add -o FILE"),
    ],
)
def test_what_cannot_be_written_is_refused(
    run: Run, full: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    before = set(tmp_path.iterdir())
    ran = run("--library", full, "videos", *arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert set(tmp_path.iterdir()) == before


def test_an_export_holds_what_it_is_asked_for_and_no_way_to_it(
    run: Run, full: Path, clips: Path, tmp_path: Path
) -> None:
    ran = run("--library", full, "videos", "--columns", "name, path", "--redact", "--sort", "name")
    rows = read_csv(ran.stdout)
    assert [tuple(row) for row in rows] == [("name", "path")] * len(rows)
    assert {row["path"].split("/")[0] for row in rows} == {clips.name}

    out = tmp_path / "out.jsonl"
    ran = run("--library", full, "failures", "-o", out, "--redact", "--manifest")
    assert (ran.returncode, ran.stdout) == (0, "")
    told = json.loads(Path(f"{out}.manifest.json").read_text())
    assert (told["table"], told["redacted"]) == ("failures", True)
    assert told["rows"] == len(out.read_text().splitlines()) > 0


def test_a_table_has_the_columns_and_rows_that_are_asked_for(run: Run, full: Path) -> None:
    chosen = ("--columns", "name,size_bytes,has_cover", "--sort", "size_bytes", "--descending")
    ran = run("--library", full, "videos", "--format", "table", "--limit", "3", *chosen)
    with Library(full) as library:
        largest = library.videos(sort="size_bytes", descending=True, limit=3)
    rows = [line.split("\t") for line in ran.stdout.splitlines()]
    assert rows[0] == ["name", "size_bytes", "has_cover"]
    assert [row[0] for row in rows[1:]] == largest["name"].tolist()
    assert [row[1] for row in rows[1:]] == [words.size(size) for size in largest["size_bytes"]]
    assert {row[2] for row in rows[1:]} == {"no"}


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "parquet", "xlsx"])
def test_a_file_holds_the_first_rows_alone_and_says_so(
    run: Run, full: Path, paths: list[str], tmp_path: Path, form: str
) -> None:
    out = tmp_path / f"out.{form}"
    ran = run("--library", full, "videos", "--limit", "2", "--manifest", "-o", out)
    assert ran.returncode == 0
    assert paths_in(out) == paths[:2]
    if form == "csv":
        told = json.loads(Path(f"{out}.manifest.json").read_text())
        assert (told["rows"], told["limit"]) == (2, 2)


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx"])
def test_a_dash_is_standard_output(
    full: Path, paths: list[str], tmp_path: Path, environment: dict[str, str], form: str
) -> None:
    out = tmp_path / f"out.{form}"
    command = [*COMMAND, "--library", full, "videos", "-o", "-", "--format", form]
    with out.open("wb") as file:
        subprocess.run(command, cwd=tmp_path, env=environment, stdout=file, check=True)
    assert sorted(paths_in(out)) == paths
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_a_terminal_gets_paths_below_the_scanned_folder(
    run: Run, clips: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    other = tmp_path / "tapes"
    shutil.copytree(clips, other)
    run("scan", other)
    name = Path(run("failures", "--columns", "path").stdout.splitlines()[1].strip('"'))
    lines = in_terminal(["failures"], tmp_path, environment).splitlines()
    assert lines[1].startswith(f"{name.relative_to(other)}  ")
    assert any(
        line.startswith(str(other))
        for line in run("failures", "--format", "table").stdout.splitlines()
    )
    run("scan", clips)
    lines = in_terminal(["videos"], tmp_path, environment).splitlines()
    assert {line.split("/")[0] for line in lines[1:]} == {clips.name, other.name}


def test_a_dash_and_columns_make_csv_and_a_table_on_a_terminal(
    full: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    asked = ["--library", str(full), "videos", "--limit", "1", "--columns", "name"]
    assert '"' not in in_terminal(asked, tmp_path, environment)
    assert in_terminal([*asked, "-o", "-"], tmp_path, environment).startswith('"name"')


def test_a_report_is_one_page(run: Run, full: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    assert run("--library", full, "videos", "-o", out).returncode == 0
    assert run("--library", full, "videos", "--format", "html").stdout.startswith("<!DOCTYPE html>")
    assert out.read_text().count("<table") == 2


def test_an_export_over_a_file_with_other_names_says_what_they_hold(
    run: Run, full: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    out.touch()
    os.link(out, tmp_path / "other.csv")
    ran = run("--library", full, "videos", "-o", out)
    wrote, note = ran.stderr.splitlines()
    assert (ran.returncode, wrote) == (0, f"Wrote {out}")
    assert note.startswith(f"'{out}' is a new file: 1 other name (hard links)")


def test_failures_come_with_their_reasons(run: Run, full: Path) -> None:
    rows = read_csv(run("--library", full, "failures").stdout)
    assert rows
    assert all(row["error"] and row["error_class"] for row in rows)


def test_an_empty_library_has_columns_and_no_rows(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    run("scan", tmp_path / "empty")
    assert read_csv(run("videos").stdout) == []
    assert run("videos").stdout.startswith('"name","folder",')
    assert json.loads(run("videos", "--format", "json").stdout) == []
