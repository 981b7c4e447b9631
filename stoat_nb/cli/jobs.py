"""``stoat jobs``, ``stoat job`` and ``stoat cancel``: what was submitted, and how it stands."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from stoat_nb import words
from stoat_nb.cli.door import open_existing
from stoat_nb.cli.grid import print_grid
from stoat_nb.cli.progress import counts
from stoat_nb.errors import JobAlreadyFinal
from stoat_nb.jobs.state import JobState
from stoat_nb.names import shown

_TIMES = ("submitted_at", "started_at", "finished_at", "heartbeat_at")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@_json
@click.option("--limit", default=20, type=click.IntRange(1), show_default=True, help="How many.")
@click.pass_obj
def jobs(library_path: Path | None, as_json: bool, limit: int) -> None:
    """List jobs, newest first."""
    with open_existing(library_path) as library:
        states = library.job_states(limit=limit)
    if as_json:
        click.echo(json.dumps([as_plain(state) for state in states]))
    else:
        rows = [
            (state.job_id, state.job_type, state.status, _when(state.submitted_at), _about(state))
            for state in states
        ]
        print_grid(("id", "type", "status", "submitted", "about"), rows)


@click.command()
@click.argument("job_id", metavar="ID")
@_json
@click.pass_obj
def job(library_path: Path | None, job_id: str, as_json: bool) -> None:
    """Tell how the job ID stands."""
    with open_existing(library_path) as library:
        state = library.job(job_id).state
    if as_json:
        click.echo(json.dumps(as_plain(state)))
    else:
        for name, value in _told(state).items():
            click.echo(f"{name:<11}{shown(value)}")


@click.command()
@click.argument("job_id", metavar="ID")
@click.pass_obj
def cancel(library_path: Path | None, job_id: str) -> None:
    """Cancel the job ID; what it has finished is kept."""
    with open_existing(library_path) as library:
        if not library.cancel(job_id):
            raise JobAlreadyFinal(job_id, library.job(job_id).status)
    click.echo("Cancelled.")


def as_plain(state: JobState) -> dict[str, Any]:
    """Return a state in JSON's own types, times as ISO 8601: the same names as over REST."""
    plain = asdict(state)
    plain.update({name: _iso(plain[name]) for name in _TIMES})
    return plain


def _iso(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _about(state: JobState) -> str:
    return shown(state.error or state.payload.get("path", ""))


def _told(state: JobState) -> dict[str, str]:
    facts = {
        "id": state.job_id,
        "type": state.job_type,
        "status": str(state.status),
        "about": str(state.payload.get("path", "")),
        "submitted": _when(state.submitted_at),
        "progress": f"{state.progress.phase}: {counts(state.progress)}",
        "error": state.error or "",
    }
    if state.started_at is not None and state.finished_at is not None:
        facts["took"] = words.took(state.finished_at - state.started_at)
    return {name: value for name, value in facts.items() if value}
