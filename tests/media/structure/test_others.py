"""Formats that tell something of their length, and formats that do not."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.readers import read_headers
from stoat_nb.media.structure.verdict import UNSTATED, Structure, cut_short

Check = Callable[[bytes], Structure]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    def of(content: bytes) -> Structure:
        path = tmp_path / "clip"
        path.write_bytes(content)
        fd = os.open(path, os.O_RDONLY)
        try:
            return read_headers(BudgetedReader(fd, len(content))).structure
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
    for told in (check(bytes(content)), check(bytes(content[: len(content) // 2]))):
        assert told.integrity == "unknown"
        assert "does not state a length" in str(told.integrity_reason)


def ogg_page(payload: bytes, *, is_last: bool) -> bytes:
    kind = b"\4" if is_last else b"\0"
    return b"OggS\0" + kind + bytes(20) + bytes([1, len(payload)]) + payload


def test_the_last_page_of_ogg_says_whether_it_is_the_last(check: Check) -> None:
    head, tail = ogg_page(b"one", is_last=False), ogg_page(b"two", is_last=True)
    assert check(head + tail).integrity == "complete"
    told = check(head)
    assert (told.integrity, told.integrity_reason) == (
        "unknown",
        "The last page is not marked as the last.",
    )
    assert len(head) == len(tail) == 31
    for size in range(32, 62):
        assert check((head + tail)[:size]).integrity == "truncated", size
    assert (
        check(head + tail[:-1]).integrity_reason
        == "The last page should end at byte 62; the file ends at 61."
    )


KEY = bytes.fromhex("060e2b34020501010d01020101020400")
INDEX_PACK = bytes.fromhex("060e2b34020501010d01020101110100")


def mxf(footer: int, rest: bytes = b"") -> bytes:
    pack = KEY + b"\x83" + b"\0\0\x58" + bytes(24) + footer.to_bytes(8, "big")
    return pack.ljust(108, b"\0") + KEY + b"\x57" + b"x" * 75 + rest


def test_a_footer_tells_whether_mxf_is_whole(check: Check) -> None:
    footer = KEY + b"\x08" + b"." * 8 + KEY + b"\x82\0\x02.."
    content = mxf(200, footer)
    assert check(content).integrity == "complete"
    assert check(content + b"some trailer").integrity == "complete"
    for size in (199, 200, 216, 217, 230, len(content) - 1):
        assert check(content[:size]).integrity == "truncated", size


def test_zeros_in_the_place_of_a_footer_are_suspect(check: Check) -> None:
    told = check(mxf(200, bytes(100)))
    assert (told.integrity, told.integrity_reason) == (
        "suspect",
        "At byte 200 of 300 stands no footer.",
    )
    assert check(mxf(200, b"\xff" * 9)).integrity == "suspect"


def test_mxf_that_names_no_footer_may_still_list_its_partitions(check: Check) -> None:
    assert check(mxf(0)).integrity == "unknown"
    pack = INDEX_PACK + b"\x10" + bytes(12) + (33).to_bytes(4, "big")
    assert check(mxf(0, pack)).integrity == "complete"


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
    for told in (check(content), check(content[: 188 * 40])):  # it cannot be seen
        assert (told.integrity, told.integrity_reason) == ("unknown", UNSTATED)
    told = check(content[: 188 * 40 + 100])
    assert told.integrity == "truncated"
    assert (
        told.integrity_reason == "The last packet should end at byte 7708; the file ends at 7620."
    )


def test_a_program_stream_is_complete_only_with_its_end_code(archive: Path, check: Check) -> None:
    content = (archive / "Tapes/wedding 1998.mpg").read_bytes()
    assert check(content + b"\0\0\x01\xb9").integrity == "complete"
    told = check(content)
    assert (told.integrity, told.integrity_reason) == ("unknown", UNSTATED)


@pytest.mark.parametrize("start", [b"\0\0\0\x01\x67", b"\0\0\x01\xb3", b"\0\0\x01\x40"])
def test_bare_streams_of_pictures_are_unknown_and_say_why(check: Check, start: bytes) -> None:
    told = check(start + b"\x42" * 4000)
    assert (told.integrity, told.integrity_reason) == ("unknown", UNSTATED)


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
