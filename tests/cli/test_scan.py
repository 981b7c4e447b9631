"""``stoat scan``: progress while it runs, a summary at the end, codes for scripts."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from stoat_nb.cli.outcome import summary
from stoat_nb.jobs.state import JobStatus
from stoat_nb.library import Library
from stoat_nb.scan.report import ScanReport
from tests.scan.readers import HELD

from .conftest import COMMAND, PYTHON, Run

#: More than are read at one go.
N_FILES = 200


def test_a_scan_sums_up_what_it_found(run: Run, clips: Path, tmp_path: Path) -> None:
    ran = run("scan", clips)
    assert ran.returncode == 0
    first = ran.stdout.splitlines()[0]
    assert f"files in {clips}: " in first
    assert "new" in first
    assert "Could not be read:" in ran.stdout
    n_files = sum(path.is_file() for path in clips.rglob("*"))
    assert f"{n_files}/{n_files}" in ran.stderr
    with Library(tmp_path / "stoat.db") as library:
        frame = library.videos()
    for path in frame[frame["status"] == "failed"]["path"]:
        assert path in ran.stdout


def test_a_scan_says_what_it_did_not_take_for_videos(run: Run, tmp_path: Path) -> None:
    for name in ("cover.jpg", "back.JPG", "film.nfo", "LICENCE"):
        (tmp_path / "films" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "films" / name).touch()
    said = run("scan", tmp_path / "films").stdout
    assert "ending: 2 .jpg, 1 without an ending, 1 .nfo.\n" in said
    report = json.loads(run("scan", tmp_path / "films", "--json").stdout)["result"]
    assert report["other_endings"][0] == {"ending": "jpg", "files": 2}


def test_a_second_scan_finds_everything_unchanged(run: Run, clips: Path) -> None:
    run("scan", clips)
    report = json.loads(run("scan", clips, "--json").stdout)["result"]
    assert report["skipped"] + report["failed"] == report["scanned"] > 0
    assert report["new"] == 0


def test_json_is_one_document(run: Run, clips: Path) -> None:
    ran = run("scan", clips, "--json")
    said = json.loads(ran.stdout)
    assert said["status"] == "complete"
    assert said["error"] is None
    assert said["result"]["new"] + said["result"]["failed"] == said["result"]["scanned"]
    assert all(failure["error"] for failure in said["result"]["errors"])
    stored = json.loads(run("job", said["job_id"], "--json").stdout)
    assert stored["result"] == said["result"]


def test_failed_files_are_an_exit_code_when_asked_for(
    run: Run, clips: Path, tmp_path: Path
) -> None:
    assert run("scan", clips, "--fail-on-errors").returncode == 3
    (tmp_path / "empty").mkdir()
    assert run("scan", tmp_path / "empty", "--fail-on-errors").returncode == 0


def test_folders_inside_are_left_out_when_asked_for(run: Run, clips: Path) -> None:
    report = json.loads(run("scan", clips, "--no-recursive", "--json").stdout)["result"]
    assert report["scanned"] == sum(path.is_file() for path in clips.iterdir())


def test_failures_that_the_report_has_no_room_for_are_counted_too() -> None:
    errors = tuple({"path": f"/v/{n}.mp4", "error": "It is empty."} for n in range(12))
    report = ScanReport(folder="/v", scan_id=1, failed=17, errors=errors, errors_left_out=5)
    assert summary(report, JobStatus.COMPLETE)[-1] == "  ... and 7 more: stoat failures"
    whole = msgspec.structs.replace(report, errors=errors[:10], errors_left_out=0)
    assert summary(whole, JobStatus.COMPLETE)[-1] == "  /v/9.mp4: It is empty."


def test_hostile_names_cannot_steer_the_terminal(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    for name in (
        b"a\x1b[31mred.mp4",
        b"two\nlines.mp4",
        b"caf\xe9.mp4",
        "rtl\u202e4pm.mp4".encode(),
    ):
        (folder / os.fsdecode(name)).write_bytes(b"no video")
    for arguments in (["scan", folder], ["failures"], ["failures", "--format", "table"]):
        ran = run(*arguments)
        assert ran.returncode == 0
    assert "\x1b" not in ran.stdout + ran.stderr
    assert "\u202e" not in ran.stdout + ran.stderr
    assert "two\\nlines.mp4" in ran.stdout


def many_files(folder: Path, n: int) -> Path:
    folder.mkdir()
    for number in range(n):
        (folder / f"{number}.mp4").write_bytes(b"no video")
    return folder


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return many_files(tmp_path_factory.mktemp("many") / "files", N_FILES)


def signalled(
    folder: Path, tmp_path: Path, environment: dict[str, str], told: Sequence[signal.Signals]
) -> tuple[int, str, str]:
    """Scan a folder, send signals in the middle of it; return the code and what was said.

    It stands still after its first files.
    """
    process = subprocess.Popen(
        [*PYTHON, "-c", HELD, "scan", folder],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    while "probing" not in process.stderr.readline():
        assert process.poll() is None
    children = [os.pidfd_open(pid) for pid in children_of(process.pid)]
    for number in told:
        process.send_signal(number)
    stdout, stderr = process.communicate(timeout=120)
    assert "Traceback" not in stderr
    for child in children:
        assert select.select([child], [], [], 120)[0], "a reader outlived the scan"
        os.close(child)
    return process.returncode, stdout, stderr


def test_an_interrupted_scan_keeps_what_it_did_and_leaves_nobody_behind(
    many: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    code, stdout, stderr = signalled(many, tmp_path, environment, [signal.SIGINT])
    assert code == 130
    assert "Cancelling" in stderr
    assert stdout.startswith("Cancelled; what was done is kept: ")
    with Library(tmp_path / "stoat.db", take="none") as library:
        assert library.job_states()[0].status == "cancelled"
        assert len(library.videos()) < N_FILES


TERM, HANG_UP, CTRL_C = signal.SIGTERM, signal.SIGHUP, signal.SIGINT


@pytest.mark.parametrize("told", [[TERM], [HANG_UP], [TERM, HANG_UP, TERM]])
def test_a_scan_that_is_told_to_end_waits_for_the_next_process(
    many: Path, tmp_path: Path, environment: dict[str, str], told: list[signal.Signals]
) -> None:
    code, stdout, stderr = signalled(many, tmp_path, environment, told)
    assert -code in told
    assert stdout == ""
    with Library(tmp_path / "stoat.db", take="none") as library:
        (state,) = library.job_states()
        assert (state.status, state.cancel_requested) == ("pending", False)
        assert f"{state.job_id[:13]} is not done; stoat resume" in stderr


@pytest.mark.parametrize("told", [[CTRL_C, TERM], [CTRL_C] * 3, [TERM, CTRL_C]])
def test_signals_in_a_row_end_a_scan_without_a_traceback(
    many: Path, tmp_path: Path, environment: dict[str, str], told: list[signal.Signals]
) -> None:
    code, _, _ = signalled(many, tmp_path, environment, told)
    assert code in {130, -signal.SIGTERM, -signal.SIGINT}


def children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def test_a_terminal_gets_a_bar_and_a_summary(
    clips: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    screen = in_terminal(["scan", str(clips)], tmp_path, environment)
    n_files = sum(path.is_file() for path in clips.rglob("*"))
    assert "━" in screen
    assert f"{n_files}/{n_files}" in screen
    assert f"files in {clips}: " in " ".join(screen.split())


def in_terminal(arguments: list[str], cwd: Path, environment: dict[str, str]) -> str:
    """Run the command with a terminal for its input and output; return all that it wrote there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=cwd,
        env={**environment, "TERM": "xterm-256color"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    written = b""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            written += os.read(ours, 65536)
        except OSError:  # Linux's way of saying that nobody holds the other end
            break
    os.close(ours)
    assert process.wait(30) == 0
    return written.decode()
