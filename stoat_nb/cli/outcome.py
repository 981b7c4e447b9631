"""How a job ended, for people and for programs, and the exit code that stands for it."""

from __future__ import annotations

import click

from stoat_nb import words
from stoat_nb.cli.exits import CANCELLED, DONE, FILES_FAILED
from stoat_nb.cli.grid import print_json
from stoat_nb.cli.streams import OutputLost
from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.jobs.verdict import outcome_of
from stoat_nb.names import shown
from stoat_nb.scan import SCAN_JOB_TYPE, ScanReport

SHOWN_FAILURES = 10
_OUTCOME = ("job_id", "status", "error", "result")


def tell(state: JobState, *, as_json: bool = False, fail_on_errors: bool = False) -> int:
    """Print how a job ended and return the exit code; raise what a bad end stands for."""
    report = _report(state)
    files_failed = fail_on_errors and report is not None and report.errors
    try:
        _print(state, report, as_json=as_json)
    except OutputLost:
        if state.status is JobStatus.COMPLETE and not files_failed:
            raise
    if state.status is JobStatus.CANCELLED:
        return CANCELLED
    outcome_of(state)
    return FILES_FAILED if files_failed else DONE


def _print(state: JobState, report: ScanReport | None, *, as_json: bool) -> None:
    if as_json:
        print_json({name: getattr(state, name) for name in _OUTCOME})
    elif report is not None:
        for line in summary(report, state.status):
            click.echo(line)
    elif state.status in (JobStatus.CANCELLED, JobStatus.COMPLETE):
        click.echo(f"{state.status.capitalize()}.")


def _report(state: JobState) -> ScanReport | None:
    is_scan = state.job_type == SCAN_JOB_TYPE and state.result is not None
    return ScanReport.from_json(state.result) if is_scan else None


def summary(report: ScanReport, status: JobStatus) -> list[str]:
    """Sum a scan up in a few lines."""
    kept = "Cancelled; what was done is kept: " if status is JobStatus.CANCELLED else ""
    head = f"{kept}{report} ({words.size(report.bytes_scanned)} in {words.took(report.elapsed_s)})"
    return [head, *(shown(note) for note in report.remarks), *_failures(report)]


def _failures(report: ScanReport) -> list[str]:
    lines = [
        f"  {shown(error['path'])}: {shown(error['error'])}"
        for error in report.errors[:SHOWN_FAILURES]
    ]
    more = len(report.errors) + report.errors_left_out - len(lines)
    if lines:
        lines.insert(0, "Could not be read:")
    if more:
        lines.append(f"  ... and {more:,} more: stoat failures")
    return lines
