from __future__ import annotations

import asyncio
import gc
import os
import re
import socket
import threading
import time
import weakref
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import panel as pn
import pytest
from panel.viewable import Viewable
from tornado.websocket import websocket_connect

from stoat_nb.components import hands, live
from stoat_nb.dashboard import create_dashboard
from stoat_nb.library import Library
from stoat_nb.media.samples import make_samples
from stoat_nb.settings import Settings

pytestmark = pytest.mark.slow

#: Seconds after which something that should have ended has not.
PATIENCE_S = 60.0
#: A page takes a second or two to make: $STOAT_TEST_SESSIONS says how many a patient run makes.
SESSIONS = int(os.environ.get("STOAT_TEST_SESSIONS", "8"))


def test_closed_pages_leave_nothing_behind(
    tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hands, "IDLE_S", 0.1)
    make_samples(tmp_path / "Videos")
    pages: weakref.WeakSet[Viewable] = weakref.WeakSet()
    with Library(tmp_path / "stoat.db", settings=Settings()) as library:
        library.scan(tmp_path / "Videos").result(120)

        def page() -> Viewable:
            made = create_dashboard(library)
            pages.add(made)
            return made

        server = pn.serve(
            {"/page": page},
            port=port,
            threaded=True,
            show=False,
            check_unused_sessions_milliseconds=200,
            unused_session_lifetime_milliseconds=200,
        )
        try:
            until_it_answers(port)
            visit(port)
            quiet = until_nobody_looks()
            for _ in range(SESSIONS):
                visit(port)
            until_gone(pages)
            assert len(live._session_hubs) == 0
            left = until_nobody_looks()
            assert len(left) < len(quiet) + SESSIONS, f"a thread of each page is left: {left}"
        finally:
            server.stop()


def until_it_answers(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("localhost", port), timeout=PATIENCE_S):
            return


def visit(port: int) -> None:
    """Open a page as a browser does, down to its websocket, and leave."""
    with urlopen(f"http://localhost:{port}/page", timeout=PATIENCE_S) as answer:
        token = re.search(r'"token":"([^"]+)"', answer.read().decode())
    assert token is not None

    async def connect() -> None:
        socket = await websocket_connect(
            f"ws://localhost:{port}/page/ws", subprotocols=["bokeh", token[1]]
        )
        assert await socket.read_message() is not None
        socket.close()
        while await socket.read_message() is not None:
            pass

    asyncio.run(connect())


def until_gone(pages: weakref.WeakSet[Viewable]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    others = threading.Event()  # they need a processor to come to their end
    while pages:
        gc.collect()
        others.wait(0.05)
        assert time.monotonic() < deadline, f"{len(pages)} pages are still there"


def until_nobody_looks() -> list[str]:
    """Wait until all that was looked up for pages is; return the threads that are still there."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        names = [thread.name for thread in threading.enumerate()]
        if not any(name.startswith("stoat-look") for name in names):
            # asyncio keeps some threads at hand, and starts them as it needs them.
            return [name for name in names if not name.startswith("asyncio_")]
        assert time.monotonic() < deadline, f"{names} are still there"
        threading.Event().wait(0.05)
