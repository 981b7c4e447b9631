"""The command line as people run it: a program of its own, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stoat_nb.library import Library
from stoat_nb.media.demo_clips import make_samples

Run = Callable[..., subprocess.CompletedProcess[str]]

COMMAND = (sys.executable, "-W", "error", "-m", "stoat_nb.cli")


@pytest.fixture
def environment(tmp_path: Path, repository: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": str(repository),
        "PYTHONUTF8": "1",
        "COLUMNS": "200",
        "LANG": "C.UTF-8",
    }


@pytest.fixture
def run(tmp_path: Path, environment: dict[str, str]) -> Run:
    def run(*arguments: str | bytes | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


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
