"""A scan of real files, through the library: found, probed, catalogued, accounted for."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from readers import held_library, in_the_middle

from stoat_nb import Library
from stoat_nb.jobs.state import JobState, JobStatus, Level


def candidates(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def statuses(library: Library) -> dict[str, str]:
    frame = library.videos()
    return dict(zip(frame["name"], frame["status"].astype(str), strict=True))


def test_every_file_is_a_row_and_the_counts_add_up(library: Library, folder: Path) -> None:
    report = library.scan(folder).result(timeout=120)
    assert report.scanned == len(candidates(folder))
    assert report.new + report.failed == report.scanned
    assert (report.updated, report.skipped, report.removed) == (0, 0, 0)
    frame = library.videos()
    assert sorted(frame["path"]) == [str(path) for path in candidates(folder)]
    assert (frame["status"] == "ok").sum() == report.new
    failures = library.failures()
    assert len(failures) == report.failed == len(report.errors)
    assert failures["error"].str.len().min() > 0
    assert report.bytes_scanned == sum(path.stat().st_size for path in candidates(folder))


def test_a_second_scan_probes_nothing(library: Library, folder: Path) -> None:
    first = library.scan(folder).result(timeout=120)
    probed_at = library.videos()["probed_at"].tolist()
    second = library.scan(folder).result(timeout=120)
    assert second.skipped == second.scanned == first.scanned
    assert (second.new, second.updated, second.failed, second.errors) == (0, 0, 0, ())
    assert library.videos()["probed_at"].tolist() == probed_at


def test_only_what_changed_is_probed_again(library: Library, folder: Path) -> None:
    library.scan(folder).result(timeout=120)
    ids = dict(zip(library.videos()["name"], library.videos()["video_id"], strict=True))
    touched = next(path for path in candidates(folder) if path.stat().st_size)
    os.utime(touched, ns=(1, 1))
    report = library.scan(folder).result(timeout=120)
    assert report.updated == 1
    assert report.skipped == report.scanned - 1
    assert dict(zip(library.videos()["name"], library.videos()["video_id"], strict=True)) == ids


def test_a_deleted_file_becomes_missing_and_comes_back(library: Library, folder: Path) -> None:
    library.scan(folder).result(timeout=120)
    victim = next(path for path in candidates(folder) if path.stat().st_size > 5000)
    kept = victim.with_name("elsewhere.keep")
    victim.rename(kept)
    assert library.scan(folder).result(timeout=120).removed == 1
    assert statuses(library)[victim.name] == "missing"
    assert library.scan(folder).result(timeout=120).removed == 0  # it is not removed twice
    kept.rename(victim)
    report = library.scan(folder).result(timeout=120)
    assert (report.updated, report.returned) == (0, 1)
    assert statuses(library)[victim.name] == "ok"


def test_a_deleted_folder_makes_all_its_videos_missing(library: Library, folder: Path) -> None:
    extra = folder / "extra" / "deeper"
    extra.mkdir(parents=True)
    clip = next(path for path in candidates(folder) if path.stat().st_size > 5000)
    shutil.copy(clip, extra / "a.mp4")
    shutil.copy(clip, extra / "b.mp4")
    library.scan(folder).result(timeout=120)
    shutil.rmtree(folder / "extra")
    assert library.scan(folder).result(timeout=120).removed == 2
    assert (library.videos()["status"] == "missing").sum() == 2


def test_an_emptied_root_removes_nothing_and_says_so(library: Library, folder: Path) -> None:
    library.scan(folder).result(timeout=120)
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    report = library.scan(folder).result(timeout=120)
    assert (report.scanned, report.removed) == (0, 0)
    assert "may not be mounted" in report.notes[0]
    assert report.offline == len(library.videos())
    assert set(statuses(library).values()) == {"offline"}


def test_a_folder_without_videos_is_a_complete_scan_that_says_so(
    library: Library, tmp_path: Path
) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "letter.txt").write_text("Dear reader")
    report = library.scan(tmp_path / "papers").result(timeout=120)
    assert report.scanned == 0
    assert report.notes[0].startswith("No videos were found.")


def test_sub_folders_are_entered_only_when_asked(library: Library, folder: Path) -> None:
    report = library.scan(folder, recursive=False).result(timeout=120)
    assert report.scanned == len([path for path in folder.iterdir() if path.is_file()])


def test_a_flat_rescan_leaves_the_rows_of_sub_folders_alone(library: Library, folder: Path) -> None:
    library.scan(folder).result(timeout=120)
    before = statuses(library)
    assert library.scan(folder, recursive=False).result(timeout=120).removed == 0
    assert statuses(library) == before


def test_a_sub_folder_scanned_on_its_own_is_the_same_rows(library: Library, folder: Path) -> None:
    library.scan(folder).result(timeout=120)
    rows = len(library.videos())
    below = next(path for path in folder.iterdir() if path.is_dir())
    report = library.scan(below).result(timeout=120)
    assert report.skipped == report.scanned > 0
    assert len(library.videos()) == rows
    assert library.videos()["root"].astype(str).unique().tolist() == [str(folder)]


def test_the_progress_tells_the_truth(library: Library, folder: Path) -> None:
    heard: list[JobState] = []
    unsubscribe = library.subscribe(heard.append)
    job = library.scan(folder)
    report = job.result(timeout=120)
    unsubscribe()
    dones = [state.progress.done for state in heard]
    assert dones == sorted(dones)
    for state in heard:
        assert state.progress.total in (None, report.scanned)
        assert state.progress.phase != "finding" or state.progress.total is None
    final = job.state.progress
    assert (final.done, final.total, final.failed) == (
        report.scanned,
        report.scanned,
        report.failed,
    )
    assert final.bytes_done == report.bytes_scanned
    assert final.current == ()


def test_a_cancelled_scan_keeps_what_it_had_and_hands_in_a_report(
    tmp_path: Path, many: Path
) -> None:
    with held_library(tmp_path / "library.db") as library:
        job = library.scan(many)
        in_the_middle(library, job)
        assert job.cancel()
        state = job.wait(timeout=60)
        assert state.status is JobStatus.CANCELLED
        counts = state.result
        assert 0 < counts["new"] + counts["failed"] < len(candidates(many))
        assert len(library.videos()) == counts["new"] + counts["failed"]
        assert library.scans()["status"].astype(str).tolist() == ["cancelled"]
        rest = library.scan(many).result(timeout=240)
        assert rest.skipped == counts["new"] + counts["failed"]


def test_unreadable_names_are_rows_like_any_other(library: Library, folder: Path) -> None:
    clip = next(path for path in candidates(folder) if path.stat().st_size > 5000)
    name = os.fsencode(folder) + b"/caf\xe9 \n<img src=x>.mp4"
    shutil.copy(clip, name)
    library.scan(folder).result(timeout=120)
    assert statuses(library)["caf\\xe9 \n<img src=x>.mp4"] == "ok"


def test_the_log_names_a_failed_file_by_its_way_from_the_folder(
    library: Library, tmp_path: Path
) -> None:
    broken = tmp_path / "disc one" / "reel" / "broken.mp4"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"no video at all")
    job = library.scan(tmp_path)
    report = job.result(timeout=120)
    (line,) = (event.text for event in job.log() if event.level is Level.WARNING)
    assert line == f"disc one/reel/broken.mp4: {report.errors[0]['error']}"
