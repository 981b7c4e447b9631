"""The connections of ``stoat serve``: never one too many, none half said or unheard for ever."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from stoat_nb.api.admission import PREFIX, Denial, safe_headers
from stoat_nb.logs import logger
from stoat_nb.names import shown

log = logger(__name__)

#: Seconds a client may take for all headers of a request.
HEADER_TIMEOUT_S = 10.0
#: Seconds after which a client that is refused has heard why.
LINGER_S = 1.0
#: Connections beyond those there may be that are waited for; any more are cut off.
_CROWD = 16
#: Seconds between two lines that say that the system has no descriptors left.
_QUIET_S = 60.0

SERVER_BUSY = Denial(503, "SERVER_BUSY", "Too many connections are open. Try again in a moment.")
HEADERS_TOO_SLOW = Denial(408, "HEADERS_TOO_SLOW", "The headers did not arrive in time.")
HEADERS_TOO_LARGE = Denial(431, "HEADERS_TOO_LARGE", "The address and headers are too long.")


class Connection(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, with limits, and with refusals in the usual shape."""

    def __init__(
        self,
        *args: Any,
        max_connections: int,
        header_timeout_s: float = HEADER_TIMEOUT_S,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._max_connections = max_connections
        self._header_timeout_s = header_timeout_s
        self._deadline: asyncio.TimerHandle | None = None
        self._is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request, unless there are too many who do."""
        super().connection_made(transport)
        if len(self.connections) > self._max_connections:
            self._refuse(SERVER_BUSY, {"Retry-After": "1"})
        else:
            self._watch_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of the timer."""
        self._unset_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take a part of a request; of one that is refused nothing matters any more."""
        if not self._is_refused:
            super().data_received(data)

    def handle_events(self) -> None:
        """Handle what has arrived, and see whether it leaves a request half said."""
        super().handle_events()
        self._watch_headers()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP: called where that was found."""
        problem = sys.exception()
        status = getattr(problem, "error_status_hint", HTTPStatus.BAD_REQUEST)
        sentence = f"{msg.rstrip('.')}: {shown(problem)[:200]}."
        bad = Denial(status, "BAD_REQUEST", sentence)
        self._refuse(HEADERS_TOO_LARGE if status == HEADERS_TOO_LARGE.status else bad)

    def _watch_headers(self) -> None:
        if self._is_refused or self.conn.their_state is not h11.IDLE:
            self._unset_deadline()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self._header_timeout_s, self._give_up)

    def _give_up(self) -> None:
        self._refuse(HEADERS_TOO_SLOW)

    def _unset_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, denial: Denial, headers: dict[str, str] | None = None) -> None:
        """Say why, and wait a little before closing: what the client still sends would reset it."""
        self._is_refused = True
        self._unset_deadline()
        log.info("A connection was refused: %s", denial.message)
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(_answer(denial, headers or {}))
        if len(self.connections) > self._max_connections + _CROWD:
            self.transport.close()
            return
        self.transport.write_eof()
        self.loop.call_later(LINGER_S, self.transport.close)


class Websocket(WebSocketsSansIOProtocol):
    """A websocket that ends when pings stay unanswered, whatever it still has to send."""

    def keepalive_timeout(self) -> None:
        """End at once: a machine that sleeps takes nothing, and what waits for it would wait on."""
        super().keepalive_timeout()
        self.transport.abort()


def _answer(denial: Denial, headers: dict[str, str]) -> bytes:
    detail = {"code": denial.code, "message": denial.message}
    body = json.dumps({"detail": detail}).encode()
    lines = [
        f"HTTP/1.1 {denial.status} {HTTPStatus(denial.status).phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *(
            f"{name}: {value}"
            for name, value in {**safe_headers(f"{PREFIX}/", ()), **headers}.items()
        ),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def most_connections(wanted: int) -> int:
    """Return how many connections there may be: at most half of the descriptors there are."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if soft == resource.RLIM_INFINITY else max(1, min(wanted, soft // 2))


class AcceptErrors:
    """An exception handler for a loop, which says once in a while that descriptors are used up."""

    def __init__(self) -> None:
        self._quiet_until = 0.0

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Say what an event loop could not raise anywhere."""
        if "socket.accept()" not in context["message"]:
            loop.default_exception_handler(context)
        elif time.monotonic() >= self._quiet_until:
            self._quiet_until = time.monotonic() + _QUIET_S
            log.warning("No connection can be accepted: %s.", context.get("exception"))
