"""Zeros at the end of a file: what a download that was given up leaves of the space it took."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stoat_nb.media.budgeted_reader import BudgetedReader, BudgetExceeded
from stoat_nb.media.quick_hash import END_BYTES
from stoat_nb.media.structure.verdict import COMPLETE, STRUCTURE, SUSPECT, UNKNOWN

_LEAST = 4096  # bytes; fewer may be the padding of one packet
#: Formats in which a header comes at least every 16 KiB, whatever the streams hold.
_FRAMED = ("matroska,webm", "mpegts", "mpeg", "mxf", "ogg", "flv", "asf")
_UNCOMPRESSED = ("pcm_", "rawvideo", "v210", "v308", "v408", "v410", "yuv4", "r210", "r10k")


def ends_in_zeros(
    reader: BudgetedReader, integrity: str, content_end: Callable[[BudgetedReader], int]
) -> bool:
    """Whether the last 16 KiB, or the last quarter, are zeros that no header explains."""
    size = reader.size
    length = min(END_BYTES, size // 4)
    if length < _LEAST or reader.exactly(size - 16, 16).strip(b"\0"):
        return False
    start = size - length
    if reader.exactly(start, length) != bytes(length):
        return False
    try:
        return integrity == UNKNOWN or (integrity == COMPLETE and content_end(reader) > start)
    except BudgetExceeded:
        return False


def doubt_zeros(facts: dict[str, Any]) -> None:
    """Call a file suspect that ends in zeros, unless these may be silence or a black picture."""
    codecs = (str(stream.get("codec")) for stream in facts["streams"])
    is_framed = facts["format_name"] in _FRAMED
    if is_framed or not any(codec.startswith(_UNCOMPRESSED) for codec in codecs):
        facts["integrity"], facts["integrity_level"] = SUSPECT, STRUCTURE
        facts["integrity_reason"] = "It ends in zeros, as what was never downloaded does."
