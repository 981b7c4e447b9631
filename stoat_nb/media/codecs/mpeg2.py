"""Pulldown in MPEG-2 video: film of 24 frames a second that says how to be shown at 30.

Picture coding extension: ISO/IEC 13818-2, 6.2.3.1; ``repeat_first_field``: 6.3.10.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

_EXTENSION, _PICTURE_CODING = b"\0\0\1\xb5", 8
_REPEAT, _PROGRESSIVE = 0x02, 0x80  # in the fourth and the fifth byte of the extension
_FEWEST = 4  # pictures


def pulldown(pictures: Sequence[bytes]) -> Fraction | None:
    """Return which part of the stated rate frames come at, if every other one is shown longer."""
    flags = [_flags(picture) for picture in pictures]
    if len(flags) < _FEWEST or None in flags or any(one == other for one, other in pairwise(flags)):
        return None
    return Fraction(4, 5)  # four frames are five, in fields: 3 + 2 + 3 + 2


def _flags(picture: bytes) -> bool | None:
    """Return whether a frame repeats its first field; None where it is no whole frame."""
    at = picture.find(_EXTENSION)
    while at >= 0:
        body = picture[at + 4 : at + 9]
        if len(body) == 5 and body[0] >> 4 == _PICTURE_CODING:  # noqa: PLR2004 - as far as the flags
            return bool(body[3] & _REPEAT) if body[4] & _PROGRESSIVE else None
        at = picture.find(_EXTENSION, at + 1)
    return None
