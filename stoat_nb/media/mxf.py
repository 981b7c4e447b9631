"""MXF (SMPTE ST 377-1): whether it is all there, and when its material was made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.origin import camera_xml
from stoat_nb.media.origin.clues import Clues
from stoat_nb.media.origin.moments import UTC_BY_FORMAT, Moment, clock
from stoat_nb.media.structure.verdict import (
    COMPLETE,
    SUSPECT,
    UNCHECKED,
    Structure,
    checked,
    cut_short,
    unstated,
)

_SMPTE = b"\x06\x0e\x2b\x34"  # how each key starts
_KEY = 16  # bytes
_INDEX_PACK = bytes.fromhex("060e2b34020501010d01020101110100")
_SET = bytes.fromhex("060e2b34025301010d01010101")  # a local set of structural metadata, 9.3
_MATERIAL, _SOURCE = 0x36, 0x37
_CREATED = b"\x44\x05"  # Package Creation Date, annex B.5
#: Where a partition pack (7.1) says where the footer is, and how long the metadata behind it are.
_FOOTER, _HEADER_BYTES = 24, 32
_MOST = 1 << 18  # bytes of metadata
_MOST_FILL = 1 << 16


def triplet_at(reader: BudgetedReader, at: int) -> tuple[bytes, int, int]:
    """Return the key at a place, or none, and where its value starts and ends (SMPTE ST 336)."""
    reader.step()
    head = reader.at(at, _KEY + 9)
    first = head[_KEY] if len(head) > _KEY else 0
    count = first & 0x7F if first & 0x80 else 0
    size = int.from_bytes(head[_KEY + 1 : _KEY + 1 + count], "big") if count else first
    body = at + _KEY + 1 + count
    return head[:_KEY] if head.startswith(_SMPTE) else b"", body, body + size


def footer_of(reader: BudgetedReader) -> int:
    """Return where the first partition says that the footer is; 0 if it does not."""
    _key, body, _end = triplet_at(reader, 0)
    return int.from_bytes(reader.at(body + _FOOTER, 8), "big")


def check_mxf(reader: BudgetedReader) -> Structure:
    """Look for the footer where the first partition says that it is."""
    footer = footer_of(reader)
    if not triplet_at(reader, 0)[0]:
        return UNCHECKED
    if not footer:
        return checked(COMPLETE) if _has_index_pack(reader) else unstated("It names no footer.")
    if footer >= reader.size:
        return cut_short("The file before its footer", footer, reader.size)
    at, (key, _body, end) = footer, triplet_at(reader, footer)
    if not key:
        return checked(SUSPECT, f"At byte {footer} of {reader.size} stands no footer.")
    while key and at < reader.size:
        at, (key, _body, end) = end, triplet_at(reader, end)
    if at > reader.size:
        return cut_short("The footer", at, reader.size)
    return checked(COMPLETE)


def _has_index_pack(reader: BudgetedReader) -> bool:
    """Whether the file ends in the pack that lists all of its partitions (clause 12)."""
    length = int.from_bytes(reader.exactly(reader.size - 4, 4), "big")
    return reader.exactly(reader.size - length, len(_INDEX_PACK)) == _INDEX_PACK


def clues_in(reader: BudgetedReader) -> Clues:
    """Return the date of the material package, else of the first source; and Sony's XML."""
    clues, dates = Clues(), dict[int, Moment]()
    _key, body, end = triplet_at(reader, 0)
    length = int.from_bytes(reader.at(body + _HEADER_BYTES, 8), "big")
    last = min(end + length + _MOST_FILL, reader.size, _MOST)
    reader.load(0, last)
    while end + _KEY < last:
        key, body, end = triplet_at(reader, end)
        if key.startswith(_SET) and key[14] in (_MATERIAL, _SOURCE) and key[14] not in dates:
            for tag, value in _items(reader, body, end):
                if tag == _CREATED and (moment := _moment(value)):
                    dates[key[14]] = moment
    for kind in (_MATERIAL, _SOURCE):
        clues.date("package", dates.get(kind))
    metadata = reader.at(0, last)
    if (start := metadata.find(camera_xml.SONY)) >= 0:
        clues.add(camera_xml.clues_in(metadata[start : start + camera_xml.MOST]))
    return clues


def _items(reader: BudgetedReader, at: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the items of a local set: a tag and a length of two bytes each, then the value."""
    while at + 4 <= min(end, reader.size):
        reader.step()
        head = reader.at(at, 4)
        size = int.from_bytes(head[2:], "big")
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
