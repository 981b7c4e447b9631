"""What tests of scans are given: real clips, a copy to do with as one likes, an open library."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stoat_nb import Library
from stoat_nb.media.demo_clips import make_samples

sys.path.insert(0, str(Path(__file__).parent))  # what tests of scans share is imported by name


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of real clips; nobody may change it."""
    folder = tmp_path_factory.mktemp("clips")
    make_samples(folder)
    return folder


@pytest.fixture(scope="session")
def many(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return many real clips and broken files, in several folders; nobody may change them."""
    folder = tmp_path_factory.mktemp("many") / "all"
    for number in range(40):
        shutil.copytree(clips, folder / f"{number:02}", copy_function=os.link)
    return folder


@pytest.fixture
def folder(clips: Path, tmp_path: Path) -> Path:
    """Return a copy of the clips that the test may do with as it likes."""
    return Path(shutil.copytree(clips, tmp_path / "videos"))


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.db") as opened:
        yield opened
