"""DTS: the head of a core frame (ETSI TS 102 114, clause 5.3)."""

from __future__ import annotations

from typing import NamedTuple

from stoat_nb.media.codecs.bits import Bits, OutOfBits

_SYNC = 0x7FFE8001
_RATES = {
    1: 8000,
    2: 16000,
    3: 32000,
    6: 11025,
    7: 22050,
    8: 44100,
    11: 12000,
    12: 24000,
    13: 48000,
}
_KILOBITS = {6: 192, 7: 224, 8: 256, 9: 320, 10: 384, 11: 448, 12: 512, 13: 576, 14: 640, 15: 768}
_BITS = {22: 1_411_200, 24: 1_536_000} | {at: 1000 * kilo for at, kilo in _KILOBITS.items()}
#: How many channels in which places, as FFmpeg calls them; with the one for low tones.
_PLACES = {0: (1, "mono"), 2: (2, "stereo"), 9: (5, "5.0(side)")}
_WITH_LOW = {(2, "stereo"): (3, "2.1"), (5, "5.0(side)"): (6, "5.1(side)")}


class Core(NamedTuple):
    """The form of a stream of plain DTS, without any extension."""

    sample_rate: int
    channels: int
    layout: str
    bitrate: int
    size: int  #: Bytes of the frame.


def core(data: bytes) -> Core | None:
    """Read a frame's head; None where extensions, or a form that is seldom, change the sound."""
    try:
        return _core(Bits(data[:32]))
    except (OutOfBits, KeyError):
        return None


def _core(bits: Bits) -> Core | None:
    if bits.u(32) != _SYNC:
        return None
    is_whole, short = bits.u(1), bits.u(5)
    bits.skip(1)  # a check sum
    blocks, size, places = bits.u(7) + 1, bits.u(14) + 1, bits.u(6)
    rate, bitrate = _RATES[bits.u(4)], _BITS[bits.u(5)]
    bits.skip(5)  # mixed down, range, time, auxiliary, HDCD
    bits.skip(3)
    is_extended = bits.u(1)
    bits.skip(1)
    low = bits.u(2)
    if not is_whole or short != 31 or blocks % 8 or is_extended or low == 3:  # noqa: PLR2004 - not of the plain form
        return None
    found = _PLACES[places]
    if low:
        found = _WITH_LOW[found]
    return Core(rate, *found, bitrate, size)
