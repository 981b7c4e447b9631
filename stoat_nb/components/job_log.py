"""A job's log as a page shows it: plain lines, a traceback with all of its own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby

from msgspec import Struct

from stoat_nb import words
from stoat_nb.jobs.state import JobEvent, Level
from stoat_nb.names import shown

#: Entries of each attempt that are shown, from where it begins and to where it ends: what became
#: of an attempt must not drown in a line for each file.
FIRST, LAST = 100, 200

_LABELS = {Level.INFO: "", Level.WARNING: "Warning: ", Level.ERROR: "Error: "}


class LogLine(Struct, frozen=True, kw_only=True):
    """One entry as a person reads it; its text may have several lines."""

    at: float
    time: str  #: The time of day, on this machine's clock.
    level: str
    label: str  #: The level in words, where it matters.
    text: str


def log_lines(job_id: str, events: Sequence[JobEvent]) -> list[LogLine]:
    """Put a log into words; where a long one is cut, say how to read the rest."""
    lines: list[LogLine] = []
    for _attempt, group in groupby(events, key=lambda event: event.attempt):
        entries = list(group)
        hidden = entries[FIRST : max(FIRST, len(entries) - LAST)]
        lines += map(_line, entries[:FIRST])
        if hidden:
            said = f"{words.count(len(hidden), 'entry', 'entries')} not shown here: "
            lines.append(_line(JobEvent(at=hidden[0].at, text=f"{said}stoat logs {job_id[:8]}")))
        lines += map(_line, entries[FIRST + len(hidden) :])
    return lines


def error_line(sentence: str) -> LogLine:
    """Return what stands where a log cannot be read."""
    return _line(JobEvent(at=time.time(), text=sentence, level=Level.ERROR))


def _line(event: JobEvent) -> LogLine:
    return LogLine(
        at=event.at,
        time=f"{datetime.fromtimestamp(event.at, UTC).astimezone():%H:%M:%S}",
        level=str(event.level),
        label=_LABELS[event.level],
        text="\n".join(shown(line) for line in event.text.splitlines()),
    )
