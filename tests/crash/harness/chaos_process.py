"""One process of the chaos: threads that do to a library, all at once, what people do to it.

``chaos_process.py LIBRARY FOLDER SEED`` acts until it is killed, ``... drain`` ends all jobs. It
writes one line for each deed, and one with ``wrong`` for whatever should not have happened.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import threading
import traceback
from contextlib import closing
from pathlib import Path
from typing import Any

from harness.driver import drain, say
from stoat_nb.errors import StoatError
from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.job import Job
from stoat_nb.library import Library
from stoat_nb.settings import Settings

THREADS = 3
MODES = ("changed", "quick", "full", "verify")
#: Seconds after which a forked child that does nothing more should long have ended.
PATIENCE_S = 120.0


def opened(path: Path) -> Library:
    library = Library(path, settings=Settings(job_workers=3, probe_workers=2))
    library.register_handler("parent", parent)
    return library


async def parent(context: JobContext) -> int:
    """Do something, and be cancelled or paused meanwhile."""
    for step in range(20):
        context.report(done=step, total=20)
        await context.in_thread(os.sched_yield)
    return 20


class Actor:
    """A thread's part: one deed after the other, drawn by a seed."""

    def __init__(self, library: Library, folder: Path, seed: str) -> None:
        self._library, self._folder = library, folder
        self._random = random.Random(seed)
        self._jobs: list[Job[Any]] = []
        self._deeds = (
            (self.scan, 8),
            (self.submit, 3),
            (self.cancel, 3),
            (self.pause, 3),
            (self.read, 3),
            (self.forget, 1),
            (self.query_with_sqlite3, 3),
            (self.copy, 1),
            (self.open_again, 1),
            (self.fork, 1),
        )

    def act(self) -> None:
        """Do one thing, and say what."""
        deeds, weights = zip(*self._deeds, strict=True)
        (deed,) = self._random.choices(deeds, weights)
        deed()
        say("did", deed.__name__)

    def scan(self) -> None:
        folders = [self._folder, *(path for path in self._folder.rglob("*") if path.is_dir())]
        job = self._library.scan(
            self._random.choice(folders),
            mode=self._random.choice(MODES),
            recursive=self._random.random() < 0.8,
        )
        self._keep(job)

    def submit(self) -> None:
        self._keep(self._library.submit("parent", {}))

    def cancel(self) -> None:
        if self._jobs:
            self._random.choice(self._jobs).cancel()

    def pause(self) -> None:
        if self._jobs and (job := self._random.choice(self._jobs)).pause():
            job.resume()

    def read(self) -> None:
        self._library.videos()
        self._library.failures()

    def forget(self) -> None:
        self._library.forget()

    def query_with_sqlite3(self) -> None:
        with closing(sqlite3.connect(f"file:{self._library.path}?mode=ro", uri=True)) as other:
            other.execute("SELECT count(*) FROM videos").fetchone()

    def copy(self) -> None:
        with tempfile.TemporaryDirectory() as elsewhere:
            shutil.copy(self._library.path, elsewhere)

    def open_again(self) -> None:
        with Library(self._library.path, take="none") as again:
            again.job_states(limit=1)

    def fork(self) -> None:
        child = multiprocessing.get_context("fork").Process(target=use, args=(self._library,))
        child.start()
        child.join(PATIENCE_S)
        if child.exitcode != 0:
            child.kill()
            raise RuntimeError(f"a forked child ended with {child.exitcode}")

    def _keep(self, job: Job[Any]) -> None:
        say("submitted", job.id)
        self._jobs = [*self._jobs[-5:], job]
        if len(self._jobs) > 5:
            self._jobs[0].wait(5.0)


def use(library: Library) -> None:
    """Use a parent's library in its child, which one sentence must refuse."""
    try:
        library.videos()
    except StoatError:
        return
    sys.exit(3)


def act_for_ever(actor: Actor) -> None:
    while True:
        try:
            actor.act()
        except BaseException:  # noqa: BLE001 - whatever it is, it is told
            say("wrong", traceback.format_exc().replace("\n", " | "))


def main() -> None:
    """Act, or end what others began."""
    path, folder, seed = sys.argv[1:]
    library = opened(Path(path))
    if seed == "drain":
        drain(library)
        library.close()
        say("drained")
        return
    say("opened", os.getpid())
    actors = [Actor(library, Path(folder), f"{seed} {number}") for number in range(THREADS)]
    threads = [threading.Thread(target=act_for_ever, args=(one,), daemon=True) for one in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
