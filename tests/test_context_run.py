"""What a handler sends to the engine runs in another process, wherever it was written."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stoat_nb import Library
from stoat_nb.errors import JobFailed, RunFailed
from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.state import Level
from stoat_nb.settings import Settings


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.db", settings=Settings(probe_workers=1)) as opened:
        yield opened


def outcome(library: Library, function: Any, *args: Any, timeout: float | None = None) -> Any:
    """Return what a job comes to whose handler sends that function away."""

    async def handler(context: JobContext) -> Any:
        return await context.run(function, *args, timeout=timeout)

    library.register_handler("send", handler)
    return library.submit("send", {}).result(timeout=60)


def test_a_function_of_a_module_runs_in_another_process(library: Library) -> None:
    assert outcome(library, math.hypot, 3, 4) == 5.0
    assert outcome(library, os.getpid) != os.getpid()


def test_a_function_that_no_module_has_runs_there_too(library: Library) -> None:
    offset = 40
    assert outcome(library, lambda number: number + offset, 2) == 42


def test_what_it_raises_fails_the_job_in_one_line_and_is_kept_in_the_log(library: Library) -> None:
    with pytest.raises(JobFailed, match="'hypot' came to nothing: TypeError"):
        outcome(library, math.hypot, "three")


def test_a_crash_of_it_is_told_and_costs_nobody_else(library: Library) -> None:
    with pytest.raises(JobFailed, match="Tried twice"):
        outcome(library, os.abort)
    assert outcome(library, math.hypot, 3, 4) == 5.0


def test_it_is_stopped_when_it_takes_longer_than_it_may(library: Library) -> None:
    def turn() -> None:
        while True:
            pass

    with pytest.raises(JobFailed, match=r"longer than 0\.05 s"):
        outcome(library, turn, timeout=0.05)


def test_what_cannot_be_packed_is_refused_with_its_name(library: Library) -> None:
    with pytest.raises(JobFailed, match="'len' cannot be sent to another process"):
        outcome(library, len, (number for number in range(3)))


def test_a_handler_may_catch_it(library: Library) -> None:
    async def careful(context: JobContext) -> str:
        try:
            await context.run(math.sqrt, -1)
        except RunFailed as problem:
            context.log(str(problem), "warning")
        return "went on"

    library.register_handler("careful", careful)
    job = library.submit("careful", {})
    assert job.result(timeout=60) == "went on"
    (warning,) = (event for event in job.log() if event.level is Level.WARNING)
    assert "ValueError" in warning.text


def test_a_traceback_is_kept_in_the_log_and_one_line_on_the_job(library: Library) -> None:
    async def stumble(_context: JobContext) -> None:
        raise KeyError("over this line")

    library.register_handler("stumble", stumble)
    job = library.submit("stumble", {})
    assert job.wait(60).error == "KeyError: 'over this line'"
    (trace, _end) = (event for event in job.log() if event.level is Level.ERROR)
    assert 'raise KeyError("over this line")' in trace.text
    assert trace.text.startswith("Traceback")
