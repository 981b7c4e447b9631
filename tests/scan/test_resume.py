"""A scan that is paused, closed or killed in the middle goes on and does nothing twice."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from readers import ONE_READER, held_library, in_the_middle, rests

from stoat_nb import Library, ScanReport
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobStatus


@pytest.fixture
def folder(many: Path) -> Path:
    return many


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.db"


@pytest.fixture
def library(path: Path) -> Iterator[Library]:
    with held_library(path) as opened:
        yield opened


def probed(library: Library) -> dict[str, object]:
    frame = library.videos()
    return dict(zip(frame["path"], frame["probed_at"], strict=True))


def check(library: Library, folder: Path, report: ScanReport, before: dict[str, object]) -> None:
    """Check that all is there, counted once, and that nothing known before was read again."""
    files = sorted(str(path) for path in folder.rglob("*") if path.is_file())
    after = probed(library)
    assert sorted(after) == files
    assert {name: after[name] for name in before} == before
    assert 0 < len(before) < len(files)
    assert report.scanned == report.new + report.failed == len(files)
    assert (report.skipped, report.updated, report.removed) == (0, 0, 0)
    assert len(report.errors) == report.failed == len(library.failures())
    assert {error["path"] for error in report.errors} == set(library.failures()["path"])
    assert library.scans()[["status", "scanned"]].to_numpy().tolist() == [["complete", len(files)]]


def test_a_paused_scan_rests_and_goes_on_where_it_was(library: Library, folder: Path) -> None:
    job = library.scan(folder)
    in_the_middle(library, job)
    assert job.pause()
    state = rests(job)
    assert (state.status, state.paused, state.attempt) == (JobStatus.PENDING, True, 1)
    before = probed(library)
    assert job.resume()
    check(library, folder, job.result(timeout=120), before)
    assert job.state.attempt == 2
    assert any("Goes on" in event.text for event in job.log())


def test_a_paused_scan_outlives_its_library(path: Path, folder: Path) -> None:
    with held_library(path) as library:
        job = library.scan(folder)
        in_the_middle(library, job)
        job.pause()
        rests(job)
        before = probed(library)
    with Library(path, settings=ONE_READER) as library:
        again = library.job(job.id)
        assert again.state.paused
        assert again.resume()
        check(library, folder, again.result(timeout=120), before)


def test_a_scan_whose_library_is_closed_goes_on_in_the_next(path: Path, folder: Path) -> None:
    with held_library(path) as library:
        job = library.scan(folder)
        in_the_middle(library, job)
    with Library(path, settings=ONE_READER, take="none") as reader:
        assert reader.job(job.id).status is JobStatus.PENDING
        before = probed(reader)
    with Library(path, settings=ONE_READER) as library:
        check(library, folder, library.job(job.id).result(timeout=120), before)


def test_a_scan_whose_process_is_killed_goes_on_in_another_that_is_open(
    path: Path, folder: Path, repository: Path
) -> None:
    code = (
        "import sys\n"
        "from tests.scan.readers import held_library\n"
        "library = held_library(sys.argv[1])\n"
        "job = library.scan(sys.argv[2])\n"
        "print(job.id, flush=True)\n"
        "job.wait()\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(path), str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=repository,
    )
    assert other.stdout is not None
    job_id = other.stdout.readline().strip()
    with Library(path, settings=ONE_READER) as library:
        job: Job[ScanReport] = library.job(job_id)
        in_the_middle(library, job)
        assert job.state.worker == f"pid {other.pid}"
        other.kill()
        other.wait()
        before = probed(library)
        check(library, folder, job.result(timeout=120), before)
        assert (job.state.attempt, job.state.deaths) == (2, 1)
        assert job.state.worker == f"pid {os.getpid()}"
    other.stdout.close()


def test_a_cancelled_scan_does_not_go_on(path: Path, folder: Path) -> None:
    with held_library(path) as library:
        job = library.scan(folder)
        in_the_middle(library, job)
        assert job.cancel()
        assert job.wait(60).status is JobStatus.CANCELLED
        known = probed(library)
    with Library(path, settings=ONE_READER) as library:
        assert library.job(job.id).status is JobStatus.CANCELLED
        assert probed(library) == known


def test_only_the_files_that_failed_are_tried_once_more(path: Path, folder: Path) -> None:
    with Library(path, settings=ONE_READER) as library:
        first = library.scan(folder).result(timeout=120)
        (job,) = library.job_states()
        before = probed(library)
        broken = {error["path"] for error in first.errors}
        again = library.retry(job.job_id, only_failed=True)
        report = again.result(timeout=120)
        assert again.state.retry_of == job.job_id
        assert report.scanned == report.failed == len(broken)
        assert {error["path"] for error in report.errors} == broken
        changed = {name for name, at in probed(library).items() if at != before[name]}
        assert changed == broken
        assert (library.videos()["status"] == "ok").sum() == first.new
