"""Log lines. Programs decide what becomes of them; until one does, a notebook stays free of them.

Rooms that log take their logger from here, so that a reader process, which logs nothing, need not
import ``logging``: that would take it longer than to read a good many files.
"""

from __future__ import annotations

import logging

logging.getLogger("stoat_nb").addHandler(logging.NullHandler())


def logger(name: str) -> logging.Logger:
    """Return the logger of a module of ours."""
    return logging.getLogger(name)
