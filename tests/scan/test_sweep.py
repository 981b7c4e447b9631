"""What a walk did not find, and what that proves: nothing, where it could not look."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from stoat_nb import Library
from stoat_nb.catalog.catalog import ScanTables
from stoat_nb.errors import BadArgument
from stoat_nb.media.extensions import VIDEO_EXTENSIONS
from stoat_nb.media.rules import Rules
from stoat_nb.media.video import Found
from stoat_nb.scan import sweep
from stoat_nb.scan.absent import absent
from stoat_nb.scan.sweep import Sweep
from stoat_nb.scan.tally import Tally


def sweep_again(
    library: Library, folder: Path, scan_id: int, *, unreadable: Sequence[bytes] = ()
) -> Tally:
    """Do once more what a scan does last, as if it had found one video and no folder."""
    tables = ScanTables(library.catalog.presence, library.catalog.folders)
    root, tally = os.fsencode(folder), Tally()
    sweep = Sweep(
        library.catalog,
        tables,
        root=root,
        scan_id=scan_id,
        accept_removals=False,
        rules=Rules.of(VIDEO_EXTENSIONS),
    )
    tally.found = 1
    sweep.run(tally, gone={}, recursive=True, unreadable=unreadable)
    return tally


def statuses(library: Library) -> list[str]:
    return library.videos()["status"].astype(str).tolist()


def test_files_of_folders_that_another_scan_has_seen_since_are_not_missing(
    library: Library, folder: Path
) -> None:
    first = library.scan(folder).result(timeout=120)
    before = statuses(library)
    library.scan(next(path for path in folder.iterdir() if path.is_dir())).result(timeout=120)
    tally = sweep_again(library, folder, first.scan_id)
    assert (tally.removed, tally.offline, tally.notes) == (0, 0, [])
    assert statuses(library) == before


def test_files_that_come_back_while_their_scan_ends_are_not_offline(
    library: Library, folder: Path
) -> None:
    library.scan(folder).result(timeout=120)
    before = statuses(library)
    scan_id = library.scan(folder).result(timeout=120).scan_id
    tables = ScanTables(library.catalog.presence, library.catalog.folders)
    tally = Tally()  # the walk found nothing: the disk was mounted after it
    Sweep(
        library.catalog,
        tables,
        root=os.fsencode(folder),
        scan_id=scan_id,
        accept_removals=False,
        rules=Rules.of(VIDEO_EXTENSIONS),
    ).run(tally, gone={}, recursive=True, unreadable=())
    assert (tally.removed, tally.offline, tally.notes) == (0, 0, [])
    assert statuses(library) == before


def test_what_a_scan_missed_is_missing_only_if_the_disk_says_so_too(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "videos", tmp_path / "elsewhere"
    for made in (folder / "folder.mp4", elsewhere):
        made.mkdir(parents=True)
    for path in (folder / "there.mp4", elsewhere / "a.mp4"):
        path.touch()
    (folder / "linked").symlink_to(elsewhere)  # a scan does not enter links
    root = os.fsencode(folder)
    missed = {
        root: [b"there.mp4", b"gone.mp4", b"folder.mp4"],
        root + b"/linked": [b"a.mp4"],
        root + b"/gone": [b"a.mp4"],
        root + b"/there.mp4": [b"a.mp4"],
    }
    gone = missed | {root: [b"gone.mp4", b"folder.mp4"]}
    del gone[root + b"/linked"]  # there by this path, too, though no scan would read it so
    assert absent(root, missed) == gone
    assert absent(root + b"/no root", {root + b"/no root": [b"a"]}) == {root + b"/no root": [b"a"]}


def test_a_folder_that_cannot_be_listed_says_nothing_of_its_files(tmp_path: Path) -> None:
    too_long = os.fsencode(tmp_path) + b"/" + b"x" * 300  # no file system has such a name
    assert absent(os.fsencode(tmp_path), {too_long: [b"a.mp4"]}) == {}


def test_most_files_moved_out_of_a_folder_that_stays_are_moved_and_no_disaster(
    library: Library, folder: Path, clips: Path
) -> None:
    before = folder / "a"
    for number in range(3):
        shutil.copytree(clips, before / str(number))
    first = library.scan(folder).result(timeout=120)
    count = sum(path.is_file() for path in before.rglob("*"))
    (folder / "z").mkdir()
    for inner in sorted(before.iterdir()):
        inner.rename(folder / "z" / inner.name)
    report = library.scan(folder).result(timeout=120)
    assert (report.moved, report.removed, report.offline, report.new) == (count, 0, 0, 0)
    assert report.notes == ()
    assert report.skipped == first.scanned - count
    assert set(library.videos()["status"].astype(str)) == {"ok", "failed"}


def test_files_in_a_folder_that_cannot_be_read_stay_as_they_are(
    library: Library, folder: Path
) -> None:
    first = library.scan(folder).result(timeout=120)
    before = statuses(library)
    tally = sweep_again(library, folder, first.scan_id, unreadable=[os.fsencode(folder)])
    assert (tally.removed, tally.offline, tally.notes) == (0, 0, [])
    assert statuses(library) == before


def test_a_folder_whose_name_begins_like_one_that_cannot_be_read_is_not_taken_for_a_part_of_it(
    library: Library, tmp_path: Path
) -> None:
    folder = tmp_path / "videos"
    for name in ("a", "ab"):
        (folder / name).mkdir(parents=True)
        (folder / name / "clip.mp4").touch()
    first = library.scan(folder).result(timeout=120)
    shutil.rmtree(folder / "ab")
    unreadable = [os.fsencode(folder / "a")]
    tally = sweep_again(library, folder, first.scan_id + 1, unreadable=unreadable)
    assert (tally.removed, tally.offline) == (1, 0)


@pytest.mark.parametrize(
    ("known", "lost", "is_offline"),
    [(3, 2, False), (8, 4, False), (8, 5, True)],
    ids=["few", "half", "more than half"],
)
def test_many_files_are_out_of_reach_only_if_they_are_more_than_half(
    library: Library, monkeypatch: pytest.MonkeyPatch, *, known: int, lost: int, is_offline: bool
) -> None:
    monkeypatch.setattr(sweep, "LIKELY_COUNT", 2)
    folder = library.path.with_name("videos")
    folder.mkdir()
    for number in range(known):
        (folder / f"{number}.mp4").touch()
    library.scan(folder).result(timeout=120)
    for number in range(lost):
        (folder / f"{number}.mp4").unlink()
    report = library.scan(folder).result(timeout=120)
    assert (report.offline, report.removed) == ((lost, 0) if is_offline else (0, lost))


def test_a_mode_that_there_is_not_is_refused_with_those_there_are(
    library: Library, folder: Path
) -> None:
    with pytest.raises(BadArgument, match="mode is 'deep', which is not 'quick'"):
        library.scan(folder, mode="deep")  # type: ignore[arg-type]
    assert library.jobs().empty


def test_what_is_there_again_is_not_forgotten(library: Library, folder: Path) -> None:
    library.scan(folder).result(timeout=120)
    back, gone = [path for path in sorted(folder.rglob("*")) if path.is_file()][:2]
    kept = back.read_bytes()
    for path in (back, gone):
        path.unlink()
    assert library.scan(folder).result(timeout=120).removed == 2
    before = library.videos(f"path == '{back}'")["video_id"].tolist()
    back.write_bytes(kept)
    assert library.forget(folder / "elsewhere") == 0
    assert library.forget(folder) == 1
    library.scan(folder).result(timeout=120)
    assert library.videos(f"path == '{back}'")["video_id"].tolist() == before
    assert str(gone) not in library.videos()["path"].tolist()
    assert library.forget() == 0


def test_a_moved_file_whose_row_was_forgotten_meanwhile_is_a_new_one(
    library: Library, folder: Path
) -> None:
    scan_id = library.scan(folder).result(timeout=120).scan_id
    place = {"folder": os.fsencode(folder), "name": b"moved.mp4"}
    found = Found(**place, size_bytes=1, mtime_ns=1, inode=1, device=1)
    gone = [(10_000, found)]
    assert library.catalog.presence.move(scan_id, gone, at=1.0) == gone
    assert library.catalog.presence.move(scan_id, [], at=1.0) == []
