"""Pages that open hold up what is slow: by a clock that is set by hand, so that nothing races."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Queue

import pytest
from bokeh.document import Document
from bokeh.server.contexts import BokehSessionContext
from panel.io.state import set_curdoc

from stoat_nb.components import explorer_counts, opening
from stoat_nb.components.clock import CLOCK
from stoat_nb.components.explorer_state import ExplorerState
from stoat_nb.components.live import LiveHub
from stoat_nb.components.opening import begins, has_loaded, is_there, let_pages_open
from stoat_nb.components.overview import Overview
from stoat_nb.library import Library

#: Seconds after which something that should have happened has not.
PATIENCE_S = 30.0
GOES_ON = "goes on"


class News(threading.Condition):
    """Says who waits for it and for how long, and lets no time go by itself."""

    def __init__(self, told: Queue[object]) -> None:
        super().__init__()
        self._told = told

    def wait(self, timeout: float | None = None) -> bool:
        self._told.put(timeout)
        return super().wait(PATIENCE_S)


class Passing(threading.Condition):
    """Waits for nothing."""

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - as it is called
        return True


@dataclass
class Time:
    """Stands where the module has Python's ``time``."""

    told: Queue[object] = field(default_factory=Queue)
    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now

    @contextmanager
    def somebody_who_is_slow(self) -> Iterator[None]:
        def look() -> None:
            let_pages_open()
            self.told.put(GOES_ON)

        slow = threading.Thread(target=look, daemon=True)
        slow.start()
        yield
        slow.join(PATIENCE_S)
        assert not slow.is_alive()
        assert self.told.empty()

    def next(self) -> object:
        """Return how long is waited from now on, or that it goes on."""
        return self.told.get(timeout=PATIENCE_S)


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> Time:
    hand = Time()
    monkeypatch.setattr(opening, "time", hand)
    monkeypatch.setattr(opening, "_changed", News(hand.told))
    monkeypatch.setattr(opening, "_opening", {})
    return hand


def until_all_that_was_due_is_done() -> None:
    done = threading.Event()
    CLOCK.at(time.monotonic(), done.set)
    assert done.wait(PATIENCE_S)


def test_what_is_slow_waits_until_every_page_is_there(hand: Time) -> None:
    for page in ("first", "second"):
        begins(page)
    with hand.somebody_who_is_slow():
        assert hand.next() == opening.AT_MOST_S
        is_there("first")
        assert hand.next() == opening.AT_MOST_S
        is_there("first")  # may be said again
        assert hand.next() == opening.AT_MOST_S
        is_there("second")
        assert hand.next() == GOES_ON


def test_nobody_waits_where_no_page_is_being_opened(hand: Time) -> None:
    with hand.somebody_who_is_slow():
        assert hand.next() == GOES_ON


def test_each_page_that_never_comes_is_waited_for_until_its_own_time_is_up(hand: Time) -> None:
    begins("gone")
    hand.now += opening.AT_MOST_S - 1
    begins("late")
    with hand.somebody_who_is_slow():
        assert hand.next() == opening.AT_MOST_S
        hand.now += 1
        is_there("another")
        assert hand.next() == opening.AT_MOST_S - 1
        hand.now += opening.AT_MOST_S - 1
        is_there("another")
        assert hand.next() == GOES_ON


def test_the_page_of_a_session_is_being_opened_until_it_has_loaded_or_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(opening, "_opening", {})
    monkeypatch.setattr(opening, "DRAWN_S", 0.0)
    hubs = []
    for name in ("loads", "is closed"):
        document = Document()
        context = BokehSessionContext(name, None, document)  # type: ignore[arg-type]
        document._session_context = lambda context=context: context  # type: ignore[assignment]
        with set_curdoc(document):
            hubs.append(LiveHub(document))
    assert list(opening._opening) == hubs
    hubs[1].close()
    assert list(opening._opening) == hubs[:1]
    hubs[0]._on_load()
    until_all_that_was_due_is_done()
    assert list(opening._opening) == []
    hubs[0].close()


class Visitors(dict[object, float]):
    """Pages of a busy server: one is being opened whenever somebody is about to look."""

    waits = 0
    is_there = False

    def values(self) -> list[float]:  # type: ignore[override]
        self.is_there = not self.is_there
        self.waits += self.is_there
        return [time.monotonic()] if self.is_there else []


@pytest.mark.parametrize(
    ("look", "waits"),
    [
        (lambda _library, overview: overview._read(), 3),
        (lambda library, _: explorer_counts.groups(library, ExplorerState()), 6),
        (lambda library, _: explorer_counts.plots(library, ExplorerState()), 5),
    ],
    ids=["overview", "facets", "plots"],
)
def test_pages_are_let_in_before_each_thing_that_is_slow_to_count(
    library: Library,
    monkeypatch: pytest.MonkeyPatch,
    look: Callable[[Library, Overview], object],
    waits: int,
) -> None:
    overview, visitors = Overview(library), Visitors()
    monkeypatch.setattr(opening, "_opening", visitors)
    monkeypatch.setattr(opening, "_changed", Passing())
    look(library, overview)
    assert visitors.waits == waits


def test_a_page_that_has_loaded_is_given_time_to_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "AT_MOST_S", PATIENCE_S)
    monkeypatch.setattr(opening, "_opening", {})
    for drawn_s, left in ((PATIENCE_S, 1), (0.0, 0)):
        monkeypatch.setattr(opening, "DRAWN_S", drawn_s)
        begins("page")
        has_loaded("page")
        until_all_that_was_due_is_done()
        assert len(opening._opening) == left
