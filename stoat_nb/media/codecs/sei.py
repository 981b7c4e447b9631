"""What video streams say of their brightness: messages inside samples, of H.265 and of AV1.

Static metadata are those of ITU-T H.265, D.2.35 (content light level); dynamic ones are told by
the head of SMPTE ST 2094-40, which makers of films and screens call HDR10+.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from stoat_nb.media.codecs.bits import unescaped

_SEI, _FIRST_SLICE_END = 39, 32  # units below 32 are pictures
_LIGHT, _REGISTERED = 144, 4
#: ITU-T T.35: the United States, Samsung, oriented code 1, application 4.
_HDR10_PLUS = bytes.fromhex("b5003c000104")
_MOST_UNITS = 64
_METADATA, _FRAME = 5, frozenset({3, 6})
_AV1_LIGHT, _AV1_REGISTERED = 1, 4


class Brightness(NamedTuple):
    """What a stream's first sample says of its brightness."""

    max_cll: int | None = None  #: Candela per square metre, the brightest pixel.
    max_fall: int | None = None  #: Candela per square metre, the brightest picture's average.
    dynamic: bool = False  #: HDR10+.


def of_units(units: Iterable[bytes]) -> Brightness:
    """Read the messages among units of H.265."""
    found = Brightness()
    for unit in units:
        if len(unit) > 2 and unit[0] >> 1 & 0x3F == _SEI:  # noqa: PLR2004 - the head of a unit
            for kind, payload in _messages(unescaped(unit[2:])):
                found = _with(found, kind == _LIGHT, kind == _REGISTERED, payload)
    return found


def units_of(sample: bytes, length_size: int) -> Iterator[bytes]:
    """Cut a sample into its units, up to the first picture."""
    if not length_size:
        yield from sample.split(b"\0\0\x01")[1:_MOST_UNITS]
        return
    at = 0
    for _ in range(_MOST_UNITS):
        length = int.from_bytes(sample[at : at + length_size], "big")
        unit = sample[at + length_size : at + length_size + length]
        if not unit or unit[0] >> 1 & 0x3F < _FIRST_SLICE_END:
            return
        yield unit
        at += length_size + length


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 2 < len(data):
        kind, at = _number(data, at)
        size, at = _number(data, at)
        yield kind, data[at : at + size]
        at += size


def _number(data: bytes, at: int) -> tuple[int, int]:
    total = 0
    while at < len(data) and data[at] == 0xFF:  # noqa: PLR2004 - and more to come
        total, at = total + 255, at + 1
    return total + (data[at] if at < len(data) else 0), at + 1


def of_obus(sample: bytes) -> Brightness:
    """Read the metadata among the open bitstream units of AV1 (AV1 specification, 5.8)."""
    found, at = Brightness(), 0
    for _ in range(_MOST_UNITS):
        if at >= len(sample):
            break
        kind, has_size = sample[at] >> 3 & 0xF, sample[at] & 2
        at += 2 if sample[at] & 4 else 1
        if kind in _FRAME or not has_size:
            break
        size, at = leb128(sample, at)
        body = sample[at : at + size]
        if kind == _METADATA and body:
            found = _with(found, body[0] == _AV1_LIGHT, body[0] == _AV1_REGISTERED, body[1:])
        at += size
    return found


def leb128(data: bytes, at: int) -> tuple[int, int]:
    """Read a number of AV1's; return it and where the next thing begins."""
    value = 0
    for place in range(8):
        if at >= len(data):
            break
        byte, at = data[at], at + 1
        value |= (byte & 0x7F) << (7 * place)
        if not byte & 0x80:
            break
    return value, at


def _with(found: Brightness, is_light: bool, is_registered: bool, payload: bytes) -> Brightness:
    if is_light and len(payload) >= 4:  # noqa: PLR2004 - two numbers of two bytes
        cll, fall = int.from_bytes(payload[:2], "big"), int.from_bytes(payload[2:4], "big")
        return Brightness(cll or None, fall or None, found.dynamic)
    if is_registered and payload.startswith(_HDR10_PLUS):
        return Brightness(found.max_cll, found.max_fall, dynamic=True)
    return found
