"""ALAC: what a decoder is told (Apple's description of the codec, "magic cookie")."""

from __future__ import annotations

import struct
from typing import NamedTuple

_LENGTH = 24
_DEPTHS = frozenset({16, 20, 24, 32})


class AudioFormat(NamedTuple):
    """The form of a stream of ALAC."""

    sample_rate: int
    channels: int
    depth: int


def audio_format(cookie: bytes) -> AudioFormat | None:
    """Read the description; None if it is not of the one version there is."""
    if len(cookie) != _LENGTH:
        return None
    samples, version, depth, _, _, _, channels, _, _, _, rate = struct.unpack(">I6BHIII", cookie)
    if (
        version
        or depth not in _DEPTHS
        or not 0 < samples <= 4096 * 4096
        or not rate
        or not channels
    ):
        return None
    return AudioFormat(rate, channels, depth)
