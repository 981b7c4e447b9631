"""Numbers and names as people read them in a terminal."""

from __future__ import annotations

import math

_KIBI = 1024
_MINUTE, _HOUR = 60, 3600


def size(n_bytes: float) -> str:
    """Return a number of bytes.

    Examples
    --------
    >>> size(1_536_000)
    '1.5 MiB'
    """
    for unit in ("bytes", "KiB", "MiB", "GiB", "TiB"):
        if abs(n_bytes) < _KIBI:
            return f"{n_bytes:,.0f} {unit}" if unit == "bytes" else f"{n_bytes:,.1f} {unit}"
        n_bytes /= _KIBI
    return f"{n_bytes:,.1f} PiB"


def clock(seconds: float | None) -> str:
    """Return a length of film, or nothing if it is not known.

    Examples
    --------
    >>> clock(3725.4)
    '1:02:05'
    """
    if seconds is None or not math.isfinite(seconds):
        return ""
    minutes, rest = divmod(round(seconds), _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours}:{minutes:02}:{rest:02}"


def span(seconds: float) -> str:
    """Return how long something takes.

    Examples
    --------
    >>> span(0.34), span(75), span(8000)
    ('0.3 s', '1 min 15 s', '2 h 13 min')
    """
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    if seconds < _HOUR:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours} h {minutes} min"


def count(number: int, noun: str) -> str:
    """Return a number of things.

    Examples
    --------
    >>> count(1, "file"), count(1200, "file")
    ('1 file', '1,200 files')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
