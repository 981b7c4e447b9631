"""Values as a column can hold them: checked, and in the catalog's own terms."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from numbers import Integral, Real
from typing import Any

from stoat_nb.catalog.filters.fields import Field
from stoat_nb.catalog.filters.tree import Compare, Operator, Value
from stoat_nb.catalog.values import LARGEST, as_stored_text
from stoat_nb.errors import FilterError
from stoat_nb.media.languages import iso639
from stoat_nb.names import shown

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
#: The years whose every moment fits into nanoseconds of 64 bits.
FIRST_YEAR, LAST_YEAR = 1678, 2261

#: Frame rates that were slowed down by 1000/1001 for colour television, and how far what people
#: write for them is from what they are.
NTSC = frozenset({24, 30, 48, 60, 96, 120, 240})
_SHORTENED = 0.006

#: What other programs and people call codecs and containers: no file ever has these.
ALIASES: dict[str, dict[str, str]] = {
    "codec": {
        **dict.fromkeys(("h265", "h.265", "x265", "hvc1", "hev1"), "hevc"),
        **dict.fromkeys(("avc", "avc1", "h.264", "x264", "mpeg-4 avc"), "h264"),
        **dict.fromkeys(("av01", "aom"), "av1"),
        **dict.fromkeys(("mpeg2", "mpeg-2"), "mpeg2video"),
        **dict.fromkeys(("xvid", "divx", "mpeg-4"), "mpeg4"),
        **dict.fromkeys(("apple prores",), "prores"),
    },
    "audio_codec": {
        **dict.fromkeys(("ac-3", "dolby digital", "dd"), "ac3"),
        **dict.fromkeys(("e-ac-3", "ec-3", "dolby digital plus", "ddp"), "eac3"),
        **dict.fromkeys(("dca",), "dts"),
        **dict.fromkeys(("mpeg audio",), "mp3"),
    },
    "container": {
        **dict.fromkeys(("mkv",), "matroska"),
        **dict.fromkeys(("ts", "m2ts", "mts"), "mpegts"),
        **dict.fromkeys(("mpg", "vob", "mpeg-ps"), "mpeg"),
        **dict.fromkeys(("wmv", "wma"), "asf"),
        **dict.fromkeys(("m4v",), "mp4"),
        **dict.fromkeys(("qt", "quicktime"), "mov"),
    },
}

_WANTED = {
    "text": "text in quotes",
    "whole": "a whole number of 64 bits",
    "number": "a number",
    "flag": "True or False",
    "moment": 'a date such as "2024-05-01" or "2024-05-01T12:30:00Z", or seconds since 1970',
    "list": "text in quotes",
}


def checked(field: Field, value: Any) -> Value:
    """Return a value as the column would hold it."""
    found = _as_kind(field, value)
    if found is None:
        raise FilterError(
            f"{_said(value)} does not fit the column '{field.name}'. Give {_WANTED[field.kind]}."
        )
    if field.name == "fps" and isinstance(found, float):
        found = _exact_rate(found)
    if isinstance(found, str) and (known := ALIASES.get(field.name, {}).get(found.lower())):
        raise FilterError(f"{_said(value)} is called '{known}' in the column '{field.name}'.")
    if field.is_language and isinstance(found, str):
        found = iso639(found) or found
    if field.choices and found not in field.choices:
        raise FilterError(
            f"{_said(value)} is no {field.name}. Choose from: {', '.join(field.choices)}."
        )
    return found


def _exact_rate(rate: float) -> float:
    """Return 24000/1001 for 23.976 and for 23.98: rates of NTSC have no end of digits."""
    exact = round(rate) * 1000 / 1001
    is_short = rate != int(rate) and round(rate) in NTSC and abs(rate - exact) < _SHORTENED
    return exact if is_short else rate


def comparison(field: Field, operator: Operator, value: Any) -> Compare:
    """Return a column beside a value, in numbers of the column's own kind."""
    if field.kind == "list":
        raise FilterError(
            f"'{field.name}' is a list. Ask whether something is in it: \"eng\" in {field.name}."
        )
    if field.kind == "flag" and operator not in ("==", "!="):
        raise FilterError(f"'{field.name}' is yes or no. Compare it by == or != only.")
    if field.kind == "whole" and operator not in ("==", "!="):
        operator, value = _in_wholes(operator, value)
    return Compare(field, operator, checked(field, value))


def _in_wholes(operator: Operator, value: Any) -> tuple[Operator, Any]:
    """Return the same comparison with a whole number of 64 bits.

    SQLite and pandas do not round alike where floats end and large integers go on.
    """
    number = _number(value)
    if number is None or isinstance(value, bool):
        return operator, value
    is_below = operator in ("<", "<=")
    if number > LARGEST:
        return ("<=" if is_below else ">"), LARGEST
    if number < -LARGEST - 1:
        return ("<" if is_below else ">="), -LARGEST - 1
    if number != int(number):
        return ("<=", math.floor(number)) if is_below else (">=", math.ceil(number))
    return operator, int(number)


def _said(value: Any) -> str:
    text = shown(value)
    return f"'{text[:80]}...'" if len(text) > 80 else f"'{text}'"  # noqa: PLR2004 - a line's worth


def _as_kind(field: Field, value: Any) -> Value | None:
    if isinstance(value, bool) or field.kind == "flag":
        return value if isinstance(value, bool) and field.kind == "flag" else None
    if field.kind in ("text", "list"):
        return as_stored_text(value) if isinstance(value, str) else None
    if field.kind == "moment":
        return _moment(value)
    number = _number(value)
    if number is None or field.kind == "number":
        return None if number is None else float(number)
    fits = number == int(number) and -LARGEST - 1 <= number <= LARGEST
    return int(number) if fits else None


def _number(value: Any) -> int | float | None:
    if isinstance(value, Integral):
        return int(value) if abs(int(value)) < 2**1000 else None  # a float can hold no more
    if isinstance(value, Real) and math.isfinite(value):
        return float(value)
    return None


def _moment(value: Any) -> int | None:
    """Return nanoseconds, in whole microseconds."""
    try:
        moment = _read(value)
        if moment is None or not FIRST_YEAR <= moment.astimezone(UTC).year <= LAST_YEAR:
            return None
    except (ValueError, OverflowError):
        return None
    return (moment - _EPOCH) // _MICROSECOND * 1000


def _read(value: Any) -> datetime | None:
    if isinstance(value, str):
        # A year or a month is its first day.
        brief = re.fullmatch(r"\d{4}(-\d{2})?", value, re.ASCII)
        value = datetime.fromisoformat(f"{value}-01-01"[:10] if brief else value)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    seconds = _number(value)
    return None if seconds is None else _EPOCH + timedelta(seconds=seconds)
