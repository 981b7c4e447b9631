"""Matroska: segments of known and unknown size, whole and cut."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.readers import read_headers
from stoat_nb.media.structure.verdict import Structure

SEGMENT, CLUSTER, CUES = b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75", b"\x1c\x53\xbb\x6b"
UNKNOWN = b"\x01" + b"\xff" * 7


@pytest.fixture
def summit(archive: Path) -> bytes:
    return (archive / "2023 Alps/summit.mkv").read_bytes()


@pytest.fixture
def live(remux: Callable[..., Path]) -> bytes:
    """Written as to a pipe: neither the segment nor its clusters have a size that was filled in."""
    return remux("2023 Alps/summit.mkv", "live.mkv", live="1").read_bytes()


def check(path: Path, content: bytes) -> Structure:
    path.write_bytes(content)
    fd = os.open(path, os.O_RDONLY)
    try:
        return read_headers(BudgetedReader(fd, len(content))).structure
    finally:
        os.close(fd)


def test_a_whole_file_is_complete_and_has_no_fragments(tmp_path: Path, summit: bytes) -> None:
    told = check(tmp_path / "a", summit)
    assert told == Structure(integrity="complete", integrity_level="structure")
    assert (told.fragmented, told.faststart) == (None, None)


def test_a_cut_segment_says_how_much_is_missing(tmp_path: Path, summit: bytes) -> None:
    size = len(summit)
    told = check(tmp_path / "a", summit[: size * 6 // 10])
    assert told.integrity == "truncated"
    assert told.integrity_reason == (
        f"The segment should end at byte {size}; the file ends at {size * 6 // 10}: "
        "40 % is missing."
    )


def test_a_live_recording_is_walked_block_by_block(tmp_path: Path, live: bytes) -> None:
    assert SEGMENT + UNKNOWN in live
    told = check(tmp_path / "a", live)
    assert (told.integrity, told.integrity_reason) == (
        "unknown",
        "Its segment does not state its length.",
    )
    told = check(tmp_path / "a", live[:-1])
    assert told.integrity == "truncated"
    assert str(told.integrity_reason).endswith(f"the file ends at {len(live) - 1}.")


def test_an_index_behind_the_clusters_shows_that_a_recording_was_finished(
    tmp_path: Path, summit: bytes
) -> None:
    at = summit.index(SEGMENT) + 4
    content = summit[:at] + UNKNOWN + summit[at + 8 :]
    cues = content.rindex(CUES)
    assert check(tmp_path / "a", content).integrity == "complete"
    assert check(tmp_path / "a", content[:cues]).integrity == "unknown"


def test_an_unknown_segment_with_known_clusters_is_walked(tmp_path: Path, summit: bytes) -> None:
    at = summit.index(SEGMENT) + 4
    content = summit[:at] + UNKNOWN + summit[at + 8 :]
    assert check(tmp_path / "a", content).integrity == "complete"
    for share in (30, 60, 90):
        assert (
            check(tmp_path / "a", content[: len(content) * share // 100]).integrity == "truncated"
        )


def test_noise_in_a_live_recording_is_suspect(tmp_path: Path, live: bytes) -> None:
    at = live.index(CLUSTER)
    told = check(tmp_path / "a", live[:at] + b"\x12" * 400 + live[at:])
    assert told.integrity == "suspect"
    assert str(told.integrity_reason).startswith(f"At byte {at} of")


def test_a_header_alone_is_suspect(tmp_path: Path, summit: bytes) -> None:
    told = check(tmp_path / "a", summit[: summit.index(SEGMENT)])
    assert told.integrity == "suspect"
