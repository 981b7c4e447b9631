"""AVI and Windows Media: formats whose headers say how long they are.

RIFF chunks: Microsoft's "AVI RIFF File Reference", OpenDML 1.02; Windows Media: ASF specification,
3.2, "File Properties Object".
"""

from __future__ import annotations

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.structure.verdict import (
    COMPLETE,
    SUSPECT,
    Structure,
    checked,
    cut_short,
    unstated,
)

_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_BROADCAST = 1
_TOTAL_FRAMES = 48  # where the header of an AVI counts its frames
_ENTRY = 16  # bytes of the index, for each chunk of any stream
_HEAD_MOST = 1 << 20


def check_avi(reader: BudgetedReader) -> Structure:
    """Check that each RIFF chunk ends within the file (long files have several), and the index."""
    start = 0
    while reader.at(start, 4) == b"RIFF":
        reader.step()
        size = int.from_bytes(reader.at(start + 4, 4), "little")
        if size in (0, 0xFFFFFFFF):
            return checked(SUSPECT, "The size of the RIFF chunk was never filled in.")
        end = start + 8 + size
        if end > reader.size:
            return cut_short("The RIFF chunk", end, reader.size, of_all=not start)
        start = end + size % 2
    frames = int.from_bytes(reader.at(_TOTAL_FRAMES, 4), "little")
    listed = _index_entries(reader)
    if listed and frames > 2 * listed:  # dropped frames may have no entry
        what = f"The header counts {frames:,} frames, the index has {listed:,} entries."
        return checked(SUSPECT, what)
    return checked(COMPLETE)


def _index_entries(reader: BudgetedReader) -> int:
    """Count the entries of the index behind the first chunk's content."""
    at, end = 12, min(reader.size, 8 + int.from_bytes(reader.at(4, 4), "little"))
    while at + 8 <= end:
        reader.step()
        head = reader.exactly(at, 8)
        size = int.from_bytes(head[4:], "little")
        if head.startswith(b"idx1"):
            return size // _ENTRY
        at += 8 + size + size % 2
    return 0


def check_asf(reader: BudgetedReader) -> Structure:
    """Compare the file's size with the one its properties state."""
    stated = asf_size(reader)
    if not stated:
        return unstated("Its header does not state a length.")
    return cut_short("The file", stated, reader.size) if stated > reader.size else checked(COMPLETE)


def asf_size(reader: BudgetedReader) -> int:
    """Read the size of the file from its properties (ASF, 3.2); 0 if it was broadcast."""
    length = int.from_bytes(reader.at(16, 8), "little")
    head = reader.at(0, min(length, _HEAD_MOST))
    at = head.find(_FILE_PROPERTIES)
    flags = int.from_bytes(head[at + 88 : at + 92], "little")
    if at < 0 or len(head) < at + 92 or flags & _BROADCAST:
        return 0
    return int.from_bytes(head[at + 40 : at + 48], "little")


def riff_end(reader: BudgetedReader) -> int:
    """Return where the first RIFF chunk ends, by its own word."""
    return 8 + int.from_bytes(reader.at(4, 4), "little")
