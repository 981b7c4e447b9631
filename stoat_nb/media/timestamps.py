"""From the times of streams to the time of the whole file, by FFmpeg's rules of rounding.

The rules were found by comparing with what FFmpeg 8 and 9 say of files; tests hold us to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import gcd
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
    times: dict[bool, list[tuple[int, int]]] = {False: [], True: []}
    for span in spans:
        begin, length = (rescale(one, _SECOND, span.scale) for one in (span.start, span.duration))
        times[span.is_beside].append((begin, length))
    main, beside = map(_ends, times.values())
    if not main or not beside:
        start, end, length = main or beside or (0, 0, 0)
    else:
        start = beside[0] if 0 < main[0] - beside[0] < _SECOND else main[0]
        end, length = (
            later if 0 < later - one < _SECOND else one
            for one, later in zip(main[1:], beside[1:], strict=True)
        )
    return start, max(length, end - start)


def _ends(times: list[tuple[int, int]]) -> tuple[int, int, int] | None:
    """Return the first start, the last end and the longest length of some streams."""
    if not times:
        return None
    starts, lengths = zip(*times, strict=True)
    return min(starts), max(map(sum, times)), max(lengths)


def bitrate(size: int, length_us: int) -> int | None:
    """Return a file's bits a second."""
    return int(size * 8.0 * _SECOND / length_us) if length_us > 0 else None


def reduce_fraction(above: int, below: int, most: int) -> tuple[int, int]:
    """Return the fraction nearest to a ratio whose numbers are no larger than ``most``."""
    common = gcd(above, below)
    if max(above, below) <= most * common:
        return above // common, below // common
    if above > below:
        return reduce_fraction(below, above, most)[::-1]
    nearest = Fraction(above, below).limit_denominator(most)
    return nearest.numerator, nearest.denominator
