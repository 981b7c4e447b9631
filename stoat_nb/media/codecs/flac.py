"""FLAC: the block that tells the form of the sound (RFC 9639, section 8.2)."""

from __future__ import annotations

from typing import NamedTuple

from stoat_nb.media.codecs.bits import Bits

_MARK, _LENGTH = b"fLaC", 34
_OTHER_PLACES = b"WAVEFORMATEXTENSIBLE_CHANNEL_MASK"


class AudioFormat(NamedTuple):
    """The form of a stream of FLAC."""

    sample_rate: int
    channels: int
    depth: int


def audio_format(blocks: bytes) -> AudioFormat | None:
    """Read the blocks before the first frame; None if channels may lie elsewhere than usual."""
    data = blocks[4:] if blocks[:4] == _MARK else blocks
    size = int.from_bytes(data[1:4], "big")
    if len(data) < 4 + _LENGTH or data[0] & 0x7F or size != _LENGTH or _OTHER_PLACES in data:
        return None
    bits = Bits(data[4 : 4 + _LENGTH])
    shortest, longest = bits.u(16), bits.u(16)
    bits.skip(48)
    found = AudioFormat(bits.u(20), bits.u(3) + 1, bits.u(5) + 1)
    is_sound = found.sample_rate and 16 <= shortest <= longest and found.depth in (16, 24)  # noqa: PLR2004 - samples
    return found if is_sound else None
