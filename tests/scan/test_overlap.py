"""Scans of one folder, or of a folder and one inside it: no file is lost, and none read twice."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from readers import ONE_READER, held_library, in_the_middle, let_go, rests

from stoat_nb import Library, ScanReport
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobStatus
from stoat_nb.media.video import Failure, Found, Outcome
from stoat_nb.scan.request import SCAN_LOCK

INNER = "2023 Alps"
COMMAND = (sys.executable, "-W", "error", "-m", "stoat_nb.cli")


def files_in(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*") if path.is_file())


def check(library: Library, folder: Path, *reports: ScanReport) -> None:
    """Check that every file has a row, and that nothing was said to have become of any."""
    videos = library.videos()
    assert sorted(videos["path"]) == files_in(folder)
    assert set(videos["status"].astype(str)) <= {"ok", "failed"}
    assert library.forget() == 0
    for report in reports:
        assert (report.removed, report.offline, report.returned, report.moved) == (0, 0, 0, 0)
        assert report.scanned == report.new + report.updated + report.skipped + report.failed
    scans = library.scans()["scan_id"].tolist()
    changes = library.diff(scans[0], scans[-1])["change"].astype(str)
    assert not set(changes) & {"removed", "offline", "returned", "moved"}


def read(*reports: ScanReport) -> int:
    """Return how many files were read in all."""
    return sum(report.new + report.updated + report.failed for report in reports)


@pytest.mark.parametrize("modes", [("changed", "changed"), ("verify", "changed"), ("full", "full")])
@pytest.mark.parametrize("inner_first", [False, True])
def test_a_folder_and_one_inside_it_scanned_at_once_lose_no_file(
    library: Library, folder: Path, modes: tuple[Any, Any], inner_first: bool
) -> None:
    asked = [(folder, modes[0]), (folder / INNER, modes[1])]
    jobs = [library.scan(path, mode=mode) for path, mode in asked[:: -1 if inner_first else 1]]
    reports = [job.result(timeout=120) for job in jobs]
    assert [job.joined for job in jobs] == [False, False]
    check(library, folder, *reports)


def test_a_new_folder_scanned_twice_at_once_is_read_by_one_scan(
    library: Library, folder: Path
) -> None:
    jobs = [library.scan(folder) for _ in range(5)]
    reports = [job.result(timeout=120) for job in jobs]
    assert [job.joined for job in jobs] == [False, True, True, True, True]
    assert len(library.jobs()) == len(library.scans()) == 1
    assert read(*set_of(reports)) == len(files_in(folder))
    check(library, folder, *reports)


def set_of(reports: Sequence[ScanReport]) -> list[ScanReport]:
    return list({report.scan_id: report for report in reports}.values())


def test_a_known_folder_read_again_twice_at_once_is_read_once(
    library: Library, folder: Path
) -> None:
    library.scan(folder).result(timeout=120)
    reports = [job.result(timeout=120) for job in [library.scan(folder, mode="full") for _ in "ab"]]
    assert len(library.scans()) == 2
    assert read(*set_of(reports)) == len(files_in(folder))
    check(library, folder, *reports)


def test_two_commands_that_scan_one_new_folder_at_once_agree(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    Library(path).close()
    command = [*COMMAND, "--library", str(path), "scan", "--json"]
    running = [
        subprocess.Popen([*command, str(one)], stdout=subprocess.PIPE, text=True)
        for one in (folder, folder, folder / INNER)
    ]
    said = [json.loads(one.communicate(timeout=120)[0]) for one in running]
    assert [one.returncode for one in running] == [0, 0, 0]
    reports = [ScanReport.from_json(one["result"]) for one in said]
    with Library(path, take="none") as library:
        check(library, folder, *reports)
        assert read(*set_of(reports)) == len(files_in(folder))


def test_a_second_scan_joins_one_that_does_as_much(many: Path, tmp_path: Path) -> None:
    with held_library(tmp_path / "l.db") as library:
        job = library.scan(many, mode="full")
        in_the_middle(library, job)
        for mode in ("quick", "changed", "full"):
            again = library.scan(many, mode=mode)  # type: ignore[arg-type]
            assert (again.joined, again.id) == (True, job.id)
        flat = library.scan(many, recursive=False)
        assert (flat.joined, flat.id) == (True, job.id)
        others = [
            library.scan(many, mode="verify"),
            library.scan(many, accept_removals=True),
            library.scan(many / "07"),
            library.scan(many.parent),
        ]
        for other in others:
            assert not other.joined
            assert (other.status, other.state.waits_for) == (JobStatus.PENDING, job.id)
        let_go()
        reports = [one.result(timeout=120) for one in (job, *others)]
        check(library, many, *reports)
        assert not library.scan(many).joined


def test_what_waits_for_a_scan_goes_on_when_its_process_is_killed(
    many: Path, tmp_path: Path, repository: Path
) -> None:
    path = tmp_path / "shared.db"
    code = (
        "import sys\n"
        "from tests.scan.readers import held_library\n"
        "library = held_library(sys.argv[1])\n"
        "job = library.scan(sys.argv[2])\n"
        "print(job.id, flush=True)\n"
        "job.wait()\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(path), str(many)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=repository,
    )
    try:
        assert other.stdout is not None
        job_id = other.stdout.readline().strip()
        with Library(path, settings=ONE_READER, take="own") as library:
            job: Job[ScanReport] = library.job(job_id)
            in_the_middle(library, job)
            again, inner = library.scan(many), library.scan(many / "07")
            assert (again.joined, again.id, inner.state.waits_for) == (True, job_id, job_id)
            other.kill()
            other.wait()
            reports = [again.result(timeout=120), inner.result(timeout=120)]
            assert (again.state.attempt, again.state.deaths) == (2, 1)
            check(library, many, *reports)
    finally:
        other.kill()
        other.communicate()


def test_what_others_read_while_a_scan_waited_is_not_read_twice(
    folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "library.db"
    with Library(path) as library:
        library.scan(folder).result(timeout=120)
        failed = len(library.failures())
        whole, inner = (len(files_in(one)) for one in (folder, folder / INNER))
    with Library(path, take="none") as library:
        jobs = [library.scan(folder / INNER, mode="full"), *library.retry_failures()]
        jobs.append(library.scan(folder, mode="full"))
        # What reads every packet reads what the others did not, and reads enough for all.
        jobs += [library.scan(one, mode="verify") for one in (folder / INNER, folder)]
        jobs.append(library.scan(folder.parent, mode="full"))
        with Library(path) as worker:
            reports = [worker.job(job.id).result(timeout=120) for job in jobs]
        others = whole - inner - failed
        assert [read(one) for one in reports] == [inner, failed, others, inner, whole - inner, 0]
        assert min(inner, failed, others) > 0
        check(library, folder, *reports)


def test_what_was_changed_or_is_not_settled_is_read_by_each_scan_that_waited(
    folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "library.db"
    changed, unsettled, settled = sorted((folder / INNER).rglob("*.*"))
    of_a_wrong_clock = Path(shutil.copy(settled, folder / INNER / "wrong clock.mkv"))
    with Library(path, take="none") as library:
        waits = library.scan(folder / INNER, mode="full")
        waits.pause()
        other = library.scan(folder)
        with Library(path) as worker:
            scan_id = worker.job(other.id).result(timeout=120).scan_id
            changed.write_bytes(changed.read_bytes() + b"more")
            worker.catalog.videos.record(scan_id, [failed(unsettled, "unreadable")], at=time.time())
            later = time.time() + 3600
            worker.catalog.videos.record(scan_id, [failed(of_a_wrong_clock, "damaged")], at=later)
            read_at = library.videos().set_index("path")["probed_at"]
            waits.resume()
            assert read(worker.job(waits.id).result(timeout=120)) == 3
        again = library.videos().set_index("path")["probed_at"]
        same = set(again.index[again == read_at])
        assert same == set(files_in(folder)) - {*map(str, (changed, unsettled, of_a_wrong_clock))}


def failed(path: Path, error_class: str) -> Outcome:
    status = path.stat()
    found = Found(
        folder=os.fsencode(path.parent),
        name=os.fsencode(path.name),
        size_bytes=status.st_size,
        mtime_ns=status.st_mtime_ns,
        inode=status.st_ino,
        device=status.st_dev,
    )
    failure = Failure(error_class=error_class, error="The disk is ill.", tool="stoat")
    return Outcome(found=found, failure=failure)


def test_files_read_once_more_beside_a_scan_stay_as_they_are(
    library: Library, folder: Path
) -> None:
    library.scan(folder).result(timeout=120)
    jobs = [library.scan(folder / INNER, mode="full"), *library.retry_failures()]
    jobs += [library.scan(folder), *library.retry_failures("damaged")]
    check(library, folder, *(job.result(timeout=120) for job in jobs))


def test_scans_that_accept_removals_remove_only_what_is_gone(
    library: Library, folder: Path
) -> None:
    library.scan(folder).result(timeout=120)
    gone = next((folder / INNER).iterdir())
    gone.unlink()
    jobs = [library.scan(one, accept_removals=True) for one in (folder / INNER, folder)]
    reports = [job.result(timeout=120) for job in jobs]
    assert [report.removed for report in reports] == [1, 0]
    lost = library.videos("status == 'missing'")
    assert lost["path"].tolist() == [str(gone)]
    assert library.forget() == 1
    assert sorted(library.videos()["path"]) == files_in(folder)


def test_a_folder_deleted_and_made_again_between_scans_returns(
    library: Library, folder: Path, clips: Path
) -> None:
    library.scan(folder).result(timeout=120)
    shutil.rmtree(folder / INNER)
    inner = [library.scan(folder / INNER)]
    away = inner[0].result(timeout=120)
    count = len(files_in(clips / INNER))
    assert (away.offline, away.removed) == (count, 0)
    shutil.copytree(clips / INNER, folder / INNER)
    jobs = [library.scan(folder), library.scan(folder / INNER)]
    reports = [job.result(timeout=120) for job in jobs]
    assert [report.returned for report in reports] == [count, 0]
    assert set(library.videos()["status"].astype(str)) <= {"ok", "failed"}


def test_files_moved_between_two_scans_keep_their_rows(library: Library, folder: Path) -> None:
    (folder / "new").mkdir()
    library.scan(folder).result(timeout=120)
    before = len(library.videos())
    moved = [path.name for path in sorted((folder / INNER).iterdir())]
    for name in moved:
        (folder / INNER / name).rename(folder / "new" / name)
    jobs = [library.scan(folder / name) for name in (INNER, "new")] + [library.scan(folder)]
    reports = [job.result(timeout=120) for job in jobs]
    assert sum(report.moved for report in reports) == len(moved)
    assert len(library.videos()) == before
    assert sorted(library.videos()["path"]) == files_in(folder)
    assert set(library.videos()["status"].astype(str)) <= {"ok", "failed"}


def test_a_scan_that_goes_on_after_another_one_tells_what_it_did_itself(
    many: Path, tmp_path: Path
) -> None:
    with held_library(tmp_path / "l.db") as library:
        job = library.scan(many)
        in_the_middle(library, job)
        job.pause()
        rests(job)
        between = library.scan(many / "07", mode="full").result(timeout=120)
        whole = library.scan(many)
        assert not whole.joined  # who pauses a scan does not stop another from being made
        second = whole.result(timeout=120)
        assert job.resume()
        report = job.result(timeout=120)
        check(library, many, between, second, report)
        # What it did before the others is told before them, and what it did after them after.
        states = library.scans()["status"].astype(str).tolist()
        assert states == ["cancelled", "complete", "complete", "complete"]


def test_a_lock_is_the_folder_whatever_its_name_ends_with() -> None:
    paths = ("/v", "/v/", "//v", "/v/.", "/w/../v")
    assert {SCAN_LOCK.path({"path": path}) for path in paths} == {"/v"}
    assert SCAN_LOCK.path({"path": "/"}) == "/"
    for path in ("", 7, None, "a\0b"):
        assert SCAN_LOCK.path({"path": path}) is None
    assert SCAN_LOCK.path({}) is None


WHOLE: dict[str, Any] = {"path": "/v"}
FAILED: dict[str, Any] = {"path": "/v", "only_failed": True}


@pytest.mark.parametrize(
    ("live", "asked", "does"),
    [
        (WHOLE, WHOLE, True),
        (WHOLE, WHOLE | {"mode": "quick"}, True),
        (WHOLE, WHOLE | {"mode": "full"}, False),
        (WHOLE | {"mode": "verify"}, WHOLE | {"mode": "full"}, True),
        (WHOLE | {"mode": "deep"}, WHOLE, False),
        (WHOLE | {"recursive": False}, WHOLE, False),
        (WHOLE | {"accept_removals": True}, WHOLE, True),
        (WHOLE, WHOLE | {"accept_removals": True}, False),
        (WHOLE, FAILED, False),
        (WHOLE | {"mode": "full"}, FAILED, True),
        (FAILED, WHOLE, False),
        (FAILED, FAILED | {"error_class": "empty"}, True),
        (FAILED | {"error_class": "empty"}, FAILED, False),
    ],
)
def test_a_scan_covers_another_of_its_folder_that_asks_for_no_more(
    live: dict[str, Any], asked: dict[str, Any], does: bool
) -> None:
    assert SCAN_LOCK.covers(live, asked) is does
