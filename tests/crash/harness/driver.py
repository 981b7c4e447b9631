"""The process that is killed: a real library, and jobs submitted, cancelled and paused at random.

It says what it was promised, one line each, as soon as the call that promised it has returned; its
handlers note when they begin and when they come to their last line. Whoever started it reads both
from the pipe, so that a word is heard although its speaker is dead.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stoat_nb.errors import CatalogError
from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.library import Library
from stoat_nb.settings import Settings

#: Longest a slow job takes, so that most kills meet some at work.
SLOW_S = 0.4
#: A long one is still at work in the process that took it over when the first one wakes again.
LONG_S = 10.0


def say(*words: Any) -> None:
    """Write one line in one piece: two threads never mix theirs, and a kill never halves one."""
    os.write(1, f"{' '.join(str(word) for word in words)}\n".encode())


def noted(work: Callable[[JobContext], Any]) -> Callable[[JobContext], Any]:
    """Have it said when a handler begins, comes to its last line, and is left in whatever way."""

    async def handler(context: JobContext) -> Any:
        what = (context.job_id, context.attempt)
        say("begun", *what, time.monotonic())
        try:
            result = await work(context)
            say("done", *what, time.monotonic())
            return result
        finally:
            say("left", *what, time.monotonic())

    return handler


async def quick(context: JobContext) -> Any:
    return context.payload["n"]


async def slow(context: JobContext) -> Any:
    for step in range(4):
        await asyncio.sleep(context.payload["seconds"] / 4)
        context.report(done=step + 1, total=4)
    return context.payload["n"]


async def failing(context: JobContext) -> Any:
    raise ValueError(f"number {context.payload['n']} does not go")


def told(state: JobState) -> None:
    """Say how a job ended, whichever process ended it."""
    if state.is_final:
        say("ended", state.job_id, state.attempt, state.status, time.monotonic())


class Driver:
    """Does to a library what people do, without rest."""

    def __init__(self, library: Library, folder: Path, seed: str) -> None:
        self._library = library
        self._folder = folder
        self._random = random.Random(seed)
        self._jobs: list[Job[Any]] = []
        self._number = 0

    def act(self) -> None:
        """Do one thing."""
        deeds = (self._quick, self._slow, self._failing, self._scan, self._cancel, self._pause)
        (deed,) = self._random.choices(deeds, (6, 8, 2, 1, 2, 2))
        try:
            deed()
        except CatalogError as problem:
            # A process that was stopped in the middle of a commit keeps all others from theirs.
            say("refused", type(problem).__name__)

    def begin_long(self) -> None:
        """Submit a job that outlives a stop."""
        job = self._library.submit("slow", {"n": self._next(), "seconds": LONG_S})
        say("submitted", job.id)
        say("long", job.id)

    def _quick(self) -> None:
        self._keep(self._library.submit("quick", {"n": self._next()}))

    def _slow(self) -> None:
        seconds = self._random.uniform(0.01, SLOW_S)
        self._keep(self._library.submit("slow", {"n": self._next(), "seconds": seconds}))

    def _failing(self) -> None:
        self._keep(self._library.submit("failing", {"n": self._next()}))

    def _scan(self) -> None:
        self._keep(self._library.scan(self._folder))

    def _cancel(self) -> None:
        job = self._one()
        if job is not None and job.cancel():
            say("cancelled", job.id, job.state.attempt)

    def _pause(self) -> None:
        job = self._one()
        if job is not None and job.pause():
            job.resume()

    def _keep(self, job: Job[Any]) -> None:
        say("submitted", job.id)
        self._jobs = [*self._jobs[-20:], job]
        # Not faster than jobs can be done: a queue that only grows would hide what is lost in it.
        if len(self._jobs) > 6:
            self._jobs[-6].wait(SLOW_S)

    def _one(self) -> Job[Any] | None:
        return self._random.choice(self._jobs) if self._jobs else None

    def _next(self) -> int:
        self._number += 1
        return self._number


def opened(path: Path) -> Library:
    """Open a library as a kernel or a server would, with handlers of the user's own."""
    library = Library(path, settings=Settings(job_workers=4, probe_workers=1))
    library.subscribe(told)
    library.register_handler("quick", noted(quick))
    library.register_handler("slow", noted(slow))
    library.register_handler("failing", noted(failing))
    return library


def drain(library: Library) -> None:
    """Return when no job of the library is left that has not ended."""
    moved = threading.Event()
    library.subscribe(lambda state: moved.set() if state.is_final else None)
    while True:
        moved.clear()
        waiting = [
            state
            for status in (JobStatus.PENDING, JobStatus.RUNNING)
            for state in library.job_states(status=status, limit=None)
        ]
        for state in waiting:
            if state.paused:  # by a driver that was killed before it could resume it
                library.resume(state.job_id)
        if not waiting:
            return
        moved.wait(1.0)


def main() -> None:
    """``driver.py LIBRARY FOLDER SEED``: act until killed; with SEED ``drain``, finish all.

    With a SEED that starts with ``long``, a long job is submitted first.
    """
    path, folder, seed = sys.argv[1:]
    library = opened(Path(path))
    say("opened", os.getpid())
    if seed == "drain":
        drain(library)
        report = library.scan(folder).result()
        say("drained", report.scanned, len(library.videos()))
        library.close()
        return
    driver = Driver(library, Path(folder), seed)
    if seed.startswith("long"):
        driver.begin_long()
    while True:
        driver.act()


if __name__ == "__main__":
    main()
