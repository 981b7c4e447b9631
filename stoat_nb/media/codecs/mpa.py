"""MP3: the head of a frame (ISO/IEC 11172-3, clause 2.4.1.3; ISO/IEC 13818-3, clause 2.4.1.3)."""

from __future__ import annotations

from typing import NamedTuple

_RATES = (44_100, 48_000, 32_000)
_BITS = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SYNC, _LAYER_3, _MONO = 0x7FF, 1, 3
_MPEG_1, _MPEG_2 = 3, 2


class Frame(NamedTuple):
    """One frame of MP3."""

    sample_rate: int
    channels: int
    size: int  #: Bytes.


def frame(data: bytes) -> Frame | None:
    """Read a frame's head; None for other layers, and for those that say no bit rate."""
    head = int.from_bytes(data[:4], "big")
    version, layer = head >> 19 & 3, head >> 17 & 3
    bits, rate, padding = head >> 12 & 15, head >> 10 & 3, head >> 9 & 1
    if head >> 21 != _SYNC or layer != _LAYER_3 or version not in (_MPEG_1, _MPEG_2):
        return None
    if not 0 < bits < 15 or rate == 3 or head & 3 == 2:  # noqa: PLR2004 - numbers that mean nothing
        return None
    is_first = version == _MPEG_1
    sample_rate = _RATES[rate] >> (not is_first)
    size = (144 if is_first else 72) * _BITS[is_first][bits] * 1000 // sample_rate + padding
    return Frame(sample_rate, 1 if head >> 6 & 3 == _MONO else 2, size)
