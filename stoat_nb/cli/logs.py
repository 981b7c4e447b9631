"""``stoat logs``: what was noted of a job, and what is being noted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from msgspec.structs import asdict

from stoat_nb.cli.completion import offer_jobs
from stoat_nb.cli.door import open_existing
from stoat_nb.cli.grid import print_json
from stoat_nb.cli.job_ids import find_job
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobEvent
from stoat_nb.names import shown

#: Seconds after which a followed log is looked at though nobody told of anything new.
LOOK_EVERY_S = 2.0


@click.command()
@click.argument("job_id", metavar="ID", shell_complete=offer_jobs)
@click.option("--follow", is_flag=True, help="Go on until the job ends.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one entry a line.")
@click.pass_obj
def logs(library_path: Path | None, job_id: str, *, follow: bool, as_json: bool) -> None:
    """Print the log of the job ID, oldest first."""
    with open_existing(library_path) as library:
        job = find_job(library, job_id)
        for event in _following(job) if follow else job.log():
            if as_json:
                print_json({**asdict(event), "at": datetime.fromtimestamp(event.at, UTC)})
            else:
                click.echo(_as_text(event))


def _following(job: Job[Any]) -> Iterator[JobEvent]:
    """Give each entry once, as it comes, until the job has ended."""
    told: set[JobEvent] = set()
    news = threading.Event()
    unsubscribe = job.subscribe(lambda _state: news.set())
    try:
        while True:
            news.clear()
            has_ended = job.status.is_final
            for event in job.log():
                if event not in told:
                    told.add(event)
                    yield event
            if has_ended:
                return
            news.wait(LOOK_EVERY_S)
    finally:
        unsubscribe()


def _as_text(event: JobEvent) -> str:
    """Write an entry; what has several lines keeps them, each after the first indented."""
    at = datetime.fromtimestamp(event.at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    first, *others = event.text.splitlines() or [""]
    head = f"{at}  {event.level:<7}  {shown(first)}"
    return "\n".join([head, *(f"    {shown(line)}" for line in others)])
