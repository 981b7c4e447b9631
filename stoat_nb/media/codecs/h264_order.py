"""H.264: the order in which pictures are shown, by the heads of their slices (7.3.3, 8.2.1)."""

from __future__ import annotations

from collections.abc import Iterable

from stoat_nb.media.codecs import h264
from stoat_nb.media.codecs.bits import Bits, OutOfBits, unescaped

_SLICE, _KEY_SLICE, _TYPE = 1, 5, 0x1F
_FORWARD = frozenset({0, 2, 5, 7})  # kinds of slices: of earlier pictures, or of none
_STEP = 2  # in the order of showing, from one picture to the next
_HEAD = 24  # bytes
_MOST_FRAME_BITS = 16


def is_slice(unit: bytes) -> bool:
    """Whether a unit is a piece of a picture."""
    return unit[0] & _TYPE in (_SLICE, _KEY_SLICE)


def in_order(extradata: bytes, slices: Iterable[bytes]) -> bool:
    """Whether pictures, by the first slice of each, are shown one after the other, none left out.

    False, too, where any is of a kind that a decoder may leave out.
    """
    known = h264.config(extradata)
    try:
        if known is None or len(known.sps) != 1:
            return False
        sps = h264.head(Bits(unescaped(known.sps[0][1:])))
        places = [_place(sps, unit) for unit in slices]
    except (OutOfBits, LookupError):
        return False
    most, before, seen = 1 << sps.order_bits, 0, False
    for place, is_key in places:
        if place is None or (is_key and place):
            return False
        if is_key:
            before, seen = 0, True
            continue
        step = (place - before) % most
        if not seen or not 0 < step <= _STEP:
            return False
        before = place
    return bool(places)


def _place(sps: h264.Sps, unit: bytes) -> tuple[int | None, bool]:
    """Return the place that a slice states, None where it may be left out, and if it is a key."""
    is_key = unit[0] & _TYPE == _KEY_SLICE
    bits = Bits(unescaped(unit[1:_HEAD]))
    first, kind, _ = bits.ue(), bits.ue(), bits.ue()
    is_plain = not first and kind in _FORWARD and sps.order_type == 0 and unit[0] & 0x60
    if not is_plain or sps.frame_bits > _MOST_FRAME_BITS or sps.order_bits > _MOST_FRAME_BITS:
        return None, is_key
    bits.skip(sps.frame_bits)
    if is_key:
        bits.ue()
    return bits.u(sps.order_bits), is_key
