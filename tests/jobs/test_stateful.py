"""Any order of submits, wishes, ends, crashes and closes leads each job to exactly one end.

In full depth, which takes some minutes::

    STOAT_TEST_MACHINES=1500 python -m pytest tests/jobs/test_stateful.py
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
import queue_machine
from hypothesis.errors import Flaky
from msgspec.structs import replace
from queue_machine import run
from shared_file import SharedFile, shared_file

from stoat_nb.jobs import asyncio_queue, live, memory_store
from stoat_nb.jobs.asyncio_queue import AsyncioJobQueue
from stoat_nb.jobs.core import QueueCore
from stoat_nb.jobs.live import LiveJob, LiveJobs
from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.jobs.transitions import settled

#: Machines of each shape in full depth; else there are few, and short ones.
FULL = int(os.environ.get("STOAT_TEST_MACHINES", "0"))
SHAPES = (30, 80) if FULL else (30,)


@pytest.fixture(scope="module")
def file() -> Iterator[SharedFile]:
    with shared_file() as opened:
        yield opened


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncio_queue, "RETRY_AFTER_S", 0.01)


@pytest.mark.parametrize("steps", SHAPES)
def test_each_job_of_a_queue_comes_to_one_end(steps: int) -> None:
    run(None, machines=FULL or 60, steps=steps)


@pytest.mark.parametrize("steps", SHAPES)
def test_each_job_of_a_queue_on_a_file_comes_to_one_end_whatever_becomes_of_its_process(
    file: SharedFile, steps: int
) -> None:
    run(file, machines=FULL or 40, steps=steps)


Plant = Callable[[pytest.MonkeyPatch], None]


def instead(where: object, name: str, bug: Callable[..., object]) -> Plant:
    return lambda monkeypatch: monkeypatch.setattr(where, name, bug)


def tell_twice(jobs: LiveJobs, state: JobState) -> None:
    jobs._jobs.pop(state.job_id, None)
    jobs._news.publish(state)
    jobs._news.publish(state)


async def work_once(queue: AsyncioJobQueue) -> None:
    await queue._live.work(await queue._taken.get())


async def let_every_end_pass(jobs: LiveJobs, job: LiveJob, run: object) -> None:
    """Judge a handler that was only to rest as one that ended."""
    jobs.end(job, run.judge(cancelled=job.state.cancel_requested))  # type: ignore[attr-defined]


BUGS: dict[str, Plant] = {
    "a wish does not reach who runs the job": instead(LiveJobs, "heed", lambda *_: None),
    "paused jobs are taken": instead(
        memory_store, "_waits", lambda state: state.status is JobStatus.PENDING
    ),
    "a pause is forgotten when a job is handed back": instead(
        memory_store,
        "settled",
        lambda kept, said, now: settled(replace(kept, pause_requested=False), said, now),
    ),
    "an end is told twice": instead(LiveJobs, "_dismiss", tell_twice),
    "a worker is lost with each job": instead(AsyncioJobQueue, "_work", work_once),
    "a pause ends a job": instead(LiveJobs, "_conclude", let_every_end_pass),
    "a full queue takes more": instead(LiveJobs, "n_running", 0),
    "nobody looks for work when there is room again": instead(
        QueueCore, "_wake_up", lambda queue, **_: queue._wake.set()
    ),
    "a job that goes back is believed to run on": instead(live, "handed_back", lambda state: state),
}


@pytest.mark.parametrize("bug", BUGS)
def test_the_machine_finds_the_bug(monkeypatch: pytest.MonkeyPatch, bug: str) -> None:
    monkeypatch.setattr(queue_machine, "PATIENCE_S", 0.5)
    BUGS[bug](monkeypatch)
    # Threads of the queue may be quicker the second time: found once is found.
    with pytest.raises((AssertionError, TimeoutError, Flaky)):
        run(None, machines=1000, steps=30)
