"""Scans in one terminal, and what others do to them: kill, cancel, pause, look."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from stoat_nb.jobs.job import Job
from stoat_nb.library import Library
from tests.scan.readers import HELD, in_the_middle

from .conftest import COMMAND, PYTHON, Run
from .test_scan import many_files

#: More than are read at one go.
N_FILES = 200


@contextmanager
def scanning(
    folder: Path, tmp_path: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """A scan in a terminal of its own that stands still in the middle."""
    process = subprocess.Popen(
        [*PYTHON, "-c", HELD, "scan", folder],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        while "probing" not in process.stderr.readline():
            assert process.poll() is None
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "stoat.db", take="none") as library:
        yield library


def newest(library: Library) -> Job[Any]:
    """Return the newest job; the first of its files are in the library."""
    job: Job[Any] = library.job(library.job_states()[0].job_id)
    in_the_middle(library, job)
    return job


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return many_files(tmp_path / "many", N_FILES)


def test_a_killed_scan_waits_and_goes_on_with_the_rest(
    run: Run, folder: Path, tmp_path: Path, environment: dict[str, str], library: Library
) -> None:
    with scanning(folder, tmp_path, environment) as process:
        job = newest(library)
        assert "\trunning\t" in run("jobs").stdout
        process.kill()
        process.wait(30)
    assert "\tpending, to go on\t" in run("jobs").stdout
    assert job.state.attempt == 1
    before = library.videos().set_index("path")["probed_at"]
    assert 0 < len(before) < N_FILES
    ran = run("resume", job.id)
    assert ran.returncode == 0
    assert ran.stdout.startswith(f"{N_FILES} files in {folder}: {N_FILES} failed")
    assert (job.state.attempt, job.status) == (2, "complete")
    after = library.videos().set_index("path")["probed_at"]
    assert len(after) == N_FILES
    assert after[before.index].equals(before)
    assert "ended before it did" in run("logs", job.id).stdout


def test_a_scan_that_another_process_cancels_says_so_and_ends(
    run_patiently: Run, folder: Path, tmp_path: Path, environment: dict[str, str], library: Library
) -> None:
    with scanning(folder, tmp_path, environment) as process:
        job = newest(library)
        ran = run_patiently("cancel", job.id)
        assert ran.stdout.startswith("Cancelled ")
        stdout, stderr = process.communicate(timeout=120)
        assert process.returncode == 130
        assert "Another process cancelled the job.\n" in stderr
        assert stdout.startswith("Cancelled; what was done is kept: ")
    assert 0 < len(library.videos()) < N_FILES


def test_a_scan_that_another_process_pauses_waits_to_be_resumed(
    run_patiently: Run, folder: Path, tmp_path: Path, environment: dict[str, str], library: Library
) -> None:
    with scanning(folder, tmp_path, environment) as process:
        job = newest(library)
        worker = job.state.worker
        assert run_patiently("pause", job.id).stdout.startswith("Paused ")
        assert process.stderr is not None
        while f"; stoat resume {job.id} goes on" not in process.stderr.readline():
            assert process.poll() is None
        resumed = run_patiently("resume", job.id)
        assert f"Another process ({worker}) runs it." in resumed.stderr
        assert resumed.returncode == 0
        stdout, _ = process.communicate(timeout=120)
        assert process.returncode == 0
    assert stdout.startswith(f"{N_FILES} files in {folder}: {N_FILES} failed")
    assert job.state.attempt == 2


def test_a_scan_that_nobody_runs_is_joined_and_run(run: Run, clips: Path, library: Library) -> None:
    job = library.scan(clips)
    ran = run("scan", clips)
    assert ran.returncode == 0
    assert f"{clips} was to be scanned already: job {job.id[:13]}." in ran.stderr
    assert job.result(timeout=120).scanned > 0
    assert len(library.jobs()) == 1


def test_a_second_terminal_joins_a_scan_or_waits_for_it(
    folder: Path, tmp_path: Path, environment: dict[str, str], library: Library
) -> None:
    # It stands still, and gives signs of life.
    with scanning(folder, tmp_path, environment) as process:
        job = newest(library)
        assert job.state.status == "running"
        with command(tmp_path, environment, "scan", folder) as second:
            assert second.stderr is not None
            said = (
                f"already being scanned by another process (pid {process.pid}): job {job.id[:13]}."
            )
            assert said in second.stderr.readline()
            # What it had written when it stood still may be of the phase before.
            assert second.stderr.readline().startswith(("finding: ", "probing: "))
            second.send_signal(signal.SIGINT)  # who looks on only looks away
            assert "It goes on; stoat cancel" in second.stderr.read()
            assert second.wait() == 130
        with command(tmp_path, environment, "scan", tmp_path) as third:
            assert third.stderr is not None
            said = f"waiting: for job {job.id[:13]}, at work in the same folders"
            assert said in third.stderr.readline()
            assert library.job_states()[0].waits_for == job.id
        assert job.state.status == "running"


@contextmanager
def command(
    tmp_path: Path, environment: dict[str, str], *arguments: str | Path
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, *arguments], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def full_pipe() -> Iterator[tuple[int, int]]:
    """A pipe that takes no more until somebody reads: writing to it stands still."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    with suppress(BlockingIOError):
        while True:
            os.write(write, b"x" * 4096)
    os.set_blocking(write, True)
    yield read, write
    os.close(read)


def test_ctrl_c_cancels_a_scan_though_whoever_reads_its_progress_stands_still(
    folder: Path,
    tmp_path: Path,
    environment: dict[str, str],
    library: Library,
    full_pipe: tuple[int, int],
) -> None:
    read, write = full_pipe
    job = library.scan(folder)
    process = subprocess.Popen(
        [*PYTHON, "-c", HELD, "resume", job.id],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=write,
    )
    os.close(write)
    try:
        in_the_middle(library, job)
        process.send_signal(signal.SIGINT)
        assert job.wait(120).status == "cancelled"
        while os.read(read, 1 << 16):
            pass
        stdout, _ = process.communicate(timeout=120)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130
    assert stdout.startswith(b"Cancelled; what was done is kept: ")
