"""What a handler sends to the engine runs in another process, wherever it was written."""

from __future__ import annotations

import math
import os
import subprocess
import sys
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


BESIDE = """
import importlib, os, sys
assert sys.path[0] == ""  # as in a notebook's kernel
import helpers
from stoat_nb import Library, Settings
library = Library("library.db", settings=Settings(probe_workers=1))
async def send(context):
    return await context.run(helpers.describe, helpers.Clip(3))
library.register_handler("send", send)
def outcome():
    return library.submit("send", {}).result(timeout=60)
def edit(name, old, new):
    text = open(name).read()
    open(name, "w").write(text.replace(old, new))
os.mkdir("elsewhere")
os.chdir("elsewhere")
print(outcome())
os.chdir("..")
edit("units.py", "seconds", "seconds, edited")
importlib.reload(helpers.units)
print(outcome())
edit("helpers.py", "lasts", "takes as long as")
importlib.reload(helpers)
print(outcome())
edit("late.py", "!", "!!!")
print(outcome())
async def in_cell(context):
    return await context.run(lambda: helpers.units.named(1) + helpers.cached(2))
library.register_handler("send", in_cell)
print(outcome())
"""


def test_a_module_beside_the_notebook_runs_there_also_after_it_was_edited(tmp_path: Path) -> None:
    (tmp_path / "units.py").write_text("def named(n):\n    return f'{n} seconds'\n")
    (tmp_path / "late.py").write_text("mark = '!'\n")
    (tmp_path / "helpers.py").write_text(
        "import threading, functools\n"
        "from dataclasses import dataclass\n"
        "import units\n"
        "lock = threading.Lock()\n"  # which could not be sent
        "@dataclass\nclass Clip:\n    length: int\n"
        "@functools.cache\ndef cached(n):\n    return ', ' + units.named(n)\n"
        "def describe(clip):\n"
        "    import late\n"
        "    with lock:\n"
        "        assert type(clip) is Clip\n"
        "        return f'it lasts {units.named(clip.length)}{late.mark}'\n"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", BESIDE],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "it lasts 3 seconds!",
        "it lasts 3 seconds, edited!",
        "it takes as long as 3 seconds, edited!",
        "it takes as long as 3 seconds, edited!!!",
        "1 seconds, edited, 2 seconds, edited",
    ]
