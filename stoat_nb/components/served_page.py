"""How a served page is changed: on its loop, under its lock, and in the order of the changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import panel as pn
from bokeh.document import Document
from bokeh.document.events import ModelChangedEvent
from panel.io.state import set_curdoc

from stoat_nb.logs import logger

log = logger(__name__)


class ServedPage:
    """The page of one session, from any thread of its server.

    Bokeh's ``add_next_tick_callback`` would do from any thread, but it changes a list that belongs
    to all pages and that their loop uses meanwhile; and while Panel holds changes of a page back,
    a callback is kept where it may be forgotten.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._loop = _serving_loop(document)
        self._turns: set[asyncio.Task[None]] = set()

    def soon(self, action: Callable[[], None], gone: Callable[[], object]) -> None:
        """Have something done under the page's lock, or told that there is no page. Any thread."""
        if self._loop is None:
            gone()
            return
        try:
            self._loop.call_soon_threadsafe(self._begin, action, gone)
        except RuntimeError:  # the loop has ended, and all of its pages with it
            gone()

    def _begin(self, action: Callable[[], None], gone: Callable[[], object]) -> None:
        session = self._document.session_context
        if session is None or session.destroyed:
            gone()
            return

        async def turn(_document: Document) -> None:
            action()

        task = asyncio.ensure_future(session.with_locked_document(turn))
        self._turns.add(task)  # a task that nobody holds may be collected before it is done
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._turns.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("A page could not be changed.", exc_info=problem)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Gather what is changed within, and hand it to Bokeh at the end. Under the page's lock.

        Bokeh sends under the lock, one after the other. What Panel gathers itself it sends past
        the lock; a message that finds the socket in use then may be kept until the next one.
        """
        document = self._document
        with set_curdoc(document):
            if document.callbacks.hold_value is not None:
                yield
                return
            document.hold("combine")
            try:
                yield
            finally:
                _keep_to_the_browser(document)
                document.unhold()


def _serving_loop(document: Document) -> asyncio.AbstractEventLoop | None:
    """Return the loop that serves a page; None for one that is made only to warm a server up.

    Not the running loop: since Bokeh 3.10 pages are made on worker threads, which have none.
    """
    session: Any = document.session_context
    if session is None or session.server_context is None:
        return None
    loop = session.server_context.application_context.io_loop
    # Tornado's loop has asyncio's inside it.
    serving: asyncio.AbstractEventLoop | None = getattr(loop, "asyncio_loop", loop)
    return serving


def _keep_to_the_browser(document: Document) -> None:
    """Tell Panel nothing of what is held: so late, it takes that for what a browser has said.

    It would set the parameter to that once more, later, whatever had become of it meanwhile.
    """
    for event in document.callbacks._held_events:  # noqa: SLF001 - there is no other way to them
        if isinstance(event, ModelChangedEvent):
            event.callback_invoker = None


def served_document() -> Document | None:
    """Return the document of the served session this runs in; None in a notebook or a test."""
    document = pn.state.curdoc
    return document if document is not None and document.session_context else None
