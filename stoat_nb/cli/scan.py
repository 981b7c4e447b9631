"""``stoat scan``: submit, watch, sum up."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from stoat_nb import words
from stoat_nb.cli.door import open_library
from stoat_nb.cli.exits import CANCELLED, DONE, FILES_FAILED
from stoat_nb.cli.progress import followed, progress_display
from stoat_nb.errors import FolderNotFound
from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.names import shown
from stoat_nb.scan import ScanReport

SHOWN_FAILURES = 10


@click.command()
@click.argument("folder", metavar="PATH", type=click.Path())
@click.option(
    "--recursive/--no-recursive", default=True, help="Also scan the folders inside.  [default: yes]"
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--fail-on-errors", is_flag=True, help="Exit with 3 if any file cannot be read.")
@click.pass_obj
def scan(
    library_path: Path | None, *, folder: str, recursive: bool, as_json: bool, fail_on_errors: bool
) -> int:
    """Find out what is in the folder PATH, and keep it in the library.

    Only what changed since the last scan is read. Ctrl-C cancels: what was read until then is kept.
    """
    if not folder:  # an unset variable in a script, not the current folder
        raise FolderNotFound(folder)
    with open_library(library_path) as library:
        job = library.scan(folder, recursive=recursive)
        with progress_display(sys.stderr) as show:
            state = followed(job, show)
        _print(state, as_json=as_json)
        if state.status is JobStatus.CANCELLED:
            return CANCELLED
        report = job.result()
    return FILES_FAILED if fail_on_errors and report.errors else DONE


def _print(state: JobState, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_outcome(state)))
    elif state.result is not None:
        for line in summary(ScanReport.from_json(state.result), state.status):
            click.echo(line)
    elif state.status is JobStatus.CANCELLED:
        click.echo("Cancelled.")


def _outcome(state: JobState) -> dict[str, Any]:
    names = ("job_id", "status", "error", "result")
    return {name: getattr(state, name) for name in names}


def summary(report: ScanReport, status: JobStatus) -> list[str]:
    """Sum a scan up in a few lines."""
    kept = "Cancelled; what was done is kept: " if status is JobStatus.CANCELLED else ""
    head = f"{kept}{report} ({words.size(report.bytes_scanned)} in {words.took(report.elapsed_s)})"
    return [head, *(shown(note) for note in report.notes), *_failures(report)]


def _failures(report: ScanReport) -> list[str]:
    lines = [
        f"  {shown(error['path'])}: {shown(error['error'])}"
        for error in report.errors[:SHOWN_FAILURES]
    ]
    more = len(report.errors) - len(lines)
    if lines:
        lines.insert(0, "Could not be read:")
    if more:
        lines.append(f"  ... and {more:,} more: stoat failures")
    return lines
