"""Filters as people type them, written in the grammar that ``expression`` reads.

``size_bytes > 20 GB && mtime > now - 30d`` becomes ``size_bytes > 20000000000 and mtime > 1.8e9 -
2592000``. Text in quotes stays as it is, and every character keeps its place for messages.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from stoat_nb.errors import FilterError

_SIZES = {"B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "PB": 10**15}
_SIZES |= {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "PiB": 2**50}
_RATES = {
    f"{prefix}{unit}": 10**power
    for prefix, power in (("", 0), ("k", 3), ("M", 6), ("G", 9))
    for unit in ("bit/s", "bps", "b/s")
}
_TIMES = {
    **dict.fromkeys(("ms",), 0.001),
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "week", "weeks"), 7 * 86_400),
}
_UNITS = {
    **{unit: (factor, "bytes") for unit, factor in _SIZES.items()},
    **{unit: (factor, "bit/s") for unit, factor in _RATES.items()},
    **{unit: (factor, "s") for unit, factor in _TIMES.items()},
    **dict.fromkeys(("fps", "Hz", "px"), (1, "")),
    "kHz": (1000, ""),
}
_WORDS = {"and": "and", "or": "or", "not": "not", "in": "in", "is": "is"}
_WORDS |= {"null": "None", "none": "None", "true": "True", "false": "False"}
_SIGNS = {"&&": " and ", "||": " or ", "<>": "!=", "=": "==", "!": " not "}

_units = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
#: What may follow a number, words of the grammar and exponents.
_no_unit = r"(?i:and|or|not|in|is|if|like|else)\b|[eE][-+]?\d"
_TOKEN = re.compile(
    rf"""
    (?P<text>"(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*')
  | (?P<like>\b(?i:(?:not\s+)?i?like)\s+(?=["']))
  | (?<![\w.]) (?P<clock>\d+:\d\d(?::\d\d)?(?:\.\d+)?) (?![\w.])
  | (?<![\w.]) (?P<hours>\d+)\s?h\s?(?P<minutes>\d{{1,2}})(?:\s?(?:min|m))? (?![\w.])
  | (?<![\w.]) (?P<number>\d[\d_]*(?:\.\d+)?)\s?(?P<unit>{_units}) (?![\w.])
  | (?<![\w.]) (?P<odd>\d[\d_]*(?:\.\d+)?\s?(?!{_no_unit})[A-Za-z]+) (?![\w.(])
  | (?<!\w\.) (?<!\w) (?P<word>[A-Za-z]+) (?!\w)
  | (?P<kept>[<>=!]=)
  | (?P<sign>&&|\|\||<>|=|!)
    """,
    re.VERBOSE | re.ASCII,
)
_PYTHON_NUMBER = re.compile(r"\d[\d_]*(?:\.\d+)?(?:e\d+|j)?|0[xob]\w+", re.ASCII | re.IGNORECASE)


class Spelled(NamedTuple):
    """An expression in Python's grammar."""

    source: str
    places: list[int]  #: Of each character, where it stood in what was typed.
    units: dict[int, str]  #: Of a number that had a unit, by where it begins: the unit of columns.


def spelled(typed: str, *, now: Callable[[], float] = time.time) -> Spelled:
    """Return what was typed in Python's grammar.

    Raises
    ------
    FilterError
        If a number has a unit that is not known, or the operator is ``like``.

    Examples
    --------
    >>> spelled("duration_s > 1h30 && codec = 'av1'").source
    "duration_s > 5400  and  codec == 'av1'"
    """
    source, end = "", 0
    places: list[int] = []
    units: dict[int, str] = {}
    for match in _TOKEN.finditer(typed):
        written, unit = _written(match, typed, now)
        source += typed[end : match.start()]
        places += range(end, match.start())
        if unit:
            units[len(source)] = unit
        source += written
        places += _spread(match, len(written))
        end = match.end()
    return Spelled(source + typed[end:], [*places, *range(end, len(typed) + 1)], units)


def _spread(match: re.Match[str], length: int) -> Iterator[int]:
    """Yield a place for each character that a token became; the last ones share its last."""
    return (min(match.start() + at, match.end() - 1) for at in range(length))


def _written(match: re.Match[str], typed: str, now: Callable[[], float]) -> tuple[str, str]:
    """Return a token in Python's grammar, and the unit of a number."""
    token, kind = match.group(), match.lastgroup
    if kind == "like":
        raise _instead_of_like(match, typed)
    if kind == "clock":
        return _number(_seconds(token)), "s"
    if kind == "minutes":
        return _number(int(match["hours"]) * 3600 + int(match["minutes"]) * 60), "s"
    if kind == "unit":
        factor, unit = _UNITS[match["unit"]]
        return _number(float(match["number"].replace("_", "")) * factor), unit
    if kind == "odd" and not _PYTHON_NUMBER.fullmatch(token):
        raise _unknown_unit(match)
    if kind == "word":
        return _word(token, now), ""
    return (_SIGNS[token] if kind == "sign" else token), ""


def _word(word: str, now: Callable[[], float]) -> str:
    if word in {"now", "today"}:
        moment = datetime.fromtimestamp(now(), UTC)
        if word == "today":
            moment = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        return _number(moment.timestamp())
    return _WORDS.get(word.lower(), word)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _seconds(clock: str) -> float:
    """Return ``h:mm:ss`` or ``m:ss`` in seconds."""
    seconds = 0.0
    for part in clock.split(":"):
        seconds = seconds * 60 + float(part)
    return seconds


def _unknown_unit(match: re.Match[str]) -> FilterError:
    return FilterError(
        f"At character {match.start() + 1}: '{match.group()}' has a unit that is not known. "
        "Write kB, MB, GB, TB, kbit/s, Mbit/s, ms, s, min, h, d or w."
    )


def _instead_of_like(match: re.Match[str], typed: str) -> FilterError:
    quoted = re.compile(r"""(["'])(%?)(.*?)(%?)\1""").match(typed, match.end())
    starts, text, ends = quoted.group(2, 3, 4) if quoted else ("%", "...", "%")
    method = {("%", "%"): "contains", ("", "%"): "startswith", ("%", ""): "endswith"}
    instead = method.get((starts, ends), "contains")
    negated = "not " if match.group().lower().startswith("not") else ""
    return FilterError(
        f"At character {match.start() + 1}: there is no 'like'. "
        f'Write {negated}name.{instead}("{text}"), or search for it in whatever case.'
    )
