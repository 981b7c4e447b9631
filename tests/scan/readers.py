"""Scans that stand still in the middle: their readers tell of the first files, and then no more."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from stoat_nb import Library
from stoat_nb.engines.engine import Answer, PureFunction
from stoat_nb.engines.local import LocalEngine
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.library import room
from stoat_nb.media.probe import probe_many
from stoat_nb.settings import Settings

#: One reader, which takes as long as it likes.
ONE_READER = Settings(probe_workers=1, probe_timeout_s=120)


class HeldEngine(LocalEngine):
    """Answers one call after the other, and of a batch only the first file; none after that.

    It goes on when it is let go, or when the scan that stands still is stopped.
    """

    newest: ClassVar[HeldEngine]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.may_go_on = asyncio.Event()
        self._turn = asyncio.Lock()
        self._has_told = False
        HeldEngine.newest = self

    async def call(
        self, function: PureFunction, item: Mapping[str, Any], *, deadline_s: float | None = None
    ) -> Answer:
        self.loop = asyncio.get_running_loop()
        async with self._turn:
            if self._has_told:
                try:
                    await self.may_go_on.wait()
                finally:
                    self.may_go_on.set()
            elif function is probe_many:
                item = {**item, "files": item["files"][:1]}
            answer = await super().call(function, item, deadline_s=deadline_s)
            told = answer.value if function is probe_many else [answer]
            self._has_told |= any(one is not None for one in told or ())
            return answer


class SteppedEngine(LocalEngine):
    """Answers one call for each byte that somebody writes to a pipe."""

    steps: ClassVar[int]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._turn = asyncio.Lock()

    async def call(
        self, function: PureFunction, item: Mapping[str, Any], *, deadline_s: float | None = None
    ) -> Answer:
        loop, told = asyncio.get_running_loop(), asyncio.Event()
        async with self._turn:
            loop.add_reader(self.steps, told.set)
            try:
                await told.wait()
            finally:
                loop.remove_reader(self.steps)
            os.read(self.steps, 1)
            return await super().call(function, item, deadline_s=deadline_s)


def step_readers(pipe: str) -> None:
    """Have the readers of libraries that are opened from now on wait for bytes of a named pipe."""
    SteppedEngine.steps = os.open(pipe, os.O_RDWR)
    room.LocalEngine = SteppedEngine  # type: ignore[misc]


#: A command of ours, whose scans stand still after their first files: ``python -c HELD scan ...``.
HELD = """
from tests.scan.readers import hold_readers
hold_readers()
from stoat_nb.cli import main
main()
"""


def hold_readers() -> None:
    """Have scans of libraries that are opened from now on stand still after their first files."""
    room.LocalEngine = HeldEngine  # type: ignore[misc]


def held_library(path: Path) -> Library:
    """Open a library of which that is so."""
    hold_readers()
    try:
        return Library(path, settings=ONE_READER)
    finally:
        room.LocalEngine = LocalEngine  # type: ignore[misc]


def let_go() -> None:
    """Let the readers of the library that was opened last go on."""
    engine = HeldEngine.newest
    assert engine.loop is not None
    engine.loop.call_soon_threadsafe(engine.may_go_on.set)


def in_the_middle(library: Library, job: Job[Any]) -> None:
    """Return when the first files of a scan whose readers are held are in the catalog."""
    while library.videos().empty:
        job.wait(0.05)
    assert not job.state.is_final


def rests(job: Job[Any]) -> JobState:
    """Return the job when its handler has let go."""
    back = threading.Event()
    unsubscribe = job.subscribe(
        lambda state: back.set() if state.status is JobStatus.PENDING else None
    )
    if job.status is not JobStatus.PENDING:
        assert back.wait(60)
    unsubscribe()
    return job.state
