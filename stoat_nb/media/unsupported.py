"""The fast path's only way out: what headers alone do not prove, libav is asked."""

from __future__ import annotations


class UnsupportedLayout(Exception):
    """Something in the file that this reader does not know for sure. The message is the reason."""


def require(condition: object, reason: str) -> None:
    """Go on only if a condition holds."""
    if not condition:
        raise UnsupportedLayout(reason)
