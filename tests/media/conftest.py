"""Clips and trees that the tests of this room share."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from stoat_nb.media.demo_clips import make_samples
from stoat_nb.media.outcome import outcome
from stoat_nb.media.probe import probe
from stoat_nb.media.video import Found, Outcome

Read = Callable[..., Outcome]
Remux = Callable[..., Path]


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    make_samples(folder)
    return folder


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Callable[[int, bytes], Path]]:
    """Make a chain of folders of one name, however long the whole path gets."""
    top = tmp_path / "deep"

    def make(levels: int, name: bytes) -> Path:
        top.mkdir()
        here = os.open(top, os.O_RDONLY)
        for _ in range(levels):
            os.mkdir(name, dir_fd=here)
            there = os.open(name, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = there
        file = os.open("end.mp4", os.O_WRONLY | os.O_CREAT, dir_fd=here)
        os.write(file, b"the end")
        os.close(file)
        os.close(here)
        return top

    yield make
    subprocess.run(["rm", "-rf", top], check=True)  # shutil.rmtree recurses, pytest's cleaning too


def found_at(path: Path) -> Found:
    seen = path.lstat()
    return Found(
        folder=os.fsencode(path.parent),
        name=os.fsencode(path.name),
        size_bytes=seen.st_size,
        mtime_ns=seen.st_mtime_ns,
        inode=seen.st_ino,
        device=seen.st_dev,
    )


def item_of(path: Path) -> dict[str, Any]:
    seen = path.lstat()
    return {
        "root": str(path.parent),
        "relative": path.name,
        "size_bytes": seen.st_size,
        "mtime_ns": seen.st_mtime_ns,
    }


@pytest.fixture
def item() -> Callable[[Path], dict[str, Any]]:
    """What a scan hands to ``probe`` for a file."""
    return item_of


@pytest.fixture
def read() -> Read:
    """Probe a file and check the answer, as a scan does."""
    return lambda path, **more: outcome(found_at(path), probe({**item_of(path), **more}))


@pytest.fixture(scope="session")
def remux(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Remux:
    """Write the packets of a clip of the archive into another file, with a muxer's options."""
    folder = tmp_path_factory.mktemp("remuxed")

    def write(source: str, name: str, **options: str) -> Path:
        target = folder / name
        with (
            av.open(str(archive / source)) as clip,
            av.open(str(target), "w", options={"fflags": "+bitexact", **options}) as copy,
        ):
            streams = {stream: copy.add_stream_from_template(stream) for stream in clip.streams}
            for packet in clip.demux():
                if packet.dts is not None:
                    packet.stream = streams[packet.stream]
                    copy.mux(packet)
        return target

    return write
