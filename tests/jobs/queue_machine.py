"""Any order of what people ask of a queue, how its jobs end, and what befalls its process."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from machines import run_machine
from shared_file import SharedFile

from stoat_nb.catalog.database import Database
from stoat_nb.catalog.jobs import CatalogJobStore
from stoat_nb.catalog.owner import Owner
from stoat_nb.catalog.workers import Surroundings
from stoat_nb.errors import JobNotFinal
from stoat_nb.jobs.asyncio_queue import AsyncioJobQueue
from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.state import MAX_DEATHS, TRANSITIONS, JobState, JobStatus

#: Seconds in which a job that may end does so.
PATIENCE_S = 20.0
NUMBERS = st.integers(0, 11)
#: How a handler ends, if it may.
ENDS = ("return", "raise", "hand in", "nonsense")
ASKED = ("cancel", "pause", "resume", "retry", "prioritize")
DEEDS = ("submit", "submit", "end", "others", "others", *ASKED, "kill", "close")


class QueueMachine(RuleBasedStateMachine):
    """Drives real queues, one at a time; every handler ends only when a step says how."""

    def __init__(self, file: SharedFile | None) -> None:
        super().__init__()
        self.file = file
        if file is not None:
            file.empty()
        self.runner = asyncio.Runner()
        self.n_processes, self.workers = 0, 1
        self.dead: set[int] = set()
        self.jobs: list[str] = []
        self.ways: dict[str, asyncio.Future[str]] = {}
        self.history: dict[str, list[JobState]] = {}
        self.starts: Counter[str] = Counter()
        self.at_work: Counter[str] = Counter()
        #: Jobs that may not be started again, with how often they had been; the paused ones may
        #: when they are resumed.
        self.stopped: dict[str, int] = {}
        self.resting: dict[str, int] = {}
        #: Jobs that had nothing left to do but to stop.
        self.doomed: set[str] = set()

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    @initialize(workers=st.integers(1, 2))
    def begin(self, workers: int) -> None:
        self.workers = workers
        self.do(self.open())

    # -- the process ---------------------------------------------------------------------------

    async def open(self) -> None:
        store = None
        if self.file is not None:
            self.n_processes += 1
            owner = Owner(boot="boot", namespace="1", pid=self.n_processes, started="1")
            self.database = Database(self.file.databases[0].path)
            around = Surroundings(owner=owner, lives=lambda owner: owner.pid not in self.dead)
            store = CatalogJobStore(self.database, around=around)
        self.queue = AsyncioJobQueue(store=store, workers=self.workers)
        self.heard: dict[str, list[JobState]] = {}
        self.queue.register_handler("work", self.handle)
        self.queue.subscribe(None, self.hear)
        await self.queue.start()
        await self.queue._tend()

    async def kill(self) -> None:
        """End the process without a word: nothing that it does from now on reaches the file."""
        self.database.close()
        self.dead.add(self.n_processes)
        runs = [live.run.task for live in self.queue._live._jobs.values() if live.run is not None]
        tasks = [*self.queue._tasks, self.queue._pump, *runs]
        ending = [task for task in tasks if task is not None]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        self.queue._scribe.close()

    async def close(self) -> None:
        await self.queue.aclose()
        if self.file is not None:
            self.database.close()

    async def handle(self, context: JobContext) -> Any:
        job_id = context.job_id
        self.starts[job_id] += 1
        self.at_work[job_id] += 1
        try:
            end = await asyncio.shield(self.ways[context.payload["name"]])
        except asyncio.CancelledError:
            if context.cancelled and context.payload["hands_in"]:
                return "what there was"
            raise
        finally:
            self.at_work[job_id] -= 1
        if end == "raise":
            raise RuntimeError("as told")
        return {"return": "done", "hand in": None, "nonsense": object()}[end]

    def hear(self, state: JobState) -> None:
        self.history.setdefault(state.job_id, []).append(state)
        self.heard.setdefault(state.job_id, []).append(state)

    # -- the steps -----------------------------------------------------------------------------

    @rule(deed=st.sampled_from(DEEDS), number=NUMBERS)
    def step(self, deed: str, number: int) -> None:
        if deed == "submit" or not self.jobs:
            self.submit(hands_in=bool(number % 2), priority=number % 3)
        elif deed == "others":
            self.do(asyncio.sleep(0 if number % 2 else 0.001))
        elif deed in ("kill", "close"):
            self.restart(deed)
        elif deed == "end":
            self.end(self.jobs[number % len(self.jobs)], ENDS[number % len(ENDS)])
        else:
            getattr(self, deed)(self.jobs[number % len(self.jobs)])

    def submit(self, *, hands_in: bool, priority: int) -> None:
        async def submitted() -> str:
            name = f"job {len(self.ways)}"
            self.ways[name] = asyncio.get_running_loop().create_future()
            payload = {"name": name, "hands_in": hands_in}
            return await self.queue.submit("work", payload, priority=priority)

        self.jobs.append(self.do(submitted()))

    def restart(self, how: str) -> None:
        if self.file is not None:
            self.do(self.kill() if how == "kill" else self.close())
            self.do(self.open())

    def state(self, job_id: str) -> JobState:
        state: JobState = self.do(self.queue.get_status(job_id))
        return state

    def way(self, state: JobState) -> asyncio.Future[str]:
        return self.ways[state.payload["name"]]

    def end(self, job_id: str, how: str) -> None:
        way = self.way(self.state(job_id))
        if not way.done():
            way.set_result(how)

    def cancel(self, job_id: str) -> None:
        before = self.state(job_id)
        answer = self.do(self.queue.cancel(job_id))
        if before.is_final:
            assert answer is False
        if answer:
            self.stopped.setdefault(job_id, self.starts[job_id])
            if not self.way(before).done():
                self.doomed.add(job_id)

    def pause(self, job_id: str) -> None:
        before = self.state(job_id)
        answer = self.do(self.queue.pause(job_id))
        assert not (answer and before.is_final)
        if answer:
            self.resting.setdefault(job_id, self.starts[job_id])

    def resume(self, job_id: str) -> None:
        before = self.state(job_id)
        self.resting.pop(job_id, None)
        answer = self.do(self.queue.resume(job_id))
        assert answer or not before.paused

    def retry(self, job_id: str) -> None:
        before = self.state(job_id)
        try:
            again = self.do(self.queue.retry(job_id))
        except JobNotFinal:
            assert not before.is_final
        else:
            self.jobs.append(again)

    def prioritize(self, job_id: str) -> None:
        before = self.state(job_id)
        answer = self.do(self.queue.prioritize(job_id, len(self.jobs)))
        assert not (answer and before.is_final)

    # -- what is always so ---------------------------------------------------------------------

    @invariant()
    def nobody_went_where_the_table_forbids(self) -> None:
        for states in getattr(self, "heard", {}).values():
            for before, after in pairwise(states):
                assert after == before or after.seq > before.seq, (before, after)
                assert after.status is before.status or after.status in TRANSITIONS[before.status]

    @invariant()
    def nothing_runs_that_should_not(self) -> None:
        assert all(n <= 1 for n in self.at_work.values()), "a job ran twice at once"
        assert sum(self.at_work.values()) <= self.workers
        newest = [states[-1].status for states in getattr(self, "heard", {}).values()]
        assert newest.count(JobStatus.RUNNING) <= self.workers, "more are taken than can run"
        for job_id, starts in (*self.stopped.items(), *self.resting.items()):
            assert self.starts[job_id] == starts, "a job was started that was to stop"

    @precondition(lambda self: self.file is not None)
    @invariant()
    def nothing_acknowledged_is_lost(self) -> None:
        assert set(self.jobs) == set(self.file.rows())  # type: ignore[union-attr]

    async def drained(self) -> None:
        """Let every job end, as it can if no worker was lost on the way."""
        self.resting.clear()
        for job_id in self.jobs:
            await self.queue.resume(job_id)
        for way in self.ways.values():
            if not way.done():
                way.set_result("return")
        for job_id in self.jobs:
            async with asyncio.timeout(PATIENCE_S):
                async for _state in self.queue.watch(job_id):
                    pass

    def teardown(self) -> None:
        try:
            self.do(self.drained())
            for job_id in self.jobs:
                self.check_end(job_id, self.state(job_id))
        finally:
            self.do(self.close())
            self.runner.close()

    def check_end(self, job_id: str, state: JobState) -> None:
        finals = [heard for heard in self.history[job_id] if heard.is_final]
        assert len(finals) <= 1, "an end was told twice"
        assert all(final.status is state.status for final in finals)
        assert state.deaths <= MAX_DEATHS
        assert state.attempt >= self.starts[job_id]
        if job_id in self.stopped:
            assert self.starts[job_id] == self.stopped[job_id]
        if job_id in self.doomed:
            assert state.status is JobStatus.CANCELLED, "a cancel was ignored"
        if state.status is JobStatus.FAILED and state.deaths < MAX_DEATHS:
            assert self.way(state).result() in ("raise", "nonsense"), "it was not to end yet"
        if state.status is JobStatus.COMPLETE:
            assert self.way(state).result() in ("return", "hand in")


def run(file: SharedFile | None, *, machines: int, steps: int) -> None:
    """Run so many machines of so many steps, the same ones each time."""
    run_machine(lambda: QueueMachine(file), machines=machines, steps=steps)
