"""Real servers on loopback, over real libraries, for tests of what is said over HTTP."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn

from stoat_nb.api.app import create_api
from stoat_nb.api.guard import App, Guard
from stoat_nb.library import Library
from stoat_nb.media.demo_clips import make_samples

API = "/api/v1"


class TellingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextmanager
def running(app: App) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, http="h11", log_config=None, timeout_graceful_shutdown=5)
        server = TellingServer(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert server.ready.wait(30)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive()


@contextmanager
def client_of(library: Library) -> Iterator[httpx.Client]:
    with (
        running(Guard(create_api(library))) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}{API}", timeout=30) as client,
    ):
        yield client


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.db") as library:
        yield library


@pytest.fixture
def client(library: Library) -> Iterator[httpx.Client]:
    with client_of(library) as client:
        yield client


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    make_samples(folder)
    return folder


@pytest.fixture(scope="session")
def full_library(tmp_path_factory: pytest.TempPathFactory, clips: Path) -> Iterator[Library]:
    """A library that has been filled; tests read it only."""
    with Library(tmp_path_factory.mktemp("library") / "library.db") as library:
        library.scan(clips).result(120)
        yield library


@pytest.fixture(scope="session")
def reader(full_library: Library) -> Iterator[httpx.Client]:
    with client_of(full_library) as client:
        yield client


def ask(
    port: int,
    method: str,
    path: str,
    headers: list[tuple[str, str]] | None = None,
    body: bytes = b"",
) -> tuple[int, dict[str, str], bytes]:
    """Send exactly these headers, and return status, headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in [("Host", f"127.0.0.1:{port}")] if headers is None else headers:
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, answer.read()
    finally:
        connection.close()
