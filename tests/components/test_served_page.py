"""A served page: a real session of Bokeh's, and a connection that notes what would be sent."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from bokeh.application import Application
from bokeh.document import Document
from bokeh.models import Div
from bokeh.protocol import Protocol
from bokeh.protocol.message import Message
from bokeh.server.connection import ServerConnection
from bokeh.server.contexts import ApplicationContext, BokehSessionContext
from bokeh.server.session import ServerSession
from tornado.ioloop import IOLoop

from stoat_nb.components.served_page import ServedPage, served_document

#: Seconds after which something that should have happened has not.
PATIENCE_S = 30.0


class Visit:
    """One page with one part, and everything that its browser is sent."""

    def __init__(self) -> None:
        self.part = Div(text="")
        self.document = Document()
        self.document.add_root(self.part)
        application = ApplicationContext(Application(), io_loop=IOLoop.current())
        context = BokehSessionContext("one", application.server_context, self.document)  # type: ignore[arg-type]
        self.document._session_context = lambda: context  # type: ignore[assignment]
        self.session = ServerSession("one", self.document, io_loop=IOLoop.current())  # type: ignore[arg-type]
        context._set_session(self.session)
        self.session.subscribe(ServerConnection(Protocol(), self, application, self.session))  # type: ignore[arg-type]
        self.page = ServedPage(self.document)
        self.sent: list[str] = []
        self.is_locked: list[bool] = []
        self.happened = asyncio.Event()

    async def send_message(self, message: Message[Any]) -> None:
        """Stand where a connection has its websocket."""
        await asyncio.sleep(0)  # a socket that is in use is waited for
        self.sent += [event["new"] for event in message.content["events"]]
        self.is_locked.append(is_held(self.session._lock))
        self.happened.set()

    def write(self, *texts: str) -> None:
        """Change the part, once for each text."""
        with self.page.changing():
            for text in texts:
                self.part.text = text

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await self.happened.wait()
                self.happened.clear()


def on_a_page(test: Callable[[Visit], Awaitable[None]]) -> None:
    async def run() -> None:
        await test(Visit())

    asyncio.run(run())


def is_held(lock: Any) -> bool:
    """Whether a page's lock is held: asyncio's since Bokeh 3.10, Tornado's before."""
    return bool(lock.locked() if isinstance(lock, asyncio.Lock) else lock._block._value == 0)


def never() -> None:
    raise AssertionError("the page is there")


def test_what_a_thread_changes_is_sent_in_order_and_under_the_lock_of_the_page() -> None:
    texts = [str(number) for number in range(200)]

    async def test(visit: Visit) -> None:
        def change() -> None:
            for text in texts:
                visit.page.soon(lambda text=text: visit.write(text), never)  # type: ignore[misc]

        threading.Thread(target=change).start()
        await visit.until(lambda: len(visit.sent) == len(texts))
        assert visit.sent == texts
        assert all(visit.is_locked)

    on_a_page(test)


def test_of_changes_that_are_made_together_the_last_is_sent() -> None:
    async def test(visit: Visit) -> None:
        visit.page.soon(lambda: visit.write("first", "second"), never)
        await visit.until(lambda: bool(visit.sent))
        assert visit.sent == ["second"]

    on_a_page(test)


def test_what_a_page_is_told_is_not_taken_for_what_its_browser_said() -> None:
    async def test(visit: Visit) -> None:
        said: list[object] = []
        visit.part.on_change("text", lambda _attr, _old, new: said.append(new))
        visit.page.soon(lambda: visit.write("told"), never)
        await visit.until(lambda: bool(visit.sent))
        assert said == []

    on_a_page(test)


def test_what_changes_a_page_knows_which_it_is() -> None:
    async def test(visit: Visit) -> None:
        seen: list[Any] = []

        def look() -> None:
            with visit.page.changing():
                seen.append(served_document())
            visit.happened.set()

        assert served_document() is None
        visit.page.soon(look, never)
        await visit.until(lambda: bool(seen))
        assert seen == [visit.document]
        assert served_document() is None

    on_a_page(test)


def test_a_change_that_fails_is_logged_and_the_next_one_is_made(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def test(visit: Visit) -> None:
        def fail() -> None:
            raise OSError("No room.")

        visit.page.soon(fail, never)
        visit.page.soon(lambda: visit.write("next"), never)
        await visit.until(lambda: visit.sent == ["next"])

    with caplog.at_level(logging.ERROR):
        on_a_page(test)
    assert "A page could not be changed." in caplog.text


def test_a_page_is_changed_from_a_thread_without_a_loop_as_it_may_be_made_on_one() -> None:
    async def test(visit: Visit) -> None:
        visit.page = await asyncio.to_thread(ServedPage, visit.document)
        visit.page.soon(lambda: visit.write("made on a thread"), never)
        await visit.until(lambda: visit.sent == ["made on a thread"])

    on_a_page(test)


def test_a_page_that_only_warms_a_server_up_is_never_changed() -> None:
    document = Document()
    context = BokehSessionContext("warm", None, document)  # type: ignore[arg-type]
    document._session_context = lambda: context  # type: ignore[assignment]
    told: list[str] = []
    ServedPage(document).soon(never, lambda: told.append("no page"))
    assert told == ["no page"]


def test_who_changes_a_page_that_was_closed_is_told() -> None:
    told: list[str] = []

    async def test(visit: Visit) -> None:
        def tell() -> None:
            told.append("closed")
            visit.happened.set()

        visit.session.destroy()
        visit.page.soon(never, tell)
        await visit.until(lambda: bool(told))
        pages.append(visit.page)

    pages: list[ServedPage] = []
    on_a_page(test)
    pages[0].soon(never, lambda: told.append("its server has ended"))
    assert told == ["closed", "its server has ended"]
