"""A mirrored picture is not a turned one (ISO/IEC 14496-12, 6.2.2)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from stoat_nb.media.isobmff.display_matrix import IDENTITY, orientation
from stoat_nb.media.video import Outcome

Turned = Callable[[bytes, tuple[int, ...]], tuple[int | None, bool | None]]

ONE = 1 << 16
PLAIN = struct.pack(">9i", *IDENTITY)


def matrix(a: float, b: float, c: float, d: float) -> tuple[int, ...]:
    return (
        *(round(one * ONE) for one in (a, b)),
        0,
        *(round(one * ONE) for one in (c, d)),
        0,
        0,
        0,
        1 << 30,
    )


@pytest.fixture
def turned(archive: Path, tmp_path: Path, read: Callable[[Path], Outcome]) -> Turned:
    """Read a clip in which the first matrix of a box is another one."""

    def of(box: bytes, value: tuple[int, ...]) -> tuple[int | None, bool | None]:
        content = bytearray((archive / "2024 Summer/beach walk.mp4").read_bytes())
        at = content.index(PLAIN, content.index(box))
        content[at : at + len(PLAIN)] = struct.pack(">9i", *value)
        clip = tmp_path / "clip.mp4"
        clip.write_bytes(content)
        video = read(clip).video
        picture = video and video.main("video")
        assert picture
        return picture.rotation, picture.mirrored

    return of


@pytest.mark.parametrize(
    ("track", "told"),
    [
        ((1, 0, 0, 1), (0, False)),
        ((0, 1, -1, 0), (90, False)),
        ((-1, 0, 0, -1), (180, False)),
        ((-1, 0, 0, 1), (0, True)),  # left to right: a front camera
        ((1, 0, 0, -1), (180, True)),  # upside down
        ((0, 1, 1, 0), (270, True)),  # rows and columns exchanged
        ((0, -1, -1, 0), (90, True)),
        ((-2, 0, 0, 1), (0, True)),  # stretched as well: libav reads the rest
        ((0, 0.5, -0.5, 0), (90, False)),
    ],
)
def test_a_track_is_mirrored_first_and_then_turned(
    turned: Turned, track: tuple[float, ...], told: tuple[int, bool]
) -> None:
    assert turned(b"tkhd", matrix(*track)) == told


def test_the_matrix_of_the_movie_counts_too(turned: Turned) -> None:
    assert turned(b"mvhd", matrix(-1, 0, 0, 1)) == (0, True)


def test_two_mirrors_are_a_turn() -> None:
    assert orientation(matrix(-1, 0, 0, 1), matrix(1, 0, 0, -1)) == (180, False)


def test_a_matrix_that_leaves_no_picture_says_nothing() -> None:
    assert orientation(matrix(0, 0, 0, 0)) is None
    assert orientation(matrix(1, 1, 1, 1)) is None
