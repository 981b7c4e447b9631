"""H.264: which packets hold the second field of a frame (clauses 7.3.2.1.1 and 7.3.3)."""

from __future__ import annotations

from collections.abc import Iterator

from stoat_nb.media.codecs import h264
from stoat_nb.media.codecs.bits import Bits, OutOfBits, unescaped

_SLICE, _KEY_SLICE, _SPS, _TYPE = 1, 5, 7, 0x1F
_HEAD = 24  # bytes of a slice up to its flags
_START = b"\0\0\1"
_MOST_UNITS = 32
_SOME = 256  # bytes: a parameter set, or a slice's head


class SecondFields:
    """Called with one packet after the other, says of each whether it ends a frame begun before."""

    __slots__ = ("_is_open", "_length_size", "_sps")

    def __init__(self, extradata: bytes) -> None:
        known = h264.config(extradata)
        self._length_size = known.length_size if known else 0  #: 0: start codes (annex B).
        self._sps: tuple[int, bool] | None = None  #: Bits of frame_num, whether fields may come.
        self._is_open = False
        for unit in known.sps[:1] if known else ():
            self._note(unit)

    def __call__(self, packet: bytes) -> bool:
        try:
            is_field = self._is_field(packet)
        except OutOfBits:
            is_field = False
        self._is_open = is_field and not self._is_open
        return is_field and not self._is_open

    def _is_field(self, packet: bytes) -> bool:
        for unit in self._units(packet):
            self._note(unit)
            if unit[0] & _TYPE in (_SLICE, _KEY_SLICE):
                return self._sps is not None and self._sps[1] and _marks_field(unit, self._sps[0])
        return False

    def _note(self, unit: bytes) -> None:
        if unit[0] & _TYPE != _SPS:
            return
        bits = Bits(unescaped(unit[1:]))
        sps = h264.head(bits)
        bits.ue()  # how many frames are referred to
        bits.skip(1)
        _skip(bits, 2)  # the size
        self._sps = sps.frame_bits, not bits.flag()

    def _units(self, data: bytes) -> Iterator[bytes]:
        """Yield how the units begin that a packet is made of."""
        at, width = 0, self._length_size
        for _ in range(_MOST_UNITS):
            if width:
                start, at = at + width, at + width + int.from_bytes(data[at : at + width], "big")
            else:
                start = data.find(_START, at) + len(_START)
                at = start
                if start < len(_START):
                    return
            if start >= len(data):
                return
            yield data[start : start + _SOME]


def _marks_field(unit: bytes, frame_bits: int) -> bool:
    bits = Bits(unescaped(unit[1 : 1 + _HEAD]))
    _skip(bits, 3)  # its place, its kind, its picture parameter set
    bits.skip(frame_bits)
    return bits.flag()


def _skip(bits: Bits, count: int) -> None:
    for _ in range(count):
        bits.ue()
