"""Which files each mode reads: what it may miss is said in its documentation, and nothing else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from stoat_nb import Library, ScanReport
from stoat_nb.scan import MODES, ScanMode
from stoat_nb.settings import Settings


@pytest.fixture
def folder(clips: Path, tmp_path: Path) -> Path:
    """Return a few clips in folders inside folders, none of which was touched lately."""
    clip = next(path for path in sorted(clips.rglob("*.mp4")) if path.stat().st_size > 3000)
    top = tmp_path / "videos"
    for inner in ("", "a", "a/b", "c"):
        (top / inner).mkdir()
        shutil.copy(clip, top / inner / "clip.mp4")
    return top


def scan(library: Library, folder: Path, mode: ScanMode = "changed") -> ScanReport:
    return library.scan(folder, mode=mode).result(timeout=120)


def settle(library: Library) -> None:
    """Have the catalog rely on the folders' times: a test cannot wait until they have settled."""
    known = library.catalog._database.read(
        lambda connection: connection.execute("SELECT path FROM folders").fetchall()
    )
    there = [path for path in (Path(os.fsdecode(one)) for (one,) in known) if path.is_dir()]
    rows = [(path.stat().st_mtime_ns, path.stat().st_ctime_ns, os.fsencode(path)) for path in there]
    library.catalog._database.write(
        lambda connection: connection.executemany(
            "UPDATE folders SET mtime_ns = ?, ctime_ns = ? WHERE path = ?", rows
        ).fetchall()
    )


def rewrite(path: Path) -> None:
    """Change a file where it is: its folder does not show it."""
    status = path.stat()
    with path.open("r+b") as file:
        file.seek(0, os.SEEK_END)
        file.write(b"\0" * 8)
    os.utime(path, ns=(status.st_mtime_ns, status.st_mtime_ns + 10**9))


def counts(report: ScanReport) -> tuple[int, int, int, int]:
    return report.scanned, report.new, report.updated, report.skipped


def test_times_that_are_too_young_are_not_relied_on(library: Library, folder: Path) -> None:
    scan(library, folder)
    rewrite(folder / "a" / "clip.mp4")
    assert counts(scan(library, folder, "quick")) == (4, 0, 1, 3)


def test_a_quick_scan_that_enters_hidden_folders_does_not_rely_on_one_that_did_not(
    library: Library, folder: Path
) -> None:
    shutil.copytree(folder / "c", folder / ".hidden")
    assert counts(scan(library, folder)) == (4, 4, 0, 0)
    settle(library)
    library.close()
    with Library(library.path, settings=Settings(hidden=True, probe_timeout_s=120)) as other:
        assert counts(scan(other, folder, "quick")) == (5, 1, 0, 4)


def test_a_quick_scan_counts_what_it_did_not_look_at(library: Library, folder: Path) -> None:
    first = scan(library, folder)
    settle(library)
    rewrite(folder / "a" / "clip.mp4")
    quick = scan(library, folder, "quick")
    assert counts(quick) == (4, 0, 0, 4)  # that is what it misses
    assert quick.bytes_scanned == first.bytes_scanned
    assert counts(scan(library, folder)) == (4, 0, 1, 3)


def test_a_quick_scan_sees_whatever_comes_goes_and_moves(library: Library, folder: Path) -> None:
    scan(library, folder)
    settle(library)
    clip = folder / "clip.mp4"
    shutil.copy(clip, folder / "a" / "another.mp4")
    (folder / "a" / "b" / "clip.mp4").rename(folder / "a" / "b" / "renamed.mp4")
    shutil.rmtree(folder / "c")
    new = folder / "d" / "e"
    new.mkdir(parents=True)
    shutil.copy(clip, new / "new.mp4")
    report = scan(library, folder, "quick")
    assert counts(report) == (5, 2, 0, 2)
    assert (report.moved, report.removed) == (1, 1)
    settle(library)
    assert counts(scan(library, folder, "quick")) == (5, 0, 0, 5)
    assert counts(scan(library, folder)) == (5, 0, 0, 5)


