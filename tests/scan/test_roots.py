"""Where a scan may go is asked at every door: submit, retry, stored jobs, and where it starts."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from stoat_nb import Library
from stoat_nb.errors import FolderOutsideRoots
from stoat_nb.settings import Settings


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    folder = tmp_path / "secret"
    folder.mkdir()
    (folder / "private.mp4").write_bytes(b"no video")
    return folder


@pytest.fixture
def limited(tmp_path: Path) -> Settings:
    (tmp_path / "allowed").mkdir()
    return Settings(roots=(tmp_path / "allowed",))


@pytest.fixture
def stored(tmp_path: Path, secret: Path) -> Path:
    """A library with a scan that waits, as a process without roots, or a stranger, left it."""
    path = tmp_path / "library.db"
    with Library(path, take="none") as library:
        library.scan(secret)
    return path


def test_a_stored_scan_of_a_folder_outside_the_roots_fails_with_the_reason(
    stored: Path, limited: Settings
) -> None:
    with Library(stored, settings=limited) as library:
        (state,) = library.job_states()
        ended = library.job(state.job_id).wait(60)
        assert (ended.status, library.videos().shape[0]) == ("failed", 0)
        assert "lies outside the folders this library may scan" in str(ended.error)
        assert library.scans().shape[0] == 0


def test_a_scan_from_before_there_were_roots_is_not_tried_once_more(
    stored: Path, limited: Settings
) -> None:
    with Library(stored) as library:
        (state,) = library.job_states()
        library.job(state.job_id).result(60)
    with Library(stored, settings=limited) as library:
        with pytest.raises(FolderOutsideRoots):
            library.retry(state.job_id)
        with pytest.raises(FolderOutsideRoots):
            library.retry_failures()
        assert len(library.job_states()) == 1


def test_a_payload_made_by_hand_goes_no_further_than_the_roots(
    tmp_path: Path, secret: Path, limited: Settings
) -> None:
    with Library(tmp_path / "library.db", settings=limited) as library:
        for path in (secret, limited.roots[0] / ".." / secret.name, "~no-such-user"):
            job = library.submit("scan", {"path": str(path)})
            assert job.wait(60).status == "failed"
        assert library.videos().shape[0] == 0


def test_a_folder_that_has_become_a_link_is_where_it_leads(
    tmp_path: Path, secret: Path, limited: Settings
) -> None:
    folder = limited.roots[0] / "clips"
    folder.mkdir()
    with Library(tmp_path / "library.db", settings=limited, take="none") as library:
        library.scan(folder)
    folder.rmdir()
    folder.symlink_to(secret)
    with Library(tmp_path / "library.db", settings=limited) as library:
        (state,) = library.job_states()
        assert library.job(state.job_id).wait(60).status == "failed"
        assert library.videos().shape[0] == 0


def test_roots_that_are_not_there_allow_no_other_folder(tmp_path: Path, secret: Path) -> None:
    settings = Settings(roots=(tmp_path / "unplugged",))
    with (
        Library(tmp_path / "library.db", settings=settings) as library,
        pytest.raises(FolderOutsideRoots),
    ):
        library.scan(secret)


def test_a_library_of_a_stranger_names_no_file_outside_the_roots(
    tmp_path: Path, secret: Path, limited: Settings
) -> None:
    path = tmp_path / "library.db"
    with Library(path) as library:
        library.scan(secret).result(60)
    disguised = bytes(limited.roots[0] / "..") + b"/" + bytes(secret.name, "ascii")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE roots SET path = ?", (disguised,))
        database.execute("UPDATE folders SET path = ?", (disguised,))
    with Library(path, settings=limited) as library:
        with pytest.raises(FolderOutsideRoots):
            library.open_video(1)
        with pytest.raises(FolderOutsideRoots):
            library.picture(1, "poster")
