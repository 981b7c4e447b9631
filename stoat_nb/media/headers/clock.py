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

    @property
    def start_us(self) -> int:
        """The start in microseconds."""
        return rescaled(self.start, _SECOND, self.scale)

    @property
    def duration_us(self) -> int:
        """The length in microseconds."""
        return rescaled(self.duration, _SECOND, self.scale)


def rescaled(value: int, by: int, to: int) -> int:
    """Multiply and divide, rounded to the nearest, halves away from zero."""
    number = 2 * abs(value) * by + to
    return (number // (2 * to)) * (1 if value >= 0 else -1)


def whole(spans: Iterable[Span]) -> tuple[int, int]:
    """Return the start and the length of a file in microseconds."""
    known = list(spans)
    main = [span for span in known if not span.is_beside]
    beside = [span for span in known if span.is_beside]
    start = min((span.start_us for span in main), default=None)
    end = max((span.start_us + span.duration_us for span in main), default=None)
    length = max((span.duration_us for span in main), default=None)
    other_start = min((span.start_us for span in beside), default=None)
    start = other_start if _before(other_start, start) else start
    end = _later(end, [span.start_us + span.duration_us for span in beside])
    length = _later(length, [span.duration_us for span in beside])
    return start or 0, max(length or 0, (end or 0) - (start or 0))


def _before(other: int | None, value: int | None) -> bool:
    return other is not None and (value is None or 0 < value - other < _SECOND)


def _later(value: int | None, others: list[int]) -> int | None:
    other = max(others, default=None)
    if other is None or value is None:
        return value if other is None else other
    return other if 0 < other - value < _SECOND else value


def bitrate(size: int, length_us: int) -> int | None:
    """Return a file's bits a second."""
    return int(size * 8.0 * _SECOND / length_us) if length_us > 0 else None


def reduced(above: int, below: int, most: int) -> tuple[int, int]:
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
