"""One judge of frame rates, whoever states or measures them: pure functions of exact numbers.

A rate is a ``Fraction`` of frames a second. Containers round: they keep the length of a frame in
nanoseconds or the time of a frame in milliseconds. So a rate is known only within that rounding,
and the rate that people mean is the conventional one that rounds to what is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

CONSTANT, VARIABLE = "cfr", "vfr"
#: What says so: a container's tables, its counts in tags, or the times at both ends of the file.
CONTAINER, TAGS, ENDS = "container", "tags", "ends"

_FEWEST = 2
_FINE = 4  # ticks to a frame

#: Frames a second that no header is believed to mean: the clocks of containers tick as often.
_TOO_FAST = 1000
#: A clock that ticks more often than this is too fine to count frames.
_FRAME_CLOCK = 300
_SLOWEST_S = 3600
_STEP = 3000  # /1001: of 12, 15, 24, 30, 48, 60, 120, ... there are rates of television


def credible(rate: Fraction | None, tick: Fraction | None = None) -> Fraction | None:
    """Return a stated rate, or None where it is absurd or only the step of the clock.

    ``tick`` is the step of the stream's clock in seconds: a rate of one frame a tick is what
    readers make up where nothing says how long a frame lasts.

    Examples
    --------
    >>> credible(Fraction(90_000), Fraction(1, 90_000)) is None
    True
    >>> credible(Fraction(25), Fraction(1, 25))
    Fraction(25, 1)
    """
    # In whole numbers, here as below: this is asked of every track, and fractions are slow.
    frames, seconds = (rate.numerator, rate.denominator) if rate else (0, 1)
    if not seconds <= frames * _SLOWEST_S or frames >= _TOO_FAST * seconds:
        return None
    is_tick = tick and frames * tick.numerator == seconds * tick.denominator
    return None if is_tick and frames > _FRAME_CLOCK * seconds else rate


def judged(stated: Iterable[Fraction | None], tick: Fraction | None = None) -> Fraction | None:
    """Return the first rate that is credible; None if none is.

    Examples
    --------
    >>> judged([Fraction(1000), None, Fraction(25)], Fraction(1, 1000))
    Fraction(25, 1)
    """
    return next((rate for rate in stated if credible(rate, tick)), None)


def snapped(rate: Fraction, rounding_s: Fraction) -> Fraction:
    """Return the conventional rate whose frame lasts as long within a rounding, else the rate.

    Conventional are whole numbers and those of NTSC television, 1000/1001 of a whole number.

    Examples
    --------
    >>> snapped(Fraction(10**9, 16_683_333), Fraction(1, 10**9))
    Fraction(60000, 1001)
    """
    rounding = rounding_s.numerator, rounding_s.denominator
    usual = _usual(rate.numerator, rate.denominator, *rounding)
    return Fraction(*usual) if usual else rate


def _usual(frames: int, seconds: int, rounding: int, of: int) -> tuple[int, int] | None:
    if frames % seconds == 0:
        return frames // seconds, 1
    whole = max(round(frames / seconds), 1), 1
    television = max(round(frames * 1001 / (seconds * _STEP)), 1) * _STEP, 1001
    # How much longer or shorter a frame of each lasts, times the rate.
    off_whole, off_television = (
        abs(down * frames - seconds * up) for up, down in (whole, television)
    )
    is_whole = off_whole * television[0] <= off_television * whole[0]
    off, (up, down) = (off_whole, whole) if is_whole else (off_television, television)
    return (up, down) if off * of <= rounding * up * frames else None


def measured(steps: int, ticks: int, tick: Fraction, stated: Fraction | None = None) -> Fraction:
    """Return the rate of frames that come at an even beat: so many steps in so many ticks.

    Both ends are rounded to ticks, which leaves the more in doubt the shorter it was measured. Of
    what is not in doubt a conventional rate is meant; else the stated one, if it is among it.

    Examples
    --------
    >>> measured(299, 9977, Fraction(1, 1000))
    Fraction(30000, 1001)
    """
    unit, of = tick.numerator, tick.denominator
    rate = steps * of, ticks * unit
    usual = _usual(*rate, unit, of * steps) or rate
    is_open = stated is not None and usual[0] * rate[1] == usual[1] * rate[0]
    if stated and is_open and abs(1 / stated - Fraction(*rate[::-1])) <= tick / steps:
        return stated
    return Fraction(*usual)


def beat_of(
    runs: Sequence[tuple[int, int]] | None, tick: Fraction, stated: Fraction | None = None
) -> Fraction | None:
    """Return the rate of an even beat by its durations, but for the last; None without any.

    Examples
    --------
    >>> beat_of([(29, 1001), (1, 5000)], Fraction(1, 30_000))
    Fraction(30000, 1001)
    """
    steps = _without_last(runs or ())
    count, ticks = sum([run[0] for run in steps]), sum([run[0] * run[1] for run in steps])
    return measured(count, ticks, tick, stated) if ticks > 0 else None


def usual_of(runs: Sequence[tuple[int, int]] | None, tick: Fraction) -> Fraction | None:
    """Return the rate of frames that last as long as most do; None without any.

    Examples
    --------
    >>> usual_of([(7, 33), (20, 34), (60, 33)], Fraction(1, 1000))
    Fraction(30, 1)
    """
    counts: dict[int, int] = {}
    for count, ticks in runs or ():
        counts[ticks] = counts.get(ticks, 0) + count
    ticks = max(counts, key=counts.__getitem__, default=0)
    return credible(snapped(1 / (ticks * tick), tick / 2)) if ticks else None


def differ(one: Fraction, other: Fraction) -> bool:
    """Whether two rates are more than a hundredth apart."""
    return abs(one - other) * 100 > min(one, other)


def mode_of(runs: Sequence[tuple[int, int]] | None) -> str | None:
    """Return ``cfr`` where every frame comes within one tick of an even beat, else ``vfr``.

    Rounding to ticks makes even a steady beat alternate between two durations; only a drift shows
    that there is no beat. The last frame's duration is left out, since nothing comes after it.
    """
    steps = _without_last(runs or ())
    frames = sum([count for count, _ in steps])
    if frames < _FEWEST:
        return None
    total = sum([count * ticks for count, ticks in steps])
    if not total:
        return None
    if len(steps) == 1:
        return CONSTANT
    if total < frames * _FINE and len({ticks for _, ticks in steps}) > 1:
        return VARIABLE  # ticks so coarse that rounding to them is itself a stutter
    seen = elapsed = 0
    for count, ticks in steps:
        seen, elapsed = seen + count, elapsed + count * ticks
        if abs(elapsed * frames - seen * total) > frames:
            return VARIABLE
    return CONSTANT


def _without_last(runs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    kept = [run for run in runs if run[0]]
    if kept:
        count, ticks = kept.pop()
        if count > 1:
            kept.append((count - 1, ticks))
    return kept
