"""Where a GoPro was when its film began, by its track of telemetry.

GoPro's own format ("GPMF Introduction", gopro/gpmf-parser): a key of four letters, a type, the size
of an item, a count, then the items, filled up to four bytes; items of the type 0 hold others.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.isobmff.samples import first_places
from stoat_nb.media.isobmff.tracks import Track
from stoat_nb.media.origin.places import Place, place
from stoat_nb.media.unsupported import NOT_PROVEN

TAG = b"gpmd"  #: The sample entry of such tracks.
_ITEMS = struct.Struct(">4s2BH")
_SAMPLES = 30  # of a second each: a receiver takes its time to know where it is
_LARGEST = 1 << 16
_FIXED = 2  # dimensions; 0 is no fix


def where(reader: BudgetedReader, track: Track) -> Place | None:
    """Return the first place that the receiver was sure of."""
    try:
        samples = first_places(reader, track, _SAMPLES)
        found = (_place(reader.exactly(at, min(size, _LARGEST))) for at, size in samples)
        return next(filter(None, found), None)
    except NOT_PROVEN:
        return None


def _place(sample: bytes) -> Place | None:
    for device, _, streams in _items(sample):
        for stream, _, inside in _items(streams) if device == b"DEVC" else ():
            if stream == b"STRM" and (found := _of_stream(inside)):
                return found
    return None


def _of_stream(data: bytes) -> Place | None:
    """Read GPS5 (up to HERO10), whose fix is beside it, or GPS9, which ends with the fix."""
    said = {key: (size, body) for key, size, body in _items(data)}
    size, points = said.get(b"GPS9") or said.get(b"GPS5") or (0, b"")
    fix = points[size - 2 : size] if b"GPS9" in said else said.get(b"GPSF", (0, b""))[1]
    width, scales = said.get(b"SCAL", (0, b""))
    if int.from_bytes(fix, "big") < _FIXED or size < 8 or width not in (2, 4):  # noqa: PLR2004 - two numbers; bytes of one
        return None
    lat, lon = struct.unpack_from(">2i", points)
    by = [int.from_bytes(scales[at : at + width], "big") for at in (0, width)]
    return place(round(lat / by[0], 7), round(lon / by[1], 7)) if all(by) else None


def _items(data: bytes) -> Iterator[tuple[bytes, int, bytes]]:
    """Yield keys with the size of their items, and the items."""
    at = 0
    while at + _ITEMS.size <= len(data):
        key, _, size, count = _ITEMS.unpack_from(data, at)
        at += _ITEMS.size
        yield key, size, data[at : at + size * count]
        at += -(-size * count // 4) * 4
