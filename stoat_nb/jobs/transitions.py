"""Where a job may go from where it stands. Pure: stores and queues all decide by these alone."""

from __future__ import annotations

from enum import StrEnum

from msgspec.structs import replace

from stoat_nb.jobs.state import JobEvent, JobState, JobStatus, Level


class Wish(StrEnum):
    """What somebody may ask of a job, from any process."""

    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"


def heed(state: JobState, wish: Wish, now: float) -> JobState | None:
    """Return the job after a wish, or None where there is nothing left to wish for."""
    if state.is_final:
        return None
    if wish is Wish.CANCEL:
        return _cancelled(state, now)
    return _paused(state) if wish is Wish.PAUSE else _resumed(state)


def prioritized(state: JobState, priority: int) -> JobState | None:
    """Return the job with another priority, or None if it has ended."""
    return None if state.is_final else state.evolve(priority=priority)


def begun(state: JobState, *, worker: str | None, now: float) -> JobState:
    """Return a pending job as it is when a worker takes it."""
    return state.evolve(
        status=JobStatus.RUNNING,
        attempt=state.attempt + 1,
        started_at=now,
        heartbeat_at=now,
        pause_requested=False,
        worker=worker,
        waits_for=None,
    )


def handed_back(state: JobState) -> JobState:
    """Return a running job that was stopped to go on later: paused, or with its library closed."""
    return state.evolve(
        status=JobStatus.PENDING,
        paused=state.pause_requested,
        pause_requested=False,
        worker=None,
    )


def settled(kept: JobState, said: JobState, now: float) -> JobState:
    """Return a running job after its worker's word, heeding what others asked for meanwhile.

    The worker knows how far it has come and how it ended, the store what was wished.
    """
    after = kept.evolve(
        status=said.status,
        progress=said.progress,
        result=said.result,
        error=said.error,
        finished_at=said.finished_at,
        heartbeat_at=said.heartbeat_at,
    )
    after = replace(after, seq=max(after.seq, said.seq))
    if said.status is JobStatus.RUNNING:
        return after
    if said.is_final:
        asked = kept.cancel_requested or said.cancel_requested
        return replace(after, cancel_requested=asked, pause_requested=False)
    if kept.cancel_requested:
        return replace(
            after, status=JobStatus.CANCELLED, finished_at=now, pause_requested=False, paused=False
        )
    return replace(after, paused=kept.pause_requested, pause_requested=False, worker=None)


def orphaned(state: JobState, fate: str, now: float) -> JobState:
    """Return a running job that lost its process: taken up again, unless that has no sense."""
    if state.cancel_requested:
        return state.evolve(
            status=JobStatus.CANCELLED,
            finished_at=now,
            error=interruption(state, fate),
            pause_requested=False,
            worker=None,
        )
    deaths = state.deaths + 1
    if deaths >= state.max_deaths:
        return state.evolve(
            status=JobStatus.FAILED,
            deaths=deaths,
            finished_at=now,
            pause_requested=False,
            worker=None,
            error=f"{interruption(state, fate)} {_losses(deaths)}, so it was given up.",
        )
    return replace(handed_back(state), deaths=deaths)


def interruption(state: JobState, fate: str) -> str:
    """Say what became of a job's process before the job ended."""
    return f"The process that ran it ({state.worker or 'unknown'}) {fate}."


def news_of_orphan(before: JobState, after: JobState, fate: str, now: float) -> JobEvent:
    """Return the log's line about a job that lost its process."""
    ends = ""
    if after.status is JobStatus.PENDING:
        ends += " It goes on when it is resumed." if after.paused else " It will be taken up again."
    return JobEvent(
        at=now, text=interruption(before, fate) + ends, level=Level.WARNING, attempt=before.attempt
    )


def _losses(count: int) -> str:
    return f"The job lost its process {'once' if count == 1 else f'{count} times'}"


def _cancelled(state: JobState, now: float) -> JobState:
    if state.status is JobStatus.PENDING:
        return state.evolve(
            status=JobStatus.CANCELLED, finished_at=now, cancel_requested=True, paused=False
        )
    return state if state.cancel_requested else state.evolve(cancel_requested=True)


def _paused(state: JobState) -> JobState | None:
    if state.cancel_requested:
        return None
    if state.status is JobStatus.PENDING:
        return state if state.paused else state.evolve(paused=True)
    return state if state.pause_requested else state.evolve(pause_requested=True)


def _resumed(state: JobState) -> JobState | None:
    if state.paused:
        return state.evolve(paused=False)
    return state.evolve(pause_requested=False) if state.pause_requested else None
