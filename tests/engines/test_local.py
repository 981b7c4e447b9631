"""One bad item costs itself alone: every way a function can fail, among good calls."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import threading
import time
from contextlib import aclosing
from pathlib import Path
from typing import Any

import deeds
import pytest

from stoat_nb.engines import local, process
from stoat_nb.engines.engine import FaultKind, PureFunction
from stoat_nb.engines.local import LocalEngine
from stoat_nb.errors import RunFailed, SettingError

pytestmark = pytest.mark.anyio

DEADLINE_S = 0.6
PATIENCE_S = 60.0

RAISING = [
    (deeds.raise_awkward, "AwkwardError: cannot be pickled"),
    (deeds.raise_speechless, "SpeechlessError"),
    (deeds.raise_hostile, r"ValueError: first\nsecond\x1b[31m\u202elong"),
    (deeds.raise_system_exit, "SystemExit: 3"),
    (deeds.return_unserialisable, "TypeError: Object of type object is not JSON serializable"),
    (deeds.return_nan, "ValueError: Out of range float"),
    (deeds.hog_memory, "MemoryError"),
    (deeds.use_up_descriptors, "OSError: [Errno 24]"),
]
KILLING = [
    (deeds.abort, "was killed by SIGABRT"),
    (deeds.segfault, "was killed by SIGSEGV"),
    (deeds.kill_itself, "was killed by SIGKILL"),
    (deeds.leave, "ended with exit code 3"),
    (deeds.fork_and_abort, "was killed by SIGABRT"),
    (deeds.talk_nonsense, "sent something that is no answer"),
    (deeds.answer_for_another, "sent something that is no answer"),
    (deeds.answer_deeply, "sent something that is no answer"),
    (deeds.answer_twice, "answered more than once"),
    (deeds.answer_without_end, "answered with more than 16 MiB"),
    (deeds.hang_up, "was killed by SIGKILL"),
]
ENDLESS = [deeds.sleep_for_ever, deeds.loop_in_c, deeds.ignore_signals, deeds.open_fifo]

MATRIX = [
    *((deed, FaultKind.ERROR, message) for deed, message in RAISING),
    *((deed, FaultKind.CRASH, message) for deed, message in KILLING),
    *((deed, FaultKind.DEADLINE, "longer than 0.6 s") for deed in ENDLESS),
]


def patient(*, workers: int = 1, **options: Any) -> LocalEngine:
    """Return an engine whose good items never meet a deadline, however busy the machine is."""
    return LocalEngine(workers=workers, **{"deadline_s": PATIENCE_S, **options})


@pytest.mark.parametrize(
    ("deed", "kind", "message"), MATRIX, ids=[deed.__name__ for deed, _, _ in MATRIX]
)
async def test_a_bad_item_gets_its_fault_and_every_good_one_its_value(
    deed: PureFunction, kind: FaultKind, message: str, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    bad = {"fifo": str(tmp_path / "pipe.mp4")}
    # Only what never ends meets its deadline: readers give way to all else on a busy machine.
    limit = DEADLINE_S if kind is FaultKind.DEADLINE else None
    async with aclosing(LocalEngine(deadline_s=PATIENCE_S, memory_bytes=400 << 20)) as engine:
        before = [engine.call(deeds.echo, {"n": n}) for n in range(10)]
        after = [engine.call(deeds.echo, {"n": n}) for n in range(10, 20)]
        *good, answer = await asyncio.gather(
            *before, *after, engine.call(deed, bad, deadline_s=limit)
        )
        again = await engine.call(deeds.echo, {"n": 20})
    assert [other.value for other in [*good, again]] == [{"n": n} for n in range(21)]
    assert answer.fault is not None
    assert answer.fault.kind is kind
    assert message in answer.fault.message
    assert answer.fault.message.isprintable()
    assert len(answer.fault.message) <= 500


async def test_what_a_function_prints_never_gets_into_its_answer() -> None:
    async with aclosing(patient()) as engine:
        answers = [await engine.call(deeds.print_a_lot, {}) for _ in range(3)]
    assert [answer.value for answer in answers] == ["quiet"] * 3


async def test_a_late_answer_is_told_with_how_long_it_took() -> None:
    began = time.monotonic()
    async with aclosing(patient()) as engine:
        answer = await engine.call(deeds.sleep_for_ever, {}, deadline_s=DEADLINE_S)
    assert DEADLINE_S * 1000 <= answer.elapsed_ms <= (time.monotonic() - began) * 1000 + 1


async def test_an_item_whose_process_dies_once_is_tried_again(tmp_path: Path) -> None:
    async with aclosing(patient()) as engine:
        answer = await engine.call(deeds.die_the_first_time, {"marker": str(tmp_path / "died")})
    assert answer.value == "survived"


async def test_an_idle_process_killed_from_outside_is_replaced() -> None:
    async with aclosing(patient()) as engine:
        for _ in range(5):
            pid = (await engine.call(deeds.whoami, {})).value
            os.kill(pid, signal.SIGKILL)
            answer = await engine.call(deeds.whoami, {})
            assert answer.fault is None
            assert answer.value != pid


async def test_a_death_before_an_item_was_asked_for_is_none_of_its_deaths(tmp_path: Path) -> None:
    marker = tmp_path / "died"
    async with aclosing(patient()) as engine:
        pid = (await engine.call(deeds.whoami, {})).value
        marker.touch()
        await engine.call(deeds.die_the_first_time, {"marker": str(marker)})
        marker.unlink()
        idle = os.pidfd_open(pid)
        os.kill(pid, signal.SIGKILL)
        assert select.select([idle], [], [], PATIENCE_S)[0]  # the engine has not heard of it yet
        os.close(idle)
        answer = await engine.call(deeds.die_the_first_time, {"marker": str(marker)})
    assert answer.value == "survived"


async def test_what_a_process_says_after_its_answer_is_an_offence_before_that_is_read() -> None:
    worker = process.WorkerProcess.spawn(None)
    await worker.connect()
    worker._answer = asyncio.get_running_loop().create_future()
    worker._receive(b"answer\n")
    assert worker.is_usable
    worker._receive(b"more\n")
    assert not worker.is_usable
    await asyncio.wait_for(worker.gone, PATIENCE_S)


async def test_two_hundred_calls_are_all_answered_while_processes_are_killed() -> None:
    answered = 0

    async with aclosing(patient(workers=2)) as engine:

        async def one() -> object:
            nonlocal answered
            answer = await engine.call(deeds.whoami, {})
            answered += 1
            if answered % 5 == 0:  # by now it may be idle, or at work on the next call
                os.kill(answer.value, signal.SIGKILL)
            return answer.fault

        faults = await asyncio.gather(*(one() for _ in range(200)))
    assert faults == [None] * 200


async def test_a_call_cancelled_while_its_process_starts_leaves_nothing_of_it() -> None:
    async with aclosing(patient()) as engine:
        call = asyncio.create_task(engine.call(deeds.whoami, {}))
        await asyncio.sleep(0)  # it has a process now, and connects to it
        worker = engine._seats[0]._worker
        assert worker is not None
        assert worker._input is None
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await asyncio.wait_for(worker.gone, PATIENCE_S)
        pipes = (worker._process.stdin, worker._process.stdout)
        assert [pipe is not None and pipe.closed for pipe in pipes] == [True, True]


async def test_a_forged_answer_between_two_calls_reaches_neither(tmp_path: Path) -> None:
    marker = tmp_path / "now"
    async with aclosing(patient()) as engine:
        assert (await engine.call(deeds.speak_later, {"marker": str(marker)})).value == "wait"
        worker = engine._seats[0]._worker
        assert worker is not None
        marker.touch()
        await asyncio.wait_for(worker.gone, PATIENCE_S)
        answer = await engine.call(deeds.echo, {"n": 1})
    assert answer.value == {"n": 1}


@pytest.mark.parametrize("deed", ENDLESS[:3])
async def test_a_cancelled_call_is_killed_at_once_and_the_next_one_works(
    deed: PureFunction, begun: Any
) -> None:
    async with aclosing(patient(deadline_s=1e9)) as engine:
        pid = (await engine.call(deeds.whoami, {})).value
        worker = engine._seats[0]._worker
        assert worker is not None
        call = asyncio.ensure_future(engine.call(deed, begun.item))
        await begun.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(call, PATIENCE_S)  # its own deadline is far later
        await asyncio.wait_for(worker.gone, PATIENCE_S)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert (await engine.call(deeds.echo, {"n": 1})).value == {"n": 1}


async def test_a_call_can_be_cancelled_at_any_step_of_its_start() -> None:
    async with aclosing(patient()) as engine:
        for steps in range(25):
            call = asyncio.ensure_future(engine.call(deeds.sleep_for_ever, {}))
            for _ in range(steps):
                await asyncio.sleep(0)
            call.cancel()
            await asyncio.wait({call})
            assert call.cancelled()
        assert (await engine.call(deeds.echo, {"n": 1})).value == {"n": 1}


async def test_a_cancelled_call_that_was_still_waiting_costs_nobody_anything() -> None:
    async with aclosing(patient()) as engine:
        pid = (await engine.call(deeds.whoami, {})).value
        first, second, third = (
            asyncio.ensure_future(engine.call(deeds.whoami, {})) for _ in range(3)
        )
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait({first, second, third})
        assert second.cancelled()
        assert first.result().value == third.result().value == pid


async def test_calls_are_served_in_the_order_they_came() -> None:
    served: list[int] = []

    async with aclosing(patient()) as engine:

        async def one(number: int) -> None:
            await engine.call(deeds.echo, {})
            served.append(number)

        await asyncio.gather(*(one(number) for number in range(20)))
    assert served == list(range(20))


async def test_an_answer_that_came_in_time_counts_even_if_this_process_stood_still(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process, "_GRACE_S", PATIENCE_S)
    async with aclosing(patient()) as engine:
        await engine.call(deeds.answer_at_length, {"length": 1})
        worker = engine._seats[0]._worker
        assert worker is not None
        told: Any = worker._output
        long = {"length": 1_000_000}  # more than a pipe holds
        call = asyncio.ensure_future(
            engine.call(deeds.answer_at_length, long, deadline_s=DEADLINE_S)
        )
        await asyncio.sleep(0)
        assert worker._answer is not None  # it has been asked
        # Hold the loop up, as Ctrl-Z would, until it answers and the deadline is past.
        assert select.select([told.get_extra_info("pipe")], [], [], PATIENCE_S)[0]
        threading.Event().wait(DEADLINE_S)
        assert (await call).value == "x" * 1_000_000


async def test_a_process_is_replaced_after_its_share_of_items() -> None:
    async with aclosing(patient(recycle_after=3)) as engine:
        pids = [(await engine.call(deeds.whoami, {})).value for _ in range(9)]
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 3]


async def test_a_process_that_grew_fat_is_replaced() -> None:
    async with aclosing(patient()) as engine:
        fat = await engine.call(deeds.grow, {})
        next_one = await engine.call(deeds.whoami, {})
    assert fat.fault is None
    assert next_one.value != fat.value


async def test_a_process_that_used_up_its_descriptors_is_replaced() -> None:
    async with aclosing(patient()) as engine:
        pid = (await engine.call(deeds.whoami, {})).value
        await engine.call(deeds.use_up_descriptors, {})
        assert (await engine.call(deeds.whoami, {})).value != pid


async def test_long_answers_arrive_whole() -> None:
    async with aclosing(patient()) as engine:
        for length in (65_535, 65_536, 1_000_000, 8_000_000):
            answer = await engine.call(deeds.answer_at_length, {"length": length})
            assert len(answer.value) == length


async def test_names_that_are_no_text_travel_both_ways(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9\n.d")).mkdir()
    (tmp_path / os.fsdecode(b"caf\xe9\n.d") / os.fsdecode(b"\xff.mp4")).touch()
    folder = str(tmp_path / os.fsdecode(b"caf\xe9\n.d"))
    async with aclosing(patient()) as engine:
        answer = await engine.call(deeds.name_of_file, {"folder": folder})
    assert answer.value == [os.fsdecode(b"\xff.mp4")]


async def test_a_process_that_has_no_memory_to_start_in_is_no_items_fault() -> None:
    async with aclosing(patient(memory_bytes=1 << 20)) as engine:
        with pytest.raises(RunFailed, match="No reader process could be started: "):
            await engine.call(deeds.echo, {})


async def test_a_missing_interpreter_is_no_items_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with aclosing(patient()) as engine:
        monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
        with pytest.raises(RunFailed, match="no-python"):
            await engine.call(deeds.echo, {})
        monkeypatch.undo()
        assert (await engine.call(deeds.echo, {"n": 1})).value == {"n": 1}


async def test_a_module_that_cannot_be_imported_is_no_items_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = tmp_path / "vanishing.py"
    source.write_text("def answer(item):\n    return 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    import vanishing  # noqa: PLC0415 - it exists from here on only

    source.unlink()
    async with aclosing(patient()) as engine:
        with pytest.raises(RunFailed, match="could not load vanishing:answer: ModuleNotFoundError"):
            await engine.call(vanishing.answer, {})
        assert (await engine.call(deeds.echo, {"n": 1})).value == {"n": 1}


@pytest.mark.parametrize("workers", [0, -1])
async def test_an_engine_without_workers_is_refused(workers: int) -> None:
    with pytest.raises(SettingError, match="workers is"):
        LocalEngine(workers=workers)


async def test_a_closed_engine_says_so() -> None:
    engine = LocalEngine()
    await engine.aclose()
    await engine.aclose()
    with pytest.raises(RuntimeError, match="The engine is closed"):
        await engine.call(deeds.echo, {})


async def test_closing_ends_calls_at_work_calls_starting_and_calls_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(local, "_CLOSE_S", PATIENCE_S)
    for steps in (1, 3, 10):
        engine = LocalEngine(workers=2, deadline_s=60)
        await engine.call(deeds.echo, {})
        calls = [asyncio.ensure_future(engine.call(deeds.loop_in_c, {})) for _ in range(6)]
        for _ in range(steps):
            await asyncio.sleep(0)
        await asyncio.gather(engine.aclose(), engine.aclose())
        ends = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(end) for end in ends] == [RuntimeError] * 6
        assert all(seat.gone is None for seat in engine._seats)
