"""AVI, FLV and Windows Media: formats whose chunks say how long they are."""

from __future__ import annotations

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.structure.verdict import (
    COMPLETE,
    SUSPECT,
    UNCHECKED,
    Structure,
    checked,
    cut_short,
)

_TAG_HEAD, _BACK = 11, 4
_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_BROADCAST = 1
_FLV_KINDS = (8, 9, 18)
_HEAD_MOST = 1 << 20


def check_avi(reader: BudgetedReader) -> Structure:
    """Check that each RIFF chunk ends within the file: long files have several."""
    start = 0
    while reader.at(start, 4) == b"RIFF":
        reader.step()
        size = int.from_bytes(reader.at(start + 4, 4), "little")
        if size in (0, 0xFFFFFFFF):
            return checked(SUSPECT, "The size of the RIFF chunk was never filled in.")
        end = start + 8 + size
        if end > reader.size:
            return cut_short("The RIFF chunk", end, reader.size)
        start = end + size % 2
    return checked(COMPLETE)


def check_flv(reader: BudgetedReader) -> Structure:
    """Check that the last tag is whole; only if it is not, look for where it goes wrong."""
    size = reader.size
    back = int.from_bytes(reader.exactly(size - _BACK, _BACK), "big")
    last = size - _BACK - back
    if back > _TAG_HEAD and last >= _TAG_HEAD and _tag_end(reader, last) == size:
        return checked(COMPLETE)
    start = int.from_bytes(reader.at(5, 4), "big") + _BACK
    return _flv_tags(reader, start) if start >= 9 + _BACK else UNCHECKED


def _flv_tags(reader: BudgetedReader, start: int) -> Structure:
    while start < reader.size:
        reader.step()
        end = _tag_end(reader, start)
        if not end:
            return checked(SUSPECT, f"At byte {start} of {reader.size} stands no FLV tag.")
        if end > reader.size:
            return cut_short("The last tag", end, reader.size)
        start = end
    return checked(COMPLETE)


def _tag_end(reader: BudgetedReader, start: int) -> int:
    """Return where the tag at a place ends, with the number that repeats its length."""
    head = reader.at(start, _TAG_HEAD)
    if len(head) < _TAG_HEAD:
        return reader.size + 1 if head else 0
    if head[0] & 0x1F not in _FLV_KINDS:
        return 0
    return start + _TAG_HEAD + int.from_bytes(head[1:4], "big") + _BACK


def check_asf(reader: BudgetedReader) -> Structure:
    """Compare the file's size with the one its properties state."""
    length = int.from_bytes(reader.at(16, 8), "little")
    head = reader.at(0, min(length, _HEAD_MOST))
    at = head.find(_FILE_PROPERTIES)
    stated = int.from_bytes(head[at + 40 : at + 48], "little")
    flags = int.from_bytes(head[at + 88 : at + 92], "little")
    if at < 0 or len(head) < at + 92 or flags & _BROADCAST or not stated:
        return UNCHECKED
    if stated > reader.size:
        return cut_short("The file", stated, reader.size)
    return checked(COMPLETE)
