"""Streams that are closed, full or left by their reader stop no work and show no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stoat_nb.cli import _COMMANDS
from stoat_nb.library import Library

from .conftest import COMMAND

N_FILES = 12

Shell = Callable[[str], subprocess.CompletedProcess[str]]

#: What standard input, output and error are; None: closed.
FULL_STDOUT = (None, "/dev/full", "/dev/stderr")
ALL_CLOSED = (None, None, None)


def make_files(folder: Path) -> Path:
    folder.mkdir()
    for number in range(N_FILES):
        (folder / f"{number}.mp4").write_bytes(b"no video")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_files(tmp_path / "few")


@pytest.fixture
def shell(tmp_path: Path, environment: dict[str, str]) -> Shell:
    """Run a line in which ``stoat`` is the command, as somebody types it."""

    def shell(line: str) -> subprocess.CompletedProcess[str]:
        stoat = " ".join(f"'{part}'" for part in COMMAND)
        return subprocess.run(
            ["bash", "-c", line.replace("stoat", stoat)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return shell


@pytest.fixture
def nobody() -> Iterator[int]:
    """The writing end of a pipe whose reader has left."""
    read, write = os.pipe()
    os.close(read)
    yield write
    os.close(write)


def assert_scanned(tmp_path: Path) -> None:
    with Library(tmp_path / "stoat.db", take="none") as library:
        assert [state.status for state in library.job_states()] == ["complete"]
        assert len(library.videos()) == N_FILES


def test_a_scan_goes_on_when_nobody_reads_its_progress(
    folder: Path, tmp_path: Path, environment: dict[str, str], nobody: int
) -> None:
    ran = subprocess.run(
        [*COMMAND, "scan", folder, "--json"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=nobody,
        check=False,
    )
    assert ran.returncode == 0
    assert json.loads(ran.stdout)["result"]["scanned"] == N_FILES
    assert_scanned(tmp_path)


def test_a_scan_whose_result_nobody_reads_is_done_and_exits_with_141(
    folder: Path, tmp_path: Path, environment: dict[str, str], nobody: int
) -> None:
    ran = subprocess.run(
        [*COMMAND, "scan", folder],
        cwd=tmp_path,
        env=environment,
        stdout=nobody,
        stderr=subprocess.PIPE,
        check=False,
    )
    assert ran.returncode == 141
    assert f"{N_FILES}/{N_FILES}".encode() in ran.stderr
    assert b"stoat: " not in ran.stderr
    assert_scanned(tmp_path)


CLOSED, FULL = "Bad file descriptor", "No space left on device"


@pytest.mark.parametrize(
    ("streams", "code", "said"),
    [(">/dev/full", 4, FULL), ("<&- >&- 2>&-", 4, ""), ("2>/dev/full", 0, "")],
)
def test_a_scan_is_done_whatever_its_streams_are(
    tmp_path: Path, shell: Shell, streams: str, code: int, said: str
) -> None:
    make_files(tmp_path / "few")
    ran = shell(f"stoat scan few {streams}")
    assert ran.returncode == code
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert_scanned(tmp_path)


def test_a_bad_end_counts_more_than_a_report_that_cannot_be_written(
    folder: Path, shell: Shell
) -> None:
    assert shell(f"stoat scan '{folder}' --fail-on-errors >/dev/full").returncode == 3


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A library in which a job waits and another is over, and the id of the latter."""
    home = tmp_path_factory.mktemp("known")
    (home / "R").mkdir()
    (home / "R" / "a.mp4").write_bytes(b"no video")
    with Library(home / "known.db") as library:
        job = library.scan(home / "R")
        job.result(60)
        library.scan(home / "R").result(60)
    return home / "known.db", job.id


#: Runs each command line in a child that has everything imported already, as none has an
#: interpreter of its own to start; prints what each wrote to standard error, and its exit code.
SWEEP = """
import importlib, json, os, sys, tempfile
import pandas, pyarrow, rich.table, stoat_nb.server
from stoat_nb import cli

for module, _ in cli._COMMANDS.values():
    importlib.import_module(module.partition(":")[0])
for streams, line in json.loads(sys.argv[1]):
    with tempfile.TemporaryFile() as said:
        if not (child := os.fork()):
            for number, name in enumerate(streams):
                os.close(number) if name is None else os.dup2(os.open(name, os.O_RDWR), number)
            if streams[2] == "/dev/stderr":
                os.dup2(said.fileno(), 2)
            try:
                cli.main(line)
            except SystemExit as ended:
                sys.stdout.flush()
                os._exit(ended.code)
            finally:
                sys.excepthook(*sys.exc_info())
                os._exit(99)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said.seek(0)
        print(json.dumps([code, said.read().decode()]), flush=True)
"""

PRINTING = (
    *("--help", "--version", "videos", "videos --format table", "videos --format jsonl"),
    *("failures", "failures --format table", "scans", "scans --json", "diff 1 2", "forget"),
    *("jobs", "jobs --json", "job {id}", "job {id} --json", "logs {id}", "logs {id} --follow"),
    *("doctor", "scan {folder}", "scan {folder} --json", "retry {id}"),
    *(
        "summary",
        "analyses",
        "sql from/**/videos",
        "sql from/**/scans --format jsonl",
        "show --json {folder}/a.mp4",
    ),
)
REFUSING = (
    *("nonsense", "scan", "scan /nowhere/at/all", "cancel {id}", "pause {id}", "resume {id}"),
    *("job no", "retry no", "logs no", "diff 1 99", "videos --where x", "forget a b"),
    *("serve --host 0.0.0.0", "demo --host 0.0.0.0", "sql nonsense", "show /nowhere/at/all"),
)


@pytest.fixture(scope="module")
def swept(
    tmp_path_factory: pytest.TempPathFactory, known: tuple[Path, str]
) -> dict[str, tuple[int, str]]:
    """What every command line came to: the exit code and what it said."""
    library, job_id = known
    words = {"id": job_id, "folder": library.parent / "R"}
    asked = [
        (streams, ["--library", str(library), *line.format(**words).split()])
        for streams, lines in ((FULL_STDOUT, PRINTING), (ALL_CLOSED, REFUSING))
        for line in lines
    ]
    ran = subprocess.run(
        [sys.executable, "-c", SWEEP, json.dumps(asked)],
        cwd=tmp_path_factory.mktemp("sweep"),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    results = [tuple(json.loads(line)) for line in ran.stdout.splitlines()]
    return dict(zip((*PRINTING, *REFUSING), results, strict=True))


@pytest.mark.parametrize("command", PRINTING)
def test_what_cannot_be_printed_is_an_exit_code_and_a_sentence(
    swept: dict[str, tuple[int, str]], command: str
) -> None:
    code, said = swept[command]
    assert code == 4, said
    assert said.splitlines()[-1].startswith(f"stoat: Standard output cannot be written: {FULL}")
    assert "Traceback" not in said


@pytest.mark.parametrize("command", REFUSING)
def test_what_is_refused_without_streams_is_an_exit_code(
    swept: dict[str, tuple[int, str]], command: str
) -> None:
    assert swept[command][0] == 2


def test_every_command_is_in_the_sweep() -> None:
    assert set(_COMMANDS) <= {line.split()[0] for line in (*PRINTING, *REFUSING)}


def test_a_current_folder_that_was_deleted_is_one_sentence(shell: Shell) -> None:
    for command in ("jobs", "videos", "doctor", "scan ."):
        ran = shell(f"mkdir gone && cd gone && rmdir ../gone && stoat {command}")
        assert ran.returncode == 2, command
        assert ran.stderr.count("\n") == 1, ran.stderr
