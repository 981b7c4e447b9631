"""Formats that are made to be cut anywhere: only some of them say where they end.

ISO/IEC 13818-1, 2.4.3 (transport packets) and 2.5.3 (the end code); RFC 3533, section 6 (pages of
Ogg).
"""

from __future__ import annotations

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.structure.verdict import (
    COMPLETE,
    UNCHECKED,
    Structure,
    checked,
    cut_short,
    unstated,
)

#: Where packets of a transport stream begin, and how long they are: plain, behind the time stamps
#: of Blu-ray, and before the check bytes of a modulator.
_PACKETS = ((0, 188), (4, 192), (0, 204))
SYNC = b"\x47"
_SOME = 8  # packets enough to be sure of the step from one to the next
_PAGE, _PAGE_KEY = 65_307, b"OggS\0"  # the longest page of Ogg, and how each starts
_END_OF_STREAM = 4
_END_CODE = b"\0\0\x01\xb9"


def packets_of(reader: BudgetedReader) -> range | None:
    """Return where the whole packets of a transport stream start; None if it is none."""
    for at, length in _PACKETS:
        count = reader.size // length
        syncs = reader.at(0, length * min(count, _SOME))[at::length]
        if syncs and not syncs.strip(SYNC):
            return range(at, at + count * length, length)
    return None


def check_transport(reader: BudgetedReader) -> Structure:
    """Find a last packet that is not whole; a cut between two packets cannot be seen."""
    packets = packets_of(reader)
    if packets and reader.exactly(packets.stop, 1) == SYNC:
        end = (reader.size // packets.step + 1) * packets.step
        return cut_short("The last packet", end, reader.size, of_all=False)
    return unstated()


def check_program(reader: BudgetedReader) -> Structure:
    """Find the code that ends a program stream; many are whole without it."""
    tail = reader.exactly(reader.size - len(_END_CODE), len(_END_CODE))
    return checked(COMPLETE) if tail == _END_CODE else unstated()


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
