"""Formats that tell something of their length, and formats that do not."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.structure.check import structure
from stoat_nb.media.structure.verdict import UNCHECKED, Structure, cut_short

Check = Callable[[bytes], Structure]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    def of(content: bytes) -> Structure:
        path = tmp_path / "clip"
        path.write_bytes(content)
        fd = os.open(path, os.O_RDONLY)
        try:
            return structure(BudgetedReader(fd, len(content)))
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


def test_an_avi_of_several_chunks_is_looked_at_to_its_end(check: Check) -> None:
    first = b"RIFF" + (5).to_bytes(4, "little") + b"AVI .\0"  # what is odd is padded
    second = b"RIFF" + (8).to_bytes(4, "little") + b"AVIX...."
    assert check(first + second).integrity == "complete"
    told = check(first + second[:-1])
    assert told.integrity == "truncated"
    assert str(told.integrity_reason).startswith("The RIFF chunk should end at byte 30;")


def test_windows_media_that_was_broadcast_states_no_size(
    remux: Callable[..., Path], check: Check
) -> None:
    content = bytearray(remux("Tapes/birthday.avi", "broadcast.wmv").read_bytes())
    content[content.index(bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")) + 88] |= 1
    assert check(bytes(content)) == UNCHECKED
    assert check(bytes(content[: len(content) // 2])) == UNCHECKED


def ogg_page(payload: bytes, *, is_last: bool) -> bytes:
    kind = b"\4" if is_last else b"\0"
    return b"OggS\0" + kind + bytes(20) + bytes([1, len(payload)]) + payload


def test_the_last_page_of_ogg_says_whether_it_is_the_last(check: Check) -> None:
    head, tail = ogg_page(b"one", is_last=False), ogg_page(b"two", is_last=True)
    assert check(head + tail).integrity == "complete"
    assert check(head) == UNCHECKED
    told = check(head + tail[:-1])
    assert told.integrity == "truncated"
    assert str(told.integrity_reason).startswith("The last page should end at byte 62;")


def test_a_footer_tells_whether_mxf_is_whole(check: Check) -> None:
    key = bytes.fromhex("060e2b34020501010d01020101020400")
    pack = key + b"\x83" + b"\0\0\x58" + bytes(24) + (200).to_bytes(8, "big")
    content = pack.ljust(200, b"\0") + key
    assert check(content).integrity == "complete"
    for size in (199, 200):  # up to where the footer begins
        assert check(content[:size]).integrity == "truncated"


def test_noise_between_flv_tags_is_suspect_when_the_end_is_gone(
    archive: Path, check: Check
) -> None:
    content = (archive / "Downloads/lecture.flv").read_bytes()
    assert check(content[:13] + b"\x77" * 40 + content[13:-2]).integrity == "suspect"


def test_an_flv_that_ends_within_the_head_of_a_tag_is_truncated(
    archive: Path, check: Check
) -> None:
    content = (archive / "Downloads/lecture.flv").read_bytes()
    second = 13 + 11 + int.from_bytes(content[14:17], "big") + 4
    for start in (13, second):
        for extra in (1, 10):
            assert check(content[: start + extra]).integrity == "truncated"


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


@pytest.mark.parametrize(
    ("should_end", "size", "said"),
    [
        (1000, 9, "over 99 %"),
        (1000, 10, "99 %"),
        (1000, 494, "51 %"),
        (1000, 990, "1 %"),
        (1000, 991, "under 1 %"),
    ],
)
def test_how_much_is_missing_is_neither_all_nor_nothing(
    should_end: int, size: int, said: str
) -> None:
    told = cut_short("It", should_end, size)
    assert str(told.integrity_reason).endswith(f"ends at {size}: {said} is missing.")


@pytest.mark.parametrize("content", [b"", b"x", b"\x47", b"G" * 99, b"no video" * 100, b"\0" * 99])
def test_what_is_no_known_format_is_not_checked(check: Check, content: bytes) -> None:
    told = check(content)
    assert (told.integrity, told.integrity_level) == ("unknown", "none")
