"""The bridge from jobs to pages: news of any thread become a few calm updates on the right one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, ref

import panel as pn
from bokeh.document import Document

from stoat_nb.catalog.reader import shared_looks
from stoat_nb.components.clock import CLOCK
from stoat_nb.components.feeds import Feed, Show, Subscribe, Unsubscribe, Watch
from stoat_nb.components.hands import Hands
from stoat_nb.components.notebook_page import TURN, take_turns
from stoat_nb.components.served_page import ServedPage, served_document
from stoat_nb.jobs.state import JobState
from stoat_nb.logs import logger

log = logger(__name__)
T = TypeVar("T")

#: Seconds between two updates of a view; more often only costs.
UPDATE_EVERY_S = 0.2
#: Pages share that: of two each has theirs half as often. What a scan loses to those who watch it
#: does not grow with their number; but no page waits longer than so many times as long.
MOST_PATIENCE = 15.0

_hands = Hands()


class LiveHub:
    """Carries news of jobs to the views of one served session, or of one notebook kernel.

    In a served session all views are updated in one message, under the document's lock, on the
    server's loop. In a notebook they are updated on a thread: a bar moves while a cell blocks.
    """

    def __init__(self, document: Document | None) -> None:
        self._document = document
        self._feeds: dict[Subscribe, Feed] = {}
        self._posts: list[Callable[[], object]] = []
        self._lock = threading.Lock()
        self._feeding = threading.Lock()  #: Held while somebody subscribes.
        self._ticket = 0  #: Of the call that is waited for; of any other nothing comes.
        self._fires_at: float | None = None
        self._flushed_at = float("-inf")
        self._closed = False
        self._page = None if document is None else ServedPage(document)
        # What changes before the page is there may never reach it.
        self._ready = document is None
        if document is None:
            take_turns()
        else:
            pn.state.on_session_destroyed(lambda _context: self.close())
            pn.state.onload(self._on_load)

    @classmethod
    def current(cls) -> LiveHub:
        """Return the hub of this session, or of this kernel."""
        document = served_document()
        with _hubs_lock:
            hub = _kernel_hub.get("") if document is None else _session_hubs.get(document)
            if hub is None:
                hub = cls(document)
                if document is None:
                    _kernel_hub[""] = hub
                else:
                    _session_hubs[document] = hub
            return hub

    @staticmethod
    def forget_kernel() -> None:
        """Let a kernel that goes on without the old views begin anew."""
        with _hubs_lock:
            hub = _kernel_hub.pop("", None)
        if hub is not None:
            hub.close()

    def watch(
        self, subscribe: Subscribe, show: Show, *, every: float = UPDATE_EVERY_S
    ) -> Unsubscribe:
        """Have ``show`` called with news: at most once in ``every`` seconds, at an end at once."""
        watch = Watch(show, every)
        with self._feeding:
            if self.is_gone:
                return lambda: None
            feed = self._feeds.get(subscribe)
            if feed is None:
                feed = self._feeds[subscribe] = Feed()
                feed.unsubscribe = subscribe(partial(self._mark, feed))
            with self._lock:
                feed.watches.append(watch)
        return partial(self._unwatch, subscribe, watch)

    def _unwatch(self, subscribe: Subscribe, watch: Watch) -> None:
        with self._feeding:
            feed = self._feeds.get(subscribe)
            if feed is None or watch not in feed.watches:
                return
            with self._lock:
                feed.watches.remove(watch)
            if not feed.watches:
                self._feeds.pop(subscribe).unsubscribe()

    def post(self, action: Callable[[], object]) -> None:
        """Run an action where views may be changed: one after the other, and soon. Any thread.

        Panel lets two changes that are made without the document's lock overtake one another on
        their way to the page, so that what was said last is not what stays.
        """
        if self._document is None:
            with TURN:
                action()
            return
        with self._lock:
            if self._closed:
                return
            self._posts.append(action)
        self._schedule()

    def close(self) -> None:
        """Drop every subscription."""
        with self._lock:
            self._closed = True
            self._posts.clear()
        if self._document is not None:
            # A hub holds its document, and so would be held by it for ever.
            with _hubs_lock:
                _session_hubs.pop(self._document, None)
        with self._feeding:
            feeds, self._feeds = list(self._feeds.values()), {}
        for feed in feeds:
            feed.unsubscribe()

    @property
    def is_gone(self) -> bool:
        """Whether its page was closed. Views of a kernel may be shown again at any time."""
        return self._closed and self._document is not None

    def __len__(self) -> int:
        return len(self._watches())

    def _watches(self) -> list[Watch]:
        return [watch for feed in [*self._feeds.values()] for watch in feed.watches]

    def _on_load(self) -> None:
        with self._lock:
            self._ready = True
        self._schedule()

    def _mark(self, feed: Feed, state: JobState) -> None:
        """Note news of a job; on the queue's thread, so nothing here waits for a page."""
        with self._lock:
            is_due = not self._closed and feed.note(state)
        if is_due:
            self._schedule()

    def _schedule(self) -> None:
        """Have itself called when the next thing is due, if that is sooner than it will be."""
        with self._lock:
            due = self._next_due()
            if due is None or not self._ready or self._closed:
                return
            if self._fires_at is not None and self._fires_at <= due:
                return
            self._fires_at = due
            self._ticket += 1
            ticket, this = self._ticket, ref(self)  # a page that was closed is held by nothing
        CLOCK.at(due, lambda: _ring(this, ticket))

    def _next_due(self) -> float | None:
        if self._posts:
            return float("-inf")
        patience = _patience()
        dues = [watch.due(patience) for watch in self._watches() if watch.waiting]
        return max(min(dues), self._flushed_at + UPDATE_EVERY_S * patience) if dues else None

    def fire(self, ticket: int) -> None:
        """Show what is due, unless it was called for something else meanwhile."""
        with self._lock:
            if ticket != self._ticket:
                return
        if self._page is None:
            in_background(self._flush)
        else:
            self._page.soon(self._flush, gone=self.close)

    def _flush(self) -> None:
        with self._lock:
            self._fires_at = None
            self._flushed_at = now = time.monotonic()
            posts, self._posts = self._posts, []
            patience = _patience()
            ripe = [one for one in self._watches() if one.waiting and one.due(patience) <= now]
            news = [(watch.show, watch.take()) for watch in ripe]
            if self._closed:
                return
        for action in posts:
            # Each by itself: what brings new parts must not hold changes of these as well.
            with self._changing():
                _safely(action)
        with self._changing():
            for show, states in news:
                _safely(show, states)
        self._schedule()

    def _changing(self) -> AbstractContextManager[object]:
        return TURN if self._page is None else self._page.changing()


def first_look(read: Callable[[], T], show: Callable[[T], None]) -> None:
    """Fill a new view: at once in a notebook; in a served page off its loop, once it has loaded."""
    if served_document() is None:
        show(read())
        return
    hub = LiveHub.current()

    def look() -> None:
        with shared_looks():
            found = read()
        hub.post(lambda: show(found))

    in_background(look)


def in_background(action: Callable[[], Any]) -> None:
    """Run a short blocking action off every loop: a page's or a blocked kernel's."""
    _hands.do(action)


def _ring(reference: ref[LiveHub], ticket: int) -> None:
    hub = reference()
    if hub is not None:
        hub.fire(ticket)


def _safely(function: Callable[..., object], *args: Any) -> None:
    try:
        function(*args)
    except Exception:
        log.exception("A live view could not be updated.")


def _patience() -> float:
    """Return how many times as long as one page alone each has to wait."""
    return min(max(1.0, len(_session_hubs)), MOST_PATIENCE)


_kernel_hub: dict[str, LiveHub] = {}
_session_hubs: WeakKeyDictionary[Document, LiveHub] = WeakKeyDictionary()
_hubs_lock = threading.Lock()
