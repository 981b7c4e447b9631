"""What is open no more is let go of: by Panel's own server as by ours."""

from __future__ import annotations

import gc
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import panel as pn
import pytest
from bokeh.document import Document
from bokeh.server.session import ServerSession
from bokeh.server.tornado import BokehTornado

from stoat_nb import server as stoat_server
from stoat_nb.api import panel_server
from stoat_nb.components import hands, live
from stoat_nb.components.explorer import Explorer
from stoat_nb.components.live import LiveHub
from stoat_nb.dashboard import create_dashboard
from stoat_nb.library import Library
from stoat_nb.media.demo_clips import make_samples
from stoat_nb.server import Server, create_app, listen
from tests.ports import free_port

from .conftest import CHROMIUM

pytestmark = pytest.mark.slow

#: Seconds after which something that should have ended has not.
PATIENCE_S = 180.0
#: Seconds after which a server lets go of a page that nobody shows.
LIFETIME_S = 6.0
#: Seconds that a page may leave a ping without an answer.
PING_S = 2.0
#: A page takes a second or two to make: $STOAT_TEST_SESSIONS says how many a patient run makes.
SESSIONS = int(os.environ.get("STOAT_TEST_SESSIONS", "8"))
#: Python objects that may be left of a page: log records, which pytest keeps, are some of them.
MOST_LEFT = 300


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    make_samples(tmp_path / "Videos")
    with Library(tmp_path / "stoat.db") as library:
        library.scan(tmp_path / "Videos").result(120)
        yield library


@contextmanager
def panel_serve(library: Library) -> Iterator[int]:
    port = free_port()
    server = pn.serve(
        {"/dashboard": lambda: create_dashboard(library)},
        port=port,
        threaded=True,
        show=False,
        check_unused_sessions_milliseconds=round(1000 * LIFETIME_S),
        unused_session_lifetime_milliseconds=round(1000 * LIFETIME_S),
    )
    try:
        until_it_answers(port)
        yield port
    finally:
        server.stop()


@contextmanager
def stoat_serve(library: Library) -> Iterator[int]:
    ready = threading.Event()
    with listen("localhost", 0) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)  # is soon full
        app = create_app(library, page_lifetime_s=LIFETIME_S)
        server = Server(app, ready.set, max_connections=100)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert ready.wait(PATIENCE_S)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what Panel stands on
