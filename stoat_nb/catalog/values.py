"""Any value as one that SQLite can hold and every table can show."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

from stoat_nb.names import as_text

LARGEST = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: The first and last moment that a time in nanoseconds can name, in whole microseconds.
_FIRST_NS, _LAST_NS = -9223372036854775000, 9223372036854775000


def as_stored_text(value: str) -> str:
    r"""Return text that is valid UTF-8; what is none becomes ``\xNN`` or ``\uNNNN``."""
    try:
        value.encode()
    except UnicodeEncodeError:
        pass
    else:
        return value
    try:
        return as_text(value)
    except UnicodeEncodeError:
        return value.encode("utf-8", "backslashreplace").decode()


def as_integer(value: int) -> int:
    """Return the nearest whole number of 64 bits."""
    return max(-LARGEST - 1, min(LARGEST, int(value)))


def as_moment_ns(value: int) -> int:
    """Return the nearest time in nanoseconds that tables can show as a date."""
    return max(_FIRST_NS, min(_LAST_NS, int(value)))


def as_cell(value: str | float | None) -> str | int | float | None:
    """Return what SQLite is given for a fact."""
    if value is None:
        return None
    if isinstance(value, str):
        return as_stored_text(value)
    if isinstance(value, int):  # a bool too: it becomes 0 or 1
        return as_integer(value)
    return value if math.isfinite(value) else None


def mended(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row with every cell as SQLite takes it; bytes stay as they are."""
    return tuple(cell if isinstance(cell, bytes) else as_cell(cell) for cell in row)


def seconds_of(moment: str | None) -> float | None:
    """Return an ISO 8601 time as seconds since 1970, or None if it is no such time."""
    try:
        parsed = datetime.fromisoformat(moment or "")
    except ValueError:
        return None
    seconds = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    return seconds if _FIRST_NS < seconds * 1e9 < _LAST_NS else None


def moment_text(nanoseconds: int) -> str:
    """Return a time as ISO 8601 text in UTC, to the microsecond."""
    moment = _EPOCH + timedelta(microseconds=nanoseconds // 1000)
    return moment.isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"


def texts_of(value: str) -> list[str]:
    """Return a list of texts that is kept as JSON."""
    found = json.loads(value)
    if isinstance(found, list) and all(isinstance(one, str) for one in found):
        return found
    raise ValueError("a list of texts is something else")
