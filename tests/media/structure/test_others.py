"""Formats that tell something of their length, and formats that do not."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from stoat_nb.media.structure.check import structure
from stoat_nb.media.structure.verdict import UNCHECKED, Structure
from stoat_nb.media.window import Window

Check = Callable[[bytes], Structure]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    def of(content: bytes) -> Structure:
        path = tmp_path / "clip"
        path.write_bytes(content)
        fd = os.open(path, os.O_RDONLY)
        try:
            return structure(Window(fd, len(content)))
        finally:
            os.close(fd)

    return of


@pytest.mark.parametrize("name", ["Tapes/birthday.avi", "Downloads/lecture.flv"])
def test_formats_with_sizes_are_complete_or_truncated(
    archive: Path, check: Check, name: str
) -> None:
    content = (archive / name).read_bytes()
    assert check(content).integrity == "complete"
    for cut in (1, len(content) // 3, len(content) * 6 // 10, len(content) - 1):
        told = check(content[:cut]) if cut > 12 else check(content[:-cut])
        assert told.integrity == "truncated"
        assert str(told.integrity_reason).endswith("is missing.")


def test_windows_media_states_its_size(remux: Callable[..., Path], check: Check) -> None:
    content = remux("Tapes/birthday.avi", "birthday.wmv").read_bytes()
    assert check(content).integrity == "complete"
    assert check(content[: len(content) * 6 // 10]).integrity == "truncated"


def test_an_avi_whose_recorder_died_is_suspect(archive: Path, check: Check) -> None:
    content = (archive / "Tapes/birthday.avi").read_bytes()
    told = check(content[:4] + b"\0\0\0\0" + content[8:])
    assert told.integrity == "suspect"


def test_noise_between_flv_tags_is_suspect_when_the_end_is_gone(
    archive: Path, check: Check
) -> None:
    content = (archive / "Downloads/lecture.flv").read_bytes()
    assert check(content[:13] + b"\x77" * 40 + content[13:-2]).integrity == "suspect"


def test_transport_streams_are_unknown_unless_a_packet_is_cut(archive: Path, check: Check) -> None:
    content = (archive / "Tapes/evening news.ts").read_bytes()
    assert check(content) == UNCHECKED
    assert check(content[: 188 * 40]) == UNCHECKED  # it cannot be seen
    told = check(content[: 188 * 40 + 100])
    assert told.integrity == "truncated"
    assert str(told.integrity_reason).startswith("The last packet should end at byte 7708")


def test_a_program_stream_is_complete_only_with_its_end_code(archive: Path, check: Check) -> None:
    content = (archive / "Tapes/wedding 1998.mpg").read_bytes()
    assert check(content + b"\0\0\x01\xb9").integrity == "complete"
    assert check(content) == UNCHECKED


@pytest.mark.parametrize("content", [b"", b"x", b"\x47", b"G" * 99, b"no video" * 100, b"\0" * 99])
def test_what_is_no_known_format_is_not_checked(check: Check, content: bytes) -> None:
    told = check(content)
    assert (told.integrity, told.integrity_level) == ("unknown", "none")
