"""One odd thing in a file costs the facts that hang on it, and no others."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stoat_nb.media import libav
from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.headers import Headers
from stoat_nb.media.readers import read_headers

BEACH, SUMMIT = "2024 Summer/beach walk.mp4", "2023 Alps/summit.mkv"
Facts = dict[str, Any]
Change = Callable[[bytes], bytes]


def headers_of(path: Path) -> Headers:
    fd = os.open(path, os.O_RDONLY)
    try:
        return read_headers(BudgetedReader(fd, path.stat().st_size))
    finally:
        os.close(fd)


def libav_of(path: Path) -> Facts:
    fd = os.open(path, os.O_RDONLY)
    try:
        return libav.read(fd)
    finally:
        os.close(fd)


def stretched(content: bytes) -> bytes:
    """Show the picture of the first track twice as wide, by the matrix in its header."""
    at = content.index(b"tkhd") + 44
    return content[:at] + b"\0\2\0\0" + content[at + 4 :]


def with_unknown_sound(content: bytes) -> bytes:
    return content.replace(b"mp4a", b"qcl9")


def without_rate(content: bytes) -> bytes:
    return content.replace(b"\x23\xe3\x83\x84", b"\xec\x86\0\0", 1)  # eight bytes of nothing


@pytest.mark.parametrize(
    ("odd", "left", "kept"),
    [
        ((BEACH, stretched), "0.sar", "0.width 0.fps_num 1.codec duration_s tags"),
        ((BEACH, with_unknown_sound), "1.codec", "0.codec 0.fps_num duration_s tags"),
        ((SUMMIT, without_rate), "0.fps_num", "0.codec 0.width 1.codec duration_s tags"),
    ],
)
def test_what_is_odd_is_left_to_libav_and_all_else_is_stated(
    archive: Path, tmp_path: Path, odd: tuple[str, Change], left: str, kept: str
) -> None:
    name, change = odd
    path = tmp_path / Path(name).name
    content = (archive / name).read_bytes()
    path.write_bytes(change(content))
    assert path.read_bytes() != content
    headers = headers_of(path)
    assert headers.facts is not None
    assert not headers.is_proven
    stated = set(headers.facts)
    stated |= {f"{one['idx']}.{key}" for one in headers.facts["streams"] for key in one}
    assert stated >= set(kept.split())
    assert left not in stated


def test_a_guess_of_libav_does_not_replace_what_headers_prove(
    archive: Path, tmp_path: Path
) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(stretched((archive / BEACH).read_bytes()))
    theirs = libav_of(path)
    theirs["streams"][0] |= {"fps_num": 90_000, "fps_den": 1, "sar": 1.5}
    theirs["duration_s"] = 1e6
    told = headers_of(path).complete(theirs)
    assert (told["streams"][0]["fps_num"], told["streams"][0]["fps_den"]) == (30_000, 1001)
    assert told["duration_s"] < 10
    assert told["streams"][0]["sar"] == 1.5  # no header proves another
    assert told["tool"] == theirs["tool"]


@pytest.mark.parametrize("name", [BEACH, SUMMIT])
def test_libav_is_believed_where_its_streams_are_not_those_of_the_headers(
    archive: Path, name: str
) -> None:
    headers, theirs = headers_of(archive / name), libav_of(archive / name)
    theirs["streams"][0]["width"] = 90_000
    del theirs["streams"][1]
    assert headers.complete(theirs)["streams"][0]["width"] == 90_000


def test_a_file_in_fragments_states_what_its_sample_entries_say(
    remux: Callable[..., Path],
) -> None:
    path = remux(BEACH, "pieces.mp4", movflags="frag_keyframe+empty_moov")
    headers = headers_of(path)
    assert headers.facts is not None
    picture, sound = headers.facts["streams"]
    assert (picture["codec"], picture["width"], sound["sample_rate"]) == ("h264", 320, 48_000)
    assert not {"duration_s", "frame_count", "fps_num"} & (picture.keys() | sound.keys())
