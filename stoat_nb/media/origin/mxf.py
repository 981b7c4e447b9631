"""When the material of an MXF file was made: the packages in its header (SMPTE ST 377-1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.origin import camera_xml
from stoat_nb.media.origin.clues import Clues
from stoat_nb.media.origin.moments import UTC_BY_FORMAT, Moment, clock

_KEY, _SHORT = 16, 0x80
_SET = bytes.fromhex("060e2b34025301010d01010101")  # a local set of structural metadata, 9.3
_MATERIAL, _SOURCE = 0x36, 0x37
_CREATED = b"\x44\x05"  # Package Creation Date, annex B.5
_HEADER_BYTES = 32  # of a partition pack: where it says how long the metadata behind it are
_MOST = 1 << 18  # bytes of metadata
_MOST_FILL = 1 << 16


def clues_in(reader: BudgetedReader) -> Clues:
    """Return the date of the material package, else of the first source; and Sony's XML."""
    clues = Clues()
    _, body, end = _triplet(reader, 0)
    length = int.from_bytes(reader.at(body + _HEADER_BYTES, 8), "big")
    last = min(end + length + _MOST_FILL, reader.size, _MOST)
    reader.load(0, last)
    dates: dict[int, Moment] = {}
    at = end
    while at + _KEY < last:
        key, body, after = _triplet(reader, at)
        if key[:13] == _SET and key[14] in (_MATERIAL, _SOURCE) and key[14] not in dates:
            for tag, value in _items(reader, body, after):
                if tag == _CREATED and (moment := _moment(value)):
                    dates[key[14]] = moment
        at = after
    for kind in (_MATERIAL, _SOURCE):
        clues.date("package", dates.get(kind))
    metadata = reader.at(0, last)
    if (start := metadata.find(camera_xml.SONY)) >= 0:
        clues.add(camera_xml.clues_in(metadata[start : start + camera_xml.MOST]))
    return clues


def _triplet(reader: BudgetedReader, at: int) -> tuple[bytes, int, int]:
    """Return the key at a place, and where its value starts and ends (SMPTE ST 336)."""
    reader.step()
    head = reader.at(at, _KEY + 9)
    if len(head) <= _KEY:
        return b"\0" * _KEY, at + _KEY, reader.size
    first = head[_KEY]
    count = first & 0x7F if first & _SHORT else 0
    size = int.from_bytes(head[_KEY + 1 : _KEY + 1 + count], "big") if count else first
    body = at + _KEY + 1 + count
    return head[:_KEY], body, body + size


def _items(reader: BudgetedReader, at: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the items of a local set: a tag and a length of two bytes each, then the value."""
    while at + 4 <= end:
        reader.step()
        head = reader.at(at, 4)
        size = int.from_bytes(head[2:], "big")
        if len(head) < 4:  # noqa: PLR2004 - a tag and a length
            return
        if size <= 64:  # noqa: PLR2004 - bytes: no date is longer
            yield head[:2], reader.at(at + 4, size)
        at += 4 + size


def _moment(raw: bytes) -> Moment | None:
    """Read a time stamp in UTC: year, month, day, hour, minute, second, 4 milliseconds (4.3)."""
    if len(raw) != 8:  # noqa: PLR2004 - bytes
        return None
    moment = clock(int.from_bytes(raw[:2], "big"), tuple(raw[2:7]), zone=UTC_BY_FORMAT)
    part = timedelta(milliseconds=4 * min(raw[7], 249))
    return moment and moment._replace(wall=moment.wall + part)
