"""AVI, FLV and Windows Media: formats whose chunks say how long they are."""

from __future__ import annotations

from stoat_nb.media.budgeted_reader import Window
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


def check_avi(window: Window) -> Structure:
    """Check that each RIFF chunk ends within the file: long files have several."""
    start = 0
    while window.at(start, 4) == b"RIFF":
        window.step()
        size = int.from_bytes(window.at(start + 4, 4), "little")
        if size in (0, 0xFFFFFFFF):
            return checked(SUSPECT, "The size of the RIFF chunk was never filled in.")
        end = start + 8 + size
        if end > window.size:
            return cut_short("The RIFF chunk", end, window.size)
        start = end + size % 2
    return checked(COMPLETE)


def check_flv(window: Window) -> Structure:
    """Check that the last tag is whole; only if it is not, look for where it goes wrong."""
    size = window.size
    back = int.from_bytes(window.exactly(size - _BACK, _BACK), "big")
    last = size - _BACK - back
    if back > _TAG_HEAD and last >= _TAG_HEAD and _tag_end(window, last) == size:
        return checked(COMPLETE)
    start = int.from_bytes(window.at(5, 4), "big") + _BACK
    return _flv_tags(window, start) if start >= 9 + _BACK else UNCHECKED


def _flv_tags(window: Window, start: int) -> Structure:
    while start < window.size:
        window.step()
        end = _tag_end(window, start)
        if not end:
            return checked(SUSPECT, f"At byte {start} of {window.size} stands no FLV tag.")
        if end > window.size:
            return cut_short("The last tag", end, window.size)
        start = end
    return checked(COMPLETE)


def _tag_end(window: Window, start: int) -> int:
    """Return where the tag at a place ends, with the number that repeats its length."""
    head = window.at(start, _TAG_HEAD)
    if len(head) < _TAG_HEAD:
        return window.size + 1 if head else 0
    if head[0] & 0x1F not in _FLV_KINDS:
        return 0
    return start + _TAG_HEAD + int.from_bytes(head[1:4], "big") + _BACK


def check_asf(window: Window) -> Structure:
    """Compare the file's size with the one its properties state."""
    length = int.from_bytes(window.at(16, 8), "little")
    head = window.at(0, min(length, _HEAD_MOST))
    at = head.find(_FILE_PROPERTIES)
    stated = int.from_bytes(head[at + 40 : at + 48], "little")
    flags = int.from_bytes(head[at + 88 : at + 92], "little")
    if at < 0 or len(head) < at + 92 or flags & _BROADCAST or not stated:
        return UNCHECKED
    if stated > window.size:
        return cut_short("The file", stated, window.size)
    return checked(COMPLETE)
