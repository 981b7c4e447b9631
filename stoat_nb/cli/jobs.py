"""``stoat jobs`` and ``stoat job``: what was submitted, and how it stands."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from msgspec.structs import asdict

from stoat_nb.cli.completion import offer_jobs
from stoat_nb.cli.door import open_existing
from stoat_nb.cli.grid import json_option, print_facts, print_grid, print_json
from stoat_nb.cli.job_ids import find_job, short_ids
from stoat_nb.cli.standing import about, age, come_so_far, lasted, standing
from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.names import shown

_TIMES = ("submitted_at", "started_at", "finished_at", "heartbeat_at")
_COLUMNS = ("id", "type", "state", "progress", "age", "took", "about")


@click.command()
@click.option(
    "--status",
    type=click.Choice([status.value for status in JobStatus]),
    help="Only those that stand so.",
)
@click.option("--type", "job_type", metavar="TYPE", help="Only those of a type, such as scan.")
@click.option("--limit", default=20, type=click.IntRange(1), show_default=True, help="How many.")
@json_option
@click.pass_obj
def jobs(
    library_path: Path | None,
    *,
    status: str | None,
    job_type: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List jobs, newest first.

    On a terminal ids are short: as much of an id as tells the job from others will do everywhere.
    """
    with open_existing(library_path) as library:
        states = library.job_states(
            status=None if status is None else JobStatus(status), job_type=job_type, limit=limit
        )
    if as_json:
        print_json([as_plain(state) for state in states])
    else:
        print_grid(_COLUMNS, _rows(states, time.time()))


def _rows(states: list[JobState], now: float) -> list[tuple[str, ...]]:
    ids = [state.job_id for state in states]
    return [
        (
            job_id,
            shown(state.job_type),
            standing(state, now),
            come_so_far(state),
            age(now - state.submitted_at),
            lasted(state, now),
            about(state),
        )
        for job_id, state in zip(
            short_ids(ids) if sys.stdout.isatty() else ids, states, strict=True
        )
    ]


@click.command()
@click.argument("job_id", metavar="ID", shell_complete=offer_jobs)
@json_option
@click.pass_obj
def job(library_path: Path | None, job_id: str, as_json: bool) -> None:
    """Tell how the job ID stands."""
    with open_existing(library_path) as library:
        state = find_job(library, job_id).state
    if as_json:
        print_json(as_plain(state))
    else:
        print_facts(_told(state, time.time()))


def as_plain(state: JobState) -> dict[str, Any]:
    """Return a state in JSON's own types, times as ISO 8601: the same names as over REST."""
    plain = asdict(state)
    plain.update({name: _iso(plain[name]) for name in _TIMES})
    plain["stalled_s"] = state.stalled_s(time.time())
    plain["progress"] = {**asdict(state.progress), "fraction": state.progress.fraction}
    return plain


def _iso(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _told(state: JobState, now: float) -> dict[str, str]:
    return {
        "id": state.job_id,
        "type": state.job_type,
        "state": standing(state, now),
        "about": str(state.payload.get("path", "")),
        "runs in": state.worker or "" if state.status is JobStatus.RUNNING else "",
        "priority": str(state.priority or ""),
        "submitted": _when(state.submitted_at),
        "progress": ": ".join(filter(None, [state.progress.phase, come_so_far(state)])),
        "attempts": str(state.attempt) if state.attempt > 1 else "",
        "retry of": state.retry_of or "",
        "took": lasted(state, now),
        "error": state.error or "",
    }
