"""Scans of random folders of one tree, begun while others run and while files come and go."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from stoat_nb import Library, ScanReport
from stoat_nb.jobs.job import Job
from stoat_nb.settings import Settings

FOLDERS = [".", "a", "a/x", "a/x/deep", "a/y", "b", "b/z"]
NUMBERS = count()


class Scan(NamedTuple):
    folder: str
    mode: Any
    recursive: bool
    accept_removals: bool


class Change(NamedTuple):
    what: str
    folder: str
    to: str


SCANS = st.builds(
    Scan,
    st.sampled_from(FOLDERS),
    st.sampled_from(["changed", "changed", "quick", "full", "verify"]),
    st.sampled_from([True, True, True, False]),
    st.sampled_from([False, False, False, True]),
)
KINDS = ["add", "delete", "rewrite", "move", "remove the folder", "forget", "retry", "wait"]
CHANGES = st.builds(
    Change, st.sampled_from(KINDS), st.sampled_from(FOLDERS), st.sampled_from(FOLDERS)
)


class World:
    """A tree, a library, and what has happened to the files of the tree."""

    def __init__(self, library: Library, root: Path) -> None:
        self.library, self.root = library, root
        self.jobs: list[Job[ScanReport]] = []
        self.touched: set[str] = set()  #: Files that were not always there as they are.
        for folder in FOLDERS:
            self.add(folder)
            self.add(folder)

    def add(self, folder: str) -> None:
        number = next(NUMBERS)
        path = self.root / folder / f"{number}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"no video %d" % number)

    def scan(self, asked: Scan) -> None:
        if (self.root / asked.folder).is_dir():
            options = asked._asdict()
            self.jobs.append(self.library.scan(self.root / options.pop("folder"), **options))

    def change(self, change: Change) -> None:
        files = sorted((self.root / change.folder).glob("*.mp4"))
        if change.what == "add":
            self.add(change.folder)
        elif change.what == "forget":
            self.library.forget()
        elif change.what == "retry":
            self.jobs += self.library.retry_failures()
        elif change.what == "wait":
            self.wait()
        elif change.what == "remove the folder" and change.folder != ".":
            self.touch(*(self.root / change.folder).rglob("*.mp4"))
            shutil.rmtree(self.root / change.folder, ignore_errors=True)
        elif files:
            self.change_one(change, files[0])

    def change_one(self, change: Change, file: Path) -> None:
        self.touch(file)
        if change.what == "delete":
            file.unlink()
        elif change.what == "rewrite":
            file.write_bytes(file.read_bytes() + b"!")
        elif change.what == "move":
            target = self.root / change.to / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            self.touch(target)
            file.rename(target)

    def touch(self, *files: Path) -> None:
        self.touched.update(map(str, files))

    def files(self) -> set[str]:
        return set(map(str, self.root.rglob("*.mp4")))

    def wait(self) -> list[ScanReport]:
        """Wait for all scans; return the report of each once."""
        ended = {job.id: job.result(timeout=120) for job in self.jobs}
        self.jobs = []
        for report in ended.values():
            counts = (report.new, report.updated, report.moved, report.skipped, report.failed)
            assert report.scanned == sum(counts)
        return list(ended.values())

    def videos(self) -> pd.DataFrame:
        videos = self.library.videos()
        return videos[videos["path"].str.startswith(f"{self.root}/")]

    def rows(self) -> dict[str, str]:
        videos = self.videos()
        return dict(zip(videos["path"], videos["status"].astype(str), strict=True))

    def history(self) -> dict[str, list[str]]:
        """Return what scans say has become of each file that nobody has touched."""
        videos = self.videos()
        numbers = zip(videos["path"], videos["video_id"], strict=True)
        return {
            path: self.library.history(number)["change"].astype(str).tolist()
            for path, number in numbers
            if path not in self.touched
        }


def read(reports: Sequence[ScanReport]) -> int:
    return sum(report.new + report.updated + report.failed for report in reports)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    path = tmp_path_factory.mktemp("library") / "library.db"
    with Library(path, settings=Settings(probe_workers=1)) as opened:
        yield opened


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trees")


@given(steps=st.lists(SCANS | CHANGES, min_size=4, max_size=14))
@settings(max_examples=12)
def test_scans_and_changes_in_any_order_leave_what_the_disk_holds(
    library: Library, trees: Path, steps: list[Scan | Change]
) -> None:
    world = World(library, trees / str(next(NUMBERS)))
    for step in steps:
        if isinstance(step, Scan):
            world.scan(step)
        else:
            world.change(step)
    world.wait()
    for path, status in world.rows().items():
        assert path in world.touched or status in ("ok", "failed"), path
    world.scan(Scan(".", "changed", recursive=True, accept_removals=True))
    world.wait()
    rows = world.rows()
    assert {path for path, status in rows.items() if status in ("ok", "failed")} == world.files()
    assert all(said == ["added"] for said in world.history().values())
    for folder in (".", "a", "a/x", "."):
        world.scan(Scan(folder, "changed", recursive=True, accept_removals=False))
    assert read(world.wait()) == 0


@given(scans=st.lists(SCANS, min_size=2, max_size=6))
@settings(max_examples=10)
def test_however_scans_overlap_each_new_file_is_read_by_one(
    library: Library, trees: Path, scans: list[Scan]
) -> None:
    world = World(library, trees / str(next(NUMBERS)))
    for scan in scans:
        world.scan(scan._replace(mode="quick" if scan.mode == "quick" else "changed"))
    reports = world.wait()
    rows = world.rows()
    assert read(reports) == sum(report.failed for report in reports) == len(rows)
    assert set(rows.values()) == {"failed"}
    assert all(said == ["added"] for said in world.history().values())
    assert {(report.removed, report.offline, report.returned) for report in reports} == {(0, 0, 0)}


@given(scans=st.lists(SCANS, min_size=2, max_size=6))
@settings(max_examples=3)
def test_of_scans_that_waited_together_each_file_is_read_by_one(
    trees: Path, scans: list[Scan]
) -> None:
    number = next(NUMBERS)
    path = trees / f"{number}.db"
    with Library(path, take="none") as library:
        world = World(library, trees / str(number))
        for scan in scans:
            world.scan(scan)
        with Library(path, settings=Settings(probe_workers=1)):
            reports = world.wait()
        # To read every packet is another reading than to look at what files say of themselves.
        kinds = {scan.mode == "verify" for scan in scans}
        rows = world.rows()
        assert len(rows) <= read(reports) <= len(rows) * len(kinds)
        assert all(said == ["added"] for said in world.history().values())
