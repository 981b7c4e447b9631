"""A job brought to its end: where it is taken up at once, or else right here."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from stoat_nb.cli.door import open_existing
from stoat_nb.cli.exits import DONE
from stoat_nb.cli.job_ids import SHORT
from stoat_nb.cli.outcome import tell
from stoat_nb.cli.progress import followed, progress_display, wait_until, watched
from stoat_nb.cli.signals import Ended, code_of
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.library import Library
from stoat_nb.names import shown
from stoat_nb.scan import SCAN_JOB_TYPE

#: Seconds that other processes have to take a job before this one runs it.
PATIENCE_S = 1.0


def run_to_end(library_path: Path | None, begin: Callable[[Library], Job[Any]]) -> int:
    """Begin a job and show it until it ends, whoever runs it; return the exit code."""
    with open_existing(library_path) as library:
        job = begin(library)
        try:
            state = wait_until(job, _is_taken, PATIENCE_S)
        except KeyboardInterrupt as problem:
            click.echo(f"It waits; stoat cancel {job.id[:SHORT]} cancels it.", err=True)
            return code_of(problem)
        if _is_taken(state):
            return _watch(job, state)
    if job.job_type != SCAN_JOB_TYPE:
        click.echo(f"It waits for a process that can run '{shown(job.job_type)}' jobs.")
        return DONE
    opened = partial(open_existing, library_path, take="own")
    return tell(run_here(opened, partial(_resumed, job_id=job.id)))


def _resumed(library: Library, job_id: str) -> Job[Any]:
    library.resume(job_id)  # whoever resumes a job may run it
    return library.job(job_id)


def _is_taken(state: JobState) -> bool:
    return state.status is not JobStatus.PENDING


def _watch(job: Job[Any], state: JobState) -> int:
    """Show a job that another process runs; Ctrl-C only looks away."""
    if state.worker is not None:
        click.echo(f"Another process ({state.worker}) runs it.", err=True)
    try:
        with progress_display(sys.stderr) as show:
            state = watched(job, show)
    except KeyboardInterrupt as problem:
        click.echo(f"It goes on there; stoat cancel {job.id[:SHORT]} stops it.", err=True)
        return code_of(problem)
    return tell(state)


def run_here(opened: Callable[[], Library], begin: Callable[[Library], Job[Any]]) -> JobState:
    """Begin a job in this process and show it until it ends; SIGTERM hands it back."""
    job = None
    try:
        with opened() as library:
            job = begin(library)
            if job.joined:
                _say_what_is_joined(job)
            with progress_display(sys.stderr) as show:
                return followed(job, show)
    except Ended:
        if job is not None:
            _say_what_waits(library.path, job.id)
        raise


def _say_what_is_joined(job: Job[Any]) -> None:
    state = job.state
    by = f"is already being scanned by another process ({state.worker})"
    stands = by if state.worker else "was to be scanned already"
    click.echo(f"{shown(state.payload['path'])} {stands}: job {job.id[:SHORT]}.", err=True)


def _say_what_waits(library_path: Path, job_id: str) -> None:
    # Only the file knows: it may have ended at the last moment, or another process has taken it.
    with open_existing(library_path) as library:
        state = library.job(job_id).state
    short = job_id[:SHORT]
    if state.is_final:
        click.echo(f"Job {short} has ended: {state.status}.", err=True)
    elif state.status is JobStatus.RUNNING:
        click.echo(f"Job {short} goes on in another process.", err=True)
    else:
        click.echo(f"Job {short} is not done; stoat resume {short} goes on with it.", err=True)
