"""A job in words: what cards, lists and notebooks show of one snapshot. Plain text throughout."""

from __future__ import annotations

import html
import os
import time
from collections.abc import Collection, Sequence
from pathlib import PurePath

from msgspec import Struct

from stoat_nb import words
from stoat_nb.components.job_actions import Action, actions
from stoat_nb.components.job_log import LogLine
from stoat_nb.jobs.state import STALLED_AFTER_S, JobState, JobStatus
from stoat_nb.names import shown
from stoat_nb.scan import SCAN_JOB_TYPE, ScanReport

_HERE = f"pid {os.getpid()}"

NO_VIDEOS = "No videos found"
_LABELS = {
    JobStatus.PENDING: "Waiting",
    JobStatus.RUNNING: "Running",
    JobStatus.COMPLETE: "Complete",
    JobStatus.FAILED: "Failed",
    JobStatus.TIMEOUT: "Timed out",
    JobStatus.CANCELLED: "Cancelled",
}


class JobText(Struct, frozen=True, kw_only=True):
    """One snapshot as a person reads it."""

    id: str
    status: str  #: The JobStatus, or ``paused``: for the colour.
    label: str  #: The same for a person.
    title: str
    where: str  #: The whole path, where the title is only its end.
    live: bool  #: Whether it has not ended.
    percent: float | None  #: None while there is no telling.
    detail: str  #: What it is doing and how fast, or what it came to.
    problems: str  #: Failures so far, or why it ended badly.
    notes: str  #: What a person should know besides.
    current: str  #: The files being read.
    elapsed_s: float | None
    still_s: float | None  #: Seconds nothing has moved, if it runs; it is for the page to count on.
    stalled_after_s: float  #: From how many on that is worth a word of its own.
    submitted_at: float
    actions: tuple[Action, ...] = ()


def describe(
    state: JobState,
    *,
    now: float | None = None,
    place: int | None = None,
    wishes: Collection[str] = (),
    retried: bool = False,
) -> JobText:
    """Put one snapshot into words; for what else there is to know see ``actions``."""
    title, where = _titles(state)
    at = time.time() if now is None else now
    subject = f"Scan of {where}" if where else title
    return JobText(
        id=state.job_id,
        status="paused" if state.paused else str(state.status),
        label=_label(state),
        title=title,
        where=where,
        live=not state.is_final,
        percent=_percent(state),
        detail=_outcome(state) if state.is_final else _activity(state, place),
        problems=_problems(state),
        notes=_notes(state, retried=retried),
        current=" · ".join(shown(name) for name in state.progress.current),
        elapsed_s=_elapsed(state, at),
        still_s=_still(state, at),
        stalled_after_s=STALLED_AFTER_S,
        submitted_at=state.submitted_at,
        actions=actions(state, subject, place=place, wishes=wishes, retried=retried),
    )


def static_html(text: JobText, log: Sequence[LogLine] = (), note: str = "") -> str:
    """Return a card that needs no script: what a saved notebook keeps, its log folded away."""
    when = f"{words.moment(text.submitted_at)}"
    lines = "".join(
        f'<div style="{style}">{html.escape(line)}</div>'
        for style, line in (
            ("margin-top:6px", text.detail),
            ("margin-top:2px;color:#c2413a", text.problems),
            ("margin-top:2px;opacity:.75", text.notes),
            ("margin-top:2px;opacity:.75", note),
        )
        if line
    )
    return (
        f'<div data-stoat-job="{html.escape(text.id)}" style="font:14px/1.5 system-ui,sans-serif;'
        "border:1px solid rgba(128,128,128,.3);border-radius:12px;padding:14px 18px;"
        'max-width:720px;overflow-wrap:anywhere">'
        f'<div><b>{html.escape(text.title)}</b> <span style="opacity:.75">· '
        f"{html.escape(text.label)} · {html.escape(when)}</span></div>{lines}{_folded(log)}</div>"
    )


def _folded(log: Sequence[LogLine]) -> str:
    if not log:
        return ""
    text = "\n".join(f"{line.time}  {line.label}{line.text}" for line in log)
    return (
        '<details style="margin-top:8px"><summary style="cursor:pointer">'
        f"Log, {words.count(len(log), 'entry', 'entries')}</summary>"
        '<pre style="margin:6px 0 0;font-size:12px;white-space:pre-wrap;overflow-wrap:anywhere">'
        f"{html.escape(text)}</pre></details>"
    )


def _label(state: JobState) -> str:
    if state.is_final:
        return _LABELS[state.status]
    if state.cancel_requested:
        return "Stopping"
    if state.paused:
        return "Paused"
    return "Pausing" if state.pause_requested else _LABELS[state.status]


