"""How long MPEG transport and program streams last where their clock jumps.

The length of such a file is told from its first and its last time stamp; where recordings were
joined, that is any number. So the clock (PCR, SCR: ISO/IEC 13818-1, clauses 2.4.2.2 and 2.5.2.2) is
compared with the bytes that went by: where both do not fit, the file is halved until they do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.derived_facts import restate_length

_LOOK = 1 << 18  # bytes that hold some clocks
_NEAR = 1 << 16  # bytes; within them a jump need not be looked for
_PACKETS = (188, 192, 204)
_SYNC, _SOME = 0x47, 5
_PCR = 7  # bytes of an adaptation field with one
_PACK = re.compile(rb"\x00\x00\x01\xba")
_TICKS, _WRAP = 90_000, 1 << 33
_HOLE_S = 10.0  # between two clocks of one recording
_UNEVEN = 4  # times that a recording's bit rate may change
_HALVINGS, _SURE = 16, 2  # at most, and at least


class _Look(NamedTuple):
    """Some clocks in a row."""

    source: int  #: The packets that carry the clock.
    start: int  #: Where the first of them is, and the last.
    end: int
    first: int  #: In ticks.
    last: int
    ticks: int  #: Those between, but for jumps.
    has_jump: bool

    @property
    def rate(self) -> float:
        """Bytes a tick."""
        return (self.end - self.start) / self.ticks


def add_pieces(reader: BudgetedReader, facts: dict[str, Any]) -> None:
    """Restate the length of a file whose clock jumps: that of all its pieces."""
    ticks, has_jump = _played(reader)
    if has_jump and ticks:
        restate_length(facts, ticks / _TICKS, reader.size)
        for stream in facts["streams"]:
            stream["duration_s"] = None


def _played(reader: BudgetedReader) -> tuple[float, bool]:
    first, last = _look(reader, 0), _look(reader, max(0, reader.size - _LOOK))
    if first is None or last is None:
        return 0, False
    if last.start <= first.end:  # a short file
        whole = _look(reader, 0, reader.size) or first
        return whole.ticks + (reader.size - whole.end) / whole.rate, whole.has_jump
    between, has_jump = _between(reader, first, last, _HALVINGS)
    ticks = first.ticks + between + last.ticks + (reader.size - last.end) / last.rate
    return ticks, has_jump or first.has_jump or last.has_jump


def _between(reader: BudgetedReader, one: _Look, other: _Look, halvings: int) -> tuple[float, bool]:
    """Return the ticks from one look to another, and whether the clock jumps between them.

    Jumps forth and back may add up to what fits: some places between are looked at in any case.
    """
    room, ticks = max(0, other.start - one.end), (other.first - one.last) % _WRAP
    rates = one.rate, other.rate
    least, most = room / max(rates) / _UNEVEN - _TICKS, room / min(rates) * _UNEVEN + _TICKS
    fits = one.source == other.source and least <= ticks <= most
    guess = (ticks, False) if fits else (room / max(rates), True)
    if room <= _NEAR or not halvings or (fits and halvings <= _HALVINGS - _SURE):
        return guess
    length = max(_NEAR, min(_LOOK, room // 4))
    middle = _look(reader, one.end + (room - length) // 2, length)
    if middle is None or not one.end < middle.start <= middle.end < other.start:
        return guess
    before, jumps_before = _between(reader, one, middle, halvings - 1)
    after, jumps_after = _between(reader, middle, other, halvings - 1)
    return before + middle.ticks + after, jumps_before or jumps_after or middle.has_jump


def _look(reader: BudgetedReader, at: int, length: int = _LOOK) -> _Look | None:
    """Look at the clocks of the first source of them from a place on; None: there are none."""
    data = reader.exactly(at, length)
    found = list(_transport_clocks(data)) or list(_program_clocks(data))
    clocks = [(place, ticks) for source, place, ticks in found if source == found[0][0]]
    total, has_jump = 0, bool(found) and found[-1][0] != found[0][0]
    for (_, before), (_, after) in pairwise(clocks):
        step = (after - before) % _WRAP
        total, has_jump = (total, True) if step > _HOLE_S * _TICKS else (total + step, has_jump)
    if not total:
        return None
    (start, first), (end, last) = clocks[0], clocks[-1]
    return _Look(found[0][0], at + start, at + end, first, last, total, has_jump)


def _program_clocks(data: bytes) -> Iterator[tuple[int, int, int]]:
    for pack in _PACK.finditer(data, 0, len(data) - 10):
        at = pack.end()
        if data[at] & 0xC4 == 0x44:  # noqa: PLR2004 - MPEG-2: marker bits
            high = (data[at] >> 3 & 7) << 30 | (data[at] & 3) << 28 | data[at + 1] << 20
            low = (data[at + 2] & 3) << 13 | data[at + 3] << 5 | data[at + 4] >> 3
            yield 0, pack.start(), high | (data[at + 2] >> 3) << 15 | low
        elif data[at] & 0xF1 == 0x21:  # noqa: PLR2004 - MPEG-1 (ISO/IEC 11172-1, 2.4.3.2)
            high = (data[at] >> 1 & 7) << 30 | data[at + 1] << 22 | (data[at + 2] >> 1) << 15
            yield 0, pack.start(), high | data[at + 3] << 7 | data[at + 4] >> 1


def _transport_clocks(data: bytes) -> Iterator[tuple[int, int, int]]:
    for length in _PACKETS:
        starts = range(min(length, max(0, len(data) - _SOME * length)))
        start = next((at for at in starts if _is_synced(data, at, length)), None)
        if start is None:
            continue
        for at in range(start, len(data) - length + 1, length):
            # The adaptation field is there, and its flags say that it holds a PCR.
            if data[at + 3] & 0x20 and data[at + 4] >= _PCR and data[at + 5] & 0x10:
                source = (data[at + 1] & 0x1F) << 8 | data[at + 2]
                clock = int.from_bytes(data[at + 6 : at + 11], "big") >> 7
                yield source, at, clock
        return


def _is_synced(data: bytes, at: int, length: int) -> bool:
    return set(data[at : at + _SOME * length : length]) == {_SYNC}
