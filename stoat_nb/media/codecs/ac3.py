"""AC-3: the head of a frame of sound (ATSC A/52, clauses 5.3.1 and 5.3.2)."""

from __future__ import annotations

from dataclasses import dataclass

from stoat_nb.media.codecs.bits import Bits, OutOfBits

_SYNC, _STANDARD = 0x0B77, 8
_RATES = (48_000, 44_100, 32_000)
_KILOBITS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
#: By mode and low-frequency channel: how many channels, and what FFmpeg calls their places.
_LAYOUTS = {
    (1, False): (1, "mono"),
    (2, False): (2, "stereo"),
    (7, False): (5, "5.0(side)"),
    (7, True): (6, "5.1(side)"),
}
_THREE_FRONT, _STEREO = 7, 2


@dataclass(frozen=True, slots=True)
class Sound:
    """The form of a stream of AC-3."""

    sample_rate: int
    bitrate: int
    channels: int
    layout: str


def sound(frame: bytes) -> Sound | None:
    """Read the head of a frame; None if it is of a seldom form, or no frame."""
    bits = Bits(frame[:8])
    try:
        if bits.u(16) != _SYNC:
            return None
        bits.skip(16)
        rate, size, version = bits.u(2), bits.u(6), bits.u(5)
        bits.skip(3)
        mode = bits.u(3)
        if mode in (_STEREO, _THREE_FRONT):
            bits.skip(2 if mode == _STEREO else 4)
        channels, layout = _LAYOUTS[mode, bits.flag()]
        if version != _STANDARD:
            return None
        return Sound(_RATES[rate], 1000 * _KILOBITS[size >> 1], channels, layout)
    except (OutOfBits, LookupError):
        return None