def _still(state: JobState, now: float) -> float | None:
    if state.status is not JobStatus.RUNNING or state.heartbeat_at is None:
        return None
    return max(0.0, now - state.heartbeat_at)


def _titles(state: JobState) -> tuple[str, str]:
    path = state.payload.get("path")
    if state.job_type != SCAN_JOB_TYPE or not isinstance(path, str):
        return shown(state.job_type).capitalize(), ""
    part = "failed files in " if state.payload.get("only_failed") is True else ""
    return f"Scan of {part}{shown(PurePath(path).name or path)}", shown(path)


def _percent(state: JobState) -> float | None:
    if state.status is JobStatus.COMPLETE:
        return 100.0
    fraction = state.progress.fraction
    return None if fraction is None else round(100 * fraction, 1)


def _elapsed(state: JobState, now: float) -> float | None:
    if state.started_at is None or state.status is JobStatus.PENDING:
        return None
    return max(0.0, (state.finished_at or now) - state.started_at)


def _activity(state: JobState, place: int | None) -> str:
    if state.status is JobStatus.PENDING:
        return _waiting(state, place)
    progress = state.progress
    said = [shown(progress.phase).capitalize() or "Starting", _counts(state)]
    if progress.bytes_done:
        said.append(words.size(progress.bytes_done))
    if progress.rate:
        said.append(words.pace(progress.rate))
    if progress.eta_s is not None and progress.total is not None:
        said.append(words.left(progress.eta_s))
    return " · ".join(part for part in said if part)


def _waiting(state: JobState, place: int | None) -> str:
    if state.paused:
        said = ["Paused" if state.attempt else "Paused before it began"]
    elif state.waits_for is not None:
        said = [f"Waiting for job {shown(state.waits_for)}, at work in the same folders"]
    elif place is None:
        said = ["Waiting for its turn"]
    else:
        said = ["Next in line" if place == 1 else f"Number {place} in line"]
    if state.priority:
        said.append(f"priority {state.priority}")
    if state.attempt and state.progress.total:
        said.append(f"{_counts(state)} done")
    return " · ".join(said)


def _counts(state: JobState) -> str:
    progress = state.progress
    if progress.total is None:
        return shown(progress.message)
    return f"{progress.done:,} of {progress.total:,} {shown(progress.unit)}"


def _problems(state: JobState) -> str:
    if state.is_final:
        return shown(state.error) if state.error else ""
    return f"{state.progress.failed:,} failed so far" if state.progress.failed else ""


def _outcome(state: JobState) -> str:
    elapsed = _elapsed(state, state.submitted_at)
    after = "" if elapsed is None else f" {{}} {words.took(elapsed)}"
    report = _report(state)
    if state.status is JobStatus.COMPLETE:
        said = _came_to(report) if report else "Done"
        if said == NO_VIDEOS and elapsed is not None:
            return f"{said} (took {words.took(elapsed)})"
        return said + after.format("in")
    if state.status is not JobStatus.CANCELLED:
        return f"Ended{after.format('after')}"
    return f"Cancelled{after.format('after') or ' before it began'}{_kept(report)}"


def _report(state: JobState) -> ScanReport | None:
    if state.job_type != SCAN_JOB_TYPE or not state.result:
        return None
    return ScanReport.from_json(state.result)


def _came_to(report: ScanReport) -> str:
    if not (report.scanned or report.removed or report.excluded):
        return NO_VIDEOS
    said = report.counts
    return words.count(report.scanned, "file") + (f": {said}" if said else "")


def _kept(report: ScanReport | None) -> str:
    said = report.counts if report else ""
    return f". Kept of {words.count(report.scanned, 'file')}: {said}" if report and said else ""


def _notes(state: JobState, *, retried: bool) -> str:
    said = [_attempt(state)]
    if state.status is JobStatus.RUNNING and state.worker not in {None, _HERE}:
        said.append(f"Another process runs it ({shown(state.worker)}).")
    report = _report(state) if state.is_final else None
    if report:
        said += [shown(note) for note in report.remarks]
    if retried:
        said.append("It was tried again in a later job.")
    return " ".join(part for part in said if part)


def _attempt(state: JobState) -> str:
    """Say which attempt it is, where others were lost with their processes; pauses cost none."""
    running = state.status is JobStatus.RUNNING
    if not state.deaths:
        if running and state.attempt > 1:
            return "Resumed."
        return "It tries an earlier job again." if state.retry_of and not state.attempt else ""
    if running or (state.status is JobStatus.PENDING and not state.paused):
        begins = "Resumed after an interruption" if running else "Interrupted; resumes by itself"
        return f"{begins}, attempt {state.deaths + 1} of {state.max_deaths}."
    return f"Interrupted {'once' if state.deaths == 1 else f'{state.deaths} times'}."
