from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, strategies as st

from stoat_nb.jobs.asyncio_queue import AsyncioJobQueue
from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.rate import RateMeter


def test_nothing_is_claimed_at_the_start() -> None:
    meter = RateMeter()
    assert meter.rate is None
    meter.mark(0.0, 0)
    meter.mark(0.1, 50)
    assert meter.rate is None
    assert meter.eta_s(done=50, total=100) is None


def test_the_rate_follows_the_recent_past_and_not_the_whole() -> None:
    meter = RateMeter()
    for second in range(20):
        meter.mark(float(second), second * 100)
    for second in range(20, 60):
        meter.mark(float(second), 1900 + (second - 19) * 10)
    assert meter.rate == pytest.approx(10.0)


def test_after_a_pause_the_estimate_grows_rather_than_staying_cheerful() -> None:
    meter = RateMeter()
    meter.mark(0.0, 0)
    meter.mark(1.0, 100)
    before = meter.eta_s(done=100, total=1000)
    meter.mark(31.0, 101)
    after = meter.eta_s(done=101, total=1000)
    assert before is not None
    assert after is not None
    assert after > before


def test_a_new_phase_that_counts_from_nought_begins_afresh() -> None:
    meter = RateMeter()
    meter.mark(0.0, 0)
    meter.mark(10.0, 1000)
    meter.mark(11.0, 0)
    assert meter.rate is None


@pytest.mark.anyio
async def test_what_needed_no_work_promises_nothing_of_the_rest() -> None:
    async def scan(context: JobContext) -> tuple[float | None, float | None]:
        context.report(done=0, total=2_000_000)
        while (progress := context.progress).rate is None:  # it is believed after a while
            context.report(done=1_000_000, skipped=1_000_000)
            await asyncio.sleep(0)
        return progress.rate, progress.eta_s

    async with AsyncioJobQueue() as queue:
        queue.register_handler("scan", scan)
        result = await queue.get_result(await queue.submit("scan", {}))
    assert tuple(result) == (0.0, None)


def test_what_stands_still_gets_slower_and_is_not_forgotten() -> None:
    meter = RateMeter()
    for second, done in ((0.0, 0), (1.0, 100), (2.0, 100)):
        meter.mark(second, done)
    assert meter.rate == 50.0


def test_after_a_long_silence_the_rate_is_of_all_of_it() -> None:
    meter = RateMeter()
    for second, done in ((0.0, 0), (30.0, 30), (31.0, 62)):
        meter.mark(second, done)
    assert meter.rate == 2.0


def test_no_time_left_is_told_while_the_total_is_unknown() -> None:
    meter = RateMeter()
    meter.mark(0.0, 0)
    meter.mark(10.0, 1000)
    assert meter.eta_s(done=1000, total=None) is None


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 1000)), max_size=60))
def test_rate_and_estimate_are_never_negative(steps: list[tuple[float, int]]) -> None:
    meter, at, done = RateMeter(), 0.0, 0
    for wait, more in steps:
        at, done = at + wait, done + more
        meter.mark(at, done)
        rate, eta = meter.rate, meter.eta_s(done=done, total=done + 10)
        assert rate is None or rate >= 0
        assert eta is None or eta >= 0
