"""A job brought to its end: where it is taken up at once, or else right here."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from stoat_nb.cli.door import open_existing
from stoat_nb.cli.exits import CANCELLED, DONE
from stoat_nb.cli.job_ids import SHORT
from stoat_nb.cli.outcome import tell
from stoat_nb.cli.progress import followed, progress_display, wait_until, watched
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
        except KeyboardInterrupt:
            click.echo(f"It waits; stoat cancel {job.id[:SHORT]} cancels it.", err=True)
            return CANCELLED
        if _is_taken(state):
            return _watch(job, state)
    if job.job_type != SCAN_JOB_TYPE:
        click.echo(f"It waits for a process that can run '{shown(job.job_type)}' jobs.")
        return DONE
    return _run_here(library_path, job.id)


def _is_taken(state: JobState) -> bool:
    return state.status is not JobStatus.PENDING


def _watch(job: Job[Any], state: JobState) -> int:
    """Show a job that another process runs; Ctrl-C only looks away."""
    if state.worker is not None:
        click.echo(f"Another process ({state.worker}) runs it.", err=True)
    try:
        with progress_display(sys.stderr) as show:
            state = watched(job, show)
    except KeyboardInterrupt:
        click.echo(f"It goes on there; stoat cancel {job.id[:SHORT]} stops it.", err=True)
        return CANCELLED
    return tell(state)


def _run_here(library_path: Path | None, job_id: str) -> int:
    with open_existing(library_path, take="own") as library:
        library.resume(job_id)  # whoever resumes a job may run it
        with progress_display(sys.stderr) as show:
            state = followed(library.job(job_id), show)
    return tell(state)
