"""From the times of streams to the time of the whole file, by FFmpeg's rules of rounding.

The rules were found by comparing with what FFmpeg 8 and 9 say of files; tests hold us to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

_SECOND = 1_000_000  # ticks of a file's own clock


class Span(NamedTuple):
    """When a stream starts and how long it is, in ticks of ``scale`` a second."""

    start: int
    duration: int
    scale: int
    is_beside: bool = False  #: Text or data: it does not make a film longer than a second.


def rescale(value: int, by: int, to: int) -> int:
    """Multiply and divide, rounded to the nearest, halves away from zero."""
    number = 2 * abs(value) * by + to
    return (number // (2 * to)) * (1 if value >= 0 else -1)


def whole(spans: Iterable[Span]) -> tuple[int, int]:
    """Return the start and the length of a file in microseconds."""
    main, beside = _Ends(), _Ends()
    for span in spans:
        begin = rescale(span.start, _SECOND, span.scale)
        ends = beside if span.is_beside else main
        ends.add(begin, rescale(span.duration, _SECOND, span.scale))
    start = beside.start if _before(beside.start, main.start) else main.start
    end, length = _later(main.end, beside.end), _later(main.length, beside.length)
    return start or 0, max(length or 0, (end or 0) - (start or 0))


class _Ends:
    """The first start, the last end and the longest length of some streams, in microseconds."""

    __slots__ = ("end", "length", "start")

    def __init__(self) -> None:
        self.start: int | None = None
        self.end: int | None = None
        self.length: int | None = None

    def add(self, start: int, length: int) -> None:
        end = start + length
        if self.start is None or self.end is None or self.length is None:
            self.start, self.end, self.length = start, end, length
            return
        self.start, self.end = min(self.start, start), max(self.end, end)
        self.length = max(self.length, length)


def _before(other: int | None, value: int | None) -> bool:
    return other is not None and (value is None or 0 < value - other < _SECOND)


def _later(value: int | None, other: int | None) -> int | None:
    if other is None or value is None:
        return value if other is None else other
    return other if 0 < other - value < _SECOND else value


def bitrate(size: int, length_us: int) -> int | None:
    """Return a file's bits a second."""
    return int(size * 8.0 * _SECOND / length_us) if length_us > 0 else None


def reduce_fraction(above: int, below: int, most: int) -> tuple[int, int]:
    """Return the fraction nearest to a ratio whose numbers are no larger than ``most``.

    The convergents of a continued fraction, and the best of what lies between the last two.
    """
    older, newer = (0, 1), (1, 0)
    while below:
        times, rest = divmod(above, below)
        following = times * newer[0] + older[0], times * newer[1] + older[1]
        if max(following) > most:
            times = (most - older[0]) // newer[0] if newer[0] else times
            times = min(times, (most - older[1]) // newer[1]) if newer[1] else times
            if below * (2 * times * newer[1] + older[1]) > above * newer[1]:
                newer = times * newer[0] + older[0], times * newer[1] + older[1]
            break
        older, newer, above, below = newer, following, below, rest
    return newer
