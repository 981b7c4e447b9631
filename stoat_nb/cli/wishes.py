"""``stoat pause``, ``resume``, ``retry`` and ``cancel``: what is to become of a job."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import click

from stoat_nb.api import controls
from stoat_nb.cli.completion import offer_jobs
from stoat_nb.cli.door import open_existing
from stoat_nb.cli.exits import DONE, NOT_DONE
from stoat_nb.cli.job_ids import find_job, short_ids
from stoat_nb.cli.progress import wait_until
from stoat_nb.cli.running import run_to_end
from stoat_nb.errors import JobAlreadyFinal, UnknownJobType
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.library import Library
from stoat_nb.scan import SCAN_JOB_TYPE

#: Seconds that a command waits for whoever runs a job to do what was asked.
PATIENCE_S = 5.0

_id = click.argument("job_id", metavar="ID", shell_complete=offer_jobs)


@click.command()
@click.argument("job_ids", metavar="ID...", nargs=-1, required=True, shell_complete=offer_jobs)
@click.pass_obj
def cancel(library_path: Path | None, job_ids: tuple[str, ...]) -> int:
    """Cancel the jobs with these IDs, whoever runs them; what they have finished is kept."""
    with open_existing(library_path) as library:
        jobs = _unended(find_job(library, job_id) for job_id in job_ids)
        for job in jobs.values():
            controls.cancel(library, job.id)
        states = [wait_until(job, _has_ended, PATIENCE_S) for job in jobs.values()]
    for short, state in zip(short_ids(list(jobs)), states, strict=True):
        click.echo(_of_cancel(short, state))
    is_done = all(state.status is JobStatus.CANCELLED for state in states)
    return DONE if is_done else NOT_DONE


def _unended(found: Iterable[Job[Any]]) -> dict[str, Job[Any]]:
    """Return the jobs by id, or refuse them all if one has ended: then nothing is done."""
    jobs = {job.id: job for job in found}
    for job in jobs.values():
        if job.status.is_final:
            raise JobAlreadyFinal(job.id, job.status)
    return jobs


def _has_ended(state: JobState) -> bool:
    return state.is_final


def _of_cancel(short: str, state: JobState) -> str:
    if state.status is JobStatus.CANCELLED:
        return f"Cancelled {short}."
    if state.is_final:
        return f"{short} ended before it could be cancelled: {state.status}."
    return f"{short} was asked to stop; {state.worker or 'its process'} has not let go of it yet."


@click.command()
@_id
@click.pass_obj
def pause(library_path: Path | None, job_id: str) -> int:
    """Pause the job ID, whoever runs it, until it is resumed; what it has done is kept."""
    with open_existing(library_path) as library:
        job = find_job(library, job_id)
        controls.pause(library, job.id)
        state = wait_until(job, _rests, PATIENCE_S)
    click.echo(_of_pause(short_ids([job.id])[0], state))
    return DONE if state.paused else NOT_DONE


def _rests(state: JobState) -> bool:
    return state.paused or state.is_final


def _of_pause(short: str, state: JobState) -> str:
    if state.paused:
        return f"Paused {short}. It goes on with: stoat resume {short}"
    if state.is_final:
        return f"{short} ended before it could be paused: {state.status}."
    return f"{short} was asked to pause; {state.worker or 'its process'} has not let go of it yet."


@click.command()
@_id
@click.pass_obj
def resume(library_path: Path | None, job_id: str) -> int:
    """Resume the paused or abandoned job ID and follow it to its end.

    Another process that has the library open may take it; if none does this command runs it.
    """
    return run_to_end(library_path, partial(_resumed, given=job_id))


def _resumed(library: Library, given: str) -> Job[Any]:
    job = find_job(library, given)
    state = job.state
    waits = state.status is JobStatus.PENDING and not state.paused
    if not waits:  # one that merely waits for somebody to take it needs no more than that
        controls.resume(library, job.id)
    return job


@click.command()
@_id
@click.option("--failed", "only_failed", is_flag=True, help="Read only the files that failed.")
@click.pass_obj
def retry(library_path: Path | None, job_id: str, *, only_failed: bool) -> int:
    """Retry the job ID, which has ended, as a new job and follow that to its end.

    Another process that has the library open may take it; if none does this command runs it.
    """
    return run_to_end(library_path, partial(_retried, given=job_id, only_failed=only_failed))


def _retried(library: Library, given: str, *, only_failed: bool) -> Job[Any]:
    old = find_job(library, given)
    if old.job_type != SCAN_JOB_TYPE:
        raise UnknownJobType(old.job_type, (SCAN_JOB_TYPE,))
    new = controls.retry(library, old.id, only_failed=only_failed)
    one, other = short_ids([new.id, old.id])
    click.echo(f"Job {one} tries {other} once more.", err=True)
    return new
