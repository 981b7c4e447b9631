"""What ``benchmarks/quality.py`` measures holds on a sample, and its page shows the tables."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from stoat_nb.media.video import Outcome

ROOT = Path(__file__).parents[3]
REAL = ROOT.parent / "shared" / "media" / "files"
#: Of real files those that are not whole, each looked at by hand.
NOT_WHOLE = {
    "init.mp4",  # the start of a stream
    "testMP4_QuickTimeMetadata.mov",  # without samples, as the next three
    "testMP4_StillImageTimeZero.mov",
    "AudioVideoInterleave.avi",
    "WindowsMediaVideo.wmv",
    "sample_mdat_too_long.mp4",
    "large_stbl_truncated_after_moov.m4b",
}


@pytest.fixture(scope="module")
def quality() -> ModuleType:
    spec = importlib.util.spec_from_file_location("quality", ROOT / "benchmarks" / "quality.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_sample_of_damage_is_noticed_and_good_files_are_not_suspected(
    quality: ModuleType,
) -> None:
    kinds = [kind for kind in quality.KINDS if kind.name in {"3GP", "AVI", "MPEG-PS"}]
    counts = quality.measured(kinds, seeds=2, seconds=2)
    for (kind, damage, mode), words in counts.items():
        if damage in {"cut", "last 30 % zeros"}:
            assert not words["complete"], (kind, damage, mode)
        elif damage == "nothing":
            assert not words["noticed"], (kind, damage, mode)
        elif damage == "hole of 4 KiB" and mode == "verify":
            assert words["noticed"] == words.total(), (kind, damage, mode)


def test_the_page_holds_the_tables_of_every_container_and_damage(quality: ModuleType) -> None:
    page = (ROOT / "docs" / "quality.md").read_text("utf-8")
    starts = {line.split(" | ")[0].removeprefix("| ") for line in page.splitlines()}
    assert {kind.name for kind in quality.KINDS} | set(quality.DAMAGES) <= starts
    assert len({kind.suffix for kind in quality.KINDS}) >= 12
    assert "python benchmarks/quality.py" in page


@pytest.mark.skipif(not REAL.is_dir(), reason="needs the real files")
def test_of_real_files_only_those_that_are_not_whole_are_suspected(
    read: Callable[..., Outcome],
) -> None:
    suspected = set()
    for path in sorted(REAL.rglob("*")):
        video = read(path, packets=True).video if path.is_file() else None
        if video and video.integrity not in {"complete", "unknown"}:
            suspected.add(path.name)
    assert suspected == NOT_WHOLE
