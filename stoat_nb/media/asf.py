"""Windows Media: how long and how old its properties say that it is (ASF specification, 3.2)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.origin.clues import Clues
from stoat_nb.media.origin.moments import since
from stoat_nb.media.structure.verdict import COMPLETE, Structure, checked, cut_short, unstated

_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
_DATA_HEAD = 50  # bytes before the first packet of a data object (5.1)
_BROADCAST = 1
_EPOCH = datetime(1601, 1, 1)  # noqa: DTZ001 - in UTC by the specification
_MOST = 1 << 20  # bytes of the header


class _Properties(NamedTuple):
    """What the properties state; of a broadcast neither size nor date has a meaning."""

    size: int = 0
    created: int = 0  #: In hundreds of nanoseconds.
    packet: int = 0  #: Bytes of each packet.


def _properties(reader: BudgetedReader) -> _Properties:
    head = reader.at(0, min(int.from_bytes(reader.at(16, 8), "little"), _MOST))
    at = head.find(_FILE_PROPERTIES)
    found = head[at : at + 96] if at >= 0 else b""
    size, created, flags, packet = (
        int.from_bytes(found[one : one + width], "little")
        for one, width in ((40, 8), (48, 8), (88, 4), (92, 4))
    )
    is_stated = len(found) >= 92 and not flags & _BROADCAST  # noqa: PLR2004 - up to the flags
    return _Properties(size, created, packet) if is_stated else _Properties(packet=packet)


def check_asf(reader: BudgetedReader) -> Structure:
    """Compare the file's size with the one its properties state."""
    stated = asf_size(reader)
    if not stated:
        return unstated("Its header does not state a length.")
    return cut_short("The file", stated, reader.size) if stated > reader.size else checked(COMPLETE)


def asf_size(reader: BudgetedReader) -> int:
    """Read the size of the file from its properties; 0 if it was broadcast."""
    return _properties(reader).size


def clues_in(reader: BudgetedReader) -> Clues:
    """Return the date of creation."""
    clues = Clues()
    if created := _properties(reader).created:
        clues.date("file_properties", since(_EPOCH, microseconds=created // 10))
    return clues


def packets_of(reader: BudgetedReader) -> range | None:
    """Return where the packets of the data object start, all of one length; None if unsaid."""
    at, length = int.from_bytes(reader.at(16, 8), "little"), _properties(reader).packet
    head = reader.at(at, _DATA_HEAD + 1)
    if length < 64 or not head.startswith(_DATA) or len(head) <= _DATA_HEAD:  # noqa: PLR2004
        return None
    first, stated = at + _DATA_HEAD, int.from_bytes(head[40:48], "little")
    count = min(stated, (reader.size - first) // length)
    return range(first, first + count * length, length)
