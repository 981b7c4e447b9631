"""A job in words: what cards, lists and notebooks show of one snapshot. Plain text throughout."""

from __future__ import annotations

import html
import time
from dataclasses import dataclass
from pathlib import PurePath

from stoat_nb import words
from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.names import shown
from stoat_nb.scan import SCAN_JOB_TYPE, ScanReport

_LABELS = {
    JobStatus.PENDING: "Waiting",
    JobStatus.RUNNING: "Running",
    JobStatus.COMPLETE: "Complete",
    JobStatus.FAILED: "Failed",
    JobStatus.TIMEOUT: "Timed out",
    JobStatus.CANCELLED: "Cancelled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobText:
    """One snapshot as a person reads it."""

    id: str
    status: str  #: The JobStatus, for the colour.
    label: str  #: The JobStatus, for a person.
    title: str
    where: str  #: The whole path, where the title is only its end.
    live: bool  #: Whether it has not ended.
    stopping: bool  #: Whether it was asked to stop and has not yet.
    percent: float | None  #: None while there is no telling.
    detail: str  #: What it is doing and how fast, or what it came to.
    problems: str  #: Failures so far, or why it ended badly.
    notes: str  #: What a person should know besides.
    current: str  #: The files being read.
    elapsed_s: float | None
    submitted_at: float


def describe(state: JobState, *, now: float | None = None) -> JobText:
    """Put one snapshot into words."""
    title, where = _titles(state)
    return JobText(
        id=state.job_id,
        status=str(state.status),
        label="Stopping" if _is_stopping(state) else _LABELS[state.status],
        title=title,
        where=where,
        live=not state.is_final,
        stopping=_is_stopping(state),
        percent=_percent(state),
        detail=_outcome(state) if state.is_final else _activity(state),
        problems=_problems(state),
        notes=_notes(state),
        current=" · ".join(shown(name) for name in state.progress.current),
        elapsed_s=_elapsed(state, time.time() if now is None else now),
        submitted_at=state.submitted_at,
    )


def static_html(text: JobText) -> str:
    """Return a card that needs no script: what a saved notebook keeps."""
    when = f"{words.moment(text.submitted_at)}"
    lines = "".join(
        f'<div style="{style}">{html.escape(line)}</div>'
        for style, line in (
            ("margin-top:6px", text.detail),
            ("margin-top:2px;color:#c2413a", text.problems),
            ("margin-top:2px;opacity:.75", text.notes),
        )
        if line
    )
    return (
        f'<div data-stoat-job="{html.escape(text.id)}" style="font:14px/1.5 system-ui,sans-serif;'
        "border:1px solid rgba(128,128,128,.3);border-radius:12px;padding:14px 18px;"
        'max-width:720px;overflow-wrap:anywhere">'
        f'<div><b>{html.escape(text.title)}</b> <span style="opacity:.75">· '
        f"{html.escape(text.label)} · {html.escape(when)}</span></div>{lines}</div>"
    )


def _is_stopping(state: JobState) -> bool:
    return state.cancel_requested and not state.is_final


def _titles(state: JobState) -> tuple[str, str]:
    path = state.payload.get("path")
    if state.job_type != SCAN_JOB_TYPE or not isinstance(path, str):
        return shown(state.job_type).capitalize(), ""
    return f"Scan of {shown(PurePath(path).name or path)}", shown(path)


def _percent(state: JobState) -> float | None:
    if state.status is JobStatus.COMPLETE:
        return 100.0
    fraction = state.progress.fraction
    return None if fraction is None else round(100 * fraction, 1)


def _elapsed(state: JobState, now: float) -> float | None:
    if state.started_at is None:
        return None
    return max(0.0, (state.finished_at or now) - state.started_at)


def _activity(state: JobState) -> str:
    progress = state.progress
    if state.status is JobStatus.PENDING:
        return "Waiting for its turn"
    said = [shown(progress.phase).capitalize() or "Starting", _counts(state)]
    if progress.rate:
        said.append(words.pace(progress.rate))
    if progress.eta_s is not None and progress.total is not None:
        said.append(words.left(progress.eta_s))
    return " · ".join(part for part in said if part)


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
        return (_came_to(report) if report else "Done") + after.format("in")
    if state.status is not JobStatus.CANCELLED:
        return f"Ended{after.format('after')}"
    return f"Stopped{after.format('after') or ' before it began'}{_kept(report)}"


def _report(state: JobState) -> ScanReport | None:
    if state.job_type != SCAN_JOB_TYPE or not state.result:
        return None
    return ScanReport.from_json(state.result)


def _came_to(report: ScanReport) -> str:
    if not report.scanned and not report.removed:
        return "No videos found"
    said = _parts(report)
    return words.count(report.scanned, "file") + (f": {said}" if said else "")


def _kept(report: ScanReport | None) -> str:
    said = _parts(report) if report else ""
    return f"; kept of {words.count(report.scanned, 'file')}: {said}" if report and said else ""


def _parts(report: ScanReport) -> str:
    parts = {
        "new": report.new,
        "updated": report.updated,
        "unchanged": report.skipped,
        "failed": report.failed,
        "no longer there": report.removed,
    }
    return ", ".join(f"{number:,} {word}" for word, number in parts.items() if number)


def _notes(state: JobState) -> str:
    report = _report(state) if state.is_final else None
    return " ".join(shown(note) for note in report.notes) if report else ""
