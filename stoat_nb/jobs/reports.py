"""What a handler may report of its progress: refused at its door, for others count with it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, Final

from stoat_nb.errors import JobError
from stoat_nb.names import class_name, shown

_NUMBERS: Final = frozenset({"done", "total", "skipped", "bytes_done", "failed"})
_TEXTS: Final = frozenset({"phase", "unit", "message"})


def checked_report(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return reported fields of Progress as they can be kept.

    Raises
    ------
    JobError
        If one is unknown, or not of its kind.

    Examples
    --------
    >>> checked_report({"done": 3.0, "total": None, "current": ["a.mov"]})
    {'done': 3.0, 'total': None, 'current': ('a.mov',)}
    """
    return {name: _checked(name, value) for name, value in changes.items()}


def _checked(name: str, value: Any) -> Any:
    if name in _NUMBERS:
        if isinstance(value, Integral):  # NumPy's too
            return int(value)
        if isinstance(value, Real) and math.isfinite(value):
            return float(value)
        if value is None and name == "total":
            return None
    elif name in _TEXTS and isinstance(value, str):
        return value
    elif name == "current" and isinstance(value, list | tuple):
        return tuple(str(one) for one in value)
    raise JobError(
        f"A job cannot report {shown(name)}='{shown(value)}' ({class_name(value)}): give numbers "
        "for done, total, skipped, bytes_done and failed, text for phase, unit and message, a list "
        "of texts for current."
    )
