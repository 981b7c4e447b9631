"""Numbers as people say them, and names as they meant them."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from datetime import UTC, datetime

#: What stands where nothing is known.
UNKNOWN = "\N{EN DASH}"
#: What stands between a width and a height.
TIMES = "\N{MULTIPLICATION SIGN}"

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
#: A running time below this has a tenth of a second.
SHORT_S = 10
#: From here on an amount reads better in the next unit.
_ROUNDS_UP = 999.5


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return ``1 file`` or ``1,234 files``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def nearest(given: str, names: Collection[str], most: int = 1) -> list[str]:
    """Return the names that are spelled most alike, or that hold what was given: the best first.

    Examples
    --------
    >>> nearest("hvec", ["h264", "hevc"]), nearest("Size", ["size_bytes", "codec"])
    (['hevc'], ['size_bytes'])
    """
    lower = given.lower()
    by_lower = {name.lower(): name for name in names}
    close = difflib.get_close_matches(lower, by_lower, n=most)
    longer = sorted((name for name in by_lower if len(lower) > 1 and lower in name), key=len)
    return [by_lower[name] for name in dict.fromkeys((*close, *longer))][:most]


def choice(given: str, names: Collection[str]) -> str:
    """Return what to say of a name there is none of: which was meant, else which there are."""
    near = nearest(given, names)
    return f"Did you mean '{near[0]}'?" if near else f"Choose one of: {', '.join(names)}."


def took(seconds: float) -> str:
    """Return how long something took: ``2.1 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if seconds < 10:  # noqa: PLR2004 - below it, a person sees tenths
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR:,} h {whole % _HOUR // _MINUTE} min"


def left(seconds: float) -> str:
    """Return how long something may still take, no finer than it can be known."""
    if seconds < 5:  # noqa: PLR2004 - an estimate is no better
        return "a few seconds left"
    if seconds < _MINUTE * 0.75:
        return f"about {5 * max(1, round(seconds / 5))} s left"
    if seconds < _HOUR * 0.75:
        return f"about {max(1, round(seconds / _MINUTE))} min left"
    if seconds < _HOUR * 10:
        return f"about {seconds / _HOUR:.1f} h left".replace(".0 h", " h")
    return f"about {count(round(seconds / _HOUR), 'hour')} left"


def pace(per_second: float) -> str:
    """Return a rate: ``56/s``, ``1.5/s``, ``12/min``."""
    if per_second >= 10:  # noqa: PLR2004 - from here on, tenths are noise
        return f"{per_second:,.0f}/s"
    if per_second >= 1:
        return f"{per_second:.1f}/s"
    return f"{per_second * _MINUTE:.0f}/min"


def length(seconds: float | None) -> str:
    """Return a running time: ``0.4 s``, ``3:12``, ``1:02:05``."""
    if seconds is None:
        return UNKNOWN
    if seconds < SHORT_S:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    whole = round(seconds)
    if whole < _HOUR:
        return f"{whole // _MINUTE}:{whole % _MINUTE:02}"
    return f"{whole // _HOUR:,}:{whole % _HOUR // _MINUTE:02}:{whole % _MINUTE:02}"


def total_length(seconds: float) -> str:
    """Return the running time of many videos: ``4 d 6 h``, ``3 h 12 min``, ``45 s``."""
    whole = round(seconds)
    if whole >= _DAY:
        return f"{whole // _DAY:,} d {whole % _DAY // _HOUR} h"
    if whole >= _HOUR:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    if whole >= _MINUTE:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole} s"


def size(n_bytes: float) -> str:
    """Return a size in decimal units, as disks are sold: ``1.5 GB``."""
    amount, units = float(n_bytes), ["B", "kB", "MB", "GB", "TB", "PB"]
    while amount >= _ROUNDS_UP and len(units) > 1:
        amount /= 1000
        units.pop(0)
    whole = units[0] == "B" or amount >= 100  # noqa: PLR2004 - three digits are enough
    return f"{amount:,.0f} {units[0]}" if whole else f"{amount:.1f} {units[0]}"


def bit_rate(per_second: float | None) -> str:
    """Return a bit rate: ``4.2 Mbit/s``, ``128 kbit/s``."""
    if per_second is None:
        return UNKNOWN
    amount, units = float(per_second), ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"]
    while amount >= _ROUNDS_UP and len(units) > 1:
        amount /= 1000
        units.pop(0)
    return f"{amount:,.0f} {units[0]}" if amount >= 100 else f"{amount:.3g} {units[0]}"  # noqa: PLR2004 - three digits are enough


def moment(epoch_s: float) -> str:
    """Return a moment in this machine's own time: ``21 Nov 2026, 14:05``."""
    return f"{datetime.fromtimestamp(epoch_s, UTC).astimezone():%-d %b %Y, %H:%M}"
