"""What AVCHD camcorders write into the pictures: the packs of MDPM, in user data of H.264.

The packs are those of DV (IEC 61834-4), each a byte that says which it is and four bytes. The
message is one that no standard registers (ITU-T H.264, D.1.7), known by its UUID.
"""

from __future__ import annotations

from stoat_nb.media.codecs.bits import unescaped
from stoat_nb.media.origin.clues import Clues
from stoat_nb.media.origin.moments import LOCAL, Moment, clock, zone_of
from stoat_nb.media.origin.packs import decimal
from stoat_nb.media.origin.places import place, sexagesimal

_MARK = bytes.fromhex("17ee8c60f84d11d98cd60800200c9a66") + b"MDPM"
_PACK = 5  # bytes
_FIRST_DATE, _SECOND_DATE = 0x18, 0x19
_LAT_REF, _LON_REF, _MAKER, _MODEL = 0xB1, 0xB5, 0xE0, range(0xE4, 0xE7)
_SUMMER, _WEST, _HOURS, _HALF, _NO_ZONE = 0x40, 0x20, 0x1E, 0x01, 0xFF
_MAKERS = {0x0103: "Panasonic", 0x0108: "Sony", 0x1011: "Canon", 0x1104: "JVC"}


def clues_in(sample: bytes) -> Clues | None:
    """Return what the first message in a picture says; None if there is none."""
    at = sample.find(_MARK)
    if at < 0:
        return None
    # 255 packs at most, and a byte in three may be there to keep apart what follows.
    body = unescaped(sample[at + len(_MARK) : at + len(_MARK) + 2048])
    packs: dict[int, bytes] = {}
    for number in range(body[0] if body else 0):
        pack = body[1 + number * _PACK : 1 + (number + 1) * _PACK]
        if len(pack) == _PACK:
            packs.setdefault(pack[0], pack[1:])
    clues = Clues()
    clues.date("mdpm", _date(packs.get(_FIRST_DATE, b"") + packs.get(_SECOND_DATE, b"")))
    clues.text("camera_make", _MAKERS.get(int.from_bytes(packs.get(_MAKER, b"")[:2], "big")))
    if clues.texts.get("camera_make") == "Sony":
        name = b"".join(packs.get(number, b"") for number in _MODEL).split(b"\0")[0]
        clues.text("camera_model", name.decode("ascii") if name.isascii() else None)
    lat, lon = (_degrees(packs, one) for one in (_LAT_REF, _LON_REF))
    if lat is not None and lon is not None:
        clues.place = place(lat, lon)
    return clues


def _date(raw: bytes) -> Moment | None:
    """Read the zone, then year, month, day, hour, minute and second in decimal digits."""
    if len(raw) != 8:  # noqa: PLR2004 - two packs
        return None
    century, year, *rest = map(decimal, raw[1:])
    if century is None or year is None:
        return None
    return clock(century * 100 + year, tuple(rest), zone=_zone(raw[0]))


def _zone(byte: int) -> str:
    """Return the zone; in summer the clock is an hour ahead of it."""
    if byte == _NO_ZONE:
        return LOCAL
    minutes = (byte & _HOURS) // 2 * 60 + (byte & _HALF) * 30
    return zone_of((-minutes if byte & _WEST else minutes) + (60 if byte & _SUMMER else 0))


def _degrees(packs: dict[int, bytes], ref: int) -> float | None:
    """Return degrees: a letter, then three fractions of 16-bit numbers."""
    letter, parts = packs.get(ref, b"")[:1], [packs.get(ref + one, b"") for one in (1, 2, 3)]
    if letter not in (b"N", b"S", b"E", b"W") or not all(len(part) == 4 for part in parts):  # noqa: PLR2004 - bytes
        return None
    pairs = [(int.from_bytes(part[:2], "big"), int.from_bytes(part[2:], "big")) for part in parts]
    if not all(below for _, below in pairs):
        return None
    degrees, minutes, seconds = (above / below for above, below in pairs)
    return sexagesimal(degrees, minutes, seconds, negative=letter in (b"S", b"W"))
