from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from stoat_nb.components.folder_picker import FolderPicker
from stoat_nb.components.scan_form import ScanForm
from stoat_nb.library import Library
from stoat_nb.settings import Settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    for name in ("b", "A", "c", ".hidden"):
        (folder / name).mkdir(parents=True)
    (folder / "a file.mp4").touch()
    return folder


@pytest.fixture
def fenced(tmp_path: Path, archive: Path) -> Iterator[Library]:
    with Library(tmp_path / "fenced.db", settings=Settings(roots=(archive,))) as library:
        yield library


def names(picker: FolderPicker) -> list[str]:
    return list(picker.__panel__().folders)


async def test_a_folder_that_exists_becomes_a_job(library: Library, archive: Path) -> None:
    form = ScanForm(library, path=str(archive), recursive=False)

    await form.submit()

    assert form.notice == ""
    assert form.job.state.payload == {"path": str(archive), "recursive": False}
    assert form.job.result(30).scanned == 1


async def test_what_is_left_out_and_which_links_are_followed_is_said_in_the_form(
    library: Library, archive: Path
) -> None:
    (archive / "b" / "proxy.mp4").touch()
    (archive / "c" / "real.mp4").touch()
    (archive / "link.mp4").symlink_to("c/real.mp4")
    form = ScanForm(library, path=str(archive), exclude=" b/, , a*.mp4", follow_links="files")

    await form.submit()

    payload = form.job.state.payload
    assert (payload["exclude"], payload["follow_links"]) == (["b/", "a*.mp4"], "files")
    assert form.job.result(30).scanned == 2

    form.exclude = "a" * 2000
    await form.submit()
    assert "is not a pattern" in form.notice


async def test_what_was_pasted_is_meant_as_file_managers_and_shells_write_it(
    library: Library, tmp_path: Path
) -> None:
    folder = tmp_path / "My 100% Videos"
    folder.mkdir()
    for typed in (f'"{folder}"', f"'{folder}'", folder.as_uri()):
        form = ScanForm(library, path=typed)
        await form.submit()
        assert form.notice == "", typed
        assert form.job.state.payload["path"] == str(folder)


async def test_what_was_typed_loses_the_spaces_around_it(library: Library, archive: Path) -> None:
    form = ScanForm(library, path=f"  {archive} ")

    await form.submit()

    assert form.job.state.payload["path"] == str(archive)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("", "Name the folder that holds your videos"),
        ("   ", "Name the folder that holds your videos"),
        ("/no/such/folder", "There is no folder at '/no/such/folder'."),
        (__file__, "is not a folder"),
        ("a\0b", "There is no folder at 'a\\x00b'."),
        ("x" * 5000, "There is no folder at"),
    ],
)
async def test_a_refusal_is_one_sentence_and_no_job(
    library: Library, path: str, sentence: str
) -> None:
    form = ScanForm(library, path=path)

    await form.submit()

    assert sentence in form.notice
    assert form.job is None


async def test_a_folder_outside_the_roots_is_refused(fenced: Library, tmp_path: Path) -> None:
    form = ScanForm(fenced, path=str(tmp_path))

    await form.submit()

    assert "lies outside the folders this library may scan" in form.notice


async def test_the_next_submission_takes_the_notice_away(library: Library, archive: Path) -> None:
    form = ScanForm(library, path="/no/such/folder")
    await form.submit()

    form.path = str(archive)
    await form.submit()

    assert form.notice == ""


async def test_the_picker_lists_sub_folders_and_walks_into_them(
    library: Library, archive: Path
) -> None:
    picker = FolderPicker(library)
    await picker.visit(archive)
    assert names(picker) == ["A", "b", "c"]

    await picker.ask({"open": 1, "visit": picker.__panel__().visit})
    assert picker.path == archive / "b"
    assert names(picker) == []

    await picker.ask({"up": True})
    assert picker.path == archive


async def test_a_press_on_a_list_that_was_replaced_goes_nowhere(
    library: Library, archive: Path
) -> None:
    picker = FolderPicker(library)
    await picker.visit(archive)

    for asked in (
        {"open": 0, "visit": -1},
        {"open": 99, "visit": 1},
        {"open": "0", "visit": 1},
        {},
    ):
        await picker.ask(asked)

    assert picker.path == archive


async def test_the_picker_never_leaves_the_roots(fenced: Library, archive: Path) -> None:
    picker = FolderPicker(fenced)

    await picker.visit("/")
    assert picker.path == archive
    assert not picker.__panel__().has_parent

    await picker.ask({"up": True})
    assert picker.path == archive
    assert "lies outside" in picker.__panel__().problem


@pytest.fixture
def strange(archive: Path) -> Path:
    folder = Path(os.fsdecode(os.fsencode(archive) + b"/caf\xe9"))
    folder.mkdir()
    return folder


async def test_a_folder_whose_name_is_no_text_can_be_chosen_and_scanned(
    library: Library, strange: Path
) -> None:
    form = ScanForm(library)

    await form.picker.visit(strange)
    await form.choose()
    await form.submit()

    assert form.path.endswith("caf\\xe9")
    assert form.notice == ""
    assert form.job.state.payload["path"] == str(strange)
    form.job.wait(30)


async def test_a_folder_that_is_being_scanned_already_shows_that_scan(
    tmp_path: Path, archive: Path
) -> None:
    with Library(tmp_path / "l.db", take="none") as library:
        job = library.scan(archive)
        form = ScanForm(library, path=str(archive))
        await form.submit()
        assert (form.job.id, form.notice) == (job.id, "")
        assert form.joined == f"{archive} is already being scanned: this is that scan."
        form.mode = "full"  # it asks for more than the one that is there does
        await form.submit()
        assert form.job.id != job.id
        assert form.joined == ""
