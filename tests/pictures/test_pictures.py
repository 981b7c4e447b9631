from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from stoat_nb.errors import FolderOutsideRoots, NoPicture, PicturesBusy, UnknownVideo
from stoat_nb.library import Library
from stoat_nb.media.demo_clips import make_samples
from stoat_nb.pictures import pictures
from stoat_nb.settings import Settings

JPEG = b"\xff\xd8\xff"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    make_samples(folder)
    return folder


@pytest.fixture
def folder(archive: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "videos"
    folder.mkdir()
    for name in ("2024 Summer/beach walk.mp4", "Tapes/birthday.avi", "Downloads/notes.mp4"):
        shutil.copy(archive / name, folder)
    return folder


@pytest.fixture
def library(folder: Path, tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "stoat.db") as library:
        library.scan(folder).result(120)
        yield library


def number_of(library: Library, name: str) -> int:
    return int(library.videos().set_index("name").loc[name, "video_id"])


def cached(library: Library) -> list[str]:
    folder = library.path.with_name("stoat.db.pictures")
    return sorted(path.suffix for path in folder.rglob("*") if path.is_file())


def test_pictures_are_drawn_once_and_kept_beside_the_library(library: Library) -> None:
    video_id = number_of(library, "beach walk.mp4")
    assert cached(library) == []

    poster, sheet = library.poster(video_id), library.contact_sheet(video_id)
    assert poster.startswith(JPEG)
    assert sheet.startswith(JPEG)
    assert cached(library) == [".jpg", ".jpg"]

    for path in library.path.with_name("stoat.db.pictures").rglob("*.jpg"):
        path.write_bytes(JPEG + b"what was kept")
    assert library.poster(video_id) == JPEG + b"what was kept"


def test_why_there_is_no_picture_is_kept_as_well(library: Library) -> None:
    video_id = number_of(library, "notes.mp4")
    with pytest.raises(NoPicture, match="no known video format"):
        library.poster(video_id)
    assert cached(library) == [".why"]

    (why,) = library.path.with_name("stoat.db.pictures").rglob("*.why")
    why.write_text('["damaged", "So it was said."]', encoding="utf-8")
    with pytest.raises(NoPicture, match="So it was said"):
        library.poster(video_id)


def test_a_file_that_was_changed_gets_a_new_picture_once_it_is_scanned(
    library: Library, folder: Path, archive: Path
) -> None:
    video_id = number_of(library, "birthday.avi")
    before = library.poster(video_id)
    shutil.copyfile(archive / "Tapes/wedding 1998.mpg", folder / "birthday.avi")

    assert library.poster(video_id) == before  # of the file as it was catalogued
    with pytest.raises(NoPicture, match="changed or replaced"):
        library.contact_sheet(video_id)  # never drawn, and never of another file

    library.scan(folder).result(120)
    assert library.poster(video_id).startswith(JPEG)
    assert library.poster(video_id) != before


def test_another_file_of_the_same_size_and_time_gets_a_picture_of_its_own(
    library: Library, folder: Path
) -> None:
    video_id, path = number_of(library, "birthday.avi"), folder / "birthday.avi"
    before = library.picture(video_id, "poster").result(60)
    shutil.copy2(path, folder / "copy")
    (folder / "copy").replace(path)
    library.scan(folder).result(120)
    after = library.picture(video_id, "poster").result(60)
    assert (after.jpeg, after.etag != before.etag) == (before.jpeg, True)


def test_a_reason_that_passes_is_not_kept(library: Library, folder: Path) -> None:
    video_id, path = number_of(library, "beach walk.mp4"), folder / "beach walk.mp4"
    path.rename(path.with_name("away"))
    with pytest.raises(NoPicture, match="gone"):
        library.poster(video_id)

    path.with_name("away").rename(path)
    assert library.poster(video_id).startswith(JPEG)


def test_a_video_that_is_missing_has_no_picture(library: Library, folder: Path) -> None:
    video_id = number_of(library, "beach walk.mp4")
    (folder / "beach walk.mp4").unlink()
    library.scan(folder).result(120)

    with pytest.raises(NoPicture, match="not there at present"):
        library.poster(video_id)


def test_what_is_no_video_of_the_library_is_refused(library: Library) -> None:
    with pytest.raises(UnknownVideo):
        library.poster(12345)


def test_who_asks_for_the_same_picture_waits_for_the_same(library: Library) -> None:
    video_id = number_of(library, "beach walk.mp4")
    first = library.picture(video_id, "poster")
    second = library.picture(video_id, "poster")

    assert first.result(60).jpeg == second.result(60).jpeg


def test_more_pictures_than_can_be_waited_for_are_refused(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MOST_WAITING", 0)
    with pytest.raises(PicturesBusy):
        library.poster(number_of(library, "beach walk.mp4"))
    monkeypatch.setattr(pictures, "MOST_WAITING", 1)
    assert library.poster(number_of(library, "beach walk.mp4")).startswith(JPEG)


def test_closing_the_library_ends_what_is_waited_for(library: Library) -> None:
    wanted = [
        library.picture(video_id, kind)
        for video_id in library.videos()["video_id"]
        for kind in ("poster", "contact-sheet")
    ]
    library.close()

    assert all(one.done() for one in wanted)


def test_pictures_of_folders_that_may_no_longer_be_looked_into_are_refused(
    library: Library, tmp_path: Path
) -> None:
    video_id = number_of(library, "beach walk.mp4")
    library.close()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with (
        Library(library.path, settings=Settings(roots=(elsewhere,))) as bounded,
        pytest.raises(FolderOutsideRoots),
    ):
        bounded.poster(video_id)


def test_a_process_that_died_is_replaced(library: Library) -> None:
    video_id = number_of(library, "beach walk.mp4")
    library.poster(number_of(library, "birthday.avi"))
    seat = library._pictures._studio._engine._seats[0]  # type: ignore[union-attr]
    worker = seat._worker
    assert worker is not None
    os.kill(worker._process.pid, 9)

    assert library.poster(video_id).startswith(JPEG)
