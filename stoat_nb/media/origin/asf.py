"""When a Windows Media file was made: its file properties (ASF specification, 3.2)."""

from __future__ import annotations

from datetime import datetime

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.origin.clues import Clues
from stoat_nb.media.origin.moments import since

_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_EPOCH = datetime(1601, 1, 1)  # noqa: DTZ001 - in UTC by the specification
_CREATED, _FLAGS, _BROADCAST = 48, 88, 1  # bytes from the object's start
_MOST = 1 << 20  # bytes of the header


def clues_in(reader: BudgetedReader) -> Clues:
    """Return the date of creation, in hundreds of nanoseconds; a broadcast's has no meaning."""
    clues = Clues()
    head = reader.at(0, min(int.from_bytes(reader.at(16, 8), "little"), _MOST))
    at = head.find(_FILE_PROPERTIES)
    if at >= 0 and len(head) >= at + _FLAGS + 4 and not head[at + _FLAGS] & _BROADCAST:
        created = int.from_bytes(head[at + _CREATED : at + _CREATED + 8], "little")
        clues.date("file_properties", since(_EPOCH, microseconds=created // 10))
    return clues
