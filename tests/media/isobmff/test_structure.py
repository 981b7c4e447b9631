"""ISO files: cut, fragmented, faststart, with wide sizes and none, and with others' mistakes."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.readers import read_headers
from stoat_nb.media.structure.verdict import Structure

Check = Callable[[bytes], Structure]
BEACH = "2024 Summer/beach walk.mp4"


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


@pytest.fixture
def beach(archive: Path) -> bytes:
    return (archive / BEACH).read_bytes()


@pytest.fixture
def fast(remux: Callable[..., Path]) -> bytes:
    return remux(BEACH, "fast.mp4", movflags="faststart").read_bytes()


@pytest.fixture
def pieces(remux: Callable[..., Path]) -> bytes:
    flags = "frag_keyframe+empty_moov+default_base_moof"
    return remux(BEACH, "pieces.mp4", movflags=flags, frag_duration="500000").read_bytes()


def box(kind: bytes, body: bytes = b"", *, size: int | None = None) -> bytes:
    return struct.pack(">I4s", len(body) + 8 if size is None else size, kind) + body


def wide(content: bytes, kind: bytes) -> bytes:
    """Give the top-level box of a kind a 64-bit size, and keep its content where it was."""
    at = content.index(kind) - 4
    size = struct.unpack_from(">I", content, at)[0]
    head = struct.pack(">I4sQ", 1, kind, size)
    assert content[at - 8 : at - 4] == struct.pack(">I", 8)  # an empty 'free' stands before
    return content[: at - 8] + head[:8] + struct.pack(">Q", size + 8) + content[at + 8 :]


def test_whole_files_are_complete(check: Check, beach: bytes, fast: bytes, pieces: bytes) -> None:
    told = [check(content) for content in (beach, fast, pieces)]
    assert [one.integrity for one in told] == ["complete"] * 3
    assert [one.integrity_level for one in told] == ["structure"] * 3
    assert [one.integrity_reason for one in told] == [None] * 3
    assert [one.faststart for one in told] == [False, True, True]
    assert [one.fragmented for one in told] == [False, False, True]


def test_a_file_cut_to_sixty_percent_is_truncated_and_says_by_how_much(
    check: Check, fast: bytes
) -> None:
    size = len(fast)
    told = check(fast[: size * 6 // 10])
    assert (told.integrity, told.integrity_level) == ("truncated", "structure")
    assert told.integrity_reason == (
        f"The media data should end at byte {size}; the file ends at {size * 6 // 10}: "
        "40 % is missing."
    )


def test_one_missing_byte_is_noticed(
    check: Check, beach: bytes, fast: bytes, pieces: bytes
) -> None:
    for content in (beach, fast):
        told = check(content[:-1])
        assert told.integrity == "truncated"
        assert str(told.integrity_reason).endswith("under 1 % is missing.")
    told = check(pieces[:-1])
    assert told.integrity == "truncated"
    assert str(told.integrity_reason).endswith(f"ends at {len(pieces) - 1}.")


def test_fragments_cut_anywhere_within_are_truncated(check: Check, pieces: bytes) -> None:
    for share in (40, 60, 80, 90):
        assert check(pieces[: len(pieces) * share // 100]).integrity == "truncated"


def test_wide_sizes_are_read(check: Check, beach: bytes) -> None:
    changed = wide(beach, b"mdat")
    assert check(changed).integrity == "complete"
    assert check(changed[:-1]).integrity == "truncated"


def test_a_last_box_without_a_size_goes_on_to_the_end(check: Check, fast: bytes) -> None:
    at = fast.index(b"mdat") - 4
    endless = fast[:at] + struct.pack(">I", 0) + fast[at + 4 :]
    assert check(endless).integrity == "complete"
    cut = check(endless[: len(endless) * 6 // 10])
    assert cut.integrity == "truncated"
    assert str(cut.integrity_reason).startswith("The media data should end at byte")


def test_of_samples_in_one_chunk_all_have_to_be_there(
    check: Check, archive: Path, tmp_path: Path
) -> None:
    path = tmp_path / "silent.mp4"
    with (
        av.open(str(archive / BEACH)) as clip,
        av.open(str(path), "w", options={"movflags": "faststart"}) as copy,
    ):
        stream = copy.add_stream_from_template(clip.streams.video[0])
        for packet in clip.demux(clip.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    content = path.read_bytes()
    at = content.index(b"stco")
    assert content[at + 8 : at + 12] == b"\0\0\0\1"  # where the only chunk is
    at = content.index(b"mdat") - 4
    endless = content[:at] + bytes(4) + content[at + 4 :]
    assert check(endless).integrity == "complete"
    assert check(endless[:-1]).integrity == "truncated"


def test_media_data_that_claims_too_much_is_suspect_only(check: Check, fast: bytes) -> None:
    at = fast.index(b"mdat") - 4
    [size] = struct.unpack_from(">I", fast, at)
    told = check(fast[:at] + struct.pack(">I", size + 8) + fast[at + 4 :])
    assert told.integrity == "suspect"
    assert "all samples that the index lists are there" in str(told.integrity_reason)


def test_bytes_after_the_last_box_do_no_harm(check: Check, beach: bytes) -> None:
    assert check(beach + b"\0" * 1000).integrity == "complete"
    assert check(beach + b"SEFT trailer of some phone").integrity == "complete"


def test_something_between_the_boxes_is_suspect(check: Check, beach: bytes) -> None:
    at = beach.index(b"moov") - 4
    told = check(beach[:at] + b"\xff" * 64 + beach[at:])
    assert told.integrity == "suspect"
    assert str(told.integrity_reason).startswith(f"At byte {at} of")


def test_a_recording_without_an_index_is_suspect(check: Check, beach: bytes) -> None:
    told = check(beach[: beach.index(b"moov") - 4])
    assert (told.integrity, told.faststart) == ("suspect", None)


def test_a_segment_index_tells_where_fragments_end(check: Check, pieces: bytes) -> None:
    first = pieces.index(b"moof") - 4
    rest = len(pieces) - first
    entry = struct.pack(">III", rest, 1000, 0)
    body = struct.pack(">IIIIIHH", 0, 1, 1000, 0, 0, 0, 1) + entry
    content = pieces[:first] + box(b"sidx", body) + pieces[first:]
    assert check(content).integrity == "complete"
    second = content.index(b"moof", content.index(b"moof") + 4) - 4
    assert check(content[:second]).integrity == "truncated"  # cut exactly between two


def test_boxes_in_boxes_without_end_end(check: Check) -> None:
    deep = b""
    for _ in range(20_000):
        deep = box(b"trak", deep[:4000])
    content = box(b"ftyp", b"isom\0\0\0\0") + box(b"moov", deep)
    assert check(content).integrity_reason == "The index lists no samples."


def test_boxes_beyond_number_are_unknown_and_said_so(check: Check) -> None:
    told = check(box(b"ftyp", b"isom\0\0\0\0") + box(b"free") * 60_000)
    assert (told.integrity, told.integrity_level) == ("unknown", "none")
    assert "too many headers" in str(told.integrity_reason)


def test_an_index_that_lists_nothing_is_suspect(check: Check, beach: bytes) -> None:
    for table in (b"stco", b"co64"):
        beach = beach.replace(table, b"free")
    told = check(beach)
    assert (told.integrity, told.integrity_reason) == ("suspect", "The index lists no samples.")


def test_fragments_are_complete_only_where_something_counts_them(
    check: Check, pieces: bytes
) -> None:
    table = pieces.rindex(b"mfra") - 4
    last = pieces.rindex(b"moof") - 4
    for end in (table, last):
        told = check(pieces[:end])
        assert (told.integrity, told.fragmented) == ("unknown", True)
        assert "do not state how many" in str(told.integrity_reason)


def test_the_start_of_a_stream_is_not_a_video(check: Check, pieces: bytes) -> None:
    told = check(pieces[: pieces.index(b"moof") - 4])
    assert (told.integrity, told.fragmented) == ("suspect", True)
    assert "only the start of a stream" in str(told.integrity_reason)
