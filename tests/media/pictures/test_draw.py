from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from av import VideoFrame

from stoat_nb.media.demo_clips import make_samples
from stoat_nb.media.pictures.draw import draw

from .conftest import (
    BLACK,
    BLUE,
    CORNERS,
    GREEN,
    RED,
    WHITE,
    Colour,
    VideoFormat,
    film,
    is_like,
    item_of,
    painted,
    set_matrix,
)

Drawn = Callable[..., VideoFormat]


def failure_of(path: Path, kind: str = "poster") -> str:
    answer = draw(item_of(path, kind))
    assert "failure" in answer
    assert answer["failure"]["error"]
    return str(answer["failure"]["error_class"])


def test_a_picture_shows_the_colours_that_were_filmed(corners: Path, drawn: Drawn) -> None:
    picture = drawn(corners)

    assert (picture.width, picture.height) == (160, 96)
    assert all(is_like(*pair) for pair in zip(picture.corners, CORNERS, strict=True))


ALL_WAYS = [
    matrix
    for matrix in itertools.product((-1, 0, 1), repeat=4)
    if abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]) == 1 and matrix.count(0) == 2
]


@pytest.mark.parametrize("matrix", ALL_WAYS, ids=str)
def test_whichever_of_the_eight_ways_a_film_lies_its_picture_is_upright(
    corners: Path, drawn: Drawn, matrix: tuple[int, int, int, int]
) -> None:
    a, b, c, d = matrix
    set_matrix(corners, a, b, c, d)

    picture = drawn(corners)

    assert (picture.width, picture.height) == ((160, 96) if a else (96, 160))
    for (x, y), colour in zip([(-1, -1), (1, -1), (-1, 1), (1, 1)], CORNERS, strict=True):
        across, down = a * x + c * y, b * x + d * y  # ISO/IEC 14496-12, 6.2.2
        shown = picture.at(0.5 + 0.3 * across, 0.5 + 0.3 * down)
        assert is_like(shown, colour), (shown, colour)


def test_all_eight_ways_are_tried() -> None:
    assert len(ALL_WAYS) == 8


def test_pixels_that_are_not_square_are_shown_as_they_were_meant(
    tmp_path: Path, drawn: Drawn
) -> None:
    wide = film(tmp_path / "wide.mp4", [painted((96, 96), CORNERS)] * 3, sar=Fraction(2))
    tall = film(tmp_path / "tall.mp4", [painted((96, 96), CORNERS)] * 3, sar=Fraction(1, 2))

    assert (drawn(wide).width, drawn(wide).height) == (192, 96)
    assert (drawn(tall).width, drawn(tall).height) == (96, 192)


def test_a_large_film_is_made_smaller_and_keeps_its_shape(tmp_path: Path, drawn: Drawn) -> None:
    path = film(tmp_path / "large.mp4", [painted((1280, 720), CORNERS)])
    set_matrix(path, 0, 1, -1, 0)

    assert (drawn(path).width, drawn(path).height) == (360, 640)


def test_high_definition_without_a_word_about_colours_is_of_bt709(
    tmp_path: Path, drawn: Drawn
) -> None:
    # Encoded with the matrix of BT.709 and not said to be: green shows which one was guessed.
    plain = painted((1280, 720), [GREEN] * 4)
    frame = plain.reformat(format="yuv420p", dst_colorspace=1)

    assert is_like(drawn(film(tmp_path / "hd.mp4", [frame])).at(0.5, 0.5), GREEN, within=8)


def test_a_poster_is_no_black_frame_where_another_can_be_had(tmp_path: Path, drawn: Drawn) -> None:
    black, picture = painted((160, 96), [BLACK] * 4), painted((160, 96), CORNERS)
    path = film(tmp_path / "slow start.mp4", [black] * 7 + [picture] * 8 + [black] * 5)

    assert is_like(drawn(path).corners[0], RED)


def test_a_film_that_is_black_throughout_has_a_black_picture(tmp_path: Path, drawn: Drawn) -> None:
    path = film(tmp_path / "night.mp4", [painted((160, 96), [BLACK] * 4)] * 5)

    assert is_like(drawn(path).at(0.5, 0.5), BLACK)


COLOURS = (RED, GREEN, BLUE, WHITE, (200, 200, 20), (20, 200, 200))


def test_a_sheet_shows_the_film_from_left_to_right_and_top_to_bottom(
    tmp_path: Path, drawn: Drawn
) -> None:
    scenes = [painted((96, 64), [colour] * 4) for colour in COLOURS for _ in range(25)]
    path = film(tmp_path / "scenes.mp4", scenes, key_every=25)

    sheet = drawn(path, "contact-sheet")

    assert (sheet.width, sheet.height) == (3 * 96 + 8, 2 * 64 + 4)
    assert _scenes(sheet) == list(COLOURS)


