"""What people may ask of a job, with a sentence where it cannot be done: for REST and commands."""

from __future__ import annotations

from stoat_nb.errors import JobAlreadyFinal, JobError
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.library import Library
from stoat_nb.names import shown
from stoat_nb.scan import SCAN_JOB_TYPE


def cancel(library: Library, job_id: str) -> JobState:
    """Ask a job to stop; return how it stands then."""
    if not library.cancel(job_id):
        raise _ended(library.job(job_id).state)
    return library.job(job_id).state


def pause(library: Library, job_id: str) -> JobState:
    """Ask a job to wait until it is resumed; return how it stands then."""
    if not library.pause(job_id):
        state = library.job(job_id).state
        if not state.is_final and state.cancel_requested:
            raise JobError(f"Job '{shown(job_id)}' is being cancelled: it cannot be paused.")
        raise _ended(state)
    return library.job(job_id).state


def resume(library: Library, job_id: str) -> JobState:
    """Have a paused job go on; return how it stands then."""
    if not library.resume(job_id):
        state = library.job(job_id).state
        raise _ended(state) if state.is_final else JobError(_not_paused(state))
    return library.job(job_id).state


def prioritize(library: Library, job_id: str, priority: int) -> JobState:
    """Give a job another place in the line; return how it stands then."""
    if not library.prioritize(job_id, priority):
        raise _ended(library.job(job_id).state)
    return library.job(job_id).state


def retry(library: Library, job_id: str, *, only_failed: bool) -> Job[object]:
    """Submit a job that has ended once more; return the new one."""
    job = library.job(job_id)
    if only_failed and job.job_type != SCAN_JOB_TYPE:
        raise JobError(
            f"Job '{shown(job_id)}' is no scan but a '{shown(job.job_type)}' job, and has no "
            "failed files to try alone. Retry all of it."
        )
    return library.retry(job_id, only_failed=only_failed)


def _ended(state: JobState) -> JobAlreadyFinal:
    return JobAlreadyFinal(state.job_id, state.status)


def _not_paused(state: JobState) -> str:
    runs = state.status is JobStatus.RUNNING
    where = f"{state.worker or 'its process'} runs it" if runs else "it waits for its turn"
    return f"Job '{shown(state.job_id)}' is not paused: {where}."
