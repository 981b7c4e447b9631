"""What handlers of all kinds do to the queue: nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, NoReturn

import pytest

from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.memory_store import MemoryJobStore
from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.jobs.store import Errand, Reply
from stoat_nb.jobs.thread import QueueThread

from .threads import SOON, echo, ids, queue, run, submit

__all__ = ["queue"]


# Whatever is raised -------------------------------------------------------------------------------


class Unspeakable(Exception):
    """An exception that cannot be shown in any way."""

    def __str__(self) -> NoReturn:
        raise SystemExit("no")

    __repr__ = __str__


class Nameless(type):
    """The class of classes that will not say their name."""

    @property
    def __name__(cls) -> NoReturn:  # type: ignore[override]
        raise KeyboardInterrupt


class Anonymous(Exception, metaclass=Nameless):
    """An exception whose class will not say its name."""


class Masked(Exception):
    """An exception that claims to be of another class, and fails at that."""

    @property
    def __class__(self) -> NoReturn:  # type: ignore[override]
        raise GeneratorExit

    __cause__ = __context__ = __notes__ = __class__  # type: ignore[assignment]


class Own(BaseException):
    """What people derive when nobody told them of Exception."""


#: By name: pytest itself cannot live with some of them.
RAISED: dict[str, Callable[[], BaseException]] = {
    "SystemExit": lambda: SystemExit(3),
    "KeyboardInterrupt": KeyboardInterrupt,
    "GeneratorExit": GeneratorExit,
    "StopIteration": lambda: StopIteration(5),
    "StopAsyncIteration": StopAsyncIteration,
    "CancelledError": asyncio.CancelledError,
    "MemoryError": MemoryError,
    "RecursionError": lambda: RecursionError("too deep"),
    "a BaseException": lambda: Own("mine"),
    "a group": lambda: BaseExceptionGroup("all", [SystemExit(1), KeyboardInterrupt()]),
    "unspeakable": Unspeakable,
    "anonymous": lambda: Anonymous("who"),
    "masked": lambda: Masked("behind"),
}


@pytest.mark.parametrize("name", RAISED)
@pytest.mark.parametrize("where", ["at once", "later", "in a thread"])
def test_a_handler_that_raises_anything_at_all_fails_alone(
    queue: QueueThread, name: str, where: str
) -> None:
    def handle(_context: JobContext | None = None) -> None:
        raise RAISED[name]()  # noqa: RSE102 - it is made here

    async def handle_later(_context: JobContext) -> None:
        await asyncio.sleep(0)
        raise RAISED[name]()  # noqa: RSE102 - it is made here

    async def handle_in_thread(context: JobContext) -> None:
        await context.in_thread(handle)

    handlers = {"at once": handle, "later": handle_later, "in a thread": handle_in_thread}
    state = run(queue, handlers[where])
    assert state.status is JobStatus.FAILED
    assert state.error
    if name == "SystemExit":
        assert state.error == "SystemExit: 3"


class OddAwaitable:
    """What may be awaited, but not like this."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __await__(self) -> Any:
        if isinstance(self.inner, BaseException):
            raise self.inner
        return self.inner


@pytest.mark.parametrize("inner", [None, iter([5]), SystemExit(1), 5], ids=ids)
def test_a_handler_that_returns_an_odd_awaitable_fails_alone(
    queue: QueueThread, inner: Any
) -> None:
    assert run(queue, lambda _context: OddAwaitable(inner)).status is JobStatus.FAILED


def leave() -> NoReturn:
    raise SystemExit(7)


async def leave_later(*_given: Any) -> None:
    await asyncio.sleep(0)
    leave()


async def leave_at_last() -> AsyncIterator[int]:
    try:
        yield 1
    finally:
        leave()


async def ends_in_a_task(_context: JobContext) -> str:
    task = asyncio.create_task(leave_later())
    await asyncio.wait({task})
    return "through"


async def ends_in_a_done_callback(_context: JobContext) -> str:
    task = asyncio.create_task(asyncio.sleep(0))
    task.add_done_callback(lambda _task: leave())
    await task
    return "through"


async def ends_in_a_callback(_context: JobContext) -> str:
    called = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.call_soon(leave)
    loop.call_later(0, called.set)
    await called.wait()
    return "through"


async def ends_in_a_generator(_context: JobContext) -> str:
    async for _one in leave_at_last():
        break
    for _ in range(3):  # the loop closes what was left half read
        await asyncio.sleep(0)
    return "through"


async def stops_the_loop(_context: JobContext) -> str:
    asyncio.get_running_loop().stop()
    await asyncio.sleep(0)
    return "through"


LEFT_BEHIND = [
    ends_in_a_task,
    ends_in_a_done_callback,
    ends_in_a_callback,
    ends_in_a_generator,
    stops_the_loop,
]


@pytest.mark.parametrize("handler", LEFT_BEHIND, ids=ids)
def test_what_a_handler_leaves_on_the_loop_may_raise_anything(
    queue: QueueThread, handler: Any
) -> None:
    state = run(queue, handler)
    assert (state.status, state.result) == (JobStatus.COMPLETE, "through")


