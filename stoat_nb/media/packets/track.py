"""One stream while its packets go by: how many, how large, and when."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from fractions import Fraction
from typing import Any

#: Frames that may be stored after others that they precede: no codec has more.
_DEEPEST = 32
#: Changes of the distance between frames that are kept: those of a whole day.
_MOST_RUNS = 1_000_000
#: Seconds; a longer hole between two packets is none that people record.
_HOLE_S = 10
#: Seconds; packets that go on so much earlier are of another recording, on another clock.
_BACK_S = Fraction(1, 2)
#: Packets; so near to a jump of the clock, where recordings were joined, parts of a packet and
#: counters that do not go on are no damage.
_NEAR = 3


class Steps:
    """The ticks from one time to the next, as they come: how many in a row are alike."""

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
        """Whether all of them are kept, and time goes on with each of them.

        Where two frames share a time, a muxer wrote a stamp twice: such stamps prove nothing.
        """
        return 0 < len(self.runs) < _MOST_RUNS and self.least > 0

    @property
    def least(self) -> int:
        return min(ticks for _count, ticks in self.runs)

    @property
    def most(self) -> int:
        return max(ticks for _count, ticks in self.runs)

    @property
    def average(self) -> Fraction:
        total = sum(count * ticks for count, ticks in self.runs)
        return Fraction(total, sum(count for count, _ticks in self.runs))


class Track:
    """One stream while its packets go by.

    The clock of a broadcast or of joined files jumps: what comes after a jump is a piece of its
    own, and the time that can be played is that of all pieces.
    """

    __slots__ = (
        *("base", "is_even", "may_jump", "has_table", "is_hidden", "packets", "frames"),
        *("size", "corrupt"),
        *("first", "hole", "back", "stored", "shown", "is_timed", "pieces"),
        *("_start", "_latest", "_end", "_waiting", "_next", "_jumped"),
    )

    def __init__(
        self,
        base: Fraction,
        *,
        is_even: bool = True,
        may_jump: bool = False,
        has_table: bool = False,
        is_hidden: Callable[[bytes], bool] | None = None,
    ) -> None:
        self.base = base
        self.is_even = is_even  #: One packet follows the other, as those of sound and pictures do.
        self.may_jump = may_jump  #: A hole is a jump of the clock, not a picture that stays.
        self.has_table = has_table  #: A container's table states how long each packet lasts.
        self.is_hidden = is_hidden  #: Whether a packet adds no frame that is shown.
        self.packets = self.frames = self.size = 0
        self.corrupt: list[int] = []  #: The numbers of packets that are damaged.
        self.first: int | None = None
        self.hole: Fraction | None = None  #: Where packets go on much later than the last ended.
        self.back: Fraction | None = None  #: Where packets go on earlier than the last one.
        self.stored, self.shown = Steps(), Steps()
        self.is_timed = True  #: Every packet says when it is shown.
        self.pieces: list[Fraction] = []  #: Ticks of those before the last jump.
        self._start: int | None = None  #: Of the piece that goes by.
        self._latest: int | None = None
        self._end: int | None = None
        self._waiting: list[int] = []
        self._next: int | None = None
        self._jumped = -_NEAR  #: How many packets there were when the clock jumped last.

    def take(self, packet: Any) -> None:
        self.packets += 1
        self.size += packet.size
        if packet.is_corrupt and self.packets - self._jumped > _NEAR:
            self.corrupt.append(self.packets)
        if packet.dts is not None:
            self._follow(packet.dts, packet.duration or 0, is_shown=not packet.is_discard)
        if packet.is_discard:
            return  # before the place where the film is to begin
        at = packet.dts if packet.pts is None else packet.pts
        if at is not None:
            end = at + (packet.duration or 0)
            self._end = end if self._end is None else max(self._end, end)
            self._latest = at if self._latest is None else max(self._latest, at)
        if self.is_hidden and self.is_hidden(bytes(packet)):
            return
        self.frames += 1
        if packet.pts is None:
            self.is_timed = False
        else:
            self._show(packet.pts)
        if at is not None:
            self._start = at if self._start is None else min(self._start, at)
            self.first = self.first if self.pieces else self._start

    def _follow(self, dts: int, duration: int, *, is_shown: bool) -> None:
        last, expected = self.stored.last, self._next
        if last is not None and dts < last:
            self._jump()
            if self.back is None:
                self.back = dts * self.base
            if is_shown and (last - dts) * self.base > _BACK_S:
                self._end_piece()
        if expected is not None and (dts - expected) * self.base > _HOLE_S:
            self._jump()
            self.hole = self.hole or expected * self.base
            if self.may_jump:
                self._end_piece()
        self.stored.take(dts)
        self._next = dts + duration if duration else None

    def _jump(self) -> None:
        self._jumped = self.packets
        while self.corrupt and self.packets - self.corrupt[-1] <= _NEAR:
            self.corrupt.pop()

    def _end_piece(self) -> None:
        """Note how long a piece was; no step leads from it to the next."""
        if not self.is_even:
            return
        self.ended()
        if length := self._length:
            self.pieces.append(length)
        self.stored.last = self.shown.last = None
        self._start = self._latest = self._end = None

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
    def _length(self) -> Fraction:
        """Ticks from the first packet of a piece to the end of its last.

        One that says of no length, or of one tick where no table states it, is as long as others.
        """
        if self._start is None or self._end is None or self._latest is None:
            return Fraction(0)
        last = Fraction(self._end - self._latest)
        if self.is_even and self.steps.runs and last <= (0 if self.has_table else 1):
            last = self.steps.average
        return self._latest - self._start + last

    @property
    def seconds(self) -> Fraction:
        """The time that can be played; 0 where it is not known."""
        return (sum(self.pieces) + self._length) * self.base

    @property
    def rate(self) -> Fraction:
        """Frames a second of all that can be played; 0 where it is not known."""
        return self.frames / self.seconds if self.seconds else Fraction(0)
