"""What the header of a Matroska or WebM file says of its origin (RFC 9559, 5.1.2)."""

from __future__ import annotations

from datetime import datetime

from stoat_nb.media.matroska import element_ids as ids
from stoat_nb.media.matroska.segment import Segment, last
from stoat_nb.media.origin.clues import Clues
from stoat_nb.media.origin.moments import since

_EPOCH = datetime(2001, 1, 1)  # noqa: DTZ001 - in UTC by the standard


def clues_in(segment: Segment) -> Clues:
    """Return the date, the program that wrote the file, and the library that multiplexed it."""
    clues = Clues()
    date = last(segment.info, ids.DATE_UTC)
    if len(date) == 8:  # noqa: PLR2004 - nanoseconds
        nanoseconds = int.from_bytes(date, "big", signed=True)
        clues.date("date_utc", since(_EPOCH, microseconds=nanoseconds // 1000))
    for column, element in (("encoder", ids.WRITING_APP), ("muxer", ids.MUXING_APP)):
        clues.text(column, last(segment.info, element).split(b"\0")[0].decode("utf-8", "replace"))
    return clues
