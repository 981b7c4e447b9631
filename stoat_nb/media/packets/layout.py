"""A container walked from header to header to its end: where one stands that is none.

What reads packets finds its way again behind a damaged place and may not say that there was one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import NamedTuple

from stoat_nb.media.matroska import element_ids as ids
from stoat_nb.media.matroska.ebml import LENGTHS, MASKS

_HEAD = 64  # bytes that hold any head below
_SMPTE = b"\x06\x0e\x2b\x34"
_KEY = 16
_TAIL = 16384  # bytes, of which zeros at the end are padding
_ASF = b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"
_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_DATA = 50  # bytes before the first packet of a data object
_DATA_OBJECT = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")


_After = Callable[[bytes, int], int | None]


class _Walk(NamedTuple):
    """Where to begin and to stop, and what leads from one header to the next."""

    start: int
    end: int
    after: _After  #: Of a header and its place: None where it is no header.


def first_misplaced(fd: int, size: int, *, until: float) -> int | None:
    """Return the first place where no header stands that should; None if there is no such place."""
    walk = _walk(os.pread(fd, _HEAD, 0), fd, size)
    at = walk.start if walk else 0
    while walk and at < walk.end and time.monotonic() < until:
        following = walk.after(os.pread(fd, _HEAD, at), at)
        if following is None or following > walk.end:
            return at
        at = following
    return None


def _walk(head: bytes, fd: int, size: int) -> _Walk | None:
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        end = 8 + int.from_bytes(head[4:8], "little")
        return _Walk(12, min(end + end % 2, size), _after_chunk)
    if head.startswith(_SMPTE):
        footer = int.from_bytes(head[44:52], "big")
        return _Walk(0, min(footer, size), _after_triplet)
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return _segment(fd, size)
    if head.startswith(b"\0\0\x01\xba"):
        tail = os.pread(fd, _TAIL, max(0, size - _TAIL))
        return _Walk(0, size - len(tail) + len(tail.rstrip(b"\0")), _after_pack)
    if head.startswith(_ASF):
        return _packets_of_asf(fd, int.from_bytes(head[16:24], "little"), size)
    length = next((one for one in (188, 192, 204) if _is_transport(fd, one)), 0)
    return _even(4 if length == 192 else 0, size, length, b"\x47") if length else None  # noqa: PLR2004 - the time stamps of Blu-ray


def _even(start: int, size: int, length: int, first: bytes) -> _Walk:
    """Walk packets of one length that all begin with one byte, as many as there are wholly."""
    end = start + (size - start) // length * length

    def after(head: bytes, at: int) -> int | None:
        return at + length if head.startswith(first) else None

    return _Walk(start, end, after)


def _is_transport(fd: int, length: int) -> bool:
    syncs = os.pread(fd, 8 * length, 0)[4 if length == 192 else 0 :: length]  # noqa: PLR2004 - see above
    return len(syncs) == 8 and set(syncs) == {0x47}  # noqa: PLR2004 - ISO/IEC 13818-1, 2.4.3.3


def _segment(fd: int, size: int) -> _Walk:
    """Find where the segment ends, if it says so: what comes behind is of somebody else."""
    at = _after_element(os.pread(fd, _HEAD, 0), 0) or 0
    head = os.pread(fd, _HEAD, at)
    length = LENGTHS[head[4]] if head.startswith(b"\x18\x53\x80\x67") and len(head) > 4 else 9  # noqa: PLR2004 - the length of an id
    stated = int.from_bytes(head[4 : 4 + length], "big") & MASKS[length]
    is_stated = length < 9 and stated != MASKS[length]  # noqa: PLR2004 - no length
    return _Walk(at, min(at + 4 + length + stated, size) if is_stated else size, _after_element)


def _packets_of_asf(fd: int, header: int, size: int) -> _Walk | None:
    """Walk the packets of the data object, of the length that all have (ASF, 3.2 and 5.1)."""
    properties = os.pread(fd, 1 << 16, 0)
    at, data = properties.find(_FILE_PROPERTIES), os.pread(fd, 56, header)
    length = int.from_bytes(properties[at + 92 : at + 96], "little")
    packets = int.from_bytes(data[40:48], "little")
    if at < 0 or length < _HEAD or not data.startswith(_DATA_OBJECT) or len(data) <= _DATA:
        return None
    end = min(header + _DATA + packets * length, size)
    return _even(header + _DATA, end, length, data[_DATA : _DATA + 1])


def _after_chunk(head: bytes, at: int) -> int | None:
    """Go on behind a chunk of AVI, or into a list of them."""
    name = head[:4]
    if name == b"LIST":
        return at + 12
    if len(head) < 8 or not name.isascii() or not name.decode().isprintable():  # noqa: PLR2004 - a head
        return None
    size = int.from_bytes(head[4:8], "little")
    return at + 8 + size + size % 2


def _after_triplet(head: bytes, at: int) -> int | None:
    """Go on behind a triplet of MXF (SMPTE ST 336): key, length, value."""
    if not head.startswith(_SMPTE) or len(head) <= _KEY:
        return None
    first = head[_KEY]
    more = first & 0x7F if first & 0x80 else 0
    length = int.from_bytes(head[_KEY + 1 : _KEY + 1 + more], "big") if more else first
    return at + _KEY + 1 + more + length


def _after_element(head: bytes, at: int) -> int | None:
    """Go on behind an element of Matroska, or into the segment and its clusters."""
    first = LENGTHS[head[0]]
    if first > 4 or first >= len(head):  # noqa: PLR2004 - the longest id
        return None
    name, length = int.from_bytes(head[:first], "big"), LENGTHS[head[first]]
    body = first + length
    if length > 8 or body > len(head):  # noqa: PLR2004 - the longest size
        return None
    if name in {ids.SEGMENT, ids.CLUSTER}:
        return at + body
    size = int.from_bytes(head[first:body], "big") & MASKS[length]
    return None if size == MASKS[length] else at + body + size


def _after_pack(head: bytes, at: int) -> int | None:
    """Go on behind a pack's header or a packet of a program stream (ISO/IEC 13818-1, 2.5.3)."""
    if not head.startswith(b"\0\0\x01") or len(head) < 4 or head[3] < 0xB9:  # noqa: PLR2004 - codes
        return None
    if head[3] == 0xB9:  # noqa: PLR2004 - the end
        return at + 4
    if head[3] == 0xBA:  # noqa: PLR2004 - a pack: of MPEG-2, or of MPEG-1
        return at + 14 + (head[13] & 7) if head[4] & 0xC0 == 0x40 else at + 12  # noqa: PLR2004
    return at + 6 + int.from_bytes(head[4:6], "big")
