from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stoat_nb.api.ranges import Unsatisfiable, wanted_part
from stoat_nb.library import Library

from .conftest import client_of

JPEG = b"\xff\xd8\xff"


@pytest.fixture(scope="module")
def folder(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shown")
    for name in ("2024 Summer/beach walk.mp4", "2023 Alps/summit.mkv", "Downloads/notes.mp4"):
        shutil.copy(clips / name, folder)
    for number in range(4):
        shutil.copy(clips / "Tapes/birthday.avi", folder / f"tape {number}.avi")
    return folder


@pytest.fixture(scope="module")
def shown(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library(tmp_path_factory.mktemp("library") / "library.db") as library:
        library.scan(folder).result(120)
        yield library


@pytest.fixture(scope="module")
def viewer(shown: Library) -> Iterator[httpx.Client]:
    with client_of(shown) as client:
        yield client


def address(library: Library, name: str, what: str) -> str:
    videos = library.videos().set_index("name")
    return f"/videos/{videos.loc[name, 'video_id']}/{what}"


@pytest.mark.parametrize("what", ["poster.jpg", "contact-sheet.jpg"])
def test_a_picture_is_a_private_jpeg_with_a_mark(
    shown: Library, viewer: httpx.Client, what: str
) -> None:
    path = address(shown, "beach walk.mp4", what)
    answer = viewer.get(path)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.content.startswith(JPEG)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"].startswith("private")

    again = viewer.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_poster_and_sheet_have_different_marks(shown: Library, viewer: httpx.Client) -> None:
    marks = {
        viewer.get(address(shown, name, what)).headers["etag"]
        for name in ("beach walk.mp4", "summit.mkv")
        for what in ("poster.jpg", "contact-sheet.jpg")
    }
    assert len(marks) == 4


def test_what_has_no_picture_says_why(shown: Library, viewer: httpx.Client) -> None:
    answer = viewer.get(address(shown, "notes.mp4", "poster.jpg"))

    assert answer.status_code == 404
    assert answer.json()["detail"]["code"] == "NO_PICTURE"
    assert "no known video format" in answer.json()["detail"]["message"]


@pytest.mark.parametrize("what", ["poster.jpg", "contact-sheet.jpg", "stream"])
def test_a_video_that_is_not_there_is_not_found(viewer: httpx.Client, what: str) -> None:
    assert viewer.get(f"/videos/9999/{what}").json()["detail"]["code"] == "NOT_FOUND"
    assert viewer.get(f"/videos/{1 << 70}/{what}").status_code == 422


def test_the_whole_file_is_sent_as_it_is(
    shown: Library, viewer: httpx.Client, folder: Path
) -> None:
    content = (folder / "beach walk.mp4").read_bytes()
    answer = viewer.get(address(shown, "beach walk.mp4", "stream"))

    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_what_no_browser_plays_is_never_taken_for_a_page(
    shown: Library, viewer: httpx.Client
) -> None:
    answer = viewer.get(address(shown, "tape 0.avi", "stream"))
    assert answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=0-", slice(0, None)),
        ("bytes=100-199", slice(100, 200)),
        ("bytes=100-99999999999", slice(100, None)),
        ("bytes=-10", slice(-10, None)),
        ("bytes=-99999999999", slice(0, None)),
    ],
)
def test_a_range_is_that_part_of_the_file(
    shown: Library, viewer: httpx.Client, folder: Path, wanted: str, part: slice
) -> None:
    content = (folder / "beach walk.mp4").read_bytes()
    path = address(shown, "beach walk.mp4", "stream")
    answer = viewer.get(path, headers={"Range": wanted})

    assert (answer.status_code, answer.content) == (206, content[part])
    first, last, _step = part.indices(len(content))
    assert answer.headers["content-range"] == f"bytes {first}-{last - 1}/{len(content)}"


@pytest.mark.parametrize("wanted", ["bytes=999999999-", "bytes=-0", "bytes=9999999999999999999-"])
def test_a_range_behind_the_end_is_refused_with_the_size(
    shown: Library, viewer: httpx.Client, folder: Path, wanted: str
) -> None:
    size = (folder / "beach walk.mp4").stat().st_size
    path = address(shown, "beach walk.mp4", "stream")
    answer = viewer.get(path, headers={"Range": wanted})

    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["content-range"] == f"bytes */{size}"


def test_a_range_may_begin_at_the_last_byte_and_not_behind_it() -> None:
    assert wanted_part("bytes=99-", 100) == wanted_part("bytes=99-99", 100) == range(99, 100)
    with pytest.raises(Unsatisfiable):
        wanted_part("bytes=100-", 100)


@pytest.mark.parametrize(
    "wanted", ["bytes=0-1,5-6", "lines=1-2", "bytes=5-2", "bytes=-", "bytes=a-b", ""]
)
def test_what_is_not_one_range_gets_the_whole(
    shown: Library, viewer: httpx.Client, wanted: str
) -> None:
    path = address(shown, "beach walk.mp4", "stream")
    assert viewer.get(path, headers={"Range": wanted}).status_code == 200


def test_a_range_of_another_version_gets_the_whole(shown: Library, viewer: httpx.Client) -> None:
    path = address(shown, "beach walk.mp4", "stream")
    mark = viewer.get(path).headers["etag"]

    same = viewer.get(path, headers={"Range": "bytes=0-9", "If-Range": mark})
    other = viewer.get(path, headers={"Range": "bytes=0-9", "If-Range": '"of yesterday"'})

    assert (same.status_code, other.status_code) == (206, 200)


def test_another_file_than_was_asked_for_is_not_sent(shown: Library, viewer: httpx.Client) -> None:
    path = address(shown, "beach walk.mp4", "stream")
    mark = viewer.get(path).headers["etag"].strip('"')

    assert viewer.get(path, params={"tag": mark}).status_code == 200
    assert viewer.get(path, params={"tag": "0" * 24}).status_code == 404


def changed(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def linked(path: Path) -> None:
    path.rename(path.with_name("real.bin"))
    path.symlink_to(path.with_name("real.bin"))


def gone(path: Path) -> None:
    path.unlink()


def replaced(path: Path) -> None:
    seen = path.stat()
    path.with_name("other.bin").write_bytes(path.read_bytes())
    os.utime(path.with_name("other.bin"), ns=(seen.st_atime_ns, seen.st_mtime_ns))
    path.with_name("other.bin").replace(path)


@pytest.mark.parametrize(("number", "happens"), list(enumerate([changed, linked, gone, replaced])))
def test_only_the_file_that_was_catalogued_is_sent(
    shown: Library, viewer: httpx.Client, folder: Path, number: int, happens: object
) -> None:
    assert callable(happens)
    happens(folder / f"tape {number}.avi")

    answer = viewer.get(address(shown, f"tape {number}.avi", "stream"))

    assert answer.status_code == 404
    assert answer.json()["detail"]["code"] == "FILE_UNAVAILABLE"


def test_no_file_stays_open_however_an_answer_ends(shown: Library) -> None:
    path = address(shown, "summit.mkv", "stream")
    with client_of(shown) as client:
        for headers in ({}, {"Range": "bytes=0-9"}, {"Range": "bytes=999999999-"}):
            client.get(path, headers=headers)
        client.get(path, params={"tag": "no"})
        with client.stream("GET", path) as answer:
            next(answer.iter_raw(10))

    opened = [os.fsdecode(link) for link in map(_target, Path("/proc/self/fd").iterdir()) if link]
    assert [name for name in opened if name.endswith("summit.mkv")] == []


def _target(link: Path) -> Path | None:
    try:
        return link.readlink()
    except OSError:
        return None  # it was the one that listed them
