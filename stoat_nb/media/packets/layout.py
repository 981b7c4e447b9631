"""A container walked from header to header to its end: where one stands that is none.

What reads packets finds its way again behind a damaged place and may not say that there was one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from stoat_nb.media import asf, avi, mxf, readers
from stoat_nb.media.budgeted_reader import BudgetedReader, UnboundedReader
from stoat_nb.media.matroska import element_ids as ids
from stoat_nb.media.matroska.ebml import element_at
from stoat_nb.media.structure.streams import SYNC, packets_of

_TAIL = 16384  # bytes, of which zeros at the end are padding


class _Walk(NamedTuple):
    """Where to begin and to stop, and what leads from one header to the next."""

    start: int
    end: int
    after: Callable[[BudgetedReader, int], int | None]  #: None: there is no header at a place.


def first_misplaced(fd: int, size: int, *, until: float) -> int | None:
    """Return the first place where no header stands that should; None if there is no such place."""
    reader = UnboundedReader(fd, size)
    walk = _walk(reader)
    at = walk.start if walk else 0
    while walk and at < walk.end and time.monotonic() < until:
        following = walk.after(reader, at)
        if following is None or following > walk.end:
            return at
        at = following
    return None


def _walk(reader: BudgetedReader) -> _Walk | None:
    found, size = readers.format_of(reader.at(0, 32)), reader.size
    if found is readers.AVI:
        end = avi.riff_end(reader)
        return _Walk(12, min(end + end % 2, size), _after_chunk)
    if found is readers.MXF:
        return _Walk(0, min(mxf.footer_of(reader), size), _after_triplet)
    if found is readers.MATROSKA:
        return _segment(reader)
    if found is readers.PROGRAM:
        tail = reader.exactly(max(0, size - _TAIL), _TAIL)
        return _Walk(0, size - len(tail) + len(tail.rstrip(b"\0")), _after_pack)
    if found is readers.WINDOWS_MEDIA:
        packets = asf.packets_of(reader)
        return _even(packets, reader.at(packets.start, 1)) if packets else None
    packets = packets_of(reader) if found is readers.TRANSPORT else None
    return _even(packets, SYNC) if packets else None


def _even(packets: range, first: bytes) -> _Walk:
    """Walk packets of one length that all begin with one byte."""

    def after(reader: BudgetedReader, at: int) -> int | None:
        return at + packets.step if reader.at(at, 1) == first else None

    return _Walk(packets.start, packets.stop, after)


def _segment(reader: BudgetedReader) -> _Walk | None:
    """Find where the segment ends, if it says so: what comes behind is of somebody else."""
    header = element_at(reader, 0)
    segment = element_at(reader, header.end) if header and header.end else None
    if header is None or header.end is None or segment is None:
        return None
    is_stated = segment.id == ids.SEGMENT and segment.end is not None
    end = min(segment.end, reader.size) if is_stated and segment.end else reader.size
    return _Walk(header.end, end, _after_element)


def _after_chunk(reader: BudgetedReader, at: int) -> int | None:
    """Go on behind a chunk of AVI, or into a list of them."""
    chunk = avi.chunk_at(reader, at)
    if chunk.name == b"LIST":
        return chunk.body + 4
    is_name = at + 8 <= reader.size and chunk.name.isascii() and chunk.name.decode().isprintable()
    return chunk.after if is_name else None


def _after_triplet(reader: BudgetedReader, at: int) -> int | None:
    key, _body, end = mxf.triplet_at(reader, at)
    return end if key else None


def _after_element(reader: BudgetedReader, at: int) -> int | None:
    """Go on behind an element of Matroska, or into the segment and its clusters."""
    element = element_at(reader, at)
    if element is None:
        return None
    return element.body if element.id in {ids.SEGMENT, ids.CLUSTER} else element.end


def _after_pack(reader: BudgetedReader, at: int) -> int | None:
    """Go on behind a pack's header or a packet of a program stream (ISO/IEC 13818-1, 2.5.3)."""
    head = reader.at(at, 14).ljust(14, b"\0")
    if not head.startswith(b"\0\0\x01") or head[3] < 0xB9:  # noqa: PLR2004 - codes
        return None
    if head[3] == 0xB9:  # noqa: PLR2004 - the end
        return at + 4
    if head[3] == 0xBA:  # noqa: PLR2004 - a pack: of MPEG-2, or of MPEG-1
        return at + 14 + (head[13] & 7) if head[4] & 0xC0 == 0x40 else at + 12  # noqa: PLR2004
    return at + 6 + int.from_bytes(head[4:6], "big")
