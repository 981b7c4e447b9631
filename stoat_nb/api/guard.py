"""Who may talk to the server: only this machine, only by its own names, only its own pages.

There is no login yet, so this is what stands between a library and a web page that was opened in
the same browser. It is the outermost layer, around everything: the dashboard's routes and
websockets do not pass through the REST API's own middleware.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress

from stoat_nb.api.admission import (
    BODY_TOO_LARGE,
    MAX_BODY,
    Denial,
    Header,
    Scope,
    allowed_origin,
    is_replaced,
    judge_length,
    safe_headers,
    verdict,
)

Message = Scope
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: Seconds a client may take to send its body.
BODY_TIMEOUT_S = 20.0
#: Seconds between two pings of a websocket; one that is not answered by the next ends it.
PING_S = 20.0

#: Bytes and seconds for which a client that is refused may go on sending.
_DRAINED = 1 << 24
_DRAIN_S = 5.0

BODY_TOO_SLOW = Denial(408, "BODY_TOO_SLOW", "The body did not arrive in time.")


class Guard:
    """Let a request through to ``app`` if it comes from this machine and from this server's pages.

    Parameters
    ----------
    app
        The ASGI application that is served.
    allowed_hosts
        Hosts beside this machine's own that it may be called by, such as a proxy's.

    Examples
    --------
    >>> app = Guard(FastAPI())  # doctest: +SKIP
    """

    def __init__(
        self,
        app: App,
        *,
        allowed_hosts: Collection[str] = (),
        body_timeout_s: float = BODY_TIMEOUT_S,
    ) -> None:
        self.app = app
        self._allowed = allowed_hosts
        self._body_timeout_s = body_timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection, as ASGI wants it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        send = _hardened(send, scope, allowed_origin(scope, self._allowed))
        denial = verdict(scope, self._allowed) or judge_length(scope)
        if denial is None and scope["type"] == "http":
            # Read here, so that whatever is too much ends as 413 whoever would have read it.
            try:
                async with asyncio.timeout(self._body_timeout_s):
                    message = await _whole_body(receive)
            except TimeoutError:
                denial = BODY_TOO_SLOW
            else:
                if message is None:
                    denial = BODY_TOO_LARGE
                else:
                    receive = _replay(message, receive)
        if denial is None:
            await self.app(scope, receive, send)
        else:
            await deny(scope, send, denial, receive)


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


def _hardened(send: Send, scope: Scope, origin: str | None) -> Send:
    async def send_hardened(message: Message) -> None:
        if message["type"] == "http.response.start":
            given: list[Header] = [
                one for one in message.get("headers", ()) if not is_replaced(_text(one[0]))
            ]
            ours = safe_headers(scope["path"], [_text(name) for name, _ in given], origin)
            added = [(name.lower().encode(), value.encode()) for name, value in ours.items()]
            message = {**message, "headers": [*given, *added]}
        await send(message)

    return send_hardened


def _text(value: bytes) -> str:
    return value.decode("latin-1")


async def deny(scope: Scope, send: Send, denial: Denial, receive: Receive | None = None) -> None:
    """Refuse a connection, and say why; with ``receive`` also to a client that is still sending."""
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
    await send({"type": "http.response.body", "body": body, "more_body": True})
    if receive is not None and denial is not BODY_TOO_SLOW:
        await _drain(receive)
    await send({"type": "http.response.body"})


async def _drain(receive: Receive) -> None:
    """Take in what is still sent, up to a point: closed before, the connection would be reset."""
    left = _DRAINED
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_S):
            while left > 0:
                message = await receive()
                if not message.get("more_body", False):
                    return
                left -= len(message.get("body", b""))
