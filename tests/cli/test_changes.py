"""``stoat scans``, ``diff`` and ``forget``, as a shell would use them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from stoat_nb.library import Library
from stoat_nb.media.demo_clips import make_samples

from .conftest import Run
from .test_scan import in_terminal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of clips of the test's own."""
    made = tmp_path / "videos"
    make_samples(made)
    return made


def test_what_changed_between_the_newest_two_scans_is_told(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    library = tmp_path / "library.db"
    assert run("--library", library, "scan", folder).returncode == 0
    clip = next(path for path in sorted(folder.rglob("*.mp4")) if path.stat().st_size > 5000)
    shutil.copyfile(clip, folder / "a new one.mp4")
    clip.rename(clip.with_name("renamed.mp4"))
    assert run("--library", library, "scan", folder).returncode == 0

    ran = run("--library", library, "diff")
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = [line.split("\t") for line in ran.stdout.splitlines()]
    assert lines[0] == ["change", "path", "column", "old", "new"]
    assert [(line[0], Path(line[1]).name) for line in lines[1:]] == [
        ("moved", "renamed.mp4"),
        ("added", "a new one.mp4"),
    ]
    rows = json.loads(run("--library", library, "diff", "1", "2", "--json").stdout)
    assert [row["change"] for row in rows] == ["moved", "added"]

    told = run("--library", library, "scans").stdout.splitlines()
    assert [line.split("\t")[0] for line in told] == ["scan_id", "2", "1"]
    listed = json.loads(run("--library", library, "scans", "--json").stdout)
    with Library(library) as opened:
        assert [*listed[0]] == [*opened.scans().columns]
    assert [scan["scan_id"] for scan in listed] == [2, 1]


def test_a_terminal_gets_the_scans_on_one_line_each_and_no_column_of_zeros(
    run: Run, folder: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    run("scan", folder)
    run("scan", folder)
    lines = in_terminal(["scans"], tmp_path, environment).splitlines()
    assert len(lines) == 3
    assert ("skipped" in lines[0], "moved" in lines[0], "offline" in lines[0]) == (
        True,
        False,
        False,
    )


def test_what_changed_since_a_moment_is_told_file_by_file(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    run("scan", folder)
    told = json.loads(run("diff", "--since", "now - 1h", "--by", "file", "--json").stdout)
    with Library(tmp_path / "stoat.db") as library:
        assert {row["path"] for row in told} == set(library.videos()["path"])
    assert {(row["change"], row["before"]) for row in told} == {("added", None)}
    assert run("diff", "--since", "2100-01-01").stdout == "Nothing is different.\n"
    wrong = run("diff", "--since", "last week")
    assert (wrong.returncode, wrong.stderr[:27]) == (2, "stoat: since is 'last week'")
    assert run("diff", "1", "--since", "2026-10-01").returncode == 2


def test_two_scans_without_a_difference_say_so(run: Run, folder: Path, tmp_path: Path) -> None:
    library = tmp_path / "library.db"
    for _ in range(2):
        run("--library", library, "scan", folder)
    ran = run("--library", library, "diff")
    assert ran.returncode == 0
    assert ran.stdout == "Nothing is different.\n"


def test_a_scan_alone_cannot_be_compared(run: Run, folder: Path, tmp_path: Path) -> None:
    library = tmp_path / "library.db"
    run("--library", library, "scan", folder)
    ran = run("--library", library, "diff")
    assert ran.returncode == 2
    assert ran.stderr.startswith("stoat: There is no scan before scan 1.")
    unknown = run("--library", library, "diff", "1", "7")
    assert unknown.returncode == 2
    assert "There is no scan 7" in unknown.stderr


def test_what_is_gone_for_good_is_forgotten_only_when_that_was_said(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    library = tmp_path / "library.db"
    run("--library", library, "scan", folder)
    shutil.rmtree(folder)
    away = run("--library", library, "scan", folder)
    assert away.returncode == 0
    assert "out of reach" in away.stdout
    assert "nothing to forget" in run("--library", library, "forget").stdout
    assert run("--library", library, "scan", "--accept-removals", folder).returncode == 0
    assert run("--library", library, "forget", folder).stdout.startswith("Forgot ")
    assert run("--library", library, "videos").stdout.count("\n") == 1
