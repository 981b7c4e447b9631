"""How a track's picture is turned and mirrored for display (ISO/IEC 14496-12, 6.2.2)."""

from __future__ import annotations

from math import atan2, degrees, hypot
from typing import NamedTuple

Matrix = tuple[int, ...]  #: a, b, u, c, d, v, x, y, w: 16.16, but u, v and w 2.30.

_ONE = 1 << 16
IDENTITY: Matrix = (_ONE, 0, 0, 0, _ONE, 0, 0, 0, 1 << 30)


class Orientation(NamedTuple):
    """What is done to a stored picture."""

    rotation: int  #: Degrees clockwise: after it was mirrored, if it was.
    mirrored: bool  #: Left to right.


_UPRIGHT = Orientation(0, mirrored=False)


def orientation(track: Matrix, movie: Matrix = IDENTITY) -> Orientation | None:
    """Return the nearest turn by a quarter; None where a matrix leaves no picture.

    The movie's matrix applies to what the track's has made (8.2.2, 8.3.2).
    """
    if track == movie == IDENTITY:
        return _UPRIGHT
    (a, b, c, d), (e, f, g, h) = _turning(track), _turning(movie)
    a, b, c, d = a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h
    mirrored = a * d < b * c
    if mirrored:
        a, b = -a, -b
    across, down = hypot(a, c), hypot(b, d)
    if a * d == b * c:
        return None
    return Orientation(quarter_turns(degrees(atan2(b / down, a / across))), mirrored)


def _turning(matrix: Matrix) -> Matrix:
    return matrix[0], matrix[1], matrix[3], matrix[4]


def quarter_turns(angle: float) -> int:
    """Return the nearest of 0, 90, 180 and 270 degrees."""
    return round(angle / 90) % 4 * 90


def is_turned_only(matrix: Matrix) -> bool:
    """Tell whether a matrix makes quarter turns, mirrors and moves the picture, but no more."""
    a, b, c, d = map(abs, _turning(matrix))
    upright, sideways = (a, b, c, d) == (_ONE, 0, 0, _ONE), (a, b, c, d) == (0, _ONE, _ONE, 0)
    return (upright or sideways) and (matrix[2], matrix[5], matrix[8]) == (0, 0, 1 << 30)
