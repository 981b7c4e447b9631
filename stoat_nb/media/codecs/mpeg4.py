"""MPEG-4 Visual as older phones and cameras write it: the headers before its first picture.

ISO/IEC 14496-2, clauses 6.2.2 and 6.2.3; only the simple profile, whose pictures stay in order.
"""

from __future__ import annotations

from collections.abc import Iterator

from stoat_nb.media.codecs.bits import Bits, OutOfBits
from stoat_nb.media.codecs.video_format import VideoFormat

_START = b"\0\0\x01"
_SEQUENCE, _WORDS, _GROUP, _OBJECT, _PICTURE = 0xB0, 0xB2, 0xB3, 0xB5, 0xB6
_FIRST_LAYER, _LAST_LAYER = 0x20, 0x2F
_PLAIN_ORDER = [_SEQUENCE, _OBJECT, 0]
_SIMPLE, _SQUARE = 1, 1
#: The sampling of colour, pictures in order, no model of a buffer, a rectangle, a marker.
_PLAIN_SHAPE = 0b0110001
#: Whole pictures, no overlapping, no sprites, eight bits, plain steps, nothing estimated.
_PLAIN_TOOLS = 0b010001
_LEVEL_0 = 8  # how the lowest of the simple profile's levels is written
_WRITER = b"Lavc"  # says who wrote it, and no more


def video_format(config: bytes, sample: bytes) -> VideoFormat | None:
    """Return the form of the pictures; None unless all of it is plain."""
    units = list(_units(config))
    if units and units[-1][0] == _WORDS and units[-1][1].startswith(_WRITER):
        units.pop()
    kinds = [kind for kind, _ in units]
    if kinds[:3] != _PLAIN_ORDER or len(kinds) != 4 or not _starts_plainly(sample):  # noqa: PLR2004 - and the layer
        return None
    (_, sequence), (_, thing), _, (kind, layer) = units
    if not _FIRST_LAYER <= kind <= _LAST_LAYER or len(sequence) != 1 or sequence[0] >> 4:
        return None
    try:
        return _layer(Bits(layer), sequence[0]) if _is_plain_object(Bits(thing)) else None
    except OutOfBits:
        return None


def _units(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Cut headers at their start codes; what stands before the first is none."""
    before, *pieces = data.split(_START)
    if not before:
        yield from ((piece[0], piece[1:]) for piece in pieces if piece)


def _starts_plainly(sample: bytes) -> bool:
    """Whether a sample is a picture by itself, without headers of its own before it."""
    if sample[:3] == _START and sample[3:4] == bytes([_GROUP]):  # says what time it is
        sample = sample[7:]
    is_picture = sample[:3] == _START and sample[3:4] == bytes([_PICTURE])
    return is_picture and len(sample) > 4 and not sample[4] >> 6  # noqa: PLR2004 - the start code


def _is_plain_object(bits: Bits) -> bool:
    """Whether it is moving pictures that say nothing of their colours."""
    if bits.flag():
        bits.skip(7)
    return bits.u(4) == 1 and not bits.flag()


def _layer(bits: Bits, level: int) -> VideoFormat | None:
    bits.skip(1)
    if bits.u(8) != _SIMPLE:
        return None
    version = 1
    if bits.flag():
        version = bits.u(4)
        bits.skip(3)
    square, stated = bits.u(4) == _SQUARE, bits.flag()
    if version != 1 or not square or not stated or bits.u(7) != _PLAIN_SHAPE:
        return None
    steps = bits.u(16)
    if not steps or not bits.flag():
        return None
    if bits.flag():
        bits.skip(max((steps - 1).bit_length(), 1))
    first, width, second, height, third = bits.u(1), bits.u(13), bits.u(1), bits.u(13), bits.u(1)
    if not first & second & third or bits.u(6) != _PLAIN_TOOLS or not width or not height:
        return None
    bits.skip(1)
    if bits.flag() or bits.flag():  # parts of data, or further layers
        return None
    return VideoFormat(
        width=width,
        height=height,
        chroma="4:2:0",
        bit_depth=8,
        profile_name="Simple Profile",
        level=0 if level == _LEVEL_0 else level,
        sar=(1, 1),
        reorder=0,
        marks_fields=False,
    )
