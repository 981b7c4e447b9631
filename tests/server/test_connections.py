"""What a connection of ``stoat serve`` is like, whatever is asked over it."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from stoat_nb.api.guard import Receive, Scope, Send
from stoat_nb.server import Server, listen

PATIENCE_S = 30


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


@contextmanager
def serving_app(app: Any) -> Iterator[tuple[Server, int]]:
    ready = threading.Event()
    with listen("127.0.0.1", 0) as listener:
        server = Server(app, ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert ready.wait(PATIENCE_S)
            yield server, listener.getsockname()[1]
        finally:
            server.should_exit = True
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
