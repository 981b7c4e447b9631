"""The log of a job as people read it: what was noted, and what the job's own row tells."""

from __future__ import annotations

from collections.abc import Sequence

from stoat_nb.jobs.state import JobEvent, JobState, JobStatus, Level

_ENDS = {
    JobStatus.COMPLETE: ("Complete.", Level.INFO),
    JobStatus.FAILED: ("Failed", Level.ERROR),
    JobStatus.TIMEOUT: ("Timed out", Level.ERROR),
    JobStatus.CANCELLED: ("Cancelled", Level.WARNING),
}


def job_log(state: JobState, noted: Sequence[JobEvent]) -> list[JobEvent]:
    """Return all lines of a job's log, oldest first.

    That a job was submitted, started and ended is in its row already: written down once, a job
    costs no second row for it.
    """
    lines = [JobEvent(at=state.submitted_at, text=_submission(state)), *noted]
    if state.status is not JobStatus.PENDING:
        lines += [start for start in (start_of(state),) if start is not None]
    lines.sort(key=lambda line: line.at)
    if state.is_final and state.finished_at is not None:
        word, level = _ENDS[state.status]
        text = f"{word}: {state.error}" if state.error else f"{word.rstrip('.')}."
        at = max(state.finished_at, lines[-1].at)
        lines.append(JobEvent(at=at, text=text, level=level, attempt=state.attempt))
    return lines


def start_of(state: JobState) -> JobEvent | None:
    """Return the line about the newest start of a job, if it was started at all.

    It is noted when the job goes back to the line: from then on the row tells of it no more.
    """
    if state.started_at is None or not state.attempt:
        return None
    text = f"Started{_by(state)}{_again(state)}."
    return JobEvent(at=state.started_at, text=text, attempt=state.attempt)


def _submission(state: JobState) -> str:
    again = f", to try job {state.retry_of} once more" if state.retry_of else ""
    return f"Submitted{again}."


def _by(state: JobState) -> str:
    return f" by {state.worker}" if state.worker else ""


def _again(state: JobState) -> str:
    return "" if state.attempt <= 1 else f", attempt {state.attempt}"
