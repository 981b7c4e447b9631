"""How long reading every packet of a file may take."""

from __future__ import annotations

#: Seconds that any file may take, and the bytes that a slow disk gives in one second.
_LEAST_S, _BYTES_A_SECOND = 30.0, 10_000_000


def limit_s(size_bytes: int) -> float:
    """Return how many seconds reading all packets of a file of that size may take."""
    return _LEAST_S + size_bytes / _BYTES_A_SECOND
