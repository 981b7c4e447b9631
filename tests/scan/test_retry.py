"""Which files are read once more, and that no other is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from stoat_nb import Library
from stoat_nb.errors import BadArgument, FolderOutsideRoots
from stoat_nb.settings import Settings


@pytest.fixture
def folders(clips: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Return two folders with a clip and broken files each, one of them inside a third."""
    clip = next(path for path in sorted(clips.rglob("*.mp4")) if path.stat().st_size > 3000)
    for name in ("here", "there/inner"):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        shutil.copy(clip, folder / "whole.mp4")
        (folder / "empty.mp4").touch()
        (folder / "cut.mp4").write_bytes(clip.read_bytes()[:1500])
    return tmp_path / "here", tmp_path / "there"


@pytest.fixture
def scanned(library: Library, folders: tuple[Path, Path]) -> Library:
    here, there = folders
    for folder in (here, there / "inner", there):
        library.scan(folder).result(timeout=120)
    return library


def test_failed_files_of_all_folders_or_of_one_reason_are_read_once_more(
    scanned: Library, folders: tuple[Path, Path]
) -> None:
    here, there = folders
    shutil.copy(here / "whole.mp4", here / "empty.mp4")

    reports = [job.result(timeout=120) for job in scanned.retry_failures("empty")]

    # The inner folder belongs to the outer one's scan: no file is read by two.
    assert [(one.folder, one.scanned, one.updated, one.failed) for one in reports] == [
        (str(here), 1, 1, 0),
        (str(there), 1, 0, 1),
    ]
    again = [job.result(timeout=120) for job in scanned.retry_failures()]
    assert [(one.scanned, one.failed) for one in again] == [(1, 1), (2, 2)]
    assert scanned.videos()["status"].value_counts().to_dict() == {"ok": 3, "failed": 3}


def test_where_nothing_failed_so_there_is_no_job(scanned: Library) -> None:
    assert scanned.retry_failures("timeout") == []


def test_what_no_file_fails_with_is_refused(library: Library) -> None:
    with pytest.raises(BadArgument, match="'emtpy', which is not 'empty', 'not_media'"):
        library.retry_failures("emtpy")


def test_a_folder_that_may_not_be_scanned_any_more_is_refused_before_anything_is_submitted(
    scanned: Library, folders: tuple[Path, Path]
) -> None:
    here, _there = folders
    settings = Settings(roots=(here,))
    with Library(scanned.path, settings=settings, take="none") as limited:
        jobs = len(limited.job_states())
        with pytest.raises(FolderOutsideRoots):
            limited.retry_failures()
        assert len(limited.job_states()) == jobs
