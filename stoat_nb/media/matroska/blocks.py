"""The first blocks of a Matroska segment: when tracks start, and how their first frames do.

SimpleBlock and Block: RFC 9559, sections 10.1 and 10.2.
"""

from __future__ import annotations

from typing import NamedTuple

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.matroska import element_ids as ids
from stoat_nb.media.matroska.ebml import element_at

_KNOWN = frozenset(
    {ids.CLUSTER, ids.VOID, ids.CRC_32, ids.TIMESTAMP, ids.SIMPLE_BLOCK, ids.BLOCK_GROUP, ids.BLOCK}
    | {ids.POSITION, ids.PREV_SIZE, ids.BLOCK_DURATION, ids.REFERENCE_BLOCK}
    | {ids.DISCARD_PADDING}
)
_MOST_BLOCKS = 48
_HEAD = 4  # the track's number in one byte, the time in two, flags
_SOME = 2048  # bytes of a frame: what its encoder notes of itself, and the captions behind it
_LACING = 0x06


class Start(NamedTuple):
    """The first block of a track."""

    ticks: int
    frame: bytes  #: Its first bytes; empty where frames share a block.
    size: int  #: All its bytes; 0 where frames share a block.


def starts(reader: BudgetedReader, cluster: int, wanted: set[int]) -> dict[int, Start]:
    """Return the first block of each wanted track, as far as the first blocks go."""
    found: dict[int, Start] = {}
    time, at = -1, cluster
    for _ in range(_MOST_BLOCKS):
        element = element_at(reader, at) if wanted - set(found) else None
        if element is None:
            break
        if element.id not in _KNOWN or (element.end or 0) > reader.size:
            return {}
        if element.id == ids.TIMESTAMP and element.end:
            time = int.from_bytes(reader.at(element.body, element.end - element.body), "big")
        elif element.id in (ids.SIMPLE_BLOCK, ids.BLOCK):
            if time < 0:
                return {}
            size = (element.end or element.body) - element.body
            _keep(reader.at(element.body, min(_SOME, size)), size, time, found)
        at = (
            element.body
            if element.id in (ids.BLOCK_GROUP, ids.CLUSTER)
            else element.end or reader.size
        )
    return found


def _keep(block: bytes, size: int, time: int, found: dict[int, Start]) -> None:
    if len(block) < _HEAD or not block[0] & 0x80:
        return
    number = block[0] & 0x7F
    if number not in found:
        ticks = time + int.from_bytes(block[1:3], "big", signed=True)
        is_shared = block[3] & _LACING
        frame = b"" if is_shared else block[_HEAD:]
        found[number] = Start(ticks, frame, 0 if is_shared else size - _HEAD)