def test_a_sheet_of_one_long_group_of_pictures_still_shows_what_comes_later(
    tmp_path: Path, drawn: Drawn
) -> None:
    scenes = [painted((96, 64), [colour] * 4) for colour in COLOURS for _ in range(25)]
    path = film(tmp_path / "one key.mp4", scenes, key_every=1000)

    assert _scenes(drawn(path, "contact-sheet")) == list(COLOURS)


def _scenes(sheet: VideoFormat) -> list[Colour]:
    found = [sheet.at(x / 6, y / 4) for y in (1, 3) for x in (1, 3, 5)]
    return [
        next((known for known in COLOURS if is_like(colour, known)), colour) for colour in found
    ]


@pytest.mark.parametrize(("seconds", "size"), [(1, (96, 64)), (5, (2 * 96 + 4, 2 * 64 + 4))])
def test_a_short_film_has_a_small_sheet(
    tmp_path: Path, drawn: Drawn, seconds: int, size: tuple[int, int]
) -> None:
    path = film(tmp_path / "short.mp4", [painted((96, 64), CORNERS)] * seconds * 5)
    sheet = drawn(path, "contact-sheet")

    assert (sheet.width, sheet.height) == size


def grey(level: int, depth: int = 10) -> VideoFrame:
    frame = VideoFrame(96, 64, "yuv420p10le")
    for number, plane in enumerate(frame.planes):
        value = level if number == 0 else 1 << (depth - 1)
        plane.update(value.to_bytes(2, "little") * (plane.buffer_size // 2))
    return frame


# 10-bit codes of grey, from the curves' own tables: PQ 58 % is 203 cd/m², HLG 75 % is the same.
@pytest.mark.parametrize(
    ("transfer", "code", "expected"),
    [
        pytest.param(16, 572, 228, id="PQ white of 203 cd/m² leaves room for lights"),
        pytest.param(16, 378, 90, id="PQ 20 cd/m² stays what it is"),
        pytest.param(16, 722, 255, id="PQ 1000 cd/m² is as bright as it gets"),
        pytest.param(16, 64, 0, id="PQ black"),
        pytest.param(18, 721, 228, id="HLG white of 203 cd/m²"),
        pytest.param(18, 940, 255, id="HLG peak"),
    ],
)
def test_the_light_of_hdr_becomes_that_of_an_ordinary_screen(
    tmp_path: Path, drawn: Drawn, transfer: int, code: int, expected: int
) -> None:
    path = film(
        tmp_path / "hdr.mp4",
        [grey(code)] * 3,
        codec="libx265",
        pix_fmt="yuv420p10le",
        colour=(transfer, 9, 9),
    )
    assert is_like(drawn(path).at(0.5, 0.5), (expected,) * 3, within=8)


def test_every_readable_sample_has_pictures_and_every_other_a_reason(tmp_path: Path) -> None:
    paths = make_samples(tmp_path)

    posters = [draw(item_of(path)) for path in paths]
    sheets = [draw(item_of(path, "contact-sheet")) for path in paths]

    assert ["jpeg" in answer for answer in posters] == [True] * 12 + [False] * 3
    assert ["jpeg" in answer for answer in sheets] == [True] * 12 + [False] * 3
    assert [answer["failure"]["error_class"] for answer in posters[12:]] == [
        "damaged",
        "not_media",
        "not_media",
    ]


def test_a_file_that_is_not_what_was_catalogued_is_not_shown(corners: Path) -> None:
    item = item_of(corners)
    os.utime(corners, ns=(0, 0))

    assert draw(item)["failure"]["error_class"] == "changed_while_read"


def test_another_file_in_its_place_is_not_shown_however_alike(corners: Path) -> None:
    item = item_of(corners)
    other = corners.with_name("other.mp4")
    other.write_bytes(corners.read_bytes())
    os.utime(other, ns=(0, item["mtime_ns"]))
    other.replace(corners)

    assert draw(item)["failure"]["error_class"] == "changed_while_read"


def test_a_link_is_not_followed(corners: Path) -> None:
    item = item_of(corners)
    real = corners.rename(corners.with_name("real.mp4"))
    corners.symlink_to(real)

    assert draw(item)["failure"]["error_class"] == "not_regular"


def test_a_playlist_opens_nothing_else(tmp_path: Path, corners: Path) -> None:
    path = tmp_path / "list.mp4"
    path.write_text(f"ffconcat version 1.0\nfile '{corners}'\n", encoding="utf-8")

    assert failure_of(path) == "not_media"