def test_a_quick_scan_does_not_rely_on_a_scan_that_did_not_end_well(
    library: Library, folder: Path
) -> None:
    report = scan(library, folder)
    settle(library)
    library.catalog.scans.finish(report.scan_id, status="cancelled", at=0.0, report={})
    rewrite(folder / "clip.mp4")
    assert counts(scan(library, folder, "quick")) == (4, 0, 1, 3)


def test_a_folder_that_was_away_is_listed_again(library: Library, folder: Path) -> None:
    scan(library, folder)
    settle(library)
    away = folder.with_name("away")
    folder.rename(away)
    assert library.scan(folder, mode="quick").result(timeout=120).offline == 4
    away.rename(folder)
    settled = scan(library, folder, "quick")
    assert (settled.skipped, settled.returned) == (4, 4)
    assert set(library.videos()["status"].astype(str)) == {"ok"}


def test_the_first_quick_scan_of_a_root_finds_all_of_it(library: Library, folder: Path) -> None:
    assert counts(scan(library, folder / "a", "quick")) == (2, 2, 0, 0)
    settle(library)
    assert counts(scan(library, folder, "quick")) == (4, 2, 0, 2)


def test_a_quick_scan_of_one_folder_alone_does_not_hide_those_in_it(
    library: Library, folder: Path
) -> None:
    assert library.scan(folder, recursive=False).result(timeout=120).scanned == 1
    assert counts(scan(library, folder, "quick")) == (4, 3, 0, 1)


def test_a_replaced_file_of_the_same_size_and_time_is_read_again(
    library: Library, folder: Path
) -> None:
    scan(library, folder)
    clip = folder / "clip.mp4"
    other = clip.with_suffix(".new")
    shutil.copy2(clip, other)
    other.replace(clip)
    assert counts(scan(library, folder)) == (4, 0, 1, 3)


def test_full_reads_all_again_and_verify_to_their_end(library: Library, folder: Path) -> None:
    scan(library, folder)
    assert counts(scan(library, folder, "full")) == (4, 0, 4, 0)
    assert set(library.videos()["integrity_level"].astype(str)) == {"structure"}
    assert counts(scan(library, folder, "verify")) == (4, 0, 4, 0)
    assert set(library.videos()["integrity_level"].astype(str)) == {"packets"}


def age(library: Library) -> None:
    """Have the library as an earlier version would have left it."""
    for statement in (
        "UPDATE videos SET facts_version = 0, mirrored = NULL WHERE facts_version IS NOT NULL",
        "UPDATE folders SET rules = 0",
    ):
        library.catalog._database.write(lambda one, sql=statement: one.execute(sql).fetchall())


@pytest.mark.parametrize("mode", ["changed", "quick"])
def test_what_an_earlier_version_has_read_is_read_again_once(
    library: Library, folder: Path, mode: ScanMode
) -> None:
    first = scan(library, folder)
    settle(library)
    age(library)
    again = scan(library, folder, mode)
    assert counts(again) == (4, 0, 4, 0)
    assert again.notes == ("4 files read again: this version of Stoat tells more of a file",)
    assert library.videos()["mirrored"].tolist() == [False] * 4
    assert library.diff(first.scan_id, again.scan_id).empty  # the files are as they were
    assert counts(scan(library, folder, mode)) == (4, 0, 0, 4)


def test_what_all_packets_told_is_not_replaced_by_what_headers_say(
    library: Library, folder: Path
) -> None:
    scan(library, folder, "verify")
    age(library)
    assert counts(scan(library, folder)) == (4, 0, 0, 4)
    assert set(library.videos()["integrity_level"].astype(str)) == {"packets"}


def test_a_changed_file_that_an_earlier_version_has_read_is_told_as_changed(
    library: Library, folder: Path
) -> None:
    first = scan(library, folder)
    age(library)
    rewrite(folder / "a" / "clip.mp4")
    again = scan(library, folder)
    assert counts(again) == (4, 0, 4, 0)
    assert set(library.diff(first.scan_id, again.scan_id)["path"]) == {str(folder / "a/clip.mp4")}


def test_every_mode_says_what_it_does() -> None:
    assert set(MODES) == {"quick", "changed", "full", "verify"}
    assert all(MODES.values())
