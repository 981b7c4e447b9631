"""AC-3 and E-AC-3: the head of a frame of sound (ATSC A/52, clause 5.3 and annex E, 1.2)."""

from __future__ import annotations

from typing import NamedTuple

from stoat_nb.media.codecs.bits import Bits, OutOfBits

_SYNC, _STANDARD, _ENHANCED = 0x0B77, 8, 16
_RATES = (48_000, 44_100, 32_000)
_KILOBITS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
#: By mode and low-frequency channel: how many channels, and what FFmpeg calls their places.
_LAYOUTS = {
    (1, False): (1, "mono"),
    (2, False): (2, "stereo"),
    (2, True): (3, "2.1"),
    (3, False): (3, "3.0"),
    (3, True): (4, "3.1"),
    (4, False): (3, "3.0(back)"),
    (5, False): (4, "4.0"),
    (5, True): (5, "4.1"),
    (6, False): (4, "quad(side)"),
    (7, False): (5, "5.0(side)"),
    (7, True): (6, "5.1(side)"),
}
_STEREO, _FRONT, _BACK, _SIX_BLOCKS = 2, 1, 4, 3
_BLOCK = 256  # samples


class AudioFormat(NamedTuple):
    """The form of a stream of AC-3."""

    sample_rate: int
    bitrate: int
    channels: int
    layout: str
    size: int  #: Bytes of the frame.


def audio_format(frame: bytes) -> AudioFormat | None:
    """Read the head of a frame; None if it is of a seldom form, or no frame."""
    bits = Bits(frame[:8])
    try:
        if bits.u(16) != _SYNC:
            return None
        bits.skip(16)
        place, size, version = bits.u(2), bits.u(6), bits.u(5)
        bits.skip(3)
        mode = bits.u(3)
        bits.skip(2 * ((mode & _FRONT and mode > _FRONT) + (mode >= _BACK) + (mode == _STEREO)))
        channels, layout = _LAYOUTS[mode, bits.flag()]
        rate, bitrate = _RATES[place], 1000 * _KILOBITS[size >> 1]
        words = bitrate * 6 * _BLOCK // rate // 16 + (size & 1)
        if version != _STANDARD:
            return None
        return AudioFormat(rate, bitrate, channels, layout, 2 * words)
    except (OutOfBits, LookupError):
        return None


def enhanced_audio_format(frame: bytes) -> AudioFormat | None:
    """Read the head of a frame of E-AC-3; None if it is of a seldom form, or says more than that.

    Only frames of their own with all six blocks are read, and only where no additional
    information follows the head: that is where objects in space (Atmos) are announced.
    """
    bits = Bits(frame[:64])
    try:
        if bits.u(16) != _SYNC or bits.u(5):  # a second stream, or one that depends on the first
            return None
        size, rate = 2 * (bits.u(11) + 1), _RATES[bits.u(2)]
        has_all = bits.u(2) == _SIX_BLOCKS
        mode, low = bits.u(3), bits.flag()
        if not has_all or bits.u(5) != _ENHANCED or not _is_plain(bits, mode, low=low):
            return None
        channels, layout = _LAYOUTS[mode, low]
        return AudioFormat(rate, 8 * size * rate // (6 * _BLOCK), channels, layout, size)
    except (OutOfBits, LookupError):
        return None


def _is_plain(bits: Bits, mode: int, *, low: bool) -> bool:
    """Step over the rest of a head; tell whether it is usual, and nothing follows."""
    bits.skip(5)
    if bits.flag():
        bits.skip(8)
    if not mode or not _is_mix_skipped(bits, mode, low=low):
        return False
    _skip_information(bits, mode)
    return not bits.flag()


def _is_mix_skipped(bits: Bits, mode: int, *, low: bool) -> bool:
    """Step over how channels are to be mixed, if that is said in a usual form."""
    if not bits.flag():
        return True
    bits.skip(2 * (mode > _STEREO) + 6 * bool(mode & _FRONT and mode > _STEREO))
    bits.skip(6 * bool(mode & _BACK))
    if low and bits.flag():
        bits.skip(5)
    for _ in range(2):
        if bits.flag():
            bits.skip(6)
    if bits.u(2):  # a definition of its own
        return False
    if mode < _STEREO and bits.flag():
        bits.skip(14)
    return not bits.flag()


def _skip_information(bits: Bits, mode: int) -> None:
    if not bits.flag():
        return
    bits.skip(5)
    bits.skip(4 * (mode == _STEREO) + 2 * (mode >= 6))  # noqa: PLR2004 - two channels behind
    if bits.flag():
        bits.skip(8)
    bits.skip(1)
