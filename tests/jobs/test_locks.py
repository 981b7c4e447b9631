"""Jobs that hold a path: of those that overlap one runs at a time, and some are one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from stoat_nb.errors import TooManyJobs
from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.locks import Lock, lock_of, overlap
from stoat_nb.jobs.memory_queue import InMemoryJobQueue
from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.jobs.store import Claim, Errand, JobStore, Reply
from stoat_nb.jobs.transitions import Wish, handed_back

from .stores import claim, end, load, names, save
from .test_shared import Machine, machine

__all__ = ["machine"]

pytestmark = pytest.mark.anyio


def path_of(payload: Mapping[str, Any]) -> str | None:
    return payload.get("path")


def covers(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(one.get("deep", 0) >= other.get("deep", 0))


LOCK = Lock(path=path_of, covers=covers)


def put(store: JobStore, name: str, path: str, **facts: Any) -> Reply:
    deep = facts.pop("deep", 0)
    payload = {"path": path, "deep": deep}
    new = JobState(job_id=name, job_type="work", lock=lock_of(path), payload=payload, **facts)
    return store.exchange(Errand(submits=[new], covers={"work": covers}))


def take(store: JobStore, count: int = 9) -> list[str]:
    return names(claim(store, count))


def test_a_lock_overlaps_itself_and_what_lies_beneath_it_and_nothing_else() -> None:
    inner, outer, beside = map(lock_of, ("/videos/2023", "/videos/", "/videos 2"))
    pairs = [(inner, outer), (outer, inner), (inner, inner), (lock_of("/"), inner)]
    assert all(overlap(*pair) for pair in pairs)
    apart = [(outer, beside), (beside, inner), (None, outer), (outer, None), (None, None)]
    assert not any(overlap(*pair) for pair in apart)


def test_of_jobs_whose_locks_overlap_one_runs_at_a_time(store: JobStore) -> None:
    for name, path in (("a", "/v/x"), ("b", "/v"), ("c", "/v/y"), ("d", "/v/x/deep"), ("e", "/w")):
        assert put(store, name, path).joined == {}
    assert take(store) == ["a", "c", "e"]
    assert [load(store, name).waits_for for name in "abcd"] == [None, "a", None, "a"]
    assert take(store) == []
    assert save(store, end(load(store, "a"))) is None
    assert take(store) == ["d"]
    assert load(store, "b").waits_for in ("c", "d")
    for name in "cd":
        assert load(store, "b").waits_for is not None
        save(store, end(load(store, name)))
    assert load(store, "b").waits_for is None
    assert take(store) == ["b"]


def test_a_job_that_waits_for_a_lock_holds_up_no_other(store: JobStore) -> None:
    put(store, "a", "/v")
    assert take(store, 1) == ["a"]
    for number in range(5):
        put(store, f"waits {number}", f"/v/{number}")
    put(store, "free", "/w")
    assert take(store, 1) == ["free"]


@pytest.mark.parametrize("wish", [Wish.PAUSE, Wish.CANCEL])
def test_a_job_that_is_stopped_holds_its_lock_until_it_has_let_go(
    store: JobStore, wish: Wish
) -> None:
    put(store, "a", "/v")
    take(store)
    put(store, "b", "/v/x")
    store.wish("a", wish)
    assert take(store) == []
    state = load(store, "a")
    over = handed_back(state) if wish is Wish.PAUSE else end(state, JobStatus.CANCELLED)
    save(store, over)
    assert take(store) == ["b"]
    assert (
        load(store, "a").waits_for is None
    )  # a paused job waits for nobody but whoever resumes it
    if wish is Wish.PAUSE:
        store.wish("a", Wish.RESUME)
        assert load(store, "a").waits_for == "b"


def test_a_new_job_joins_the_live_one_that_does_what_it_asks_for(store: JobStore) -> None:
    put(store, "weak", "/v")
    put(store, "strong", "/v", deep=1)
    assert {new: old.job_id for new, old in put(store, "c", "/v").joined.items()} == {"c": "weak"}
    store.prioritize("strong", 1)
    assert take(store, 1) == ["strong"]
    (joined,) = put(store, "d", "/v").joined.values()
    assert (joined.job_id, joined.status) == ("strong", JobStatus.RUNNING)  # what runs is at work
    assert store.load("c") is None is store.load("d")
    for other in ({"path": "/v", "deep": 2}, {"path": "/v/x"}, {"path": "/"}):
        assert put(store, str(other), **other).joined == {}  # type: ignore[arg-type]


def test_two_jobs_submitted_at_once_join_too(store: JobStore) -> None:
    new = [JobState(job_id=name, job_type="work", lock="/v/") for name in ("a", "b")]
    plain = JobState(job_id="plain", job_type="work")
    reply = store.exchange(
        Errand(
            submits=[new[0], plain, new[1]], claim=Claim(9, {"work": None}), covers={"work": covers}
        )
    )
    assert (list(reply.joined), names(reply.claimed)) == (["b"], ["a", "plain"])


def test_nobody_joins_a_job_that_stops_rests_or_is_of_another_type(store: JobStore) -> None:
    put(store, "paused", "/v")
    store.wish("paused", Wish.PAUSE)
    assert put(store, "stopping", "/v").joined == {}
    assert take(store) == ["stopping"]
    store.wish("stopping", Wish.CANCEL)
    assert put(store, "pausing", "/v").joined == {}
    save(store, end(load(store, "stopping"), JobStatus.CANCELLED))
    assert take(store) == ["pausing"]
    store.wish("pausing", Wish.PAUSE)
    assert put(store, "last", "/v").joined == {}
    other = JobState(job_id="other", job_type="other", lock="/v/")
    assert store.exchange(Errand(submits=[other], covers={"other": covers})).joined == {}


def test_while_too_many_wait_a_new_job_is_taken_only_if_it_joins_one(store: JobStore) -> None:
    def submitted(*names: str) -> Reply:
        new = [JobState(job_id=name, job_type="work", lock=f"/{name[0]}/") for name in names]
        return store.exchange(Errand(submits=new, covers={"work": covers}, most_waiting=2))

    reply = submitted("a", "b", "c", "a, again")
    assert (set(reply.refused), set(reply.joined)) == ({"c"}, {"a, again"})
    assert store.load("c") is None
    assert submitted("d").refused == {"d"}
    assert take(store, 1) == ["a"]
    assert submitted("d").refused == frozenset()
    store.wish("b", Wish.PAUSE)  # nor does it wait for its turn
    assert submitted("e", "f").refused == {"f"}


async def test_a_queue_with_too_many_jobs_that_wait_says_so_until_one_begins(
    make_pool: Any,
) -> None:
    gate, runs = asyncio.Event(), asyncio.Event()

    async def gated(_context: JobContext) -> None:
        runs.set()
        await gate.wait()

    async with make_pool(workers=1, most_waiting=1) as queue:
        queue.register_handler("work", gated)
        first = await queue.submit("work", {})
        await runs.wait()
        second = await queue.submit("work", {})
        with pytest.raises(TooManyJobs, match="STOAT_MAX_PENDING_JOBS"):
            await queue.submit("work", {})
        assert [state.job_id for state in await queue.list_jobs()] == [second, first]
        gate.set()
        await queue.get_result(second)
        assert await queue.submit("work", {}) not in (first, second)


async def test_a_queue_says_which_submission_found_a_job_that_does_it(make_pool: Any) -> None:
    async with make_pool(workers=2) as queue:
        begun, may_end = asyncio.Event(), asyncio.Event()

        async def work(context: JobContext) -> str:
            begun.set()
            await may_end.wait()
            return str(context.payload["path"])

        queue.register_handler("work", work, lock=LOCK)
        first = await queue.submit_or_join("work", {"path": "/v"})
        await begun.wait()
        again = await queue.submit_or_join("work", {"path": "/v"})
        assert (first.joined, again.joined, again.job_id) == (False, True, first.job_id)
        inner = await queue.submit("work", {"path": "/v/x"})
        assert (await queue.get_status(inner)).waits_for == first.job_id
        free = await queue.submit("work", {"path": "/w"})
        may_end.set()
        assert [await queue.get_result(one) for one in (free, inner)] == ["/w", "/v/x"]
        assert len(await queue.list_jobs()) == 3
        third = await queue.submit_or_join("work", {"path": "/v"})
        assert not third.joined  # what has ended does no more
        await queue.get_result(third.job_id)


async def test_a_job_that_starts_one_beneath_its_own_lock_is_waited_for() -> None:
    queue = InMemoryJobQueue()
    inner: list[str] = []

    async def work(context: JobContext) -> None:
        if context.payload["path"] == "/v":
            inner.append(await queue.submit("work", {"path": "/v/x"}))
            assert (await queue.get_status(inner[0])).status is JobStatus.PENDING

    queue.register_handler("work", work, lock=LOCK)
    await queue.submit("work", {"path": "/v"})
    assert (await queue.get_status(inner[0])).status is JobStatus.COMPLETE


async def test_what_waits_for_a_process_that_dies_runs(machine: Machine) -> None:
    begun, never = asyncio.Event(), asyncio.Event()

    async def hang(_context: JobContext) -> None:
        begun.set()
        await never.wait()

    async def work(context: JobContext) -> str:
        return str(context.payload["path"])

    async with machine.queue(1) as dying, machine.queue(2, take="own") as other:
        dying.register_handler("work", hang, lock=LOCK)
        other.register_handler("work", work, lock=LOCK)
        first = await dying.submit("work", {"path": "/v"})
        await begun.wait()
        inner = await other.submit_or_join("work", {"path": "/v/x"})
        again = await other.submit_or_join("work", {"path": "/v"})
        assert (inner.joined, again) == (False, (first, True))
        waits = await other.get_status(inner.job_id)
        assert (waits.status, waits.waits_for) == (JobStatus.PENDING, first)
        dying._take = "none"
        machine.dead.add(1)
        await other._tend()
        # Whoever joined a job is ready to run it, also where it takes only its own.
        assert await other.get_result(first) == "/v"
        assert await other.get_result(inner.job_id) == "/v/x"


async def test_who_waits_for_whom_is_news_to_all_who_watch(machine: Machine) -> None:
    may_end = asyncio.Event()

    async def work(_context: JobContext) -> None:
        await may_end.wait()

    async with machine.queue(1) as one, machine.queue(2, take="none") as other:
        for queue in (one, other):
            queue.register_handler("work", work, lock=LOCK)
        first = await one.submit("work", {"path": "/v"})
        second = await one.submit("work", {"path": "/v/x"})
        seen = []
        async for state in other.watch(second):
            seen.append((state.status, state.waits_for))
            if state.waits_for == first:
                may_end.set()
        assert (JobStatus.PENDING, first) in seen
        assert seen[-1] == (JobStatus.COMPLETE, None)
