"""Formats that are made to be cut anywhere: only some of them say where they end.

ISO/IEC 13818-1, 2.4.3 (transport packets) and 2.5.3 (the end code); RFC 3533, section 6 (pages of
Ogg); SMPTE ST 377-1, 7.1 (the partition pack of MXF).
"""

from __future__ import annotations

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.structure.verdict import (
    COMPLETE,
    SUSPECT,
    UNCHECKED,
    Structure,
    checked,
    cut_short,
    unstated,
)

_PACKETS = (188, 192, 204)
_SYNC = 0x47
_SOME = 8  # packets enough to be sure of the step from one to the next
_PAGE, _PAGE_KEY = 65_307, b"OggS\0"  # the longest page of Ogg, and how each starts
_END_OF_STREAM = 4
_END_CODE = b"\0\0\x01\xb9"
_SMPTE = b"\x06\x0e\x2b\x34"  # how each key of MXF starts
_INDEX_PACK = bytes.fromhex("060e2b34020501010d01020101110100")
_KEY, _KLV_HEAD = 16, 25  # bytes of a key, and of that with the longest length


def check_transport(reader: BudgetedReader) -> Structure:
    """Find a last packet that is not whole; a cut between two packets cannot be seen."""
    head = reader.at(0, 204 * (_SOME + 1))
    for length in _PACKETS:
        at = 4 if length == 192 else 0  # noqa: PLR2004 - a time stamp comes before each packet
        syncs = head[at::length]
        if len(syncs) >= min(_SOME, reader.size // length) > 0 and set(syncs) == {_SYNC}:
            return _packets(reader, at, length)
    return unstated()


def _packets(reader: BudgetedReader, at: int, length: int) -> Structure:
    rest = reader.size % length
    last = reader.size - rest
    if rest > at and reader.exactly(last + at, 1) == bytes([_SYNC]):
        return cut_short("The last packet", last + length, reader.size, of_all=False)
    return unstated()


def check_program(reader: BudgetedReader) -> Structure:
    """Find the code that ends a program stream; many are whole without it."""
    tail = reader.exactly(reader.size - len(_END_CODE), len(_END_CODE))
    return checked(COMPLETE) if tail == _END_CODE else unstated()


def check_bare(_reader: BudgetedReader) -> Structure:
    """Say of a bare stream of MPEG video, whose only headers are those of pictures, the truth."""
    return unstated()


def check_ogg(reader: BudgetedReader) -> Structure:
    """Check that the last page is whole, and whether it says that it is the last (RFC 3533)."""
    start = max(0, reader.size - _PAGE)
    tail = reader.exactly(start, reader.size - start)
    at = tail.rfind(_PAGE_KEY)
    if at < 0:
        return UNCHECKED
    n_parts = sum(tail[at + 26 : at + 27])  # the byte that counts them, where it is there
    lengths = tail[at + 27 : at + 27 + n_parts]
    end = at + 27 + n_parts + sum(lengths)
    begun = tail[end : end + len(_PAGE_KEY)]  # the next page, cut within its first bytes
    if end > len(tail) or (begun and _PAGE_KEY.startswith(begun)):
        least = max(start + end, reader.size + 1)
        return cut_short("The last page", least, reader.size, of_all=False)
    is_last = tail[at + 5] & _END_OF_STREAM
    return checked(COMPLETE) if is_last else unstated("The last page is not marked as the last.")


def check_mxf(reader: BudgetedReader) -> Structure:
    """Look for the footer where the first partition says that it is (SMPTE ST 377-1, clause 7)."""
    key, body, _end = _klv(reader, 0)
    footer = int.from_bytes(reader.at(body + 24, 8), "big")
    if not key:
        return UNCHECKED
    if not footer:
        return checked(COMPLETE) if _has_index_pack(reader) else unstated("It names no footer.")
    if footer >= reader.size:
        return cut_short("The file before its footer", footer, reader.size)
    at, (key, _body, end) = footer, _klv(reader, footer)
    if not key:
        return checked(SUSPECT, f"At byte {footer} of {reader.size} stands no footer.")
    while key and at < reader.size:
        reader.step()
        at, (key, _body, end) = end, _klv(reader, end)
    if at > reader.size:
        return cut_short("The footer", at, reader.size)
    return checked(COMPLETE)


def _klv(reader: BudgetedReader, at: int) -> tuple[bytes, int, int]:
    """Read the head of a KLV triplet: its key, or none, and where the value begins and ends."""
    head = reader.at(at, _KLV_HEAD)
    if not head.startswith(_SMPTE):
        return b"", at, at
    first = head[_KEY] if len(head) > _KEY else 0
    more = first & 0x7F if first & 0x80 else 0
    body = at + _KEY + 1 + more
    length = int.from_bytes(head[_KEY + 1 : _KEY + 1 + more], "big") if more else first
    return head[:_KEY], body, body + length


def _has_index_pack(reader: BudgetedReader) -> bool:
    """Whether the file ends in the pack that lists all of its partitions (clause 12)."""
    length = int.from_bytes(reader.exactly(reader.size - 4, 4), "big")
    return reader.exactly(reader.size - length, len(_INDEX_PACK)) == _INDEX_PACK
