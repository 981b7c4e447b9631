"""AV1: the sequence header and the head of the first frame (AV1 specification, 5.5 and 5.9.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from stoat_nb.media.cached import cached
from stoat_nb.media.codecs.bits import Bits, OutOfBits
from stoat_nb.media.codecs.sei import leb128
from stoat_nb.media.codecs.video_format import VideoFormat

_SEQUENCE, _FRAME_HEADER, _FRAME = 1, 3, 6
_HEAD = 4  # bytes of av1C before its units
_SELECT = 2
_PROFILES = {0: "Main"}
_IDENTITY = 0
_MOST_UNITS = 16


class _Sequence(NamedTuple):
    """A sequence header: the form of its pictures, and what the heads of frames depend on."""

    form: VideoFormat
    screen_content: int
    integer_mv: int
    frame_id_bits: int
    order_bits: int
    has_superres: bool


def video_format(config: bytes, sample: bytes) -> VideoFormat | None:
    """Return the form of the pictures; None unless all of it is plain, from the first frame on."""
    try:
        units = [*_units(sample), *_units(config[_HEAD:])]
        found = [_sequence(unit) for kind, unit in units if kind == _SEQUENCE]
        sequence = found[0] if found else None
        forms = {
            one and one.form._replace(primaries=None, transfer=None, matrix=None) for one in found
        }
        is_one = sequence is not None and len(forms) == 1
        return sequence.form if sequence and is_one and _is_plain(sequence, sample) else None
    except OutOfBits:
        return None


def _units(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Cut a sample into its units; the last may be cut short."""
    at = 0
    for _ in range(_MOST_UNITS):
        if at >= len(data) or not data[at] & 2:
            return
        kind = data[at] >> 3 & 0xF
        size, body = leb128(data, at + (2 if data[at] & 4 else 1))
        yield kind, data[body : body + size]
        at = body + size


@cached
def _sequence(unit: bytes) -> _Sequence | None:
    bits = Bits(unit)
    profile, still, reduced = bits.u(3), bits.flag(), bits.flag()
    if still or reduced or bits.flag():  # pictures that stand alone, or a clock in the stream
        return None
    level = _level(bits, has_delay=bits.flag())
    width_bits, height_bits = bits.u(4) + 1, bits.u(4) + 1
    width, height = bits.u(width_bits) + 1, bits.u(height_bits) + 1
    frame_id_bits = 0
    if bits.flag():
        delta = bits.u(4) + 2
        frame_id_bits = delta + bits.u(3) + 1
    bits.skip(7)  # block size, filters, kinds of motion
    order_bits = 0
    if bits.flag():
        bits.skip(2)
        order_bits = 1
    screen_content = _SELECT if bits.flag() else bits.u(1)
    integer_mv = _SELECT
    if screen_content:
        integer_mv = _SELECT if bits.flag() else bits.u(1)
    if order_bits:
        order_bits = bits.u(3) + 1
    has_superres = bits.flag()
    bits.skip(2)
    form = _form(bits, profile, level, (width, height))
    if form is None:
        return None
    return _Sequence(form, screen_content, integer_mv, frame_id_bits, order_bits, has_superres)


def _level(bits: Bits, *, has_delay: bool) -> int:
    """Return the level of the first way to decode the stream."""
    levels = []
    for _ in range(bits.u(5) + 1):
        bits.skip(12)
        levels.append(bits.u(5))
        if levels[-1] > 7:  # noqa: PLR2004 - then it has a tier
            bits.skip(1)
        if has_delay and bits.flag():
            bits.skip(4)
    return levels[0]


def _form(bits: Bits, profile: int, level: int, size: tuple[int, int]) -> VideoFormat | None:
    deep = bits.flag()
    if profile or bits.flag():  # other samplings of colour, or grey
        return None
    primaries, transfer, matrix = (bits.u(8), bits.u(8), bits.u(8)) if bits.flag() else (2, 2, 2)
    if matrix == _IDENTITY:
        return None
    return VideoFormat(
        width=size[0],
        height=size[1],
        chroma="4:2:0",
        bit_depth=10 if deep else 8,
        profile_name=_PROFILES[profile],
        level=level,
        sar=(1, 1),
        full_range=bits.flag(),
        primaries=primaries,
        transfer=transfer,
        matrix=matrix,
        progressive=True,
        marks_fields=False,
    )


def _is_plain(sequence: _Sequence, sample: bytes) -> bool:
    """Whether a sample begins with a shown key frame of the size that the sequence says."""
    for kind, unit in _units(sample):
        if kind in (_FRAME, _FRAME_HEADER):
            return _is_plain_frame(sequence, Bits(unit))
    return False


def _is_plain_frame(sequence: _Sequence, bits: Bits) -> bool:
    if bits.flag() or bits.u(2) or not bits.flag():  # a repeated, a later or a hidden frame
        return False
    bits.skip(1)
    tools = bits.flag() if sequence.screen_content == _SELECT else sequence.screen_content
    if tools and sequence.integer_mv == _SELECT:
        bits.skip(1)
    bits.skip(sequence.frame_id_bits)
    if bits.flag():  # a size of its own
        return False
    bits.skip(sequence.order_bits)
    if sequence.has_superres and bits.flag():
        return False
    return not bits.flag()  # shown at the size it is coded in


def is_whole(sample: bytes) -> bool:
    """Whether the bytes reach from the start of a sample to its first frame."""
    return any(kind in (_FRAME, _FRAME_HEADER) for kind, _ in _units(sample))