@pytest.mark.parametrize("name", RAISED)
def test_a_listener_may_raise_anything(
    queue: QueueThread, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[JobState] = []

    def hear(state: JobState) -> None:
        heard.append(state)
        raise RAISED[name]()  # noqa: RSE102 - it is made here

    queue.subscribe(None, hear)
    assert run(queue, echo).status is JobStatus.COMPLETE
    queue.close()
    assert len(heard) == 6
    assert caplog.text.count("A listener failed") == 6


@pytest.mark.parametrize("name", RAISED)
def test_what_handlers_use_may_fail_to_be_put_away(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def put_away() -> None:
        raise RAISED[name]()  # noqa: RSE102 - it is made here

    queue = QueueThread(on_close=put_away)
    queue.close()
    assert "could not be put away" in caplog.text
    assert not queue._loop.is_alive
    assert not queue._handlers.is_alive


# Whatever goes wrong at the end -------------------------------------------------------------------


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


class EvilList(list[int]):
    def __iter__(self) -> NoReturn:
        raise SystemExit("not this one")

    __len__ = __iter__  # type: ignore[assignment]


class EvilDict(dict[str, int]):
    def items(self) -> NoReturn:
        raise Unspeakable


class EvilText(str):
    __slots__ = ()

    def __str__(self) -> NoReturn:
        raise KeyboardInterrupt

    __len__ = __iter__ = __str__  # type: ignore[assignment]


RESULTS: list[tuple[Any, str]] = [
    (nested(100_000), "nested more than 200 levels"),
    (nested(300), "nested more than 200 levels"),
    ({"a": nested(250)}, "nested more than 200 levels"),
    (EvilList([1]), "SystemExit: not this one"),
    (EvilDict(a=1), "Unspeakable"),
    ({EvilText("a"): 1}, ""),
    (10**5000, "not JSON"),
    ({1, 2}, "not JSON"),
    (float("nan"), "not JSON"),
]


@pytest.mark.parametrize(("result", "said"), RESULTS, ids=ids)
def test_a_result_that_cannot_be_kept_fails_its_job(
    queue: QueueThread, result: Any, said: str
) -> None:
    async def give(_context: JobContext) -> Any:
        return result

    state = run(queue, give)
    if said:
        assert state.status is JobStatus.FAILED
        assert state.error is not None
        assert said in state.error
    assert state.is_final


def test_a_result_of_too_much_json_fails_its_job(
    queue: QueueThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stoat_nb.jobs.checks.MAX_JSON", 1000)

    async def give(_context: JobContext) -> Any:
        return "x" * 1000

    state = run(queue, give)
    assert state.error == (
        "The handler returned something that takes 1,002 characters of JSON, more than 1,000."
    )


@pytest.mark.parametrize(
    "report",
    [
        {"done": "many"},
        {"done": None},
        {"total": float("nan")},
        {"failed": float("inf")},
        {"current": 5},
        {"current": "a.mov"},
        {"phase": 1},
        {"message": None},
        {"rate": 1.0},
        {"nothing of this kind": 1},
    ],
    ids=lambda report: next(iter(report)),
)
def test_progress_that_nobody_can_count_with_is_refused(
    queue: QueueThread, report: dict[str, Any]
) -> None:
    async def odd(context: JobContext) -> None:
        context.report(done=3, total=5, current=["a.mov"])
        context.report(**report)

    state = run(queue, odd)
    assert state.error is not None
    assert f"A job cannot report {next(iter(report))}='" in state.error
    assert (state.progress.done, state.progress.current) == (3, ("a.mov",))


class Choosy(MemoryJobStore):
    """A store that refuses whatever holds a certain word, and with it all that is sent along."""

    def exchange(self, errand: Errand) -> Reply:
        told = [*errand.submits, *errand.saves, *(event for _name, event in errand.events)]
        if any("poison" in str(one) for one in told):
            raise ValueError("not with me")
        return super().exchange(errand)


async def say(context: JobContext) -> str:
    context.log(f"{context.payload['word']} in the log")
    return "poi" + str(context.payload["word"])


def test_an_end_that_the_store_refuses_is_a_failure_and_harms_no_other_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("stoat_nb.jobs.asyncio_queue.RETRY_AFTER_S", 0.01)
    queue = QueueThread(store=Choosy(), workers=4)
    queue.register_handler("say", say)
    jobs = [submit(queue, "say", word=word) for word in ("son", "nt", "son", "sed")]
    states = [job.wait(SOON) for job in jobs]
    assert [state.result for state in states] == [None, "point", None, "poised"]
    assert states[0].error == (
        "It was complete, but that could not be written down: ValueError: not with me"
    )
    with pytest.raises(ValueError, match="not with me"):
        submit(queue, "say", word="poison")
    assert submit(queue, "say", word="nt").result(SOON) == "point"
    queue.close()


def test_a_line_of_a_log_that_the_store_refuses_is_left_out() -> None:
    queue = QueueThread(store=Choosy(), workers=4)

    async def note(context: JobContext) -> str:
        for word in ("first", "poison", "last"):
            context.log(word)
        return "noted"

    queue.register_handler("note", note)
    job = submit(queue, "note")
    assert job.result(SOON) == "noted"
    queue.close()
    assert [event.text for event in queue.read_log(job.id)] == ["first", "last"]


class Shut(MemoryJobStore):
    """A store that takes no end, and no farewell."""

    def exchange(self, errand: Errand) -> Reply:
        if errand.saves:
            raise ValueError("not with me")
        return super().exchange(errand)

    def leave(self) -> None:
        raise ValueError("not with me")


def test_a_queue_whose_store_refuses_everything_can_be_closed() -> None:
    queue = QueueThread(store=Shut())
    queue.register_handler("echo", echo)
    job = submit(queue, "echo")
    queue.close()
    assert not queue._loop.is_alive
    assert not queue._handlers.is_alive
    assert not job.status.is_final
