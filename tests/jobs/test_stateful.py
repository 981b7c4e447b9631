"""Any order of submits, cancels, ends and closes leads each job to exactly one end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from itertools import pairwise
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
)

from stoat_nb.jobs.asyncio_queue import AsyncioJobQueue
from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.state import TRANSITIONS, JobState, JobStatus

ENDS = st.sampled_from(["return", "raise", "hand in", "nonsense"])


class QueueMachine(RuleBasedStateMachine):
    """Drives a real queue with one or two workers; every handler ends only when a rule says how."""

    waiting = Bundle("waiting")
    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.ways: dict[str, asyncio.Future[str]] = {}
        self.started: set[str] = set()
        self.history: dict[str, list[JobState]] = {}
        self.cancelled_while_pending: set[str] = set()
        self.closes_early = True

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    @initialize(closes_early=st.booleans(), workers=st.integers(1, 2))
    def open(self, closes_early: bool, workers: int) -> None:
        self.closes_early = closes_early

        async def open_queue() -> AsyncioJobQueue:
            queue = AsyncioJobQueue(workers=workers)
            await queue.start()
            return queue

        self.queue = self.do(open_queue())
        self.queue.register_handler("work", self.handle)
        self.queue.subscribe(None, self.hear)

    async def handle(self, context: JobContext) -> Any:
        self.started.add(context.job_id)
        way = self.ways[context.payload["name"]]
        try:
            end = await way
        except asyncio.CancelledError:
            if context.payload["hands_in"]:
                return "what there was"
            raise
        if end == "raise":
            raise RuntimeError("as told")
        return {"return": "done", "hand in": None, "nonsense": object()}[end]

    def hear(self, state: JobState) -> None:
        self.history.setdefault(state.job_id, []).append(state)

    @rule(target=jobs, hands_in=st.booleans())
    def submit(self, hands_in: bool) -> tuple[str, str]:
        async def submitted() -> tuple[str, str]:
            name = f"job {len(self.ways)}"
            self.ways[name] = asyncio.get_running_loop().create_future()
            payload = {"name": name, "hands_in": hands_in}
            return name, await self.queue.submit("work", payload)

        return self.do(submitted())

    @rule(job=consumes(jobs), end=ENDS)
    def end(self, job: tuple[str, str], end: str) -> None:
        async def tell() -> None:
            if not self.ways[job[0]].done():
                self.ways[job[0]].set_result(end)
            await asyncio.sleep(0)

        self.do(tell())

    @rule(job=jobs)
    def cancel(self, job: tuple[str, str]) -> None:
        before = self.do(self.queue.get_status(job[1]))
        answer = self.do(self.queue.cancel(job[1]))
        if before.is_final:
            assert answer is False
        if before.status is JobStatus.PENDING and job[1] not in self.started and answer:
            self.cancelled_while_pending.add(job[1])

    @rule()
    def let_others_run(self) -> None:
        self.do(asyncio.sleep(0))

    @invariant()
    def nobody_went_where_the_table_forbids(self) -> None:
        for states in self.history.values():
            for before, after in pairwise(states):
                assert after.seq == before.seq + 1
                assert after.status is before.status or after.status in TRANSITIONS[before.status]
                assert not before.is_final

    @invariant()
    def at_most_two_run(self) -> None:
        newest = [states[-1] for states in self.history.values()]
        assert sum(state.status is JobStatus.RUNNING for state in newest) <= 2

    async def drained(self) -> None:
        """Let every job end, as it can if no worker was lost on the way."""
        for way in self.ways.values():
            if not way.done():
                way.set_result("return")
        for job_id in self.history:
            async with asyncio.timeout(10):
                async for _state in self.queue.watch(job_id):
                    pass

    def teardown(self) -> None:
        if not self.closes_early:
            self.do(self.drained())
        self.do(self.queue.aclose())
        self.runner.close()
        for job_id, states in self.history.items():
            assert states[-1].is_final, states[-1]
            assert sum(state.is_final for state in states) == 1
            # A job may be stopped before its handler's first step; the reverse may never be.
            assert states[-1].attempt == 1 or job_id not in self.started
        assert not self.cancelled_while_pending & self.started


TestQueueMachine = QueueMachine.TestCase
TestQueueMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
