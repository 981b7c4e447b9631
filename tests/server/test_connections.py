"""What a connection of ``stoat serve`` is like, whatever is asked over it."""

from __future__ import annotations

import asyncio
import http.client
import json
import logging
import os
import re
import resource
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from stoat_nb.api import connection as connections
from stoat_nb.api.guard import Receive, Scope, Send
from stoat_nb.server import Server, listen

from .conftest import serving

PATIENCE_S = 30
#: The loops of servers in this process, by their ports.
LOOPS: dict[int, asyncio.AbstractEventLoop] = {}


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with nothing; accept any websocket and keep it until the client goes."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give whoever is refused all the time to hear why, however late he says more."""
    monkeypatch.setattr(connections, "LINGER_S", PATIENCE_S)


@contextmanager
def serving_app(app: Any, **limits: Any) -> Iterator[tuple[Server, int]]:
    ready = threading.Event()

    def tell() -> None:
        LOOPS[port] = asyncio.get_running_loop()
        ready.set()

    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        server = Server(app, tell, **{"max_connections": 100, **limits})
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert ready.wait(PATIENCE_S)
            yield server, port
        finally:
            server.should_exit = True
            LOOPS.pop(port, None)
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


def upgrade(port: int) -> socket.socket:
    """Open a websocket; it is open once this returns."""
    lines = [
        "GET / HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
    ]
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    assert connection.recv(4096).startswith(b"HTTP/1.1 101 ")
    return connection


@pytest.mark.parametrize("is_websocket", [False, True])
def test_what_is_written_is_sent_at_once(*, is_websocket: bool) -> None:
    with serving_app(hello) as (server, port):
        if is_websocket:
            with upgrade(port):
                delays = nagling(server)
        else:
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
            client.request("GET", "/")
            assert client.getresponse().read() == b""
            delays = nagling(server)
            client.close()
    assert delays == [False]


def nagling(server: Server) -> list[bool]:
    """Whether each open connection may wait for an acknowledgement before it sends."""
    sockets = [one.transport.get_extra_info("socket") for one in server.server_state.connections]
    return [not one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for one in sockets]


def read_all(connection: socket.socket) -> tuple[int, dict[str, str], str]:
    """Read the whole answer of a connection that the server ends."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    head, _, body = b"".join(parts).decode().partition("\r\n\r\n")
    status, *lines = head.split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(status.split()[1]), headers, json.loads(body)["detail"]["code"] if body else ""


def ending(connection: socket.socket) -> int | None:
    """Return the status of a connection that the server ends; None: it was cut off."""
    with suppress(ConnectionError):
        return read_all(connection)[0]
    return None


def connect(port: int, said: bytes) -> socket.socket:
    """Connect and speak. A server of this process hears of both together: its clocks begin then."""
    spoken = threading.Event()
    if port in LOOPS:
        LOOPS[port].call_soon_threadsafe(spoken.wait, PATIENCE_S)
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
    connection.sendall(said)
    spoken.set()
    return connection


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: half"])
def test_who_does_not_finish_his_headers_is_sent_away(said: bytes) -> None:
    with (
        serving_app(hello, header_timeout_s=0.1) as (_server, port),
        connect(port, said) as connection,
    ):
        assert read_all(connection)[::2] == (408, "HEADERS_TOO_SLOW")


def test_who_stops_within_the_second_request_of_a_connection_is_sent_away_too() -> None:
    request = b"GET / HTTP/1.1\r\nHost: here\r\n"
    with (
        serving_app(hello, header_timeout_s=0.5) as (_server, port),
        connect(port, request + b"\r\n" + request) as connection,
    ):
        answers = b""
        while part := connection.recv(4096):
            answers += part
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"204", b"408"]


def test_a_slow_answer_is_no_slow_request() -> None:
    release = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await release.wait()
            await hello(scope, receive, send)

    with (
        serving_app(slow, header_timeout_s=0.1) as (server, port),
        connect(port, b"GET / HTTP/1.1\r\nHost: here\r\n\r\n") as patient,
    ):
        with connect(port, b"GET") as slowest:  # his time is up later than the other's would be
            assert read_all(slowest)[0] == 408
        next(iter(server.server_state.connections)).loop.call_soon_threadsafe(release.set)
        assert patient.recv(4096).startswith(b"HTTP/1.1 204")


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        (b"nonsense\r\n\r\n", 400, "BAD_REQUEST"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "BAD_REQUEST"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: odd\r\n\r\n", 501, "BAD_REQUEST"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 200_000, 431, "HEADERS_TOO_LARGE"),
    ],
)
def test_what_is_no_http_is_refused_in_the_usual_shape(said: bytes, status: int, code: str) -> None:
    with serving_app(hello) as (_server, port), connect(port, said) as connection:
        found, headers, told = read_all(connection)
    assert (found, told) == (status, code)
    assert headers["content-type"] == "application/json"
    assert headers["x-content-type-options"] == "nosniff"


def test_one_connection_too_many_is_told_to_come_again() -> None:
    request = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
    with serving_app(hello, max_connections=2) as (_server, port):
        with connect(port, request) as first, upgrade(port):
            assert first.recv(4096).startswith(b"HTTP/1.1 204")
            with connect(port, request) as third:
                status, headers, code = read_all(third)
        assert (status, headers["retry-after"], code) == (503, "1", "SERVER_BUSY")


def test_a_crowd_leaves_the_server_able_to_answer_and_its_log_short(
    environment: dict[str, str], tmp_path: Path
) -> None:
    limited = [sys.executable, "-c", LIMITED, *("-m", "stoat_nb.cli", "serve", "--port", "0")]
    crowd = []
    with serving(environment, tmp_path, command=limited) as served:
        try:
            crowd = [connect(served.port, b"") for _ in range(200)]
            # Half of the descriptors are for connections; a few of the others hear why.
            assert [ending(one) for one in crowd[128:144]] == [503] * 16
            assert {ending(one) for one in crowd[144:]} <= {503, None}
        finally:
            for one in crowd:
                one.close()
        while True:  # the server has to hear that they are gone
            with suppress(httpx.HTTPStatusError):
                httpx.get(f"{served.address}/api/v1/health", timeout=60).raise_for_status()
                break
        code, _, stderr = served.stop()
    assert (code, stderr) == (0, "")


#: Runs Python with few descriptors.
LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def test_that_descriptors_are_used_up_is_said_once_and_passes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    said = threading.Event()
    listener = Listening(said)
    logging.getLogger("stoat_nb.api.connection").addHandler(listener)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with serving_app(hello) as (_server, port), ExitStack() as stack:
        stack.callback(logging.getLogger("stoat_nb.api.connection").removeHandler, listener)
        waiting = [stack.enter_context(socket.socket()) for _ in range(5)]
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, limits[1]))
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        with suppress(OSError):
            while True:
                stack.callback(os.close, os.open(os.devnull, os.O_RDONLY))
        for one in waiting:
            one.settimeout(PATIENCE_S)
            one.connect(("127.0.0.1", port))
        assert said.wait(PATIENCE_S)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for one in waiting:
            one.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            assert one.recv(4096).startswith(b"HTTP/1.1 204")
    told = [one.message for one in caplog.records if one.name == "stoat_nb.api.connection"]
    assert told == ["No connection can be accepted: [Errno 24] Too many open files."]


class Listening(logging.Handler):
    """Says that something was logged."""

    def __init__(self, said: threading.Event) -> None:
        super().__init__()
        self._said = said

    def emit(self, _record: logging.LogRecord) -> None:
        self._said.set()
