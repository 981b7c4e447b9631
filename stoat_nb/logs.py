"""Log lines. Programs decide what becomes of them; until one does, a notebook stays free of them.

Rooms that log take their logger from here, so that a reader process, which logs nothing, need not
import ``logging``: that would take it longer than to read a good many files.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

from stoat_nb.names import shown

logging.getLogger("stoat_nb").addHandler(logging.NullHandler())

#: What a line may carry beside its sentence, in this order.
FIELDS = ("request_id", "job_id", "method", "path", "status", "ms")

_bound: ContextVar[Mapping[str, Any]] = ContextVar("stoat_nb_log_fields")


def logger(name: str) -> logging.Logger:
    """Return the logger of a module of ours."""
    return logging.getLogger(name)


def bind(**fields: Any) -> None:
    """Add these fields to every line logged from here on in this task and what it starts."""
    _bound.set({**bound(), **fields})


def bound() -> Mapping[str, Any]:
    """Return the fields that every line of this task carries."""
    return _bound.get({})


def log_to_stderr(level: str) -> None:
    """Write the log of the whole process to stderr: for programs of ours, never for a library.

    On a terminal a line is for people, elsewhere it is one JSON object. Where the program has said
    already where lines go and how they look, as Panel's own server does, that stays.

    Parameters
    ----------
    level
        From which level on Stoat's own lines are written: debug, info, warning or error. Lines of
        the packages below it are written from ``warning`` on.
    """
    logging.getLogger("stoat_nb").setLevel(level.upper())
    root = logging.getLogger()
    if root.handlers:
        return
    handler = _Stderr()
    handler.setFormatter(_Text() if sys.stderr.isatty() else _Json())
    root.addHandler(handler)
    root.setLevel(logging.WARNING)


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to what stderr is at that moment, and says nothing of a reader that went away."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Let a line be lost where nobody can read it any more."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


def _at(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    found = {**bound(), **record.__dict__}
    return {name: found[name] for name in FIELDS if name in found}


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        told = {
            "at": _at(record),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            "logger": record.name,
            **_fields(record),
        }
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told, default=str)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        known = _fields(record)  # a sentence tells the others
        fields = "".join(f" {name}={known[name]}" for name in FIELDS[:2] if name in known)
        sentence = record.getMessage() + fields
        lines = [f"{_at(record)} {record.levelname.lower():<7} {shown(sentence)}"]
        if record.exc_info:
            trace = self.formatException(record.exc_info)
            lines += [f"    {shown(line)}" for line in trace.splitlines()]
        return "\n".join(lines)
