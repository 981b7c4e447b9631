"""Who may talk to the server: only this machine, only by its own names, only its own pages.

There is no login yet, so this is what stands between a library and a web page that was opened in
the same browser. It is the outermost layer, around everything: the dashboard's routes and
websockets do not pass through the REST API's own middleware.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from msgspec import Struct

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

#: The names this machine may be called by; a name that merely resolves to it is refused.
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")

#: Bytes a request's body may have. The largest that is ever needed is one path.
MAX_BODY = 1 << 20

#: Seconds a client may take to send its body.
BODY_TIMEOUT_S = 20.0

_ONCE = frozenset({b"host", b"origin", b"content-length"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_WEB_PORT = 80
_SECURITY_HEADERS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"no-referrer"),
)


class Denial(Struct, frozen=True):
    """Why a request goes no further."""

    status: int
    code: str
    message: str


FOREIGN_CLIENT = Denial(403, "FOREIGN_CLIENT", "Only this machine may talk to this server.")
FOREIGN_HOST = Denial(
    421, "FOREIGN_HOST", "This server answers only to 127.0.0.1, localhost and [::1] with its port."
)
FOREIGN_ORIGIN = Denial(
    403, "FOREIGN_ORIGIN", "A page of another site may not change anything here."
)
BAD_HEADER = Denial(400, "BAD_REQUEST", "A header is malformed, or there twice.")
BODY_TOO_LARGE = Denial(413, "BODY_TOO_LARGE", f"A body may have at most {MAX_BODY} bytes.")
BODY_TOO_SLOW = Denial(408, "BODY_TOO_SLOW", "The body did not arrive in time.")


class Guard:
    """Let a request through to ``app`` if it comes from this machine and from this server's pages.

    Examples
    --------
    >>> app = Guard(FastAPI())  # doctest: +SKIP
    """

    def __init__(self, app: App, *, body_timeout_s: float = BODY_TIMEOUT_S) -> None:
        self.app = app
        self._body_timeout_s = body_timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection, as ASGI wants it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        send = _hardened(send)
        denial, receive = await admit(scope, receive, body_timeout_s=self._body_timeout_s)
        if denial is None:
            await self.app(scope, receive, send)
        else:
            await _deny(scope, send, denial)


async def admit(
    scope: Scope, receive: Receive, *, body_timeout_s: float = BODY_TIMEOUT_S
) -> tuple[Denial | None, Receive]:
    """Judge a connection and read its body; go on with the ``Receive`` that is handed back."""
    denial = verdict(scope)
    if denial is not None or scope["type"] != "http":
        return denial, receive
    # Read here, so that whatever is too much ends as 413 whoever would have read it.
    try:
        async with asyncio.timeout(body_timeout_s):
            message = await _whole_body(receive)
    except TimeoutError:
        return BODY_TOO_SLOW, receive
    if message is None:
        return BODY_TOO_LARGE, receive
    return None, _replay(message, receive)


def verdict(scope: Scope) -> Denial | None:
    """Judge a connection by its addresses and headers alone; None lets it in."""
    headers = _headers(scope["headers"])
    if headers is None:
        return BAD_HEADER
    if not _is_this_machine(scope.get("client")):
        return FOREIGN_CLIENT
    host = headers.get(b"host", b"").decode("latin-1").lower()
    if host not in _own_hosts(scope.get("server")):
        return FOREIGN_HOST
    unsafe = scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS
    origin = headers.get(b"origin")
    if unsafe and origin is not None and origin.decode("latin-1").lower() != f"http://{host}":
        return FOREIGN_ORIGIN
    return _judge_length(headers.get(b"content-length", b"0"))


def _headers(pairs: Iterable[Header]) -> dict[bytes, bytes] | None:
    found: dict[bytes, bytes] = {}
    for name, value in pairs:
        if name in _ONCE and name in found:
            return None
        found[name] = value
    return found


def _is_this_machine(client: tuple[str, int] | None) -> bool:
    if client is None:
        return False
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _own_hosts(server: tuple[str, int | None] | None) -> frozenset[str]:
    # The port is the one the connection really came in by, so nobody has to be told it.
    port = server[1] if server else None
    if port is None:
        return frozenset()
    names = {f"{name}:{port}" for name in LOOPBACK_NAMES}
    return frozenset(names | set(LOOPBACK_NAMES) if port == _WEB_PORT else names)


def _judge_length(value: bytes) -> Denial | None:
    if not value.isdigit():
        return BAD_HEADER
    return (
        BODY_TOO_LARGE
        if len(value.lstrip(b"0")) > len(str(MAX_BODY)) or int(value) > MAX_BODY
        else None
    )


async def _whole_body(receive: Receive) -> Message | None:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return message
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY:
            return None
        if not message.get("more_body", False):
            return {"type": "http.request", "body": b"".join(parts), "more_body": False}


def _replay(message: Message, receive: Receive) -> Receive:
    waiting = [message]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again


def _hardened(send: Send) -> Send:
    async def send_hardened(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": _harden(message.get("headers", ()))}
        await send(message)

    return send_hardened


def _harden(headers: Iterable[Header]) -> list[Header]:
    ours = {name for name, _ in _SECURITY_HEADERS}
    # Panel opens its session pages to every site; ours are for our own pages only.
    kept = [
        (name, value)
        for name, value in headers
        if name.lower() not in ours and not name.lower().startswith(b"access-control-")
    ]
    return [*kept, *_SECURITY_HEADERS]


async def _deny(scope: Scope, send: Send, denial: Denial) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": denial.code})
        return
    body = json.dumps({"detail": {"code": denial.code, "message": denial.message}}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": denial.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
