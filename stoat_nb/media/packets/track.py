"""One stream while its packets go by: how many, how large, and when."""

from __future__ import annotations

import heapq
from fractions import Fraction
from typing import Any

#: Frames that may be stored after others that they precede: no codec has more.
_DEEPEST = 32
#: Changes of the distance between frames that are kept: those of a whole day.
_MOST_RUNS = 1_000_000
#: Seconds; a longer hole between two packets is none that people record.
_HOLE_S = 10.0
#: Packets; so near to a jump of the clock, where recordings were joined, parts of a packet and
#: counters that do not go on are no damage.
_NEAR = 3


class Steps:
    """The distances from one time to the next, as they come: how many in a row are alike."""

    __slots__ = ("last", "runs")

    def __init__(self) -> None:
        self.runs: list[tuple[int, int]] = []  #: Count and ticks.
        self.last: int | None = None

    def take(self, ticks: int) -> None:
        if self.last is not None and len(self.runs) < _MOST_RUNS:
            step = ticks - self.last
            if self.runs and self.runs[-1][1] == step:
                self.runs[-1] = (self.runs[-1][0] + 1, step)
            else:
                self.runs.append((1, step))
        self.last = ticks

    @property
    def is_known(self) -> bool:
        """Whether all of them are kept, and time goes nowhere but on."""
        return 0 < len(self.runs) < _MOST_RUNS and self.least >= 0

    @property
    def least(self) -> int:
        """Ticks of the shortest."""
        return min(ticks for _count, ticks in self.runs)

    @property
    def most(self) -> int:
        """Ticks of the longest."""
        return max(ticks for _count, ticks in self.runs)

    @property
    def average(self) -> Fraction:
        """Ticks from one to the next."""
        return Fraction(
            sum(count * ticks for count, ticks in self.runs), sum(map(_count, self.runs))
        )


def _count(run: tuple[int, int]) -> int:
    return run[0]


class Track:
    """One stream while its packets go by."""

    __slots__ = (
        *("base", "is_even", "packets", "size", "corrupt", "first", "end", "hole", "back"),
        *("stored", "shown", "is_timed", "_waiting", "_next", "_jumped"),
    )

    def __init__(self, base: Fraction, *, is_even: bool = True) -> None:
        self.base = base
        self.is_even = is_even  #: One packet follows the other, as those of sound and pictures do.
        self.packets = self.size = 0
        self.corrupt: list[int] = []  #: The numbers of packets that are damaged.
        self.first: int | None = None
        self.end: int | None = None
        self.hole: Fraction | None = None  #: Where packets go on much later than the last ended.
        self.back: Fraction | None = None  #: Where packets go on earlier than the last one.
        self.stored, self.shown = Steps(), Steps()
        self.is_timed = True  #: Every packet says when it is shown.
        self._waiting: list[int] = []
        self._next: int | None = None
        self._jumped = -_NEAR  #: How many packets there were when the clock jumped last.

    def take(self, packet: Any) -> None:
        self.packets += 1
        self.size += packet.size
        if packet.is_corrupt and self.packets - self._jumped > _NEAR:
            self.corrupt.append(self.packets)
        if packet.dts is not None:
            self._follow(packet.dts, packet.duration or 0)
        if packet.is_discard:
            return  # before the place where the film is to begin
        if packet.pts is None:
            self.is_timed = False
        else:
            self._show(packet.pts)
        at = packet.dts if packet.pts is None else packet.pts
        if at is not None:
            self.first = at if self.first is None else min(self.first, at)
            end = at + (packet.duration or 0)
            self.end = end if self.end is None else max(self.end, end)

    def _follow(self, dts: int, duration: int) -> None:
        last, expected = self.stored.last, self._next
        if last is not None and dts < last:
            self._jump()
            if self.back is None:
                self.back = dts * self.base
        if expected is not None and (dts - expected) * self.base > _HOLE_S:
            self._jump()
            self.hole = self.hole or expected * self.base
        self.stored.take(dts)
        self._next = dts + duration if duration else None

    def _jump(self) -> None:
        self._jumped = self.packets
        while self.corrupt and self.packets - self.corrupt[-1] <= _NEAR:
            self.corrupt.pop()

    def _show(self, pts: int) -> None:
        heapq.heappush(self._waiting, pts)
        if len(self._waiting) > _DEEPEST:
            self.shown.take(heapq.heappop(self._waiting))

    def ended(self) -> None:
        while self._waiting:
            self.shown.take(heapq.heappop(self._waiting))

    @property
    def steps(self) -> Steps:
        """The distances from frame to frame, as far as they are known."""
        return self.shown if self.is_timed else self.stored

    @property
    def duration_s(self) -> float | None:
        """Return the time from the first packet to the end of the last."""
        if self.first is None or self.end is None or self.end <= self.first:
            return None
        is_last_known = self._next is not None or not self.is_even or not self.steps.runs
        last = 0 if is_last_known else self.steps.average
        return float((self.end - self.first + last) * self.base)
