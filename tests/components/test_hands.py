"""What is done later or beside: on few threads, each thing once, whatever fails."""

from __future__ import annotations

import threading
import time

import pytest

from stoat_nb.components import hands
from stoat_nb.components.clock import Clock
from stoat_nb.components.hands import Hands

#: Seconds after which something that should have happened has not.
PATIENCE_S = 30.0


def test_everything_is_done_though_all_that_came_before_waits_and_something_fails() -> None:
    some, go_on, done = Hands(), threading.Event(), threading.Barrier(21)

    def wait() -> None:
        go_on.wait(PATIENCE_S)
        done.wait(PATIENCE_S)

    for _ in range(20):
        some.do(wait)
    some.do(lambda: 1 / 0)
    some.do(go_on.set)
    done.wait(PATIENCE_S)


def test_a_thread_is_used_again_and_ends_when_nothing_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    some, used = Hands(), set[threading.Thread]()
    # A thread that has just said so may not be free yet.
    for n_asked in range(1000):
        if len(used) < n_asked:
            break
        done = threading.Event()

        def note(done: threading.Event = done) -> None:
            used.add(threading.current_thread())
            done.set()

        some.do(note)
        assert done.wait(PATIENCE_S)
    else:
        pytest.fail("each thing has a thread of its own")

    monkeypatch.setattr(hands, "IDLE_S", 0.01)
    for _ in used:
        some.do(lambda: None)
    for thread in used:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def test_a_clock_calls_in_the_order_of_times_whatever_fails() -> None:
    clock, now, heard, over = Clock(), time.monotonic(), list[str](), threading.Event()
    clock.at(now + 0.03, over.set)
    clock.at(now + 0.02, lambda: heard.append("second"))
    clock.at(now + 0.01, lambda: heard.append("first"))
    clock.at(float("-inf"), lambda: 1 / 0)
    assert over.wait(PATIENCE_S)
    assert heard == ["first", "second"]
