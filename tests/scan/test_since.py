"""What is different since a moment: all that scans have found since the last one before it."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from stoat_nb.errors import BadArgument, UnknownScan
from stoat_nb.library import Library
from stoat_nb.media.demo_clips import make_samples


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("since") / "clips"
    make_samples(folder)
    return folder


@pytest.fixture
def roots(tmp_path: Path, clips: Path) -> tuple[Path, Path]:
    """Two folders with a clip each."""
    clip = max(clips.rglob("*.mp4"), key=lambda path: path.stat().st_size)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        shutil.copyfile(clip, tmp_path / name / "a.mp4")
    return tmp_path / "one", tmp_path / "two"


def ended(library: Library, scan_id: int) -> datetime:
    """Return when a scan ended."""
    scans = library.scans().set_index("scan_id")
    return scans.loc[scan_id, "finished_at"].to_pydatetime(warn=False)


def told(frame: pd.DataFrame) -> list[tuple[str, str]]:
    return [(row.change, Path(row.path).name) for row in frame.itertuples()]


def test_each_root_is_compared_with_its_own_last_scan_before_that(
    tmp_path: Path, roots: tuple[Path, Path]
) -> None:
    one, two = roots
    with Library(tmp_path / "library.db") as library:
        library.scan(one).result(60)
        library.scan(two).result(60)
        shutil.copyfile(one / "a.mp4", one / "b.mp4")
        library.scan(one).result(60)
        moment = ended(library, 3)
        (one / "b.mp4").rename(one / "c.mp4")
        (two / "a.mp4").rename(two / "z.mp4")
        library.scan(two).result(60)
        library.scan(one).result(60)

        assert told(library.diff(since=moment)) == [("moved", "c.mp4"), ("moved", "z.mp4")]
        assert told(library.diff(since=ended(library, 2))) == [
            ("added", "c.mp4"),
            ("moved", "z.mp4"),
        ]
        everything = library.diff(since="2000-01-01")
        assert told(everything) == [("added", "a.mp4"), ("added", "c.mp4"), ("added", "z.mp4")]
        pd.testing.assert_frame_equal(library.diff(since=0), everything)
        pd.testing.assert_frame_equal(library.diff(since="now - 1h"), everything)
        assert library.diff(since=datetime.now(UTC)).empty
        # Without any of it: the newest scan, and the one before it of the same root.
        pd.testing.assert_frame_equal(library.diff(), library.diff(3, 5))


def test_one_row_per_file_folds_what_the_long_form_spreads(
    tmp_path: Path, roots: tuple[Path, Path]
) -> None:
    one, _ = roots
    with Library(tmp_path / "library.db") as library:
        library.scan(one).result(60)
        with (one / "a.mp4").open("ab") as file:
            file.write(b"\0" * 64)
        (one / "a.mp4").rename(one / "b.mp4")
        shutil.copyfile(one / "b.mp4", one / "new.mp4")
        library.scan(one).result(60)
        long, short = library.diff(), library.diff(by="file")

    assert list(short.columns) == ["change", "path", "changed", "before", "after", "video_id"]
    assert short["video_id"].is_unique
    assert set(short["video_id"]) == set(long["video_id"])
    for row in short.itertuples():
        mine = long[(long["video_id"] == row.video_id) & long["column"].notna()]
        assert list(row.changed) == list(mine["column"])
        for side, values in (("before", mine["old"]), ("after", mine["new"])):
            written = getattr(row, side)
            expected = {
                name: None if pd.isna(value) else value
                for name, value in zip(mine["column"], values, strict=True)
            }
            assert (json.loads(written) if expected else written is pd.NA) == (expected or True)


def test_what_cannot_be_compared_is_refused(tmp_path: Path, roots: tuple[Path, Path]) -> None:
    with Library(tmp_path / "library.db") as library:
        with pytest.raises(UnknownScan, match="no scan yet"):
            library.diff()
        library.scan(roots[0]).result(60)
        with pytest.raises(UnknownScan, match="no scan before scan 1"):
            library.diff()
        for wrong in ("last week", "now - 30 apples", [], "", float("nan"), 10**30):
            with pytest.raises(BadArgument, match="since is "):
                library.diff(since=wrong)  # type: ignore[arg-type]
        with pytest.raises(BadArgument, match="numbers of scans"):
            library.diff(1, since="2026-10-01")
        with pytest.raises(BadArgument, match="'change' or 'file'"):
            library.diff(1, 1, by="column")  # type: ignore[arg-type]
