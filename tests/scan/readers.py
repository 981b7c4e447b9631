"""Scans that stand still in the middle: the processes that read files for them are stopped."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stoat_nb import Library, ScanReport
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.settings import Settings

#: One reader, which takes as long as it likes: these tests stop it.
ONE_READER = Settings(probe_workers=1, probe_timeout_s=120)


def hold_readers(of: int) -> None:
    """Stop the processes that read files for another: its scan stands still from here on."""
    _send_to_readers(of, signal.SIGSTOP)


def release_readers(of: int) -> None:
    """Let them go on."""
    _send_to_readers(of, signal.SIGCONT)


@contextmanager
def readers_held(of: int) -> Iterator[None]:
    """Stop them for a while; a stopped process does not see that its parent has died."""
    hold_readers(of)
    try:
        yield
    finally:
        release_readers(of)


def _send_to_readers(of: int, number: signal.Signals) -> None:
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (entry / "stat").read_text("utf-8").rpartition(")")[2].split()
            if int(fields[1]) == of and b"engines/worker.py" in (entry / "cmdline").read_bytes():
                os.kill(int(entry.name), number)


def in_the_middle(library: Library, job: Job[ScanReport]) -> None:
    """Return when some files are in the catalog and the reader stands still before the others."""
    moved = threading.Event()

    def hold(state: JobState) -> None:
        if state.progress.done:
            hold_readers(os.getpid())
            moved.set()

    unsubscribe = job.subscribe(hold)
    assert moved.wait(60)
    unsubscribe()
    while library.videos().empty:
        job.wait(0.05)
    assert not job.state.is_final


def rests(job: Job[ScanReport]) -> JobState:
    """Return the job when its handler has let go."""
    back = threading.Event()
    unsubscribe = job.subscribe(
        lambda state: back.set() if state.status is JobStatus.PENDING else None
    )
    if job.status is not JobStatus.PENDING:
        assert back.wait(60)
    unsubscribe()
    return job.state
