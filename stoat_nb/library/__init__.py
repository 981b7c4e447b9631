"""A catalog and the queue that fills it."""

from __future__ import annotations

from stoat_nb.library.library import Library

__all__ = ["Library"]
