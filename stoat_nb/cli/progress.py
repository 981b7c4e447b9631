"""A running job in the terminal: a bar where there is one, plain lines in a pipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import click
from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Column

from stoat_nb import words
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobState, Progress
from stoat_nb.names import shown

Show = Callable[[JobState], None]

LOOK_EVERY_S = 0.1


def followed(job: Job[Any], show: Show) -> JobState:
    """Show a job until it ends; Ctrl-C cancels it, a second one leaves it."""
    try:
        while not (state := job.wait(LOOK_EVERY_S)).is_final:
            show(state)
    except KeyboardInterrupt:
        click.echo("Cancelling; what is done is kept. Ctrl-C again leaves at once.", err=True)
        job.cancel()
        state = job.wait()
    show(state)
    return state


@contextmanager
def progress_display(stream: TextIO) -> Iterator[Show]:
    """Give a way to show states on ``stream``."""
    if not stream.isatty():
        yield _Lines(stream).show
        return
    with _bar(Console(file=stream)) as bar:
        task = bar.add_task("", total=None, **_fields(Progress()))

        def show(state: JobState) -> None:
            progress = state.progress
            bar.update(task, completed=progress.done, total=progress.total, **_fields(progress))

        yield show


def _bar(console: Console) -> Bar:
    name = Column(no_wrap=True, overflow="ellipsis", ratio=1)
    return Bar(
        SpinnerColumn(),
        TextColumn("{task.fields[phase]}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[counts]}", markup=False),
        TextColumn("{task.fields[current]}", style="dim", markup=False, table_column=name),
        console=console,
        expand=True,
    )


def _fields(progress: Progress) -> dict[str, Any]:
    current = progress.current[0] if progress.current else ""
    return {
        "phase": progress.phase or "waiting",
        "counts": counts(progress),
        "current": shown(current),
    }


def counts(progress: Progress) -> str:
    """Say in a few words how far a job has come.

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
    if progress.rate and progress.done != total:
        parts.append(words.pace(progress.rate))
    if progress.eta_s:
        parts.append(words.left(progress.eta_s))
    if progress.failed:
        parts.append(f"{progress.failed:,} failed")
    return " · ".join(parts)


class _Lines:
    """A line at each new phase, and at the end of each tenth of the work."""

    TENTHS = 10

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._said: tuple[str, int] | None = None

    def show(self, state: JobState) -> None:
        progress = state.progress
        fraction = progress.fraction if progress.total else None
        here = (progress.phase, int((fraction or 0.0) * self.TENTHS))
        if progress.phase and here != self._said:
            self._said = here
            click.echo(f"{shown(progress.phase)}: {counts(progress)}", file=self._stream)
