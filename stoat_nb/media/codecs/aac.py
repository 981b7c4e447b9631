"""AAC: what a decoder is told before the first sound (ISO/IEC 14496-3, clause 1.6.2.1)."""

from __future__ import annotations

from typing import NamedTuple

from stoat_nb.media.cached import cached
from stoat_nb.media.codecs.bits import Bits, OutOfBits

_LOW_COMPLEXITY = 2
_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_STATED_RATE = 15
_SYNC, _SECOND_BAND = 0x2B7, 5


class AudioFormat(NamedTuple):
    """The form of a stream of AAC."""

    object_type: int
    sample_rate: int
    channel_config: int
    doubles: bool | None = None  #: Whether a second band doubles the rate; None if not stated.

    @property
    def is_plain(self) -> bool:
        """Whether it is low complexity, and hides no second band that doubles the rate."""
        if self.object_type != _LOW_COMPLEXITY or self.doubles:
            return False
        return self.doubles is False or self.sample_rate > 24000  # noqa: PLR2004 - Hz


@cached
def audio_format(config: bytes) -> AudioFormat | None:
    """Read a decoder's configuration; None if it ends too soon or means nothing."""
    bits = Bits(config)
    try:
        kind = bits.u(5)
        if kind == 31:  # noqa: PLR2004 - more to come
            kind = 32 + bits.u(6)
        index = bits.u(4)
        rate = bits.u(24) if index == _STATED_RATE else _RATES[index]
        channels = bits.u(4)
    except (OutOfBits, IndexError):
        return None
    return AudioFormat(kind, rate, channels, _doubles(bits) if kind == _LOW_COMPLEXITY else None)


def _doubles(bits: Bits) -> bool | None:
    """Read what may follow the plain configuration, for readers that know of more (1.6.5)."""
    try:
        if bits.u(3) or bits.u(11) != _SYNC or bits.u(5) != _SECOND_BAND:
            return None
        return bits.flag()
    except OutOfBits:
        return None
