"""A job's log as a page shows it: plain lines, a traceback with all of its own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from stoat_nb import words
from stoat_nb.jobs.state import JobEvent, Level
from stoat_nb.names import shown

#: Entries that are shown; a page is no place to read thousands.
ENTRIES_AT_MOST = 500

_LABELS = {Level.INFO: "", Level.WARNING: "Warning: ", Level.ERROR: "Error: "}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One entry as a person reads it; its text may have several lines."""

    at: float
    time: str  #: The time of day, on this machine's clock.
    level: str
    label: str  #: The level in words, where it matters.
    text: str


def log_lines(job_id: str, events: Sequence[JobEvent]) -> list[LogLine]:
    """Put the newest entries of a log into words, and say where the others are."""
    hidden = len(events) - ENTRIES_AT_MOST
    lines = [_line(event) for event in events[max(0, hidden) :]]
    if hidden > 0:
        said = f"{words.count(hidden, 'earlier entry', 'earlier entries')} not shown here: "
        lines.insert(0, _line(JobEvent(at=events[0].at, text=f"{said}stoat logs {job_id[:8]}")))
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
