"""Whatever the bytes are: an answer, no exception, no end-less work, nothing read twice over."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings, strategies as st

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.readers import read_headers
from stoat_nb.media.structure.verdict import INTEGRITY, LEVELS, Structure

MOST_READS = 2000

KINDS = st.sampled_from(
    b"ftyp moov mdat free moof mvex sidx trak mdia minf stbl stco co64 stsc stsz dinf dref".split()
)
SIZES = st.sampled_from([0, 1, 7, 8, 9, 16, 100, 2**31, 2**32 - 1]) | st.integers(0, 300)


@st.composite
def boxes(draw: st.DrawFn, depth: int = 4) -> bytes:
    inside = st.binary(max_size=60)
    body = draw(inside | boxes(depth=depth - 1)) if depth else draw(inside)
    size = draw(st.just(len(body) + 8) | SIZES)
    return struct.pack(">I", size) + draw(KINDS) + body + draw(st.just(b"") | inside)


IDS = st.sampled_from(
    [
        b"\x18\x53\x80\x67",
        b"\x1f\x43\xb6\x75",
        b"\x16\x54\xae\x6b",
        b"\xa3",
        b"\xec",
        b"\x15\x49\xa9\x66",
    ]
)
LENGTHS = st.sampled_from(
    [b"\x80", b"\x84", b"\xff", b"\x01" + b"\xff" * 7, b"\x08\xff\xff\xff\xff", b"\0"]
)
EBML = st.lists(st.builds(lambda *parts: b"".join(parts), IDS, LENGTHS, st.binary(max_size=8)))
STARTS = st.sampled_from(
    [
        b"\x1a\x45\xdf\xa3\x80",
        b"FLV\x01\x05\0\0\0\x09\0\0\0\0",
        b"RIFF\x10\0\0\0AVI ",
        bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"),
        b"OggS\0\x04",
        b"\0\0\x01\xba",
        b"\x06\x0e\x2b\x34\x02\x05\x01\x01",
        b"G" + b"\0" * 187,
    ]
)
CONTENT = (
    st.binary(max_size=400)
    | st.lists(boxes(), max_size=6).map(b"".join)
    | st.builds(lambda parts: b"\x1a\x45\xdf\xa3\x80" + b"".join(parts), EBML)
    | st.builds(lambda start, rest: start + rest, STARTS, st.binary(max_size=300))
)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    path = tmp_path_factory.mktemp("hostile") / "file"
    fd = os.open(path, os.O_RDWR | os.O_CREAT)
    yield fd
    os.close(fd)


def checked(fd: int, content: bytes) -> Structure:
    os.ftruncate(fd, 0)
    os.pwrite(fd, content, 0)
    reader = BudgetedReader(fd, len(content))
    told = read_headers(reader).structure
    assert told.integrity in INTEGRITY
    assert told.integrity_level in LEVELS
    assert (told.integrity_level == "none") == (told.integrity == "unknown")
    assert (told.integrity in ("truncated", "suspect")) <= bool(told.integrity_reason)
    assert reader.reads <= MOST_READS
    return told


@settings(max_examples=600)
@given(CONTENT)
@example(b"\0\0\0\x01ftyp")
@example(b"\0\0\0\x01mdat" + b"\xff" * 8)
@example(b"\x1a\x45\xdf\xa3\xff")
def test_any_bytes_get_an_answer(scratch: int, content: bytes) -> None:
    checked(scratch, content)


def clips(archive: Path) -> Iterator[bytes]:
    for path in sorted(archive.rglob("*.*")):
        if path.is_file() and path.stat().st_size:
            yield path.read_bytes()


@settings(max_examples=300)
@given(st.randoms(use_true_random=False))
def test_damaged_clips_get_an_answer(scratch: int, archive: Path, random: object) -> None:
    everything = list(clips(archive))
    content = bytearray(random.choice(everything)[:60_000])  # type: ignore[attr-defined]
    for _ in range(random.randint(1, 8)):  # type: ignore[attr-defined]
        at = random.randrange(len(content))  # type: ignore[attr-defined]
        content[at : at + 4] = random.choice([b"\xff" * 4, b"\0\0\0\1", b"\0" * 4, b"\x7f\0\0\0"])  # type: ignore[attr-defined]
    checked(scratch, bytes(content))


def test_every_cut_of_every_clip_with_sizes_is_seen(scratch: int, archive: Path) -> None:
    for path in sorted(archive.rglob("*.*")):
        if path.suffix in (".mkv", ".webm", ".avi", ".mov", ".mp4") and path.stat().st_size > 1000:
            content = path.read_bytes()
            if checked(scratch, content).integrity != "complete":
                continue
            for share in range(5, 100, 5):
                told = checked(scratch, content[: len(content) * share // 100])
                assert told.integrity == "truncated", (path, share)


def test_a_vast_hole_costs_nothing(scratch: int, archive: Path) -> None:
    content = (archive / "2024 Summer/beach walk.mp4").read_bytes()
    os.ftruncate(scratch, 0)
    os.pwrite(scratch, content, 0)
    os.ftruncate(scratch, 1 << 40)
    reader = BudgetedReader(scratch, 1 << 40)
    assert read_headers(reader).structure.integrity == "complete"
    assert reader.bytes_read < 1 << 17
