"""A job under way in the terminal: a bar where there is one, plain lines in a pipe."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import click

from stoat_nb import words
from stoat_nb.cli.job_ids import SHORT
from stoat_nb.cli.signals import Ended, held_back
from stoat_nb.cli.standing import counts
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobState, JobStatus, Progress
from stoat_nb.names import shown

Show = Callable[[JobState], None]

LOOK_EVERY_S = 0.1


def followed(job: Job[Any], show: Show) -> JobState:
    """Show a job of this process until it ends; Ctrl-C cancels it, a second one leaves it."""
    own = False
    try:
        state = watched(job, show)
    except Ended:
        raise  # the job is left to the next process
    except KeyboardInterrupt:
        if job.joined:  # it is not this command's own to cancel
            click.echo(f"It goes on; stoat cancel {job.id[:SHORT]} stops it.", err=True)
            raise
        own = job.cancel()  # first: what reads the next line may stand still
        click.echo("Cancelling; what is done is kept. Ctrl-C again leaves at once.", err=True)
        state = watched(job, show)
    if state.status is JobStatus.CANCELLED and not own:
        click.echo("Another process cancelled the job.", err=True)
    return state


def watched(job: Job[Any], show: Show) -> JobState:
    """Show a job, whichever process runs it, until it ends."""
    while True:
        with held_back():
            state = job.wait(LOOK_EVERY_S)
        show(state)
        if state.is_final:
            return state


def wait_until(job: Job[Any], is_so: Callable[[JobState], bool], seconds: float) -> JobState:
    """Return a job's state once it is so, or when the time is up."""
    came = threading.Event()
    unsubscribe = job.subscribe(lambda state: came.set() if is_so(state) else None)
    try:
        if not is_so(job.state):
            came.wait(seconds)
        return job.state
    finally:
        unsubscribe()


@contextmanager
def progress_display(stream: TextIO) -> Iterator[Show]:
    """Give a way to show states on ``stream``."""
    if not stream.isatty():
        yield _Lines(stream).show
        return
    from stoat_nb.cli.drawn import bar  # noqa: PLC0415 - takes a while; the job runs meanwhile

    with bar(stream) as update:
        yield lambda state: update(
            completed=state.progress.done, total=state.progress.total, **_fields(state)
        )


def _fields(state: JobState) -> dict[str, Any]:
    progress = state.progress
    current = progress.current[0] if progress.current else ""
    return {
        "phase": _phase(state),
        "counts": _counts(state),
        "current": f"stoat resume {state.job_id[:SHORT]}" if state.paused else shown(current),
    }


def _phase(state: JobState) -> str:
    if state.paused:
        return "paused"
    waits = state.status is JobStatus.PENDING
    return "waiting" if waits else shown(state.progress.phase) or "waiting"


def _counts(state: JobState) -> str:
    if state.waits_for is not None:
        return f"for job {state.waits_for[:SHORT]}, at work in the same folders"
    still = state.stalled_s(time.time())
    stalled = "" if still is None else f" · nothing moved for {words.took(still)}"
    if state.progress == Progress():
        return stalled
    return counts(state.progress, moving=state.status is JobStatus.RUNNING and not still) + stalled


class _Lines:
    """A line at each new phase, and at the end of each tenth of the work."""

    TENTHS = 10

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._said: tuple[str, int] | None = None

    def show(self, state: JobState) -> None:
        fraction = state.progress.fraction if state.progress.total else None
        here = (_phase(state), int((fraction or 0.0) * self.TENTHS))
        if (state.paused or state.waits_for or state.progress.phase) and here != self._said:
            self._said = here
            goes_on = f"; stoat resume {state.job_id} goes on" if state.paused else ""
            click.echo(f"{here[0]}: {_counts(state)}{goes_on}", file=self._stream)
