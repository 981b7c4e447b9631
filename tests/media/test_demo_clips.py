"""The clips that demos and tests are made of."""

from __future__ import annotations

import os
from pathlib import Path

from stoat_nb.media.demo_clips import make_samples
from stoat_nb.media.extensions import VIDEO_EXTENSIONS


def test_the_same_clips_are_made_each_time(archive: Path, tmp_path: Path) -> None:
    made = make_samples(tmp_path)
    again = {path.relative_to(tmp_path): path.read_bytes() for path in made}
    assert {path: (archive / path).read_bytes() for path in again} == again


def test_copies_repeat_the_archive(tmp_path: Path) -> None:
    made = make_samples(tmp_path, copies=3)
    one = len(made) // 3
    assert len(made) == len(set(made)) == 3 * one
    assert {path.relative_to(tmp_path / "disk 3") for path in made[2 * one :]} == {
        path.relative_to(tmp_path) for path in made[:one]
    }
    assert all(path.is_file() for path in made)


def test_the_clips_are_small_and_look_like_videos(archive: Path) -> None:
    files = [path for path in archive.rglob("*") if path.is_file()]
    assert {path.suffix.lstrip(".") for path in files} <= VIDEO_EXTENSIONS
    assert sum(path.stat().st_size for path in files) < 1_000_000


def test_who_makes_clips_keeps_the_priority_they_had(tmp_path: Path) -> None:
    before = os.sched_getscheduler(0)
    make_samples(tmp_path)
    assert os.sched_getscheduler(0) == before
