"""Pictures of real films: what people filmed is the right way up and has its colours."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from stoat_nb.media.pictures.draw import draw

Look = Callable[[str], tuple[tuple[int, int], Callable[[float, float], tuple[int, ...]]]]


@pytest.fixture
def look(media_oracle: Path) -> Look:
    """Draw the poster of a film; return its size and what tells the colour at a place."""

    def look(name: str) -> tuple[tuple[int, int], Callable[[float, float], tuple[int, ...]]]:
        path = next((media_oracle / "files").rglob(name))
        seen = path.stat()
        answer = draw(
            {
                "root": str(path.parent),
                "relative": path.name,
                "size_bytes": seen.st_size,
                "mtime_ns": seen.st_mtime_ns,
                "inode": seen.st_ino,
                "kind": "poster",
                "within_s": 60.0,
            }
        )
        with av.open(io.BytesIO(base64.b64decode(answer["jpeg"])), format="jpeg_pipe") as file:
            frame = next(file.decode(video=0)).reformat(format="rgb24")
        plane = bytes(frame.planes[0])

        def at(x: float, y: float) -> tuple[int, ...]:
            start = int(y * frame.height) * frame.planes[0].line_size + int(x * frame.width) * 3
            return tuple(plane[start : start + 3])

        return (frame.width, frame.height), at

    return look


def test_the_patches_of_a_colour_chart_in_hlg_have_their_colours(look: Look) -> None:
    size, at = look("hlg10-color-test.mp4")

    assert size == (640, 360)
    red, green, blue, yellow = (at(x, 0.58) for x in (0.435, 0.305, 0.18, 0.56))
    assert (red[0] > 200, max(red[1:]) < 100) == (True, True)
    assert green[1] > 200 > max(green[0], green[2])
    assert (blue[2] > 180, max(blue[:2]) < 110) == (True, True)
    assert (min(yellow[:2]) > 190, yellow[2] < 100) == (True, True)
    greys = [at(x, 0.83) for x in (0.305, 0.43, 0.56, 0.68, 0.81)]
    assert all(max(grey) - min(grey) < 25 for grey in greys)
    assert [grey[1] for grey in greys] == sorted((grey[1] for grey in greys), reverse=True)
    assert 215 < greys[0][1] < 255  # the white patch leaves room for what shines


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("portrait.MOV", (320, 568)),
        ("sample_rotate_and_reflect.mp4", (427, 640)),
        ("internal_emulator_transformer_output_180_rotated.mp4", (640, 360)),
    ],
)
def test_films_that_were_turned_have_the_shape_they_are_shown_in(
    look: Look, name: str, size: tuple[int, int]
) -> None:
    assert look(name)[0] == size