@pytest.mark.parametrize("serve", [panel_serve, stoat_serve])
def test_closed_and_vanished_pages_leave_nothing_behind(
    library: Library,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    serve: Callable[[Library], AbstractContextManager[int]],
) -> None:
    monkeypatch.setattr(hands, "IDLE_S", 0.1)
    monkeypatch.setattr(panel_server, "PING_S", PING_S)
    monkeypatch.setattr(stoat_server, "PING_S", PING_S)
    monkeypatch.setattr(BokehTornado, "find_handler", BokehTornado.find_handler)  # is put back
    panel_server.guard_panel_servers()
    earlier = of_pages()  # held here, so that none of the new ones can have its address
    n_hubs = len(live._session_hubs)
    until_gone = partial(until, lambda: not of_pages(but=earlier), "pages are still there")
    with serve(library) as port:
        visit(port, 1)
        until_gone()
        quiet = until_nobody_looks()
        figures = [left_over(quiet)]
        for _ in range(2):
            visit(port, SESSIONS // 2, meanwhile=until_gone)
            figures.append(left_over(until_nobody_looks()))
        if Path(CHROMIUM).is_file():
            with monkeypatch.context() as watching:
                visit_and_be_killed(port, tmp_path / "browser", watching)
            until_gone()
            figures.append(left_over(until_nobody_looks()))
    print(serve.__name__, *figures, sep="\n")  # noqa: T201 - for docs/security.md
    before, half, full, *_ = figures
    last = figures[-1]
    assert len(live._session_hubs) <= n_hubs
    assert last["threads"] < before["threads"] + SESSIONS, "a thread of each page is left"
    # As many threads may each read the library.
    assert last["descriptors"] <= before["descriptors"] + 16
    growth = (full["objects"] - half["objects"]) / (SESSIONS // 2)
    assert growth < MOST_LEFT, f"of each page {growth:.0f} objects are left"


def left_over(threads: Sequence[str]) -> dict[str, int]:
    """Count what pages would add to."""
    gc.collect()
    kinds = [type(one) for one in gc.get_objects()]
    kept = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    # Not what is "private": of libraries that is so until any other process loads them, too.
    own = sum(map(int, re.findall(r"^Anonymous: +(\d+)", kept, re.MULTILINE)))
    return {
        "sessions": kinds.count(ServerSession),
        "documents": kinds.count(Document),
        "threads": len(threads),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "objects": len(kinds),
        "MB": own // 1024,
    }


def visit_and_be_killed(port: int, home: Path, watching: pytest.MonkeyPatch) -> None:
    """Open a page in a browser, and kill that once the page lives."""
    lives, subscribe = threading.Event(), ServerSession.subscribe

    def subscribed(session: ServerSession, connection: Any) -> None:
        subscribe(session, connection)
        lives.set()

    watching.setattr(ServerSession, "subscribe", subscribed)
    browser = subprocess.Popen(
        [
            *(CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *(f"--user-data-dir={home}", f"http://127.0.0.1:{port}/dashboard"),
        ],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert lives.wait(PATIENCE_S), "no page lives"
    finally:
        os.killpg(browser.pid, signal.SIGKILL)
        browser.wait()


def alive(*kinds: type) -> list[Any]:
    """Return all objects of these kinds that are still there."""
    gc.collect()
    return [one for one in gc.get_objects() if type(one) in kinds]


def until_it_answers(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("localhost", port), timeout=PATIENCE_S):
            return


def visit(port: int, n_pages: int, *, meanwhile: Callable[[], object] = lambda: None) -> None:
    """Open pages, down to their websockets, and leave them in each way there is."""
    with ExitStack() as unheard:
        for number in range(n_pages):
            if number % 4 == 3:
                asked_for(port)
                continue  # it never comes
            page = unheard.enter_context(connected(port))
            if number % 4 == 0:
                page.sendall(frame(0x8, (1000).to_bytes(2, "big")))
                while page.recv(1 << 16):
                    pass
            elif number % 4 == 1:
                page.close()
            else:  # as of a machine that sleeps: all is full of what it was to hear
                page.sendall(4_000 * frame(0x9, bytes(125)))
        meanwhile()


def asked_for(port: int) -> str:
    token = None
    while token is None:  # on a slow machine a page may be taken for left before it was sent
        with urlopen(f"http://localhost:{port}/dashboard", timeout=PATIENCE_S) as answer:
            token = re.search(r'"token":"([^"]+)"', answer.read().decode())
    return token[1]


def connected(port: int) -> socket.socket:
    """Return a websocket (RFC 6455) that has been told that its page is there."""
    while True:
        page, heard = opened(port, asked_for(port)), b""
        while b'"ACK"' not in heard and (piece := page.recv(1 << 16)):
            heard += piece
        if b'"ACK"' in heard:
            return page
        page.close()  # on a slow machine it may be taken for left before it comes


def opened(port: int, token: str) -> socket.socket:
    page = socket.socket()
    page.settimeout(PATIENCE_S)
    page.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 12)
    page.connect(("127.0.0.1", port))
    head = [
        "GET /dashboard/ws HTTP/1.1",
        f"Host: localhost:{port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        f"Sec-WebSocket-Protocol: bokeh, {token}",
    ]
    page.sendall("\r\n".join([*head, "", ""]).encode())
    return page


def frame(opcode: int, payload: bytes) -> bytes:
    """Return a whole frame of a client: masked, with zeros (RFC 6455 5.2)."""
    return bytes([0x80 | opcode, 0x80 | len(payload), 0, 0, 0, 0]) + payload


def of_pages(but: Sequence[Any] = ()) -> list[Any]:
    """Return what is left of pages, but for what other tests have left."""
    known = set(map(id, but))
    return [one for one in alive(ServerSession, Explorer, LiveHub) if id(one) not in known]


def until_nobody_looks() -> list[str]:
    """Wait until all that was looked up for pages is; return the threads that are still there."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        names = [thread.name for thread in threading.enumerate()]
        if not any(name.startswith("stoat-look") for name in names):
            # asyncio and AnyIO keep some threads at hand, and start them as they need them.
            return [name for name in names if not name.startswith(("asyncio_", "AnyIO "))]
        assert time.monotonic() < deadline, f"{names} are still there"
        threading.Event().wait(0.05)


def until(holds: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    others = threading.Event()  # they need a processor, which looking takes from them
    while not holds():
        others.wait(1)
        assert time.monotonic() < deadline, otherwise
