"""The command line as people run it: a program of its own, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from stoat_nb.library import Library
from stoat_nb.media.demo_clips import make_samples

Run = Callable[..., subprocess.CompletedProcess[str]]

PYTHON = (sys.executable, "-W", "error")
COMMAND = (*PYTHON, "-m", "stoat_nb.cli")
#: The command with all the time that another process may take to do what it is asked for.
PATIENT = """
from stoat_nb.cli import main, running, wishes
running.PATIENCE_S = wishes.PATIENCE_S = 60.0
main()
"""


@pytest.fixture
def environment(tmp_path: Path, repository: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": str(repository),
        "PYTHONUTF8": "1",
        "COLUMNS": "200",
        "LANG": "C.UTF-8",
        "STOAT_PROBE_TIMEOUT_S": "120",  # readers give way to all else on a busy machine
    }


@pytest.fixture
def run(tmp_path: Path, environment: dict[str, str]) -> Run:
    def run(
        *arguments: str | bytes | Path, command: Sequence[str] = COMMAND
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *arguments],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def run_patiently(run: Run) -> Run:
    return partial(run, command=(*PYTHON, "-c", PATIENT))


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    make_samples(folder)
    return folder


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory, clips: Path) -> Path:
    """The file of a library that has been filled."""
    path = tmp_path_factory.mktemp("library") / "full.db"
    with Library(path) as library:
        library.scan(clips).result(120)
    return path
