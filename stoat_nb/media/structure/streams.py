"""Formats that are made to be cut anywhere: only some of them say where they end."""

from __future__ import annotations

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.structure.verdict import COMPLETE, UNCHECKED, Structure, checked, cut_short

_PACKETS = (188, 192, 204)
_SYNC = 0x47
_SOME = 8  # packets enough to be sure of the step from one to the next
_PAGE = 65_307  # the longest page of Ogg
_END_OF_STREAM = 4
_END_CODE = b"\0\0\x01\xb9"
_FOOTER = 44  # where a partition says at which byte the footer starts


def check_transport(reader: BudgetedReader) -> Structure:
    """Find a last packet that is not whole; a cut between two packets cannot be seen."""
    head = reader.at(0, 204 * (_SOME + 1))
    for length in _PACKETS:
        at = 4 if length == 192 else 0  # noqa: PLR2004 - a time stamp comes before each packet
        syncs = head[at::length]
        if len(syncs) >= min(_SOME, reader.size // length) > 0 and set(syncs) == {_SYNC}:
            return _packets(reader, at, length)
    return UNCHECKED


def _packets(reader: BudgetedReader, at: int, length: int) -> Structure:
    rest = reader.size % length
    last = reader.size - rest
    if rest > at and reader.exactly(last + at, 1) == bytes([_SYNC]):
        return cut_short("The last packet", last + length, reader.size)
    return UNCHECKED


def check_program(reader: BudgetedReader) -> Structure:
    """Find the code that ends a program stream; many are whole without it."""
    tail = reader.exactly(reader.size - len(_END_CODE), len(_END_CODE))
    return checked(COMPLETE) if tail == _END_CODE else UNCHECKED


def check_ogg(reader: BudgetedReader) -> Structure:
    """Check that the last page is whole, and whether it says that it is the last."""
    start = max(0, reader.size - _PAGE)
    tail = reader.exactly(start, reader.size - start)
    at = tail.rfind(b"OggS\0")
    if at < 0 or len(tail) < at + 27:
        return UNCHECKED
    lengths = tail[at + 27 : at + 27 + tail[at + 26]]
    end = start + at + 27 + tail[at + 26] + sum(lengths)
    if end > reader.size or len(lengths) < tail[at + 26]:
        return cut_short("The last page", max(end, reader.size + 1), reader.size)
    return checked(COMPLETE) if tail[at + 5] & _END_OF_STREAM else UNCHECKED


def check_mxf(reader: BudgetedReader) -> Structure:
    """Compare the place of the footer that the first partition states with the file's length."""
    key = reader.at(0, 17)
    length = key[16] & 0x7F if key[16:] and key[16] & 0x80 else 0
    body = 17 + length
    footer = int.from_bytes(reader.at(body + 24, 8), "big")
    if len(key) < 17 or not footer:  # noqa: PLR2004 - the key and the first byte of the length
        return UNCHECKED
    if footer >= reader.size:
        return cut_short("The file before its footer", footer, reader.size)
    return checked(COMPLETE) if reader.exactly(footer, 4) == key[:4] else UNCHECKED
