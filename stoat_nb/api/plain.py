"""Values as JSON that every client can read: no NaN, no numpy, no half characters."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame


#: The largest whole number that JavaScript, and so many a reader of JSON, holds exactly.
MAX_SAFE_INTEGER = 2**53 - 1
#: Columns that may be larger on any disk: these are text in every row or in none.
_WIDE = frozenset({"mtime_ns", "device", "inode"})


def dumps(value: Any) -> str:
    """Write a value as one line of JSON; what JSON cannot say (NaN, infinity) becomes null."""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError):
        return json.dumps(plain(value), allow_nan=False, separators=(",", ":"))


def rows(frame: DataFrame) -> list[dict[str, Any]]:
    """Return a frame's rows as plain values."""
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, cells, strict=True)) for cells in _cells(frame)]


def _cells(frame: DataFrame) -> Iterator[Iterable[Any]]:
    columns = [[plain(cell) for cell in frame[name]] for name in frame.columns]
    return zip(*columns, strict=True) if columns else iter(())


def plain(value: Any) -> Any:
    """Return a value in JSON's own types: a missing one is None, a time is ISO 8601."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return value.isoformat() if value == value else None  # noqa: PLR0124 - NaT is unlike itself
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    return _plain_of_library(value)


def exact(value: Any, name: str = "") -> Any:
    """Return a plain value with text for each whole number that JavaScript would round.

    Examples
    --------
    >>> exact({"inode": 7, "width": 1920, "bit_rate": 2**60})
    {'inode': '7', 'width': 1920, 'bit_rate': '1152921504606846976'}
    """
    if isinstance(value, dict):
        return {key: exact(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [exact(part) for part in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if name in _WIDE or abs(value) > MAX_SAFE_INTEGER else value
    return value


def _plain_of_library(value: Any) -> Any:
    for name in ("tolist", "item"):  # numpy's arrays, numpy's scalars
        if hasattr(value, name):
            return plain(getattr(value, name)())
    if isinstance(value, Iterable):
        return [plain(part) for part in value]
    return None if type(value).__name__ == "NAType" else str(value)
