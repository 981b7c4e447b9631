"""How a job stands, in the few words of a line or a column."""

from __future__ import annotations

from stoat_nb import words
from stoat_nb.cli.job_ids import SHORT
from stoat_nb.jobs.state import JobState, JobStatus, Progress
from stoat_nb.names import shown

_AGES = ((60.0, "s", 1.0), (3600.0, "min", 60.0), (48 * 3600.0, "h", 3600.0))
_DAY_S = 86400.0


def standing(state: JobState, now: float) -> str:
    """Say where a job stands.

    Examples
    --------
    >>> standing(JobState(job_id="x", job_type="scan", paused=True), 0.0)
    'paused'
    """
    if state.paused:
        return "paused"
    said = [str(state.status)]
    if state.status is JobStatus.PENDING:
        said += ["to go on"] if state.attempt else []
        said += [f"waits for {state.waits_for[:SHORT]}"] if state.waits_for else []
        return ", ".join(said)
    if state.attempt > 1:
        said.append(f"attempt {state.attempt}")
    if state.status is JobStatus.RUNNING:
        said += _on_its_way(state, now)
    return ", ".join(said)


def _on_its_way(state: JobState, now: float) -> list[str]:
    said = ["stopping"] if state.cancel_requested else ["pausing"] if state.pause_requested else []
    still = state.stalled_s(now)
    return said if still is None else [*said, f"stalled for {words.took(still)}"]


def counts(progress: Progress, *, moving: bool = True) -> str:
    """Say in a few words how far a job has come, and how fast if it is ``moving``.

    Examples
    --------
    >>> counts(Progress(done=1200, total=5000, failed=3, rate=240.0, eta_s=16.0))
    '1,200/5,000 · 240/s · about 15 s left · 3 failed'
    """
    total = progress.total
    if total is None:
        parts = [shown(progress.message) or words.count(progress.done, "file")]
    else:
        parts = [f"{progress.done:,}/{total:,}"]
    if moving and progress.rate and progress.done != total:
        parts.append(words.pace(progress.rate))
    if moving and progress.eta_s:
        parts.append(words.left(progress.eta_s))
    if progress.failed:
        parts.append(f"{progress.failed:,} failed")
    return " · ".join(parts)


def come_so_far(state: JobState) -> str:
    """Say how far a job has come; nothing if it has not begun."""
    if state.progress == Progress():
        return ""
    return counts(state.progress, moving=state.status is JobStatus.RUNNING)


def age(seconds: float) -> str:
    """Return how long ago something was, in one unit.

    Examples
    --------
    >>> age(200), age(3 * 86400)
    ('3 min', '3 d')
    """
    for limit, unit, size in _AGES:
        if seconds < limit:
            return f"{max(0.0, seconds) // size:.0f} {unit}"
    return f"{seconds // _DAY_S:,.0f} d"


def lasted(state: JobState, now: float) -> str:
    """Return how long a job has run since its last start; nothing if it does not run yet."""
    if state.started_at is None or state.status is JobStatus.PENDING:
        return ""
    return words.took(max(0.0, (state.finished_at or now) - state.started_at))


def about(state: JobState) -> str:
    """Say what a job is about: how it failed, else the folder it scans."""
    part = " (failed files)" if state.payload.get("only_failed") is True else ""
    return shown(state.error or f"{state.payload.get('path', '')}{part}")
