"""Files that move, vanish, return or are out of reach: each gives exactly the rows it should."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import apsw
import pandas as pd
import pytest

from stoat_nb import Library, ScanReport
from stoat_nb.catalog import identity
from stoat_nb.catalog.presence import MOST_NAMESAKES
from stoat_nb.errors import FolderNotFound, UnknownScan


def scan(library: Library, folder: Path, **options: Any) -> ScanReport:
    return library.scan(folder, **options).result(timeout=120)


def facts(library: Library) -> pd.DataFrame:
    return library.videos().set_index("name").drop(columns=["scan_id", "last_seen"])


def a_clip(folder: Path) -> Path:
    return next(path for path in sorted(folder.rglob("*.mp4")) if path.stat().st_size > 5000)


def changes(library: Library, before: ScanReport, after: ScanReport) -> list[tuple[str, str]]:
    frame = library.diff(before.scan_id, after.scan_id)
    return list(zip(frame["change"].astype(str), frame["path"], strict=True))


def test_a_renamed_file_keeps_its_row_and_is_not_read_again(library: Library, folder: Path) -> None:
    first = scan(library, folder)
    clip = a_clip(folder)
    before = facts(library).loc[clip.name]
    moved = clip.rename(folder / "a better name.mp4")
    report = scan(library, folder)
    assert (report.moved, report.new, report.updated, report.removed) == (1, 0, 0, 0)
    assert report.skipped == first.scanned - 1
    after = facts(library).loc[moved.name]
    assert after["path"] == str(moved)
    for column in ("video_id", "first_seen", "probed_at", "codec", "duration_s", "status"):
        assert after[column] == before[column]
    assert len(library.videos()) == first.scanned
    assert changes(library, first, report) == [("moved", str(moved))]


def test_a_moved_folder_keeps_all_its_rows(library: Library, folder: Path) -> None:
    first = scan(library, folder)
    inner = next(path for path in sorted(folder.iterdir()) if path.is_dir())
    count = sum(path.is_file() for path in inner.rglob("*"))
    inner.rename(folder / "zz elsewhere")
    report = scan(library, folder)
    assert (report.moved, report.removed, report.new) == (count, 0, 0)
    assert set(library.videos()["video_id"]) == set(range(1, first.scanned + 1))


def test_a_second_link_to_a_file_is_a_file_of_its_own(library: Library, folder: Path) -> None:
    first = scan(library, folder)
    os.link(a_clip(folder), folder / "again.mp4")
    report = scan(library, folder)
    assert (report.moved, report.new) == (0, 1)
    assert changes(library, first, report) == [("added", str(folder / "again.mp4"))]


def copied(source: Path, target: Path) -> Path:
    """Write the same bytes to another file, as moving to another disk does."""
    target.parent.mkdir(exist_ok=True)
    return Path(shutil.copyfile(source, target))


def test_a_file_moved_to_another_disk_keeps_its_row(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    first = scan(library, folder)
    clip = a_clip(folder)
    before = facts(library).loc[clip.name]
    there = copied(clip, tmp_path / "other disk" / "same film.mp4")
    clip.unlink()
    report = scan(library, there.parent)
    assert (report.scanned, report.moved, report.new) == (1, 1, 0)
    after = facts(library).loc[there.name]
    assert (after["path"], after["root"]) == (str(there), str(there.parent))
    for column in ("video_id", "first_seen", "codec", "duration_s", "status", "quick_hash"):
        assert after[column] == before[column]
    assert after["inode"] != before["inode"]
    assert len(library.videos()) == first.scanned
    streams = library.streams()
    assert set(streams["path"][streams["video_id"] == after["video_id"]]) == {str(there)}
    assert changes(library, first, report) == [("moved", str(there))]
    assert scan(library, folder).removed == 0


def test_a_file_restored_from_a_copy_returns(library: Library, folder: Path) -> None:
    first = scan(library, folder)
    clip = a_clip(folder)
    content = clip.read_bytes()
    clip.unlink()
    gone = scan(library, folder)
    assert gone.removed == 1
    (folder / "restored.mp4").write_bytes(content)
    report = scan(library, folder)
    assert (report.moved, report.new, report.removed) == (1, 0, 0)
    assert set(library.videos()["status"].astype(str)) == {"ok", "failed"}
    assert len(library.videos()) == first.scanned
    told = changes(library, gone, report)
    assert told == [
        ("moved", str(folder / "restored.mp4")),
        ("returned", str(folder / "restored.mp4")),
    ]


def test_a_copy_is_a_file_of_its_own(library: Library, folder: Path, tmp_path: Path) -> None:
    first = scan(library, folder)
    there = copied(a_clip(folder), tmp_path / "backup" / "copy.mp4")
    report = scan(library, there.parent)
    assert (report.new, report.moved) == (1, 0)
    hashes = library.videos().set_index("path")["quick_hash"]
    assert hashes[str(there)] == hashes[str(a_clip(folder))]
    assert changes(library, first, report) == [("added", str(there))]


def test_where_two_may_be_meant_neither_is(library: Library, folder: Path, tmp_path: Path) -> None:
    clip = a_clip(folder)
    content = clip.read_bytes()
    twin = copied(clip, folder / "twin.mp4")
    scan(library, folder)
    clip.unlink()
    twin.unlink()
    alone = tmp_path / "elsewhere" / "alone.mp4"
    alone.parent.mkdir()
    alone.write_bytes(content)
    report = scan(library, alone.parent)
    assert (report.new, report.moved) == (1, 0), "one new file, and two that are gone"

    alone.unlink()
    scan(library, folder)
    assert set(facts(library)["status"].astype(str)) == {"ok", "failed", "missing"}
    library.forget(folder)
    for name in ("a.mp4", "b.mp4"):
        (alone.parent / name).write_bytes(content)
    report = scan(library, alone.parent)
    assert (report.new, report.moved) == (2, 0), "two new files, and one that is gone"


def test_what_lies_on_a_disk_that_is_away_is_not_taken_for_moved(
    library: Library, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = scan(library, folder)
    there = copied(a_clip(folder), tmp_path / "backup" / "copy.mp4")
    folder.rename(tmp_path / "in the drawer")
    # An empty place to mount on has another device than what was mounted there.
    monkeypatch.setattr(identity, "_device_above", lambda _path: None)
    report = scan(library, there.parent)
    assert (report.new, report.moved) == (1, 0)
    assert len(library.videos()) == first.scanned + 1


def test_a_folder_copied_to_another_disk_and_deleted_is_moved_as_a_whole(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    first = scan(library, folder)
    there = shutil.copytree(folder, tmp_path / "new disk")
    shutil.rmtree(folder)
    report = scan(library, there)
    assert (report.moved, report.new) == (first.new, 0)
    assert report.failed == first.failed
    videos = library.videos()
    assert set(videos["video_id"][videos["status"] == "ok"]) <= set(range(1, first.scanned + 1))


def test_everything_known_of_a_video_goes_with_its_row(library: Library) -> None:
    connection = apsw.Connection(str(library.path), flags=apsw.SQLITE_OPEN_READONLY)
    tables = [
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    ]
    holding = {
        table
        for table in tables
        for column in connection.execute(f"PRAGMA table_info({table})")
        if column[1] == "video_id"
    }
    connection.close()
    # Touched is what says that a row is gone. What functions found stays with the row of a file
    # found again: its size and time say whether that still holds.
    assert holding - {"touched", "results"} == set(identity.PARTS)


@pytest.mark.parametrize("action", ["touch", "truncate", "rename and replace"])
def test_a_file_that_changes_in_its_place_keeps_its_row(
    library: Library, folder: Path, action: str
) -> None:
    first = scan(library, folder)
    clip = a_clip(folder)
    before = facts(library).loc[clip.name]
    if action == "touch":
        os.utime(clip, ns=(10**18, 10**18))
    elif action == "truncate":
        os.truncate(clip, clip.stat().st_size * 6 // 10)
    else:
        fresh = copied(next(iter(sorted(folder.rglob("*.mov")))), clip.with_name("fresh.tmp"))
        fresh.replace(clip)
    report = scan(library, folder)
    assert (report.scanned, report.moved, report.removed, report.new) == (first.scanned, 0, 0, 0)
    after = facts(library).loc[clip.name]
    assert after["video_id"] == before["video_id"]
    assert after["first_seen"] == before["first_seen"]
    assert (str(after["quick_hash"]) == str(before["quick_hash"])) is (action == "touch")
    told = library.diff(first.scan_id, report.scan_id)
    assert set(told["path"]) == {str(clip)}
    if action == "touch":
        assert set(told["column"]) == {"mtime_ns"}
    assert scan(library, folder).skipped == first.scanned


def test_a_file_moved_over_another_takes_its_place(library: Library, folder: Path) -> None:
    first = scan(library, folder)
    clip = a_clip(folder)
    other = next(path for path in sorted(folder.rglob("*.mkv")))
    target = other.with_name(clip.name + "x.mkv")
    clip.rename(target)
    clip_row = facts(library).loc[clip.name, "video_id"]
    target.replace(other)
    report = scan(library, folder)
    assert (report.moved, report.removed) == (1, 0)
    assert facts(library).loc[other.name, "video_id"] == clip_row
    assert len(library.videos()) == first.scanned - 1


def test_an_unplugged_disk_takes_nothing_with_it_and_comes_back_unread(
    library: Library, folder: Path
) -> None:
    first = scan(library, folder)
    before = facts(library)
    away = folder.rename(folder.with_name("in the drawer"))
    report = scan(library, folder)
    assert (report.scanned, report.offline, report.removed) == (0, first.scanned, 0)
    assert "is not there" in report.notes[0]
    assert set(library.videos()["status"].astype(str)) == {"offline"}
    away.rename(folder)
    back = scan(library, folder)
    assert (back.returned, back.skipped, back.new, back.updated) == (first.scanned,) * 2 + (0, 0)
    pd.testing.assert_frame_equal(facts(library), before)
    assert library.diff(first.scan_id, back.scan_id).empty
    assert {change for change, _path in changes(library, first, report)} == {"offline"}


def test_what_comes_back_as_a_copy_is_not_read_again(library: Library, folder: Path) -> None:
    first = scan(library, folder)
    away = folder.rename(folder.with_name("in the drawer"))
    assert scan(library, folder).offline == first.scanned
    shutil.copytree(away, folder)
    back = scan(library, folder)
    assert (back.returned, back.skipped, back.new, back.updated) == (first.scanned,) * 2 + (0, 0)


def test_a_folder_that_was_never_known_is_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(FolderNotFound, match="nowhere"):
        library.scan(tmp_path / "nowhere")


def test_a_mass_disappearance_is_asked_about_first(
    library: Library, folder: Path, clips: Path
) -> None:
    many = folder / "many"
    for number in range(3):
        shutil.copytree(clips, many / str(number))
    first = scan(library, folder)
    count = sum(path.is_file() for path in many.rglob("*"))
    shutil.rmtree(many)
    report = scan(library, folder)
    assert (report.offline, report.removed) == (count, 0)
    assert f"{count} of {first.scanned} known videos are not there any more" in report.notes[0]
    assert library.forget() == 0
    accepted = scan(library, folder, accept_removals=True)
    assert (accepted.removed, accepted.offline) == (count, 0)
    assert library.forget(many) == count
    assert len(library.videos()) == first.scanned - count


def test_a_root_that_is_gone_for_good_can_be_cleaned(library: Library, folder: Path) -> None:
    first = scan(library, folder)
    shutil.rmtree(folder)
    assert scan(library, folder).offline == first.scanned
    assert scan(library, folder, accept_removals=True).removed == first.scanned
    assert library.forget(folder) == first.scanned
    assert library.videos().empty


def test_a_full_scan_reads_everything_again(library: Library, folder: Path) -> None:
    first = scan(library, folder)
    report = scan(library, folder, mode="full")
    assert report.updated == first.new
    assert report.failed == first.failed
    assert report.skipped == 0
    assert library.diff(first.scan_id, report.scan_id).empty


def test_a_replaced_file_is_told_column_by_column(library: Library, folder: Path) -> None:
    first = scan(library, folder)
    clip = a_clip(folder)
    other = next(path for path in sorted(folder.rglob("*.webm")) if path.stat().st_size > 5000)
    shutil.copyfile(other, clip)
    report = scan(library, folder)
    assert report.updated == 1
    frame = library.diff(first.scan_id, report.scan_id)
    assert set(frame["path"]) == {str(clip)}
    assert set(frame["change"].astype(str)) == {"changed"}
    told = frame.set_index("column").loc["container", ["old", "new"]].tolist()
    assert told == ["mp4", "webm"]
    assert str(other.stat().st_size) == frame.set_index("column").loc["size_bytes", "new"]


def test_what_came_and_went_between_two_scans_is_no_difference(
    library: Library, folder: Path
) -> None:
    first = scan(library, folder)
    guest = folder / "guest.mp4"
    shutil.copyfile(a_clip(folder), guest)
    second = scan(library, folder)
    guest.unlink()
    third = scan(library, folder)
    assert changes(library, first, second) == [("added", str(guest))]
    assert changes(library, second, third) == [("removed", str(guest))]
    assert changes(library, first, third) == []
    assert changes(library, third, first) == []


def test_a_scan_that_is_not_there_cannot_be_compared(library: Library, folder: Path) -> None:
    first = scan(library, folder)
    with pytest.raises(UnknownScan, match="99"):
        library.diff(first.scan_id, 99)


def test_one_of_many_hard_links_that_is_renamed_is_known_again(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    backups = tmp_path / "backups"
    for day in range(3 * MOST_NAMESAKES):
        (backups / f"day {day:02}").mkdir(parents=True)
        os.link(a_clip(folder), backups / f"day {day:02}" / "clip.mp4")
    assert scan(library, backups).new == 3 * MOST_NAMESAKES
    kept = library.videos().set_index("path")["video_id"]

    last = backups / f"day {3 * MOST_NAMESAKES - 1:02}" / "clip.mp4"
    renamed = last.rename(backups / "renamed.mp4")
    report = scan(library, backups)
    assert (report.moved, report.new, report.removed) == (1, 0, 0)
    assert library.videos().set_index("path")["video_id"][str(renamed)] == kept[str(last)]
