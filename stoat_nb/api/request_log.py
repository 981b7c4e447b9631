"""One id for each request: in its answer, and in every line that is logged about it."""

from __future__ import annotations

import re
import time
import uuid

from stoat_nb.api.admission import Scope
from stoat_nb.api.guard import App, Message, Receive, Send
from stoat_nb.api.refusals import refusal
from stoat_nb.logs import bind, logger
from stoat_nb.names import shown

log = logger(__name__)

HEADER = b"x-request-id"

#: Where a request keeps its id.
_KEY = "stoat_nb.request_id"
#: What a proxy before this server may call a request.
_USABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LONGEST_PATH = 200
_FAILED = 500
_REFUSED = 403


class RequestLog:
    """Give each request an id, log how it ended, and answer for what nobody foresaw.

    Examples
    --------
    >>> app = RequestLog(Guard(FastAPI()))  # doctest: +SKIP
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection, as ASGI wants it."""
        if scope["type"] not in ("http", "websocket") or _KEY in scope:
            await self.app(scope, receive, send)
            return
        scope[_KEY] = request_id = _id_of(scope)
        bind(request_id=request_id)
        answer = _Answer(send, request_id)
        began = time.perf_counter()
        try:
            await self.app(scope, receive, answer)
        except Exception as problem:
            if answer.has_begun:  # the server breaks off what has begun
                raise
            await _fail(problem, scope, receive, answer)
        else:
            await answer.release()
        finally:
            _log(scope, answer.status, time.perf_counter() - began)


class _Answer:
    """Sends on what an application says; keeps its status.

    An answer of 500 waits: a framework sends one of its own before it hands on what was raised.
    """

    def __init__(self, send: Send, request_id: str) -> None:
        self.status = 0
        self.is_websocket = False
        self._send = send
        self._header = (HEADER, request_id.encode())
        self._waiting: list[Message] = []

    @property
    def has_begun(self) -> bool:
        """Whether the client has seen any of it."""
        is_refused = self.is_websocket and self.status == _REFUSED
        return bool(self.status) and not is_refused and not self._waiting

    async def __call__(self, message: Message) -> None:
        kind = message["type"]
        if kind in ("http.response.start", "websocket.accept"):
            self.status = message.get("status", 101)
            message = {**message, "headers": [*message.get("headers", ()), self._header]}
        elif kind == "websocket.close":
            self.is_websocket = True
            self.status = self.status or _REFUSED  # closed before it was open
        if self.status == _FAILED:
            self._waiting.append(message)
        else:
            await self._send(message)

    async def release(self) -> None:
        """Send what waits."""
        for message in self._waiting:
            await self._send(message)

    def forget(self) -> None:
        """Drop what waits."""
        self._waiting = []


async def _fail(problem: Exception, scope: Scope, receive: Receive, answer: _Answer) -> None:
    if scope["type"] == "http":
        answer.forget()
        await refusal(problem)(scope, receive, answer)
        await answer.release()
        return
    # Most of them: a page of a server that was started anew, whose token means nothing to this one.
    log.warning("A websocket was refused: %s", problem)
    if not answer.status:
        await answer({"type": "websocket.close", "code": 1008})


def _id_of(scope: Scope) -> str:
    given = dict(scope["headers"]).get(HEADER, b"").decode("latin-1")
    return given if _USABLE.fullmatch(given) else uuid.uuid4().hex


def _log(scope: Scope, status: int, seconds: float) -> None:
    method, ms = scope.get("method", "WEBSOCKET"), round(1000 * seconds)
    # Without what stands behind the "?", which may be somebody's secret.
    path = shown(scope["path"][:_LONGEST_PATH])
    extra = {"method": method, "path": path, "status": status, "ms": ms}
    if "job_id" in scope.get("path_params", {}):
        extra["job_id"] = scope["path_params"]["job_id"]
    is_static = path.startswith("/static/")
    level = "warning" if status >= _FAILED else "debug" if is_static else "info"
    answer = status or "the client left"
    getattr(log, level)("%s %s: %s after %d ms.", method, path, answer, ms, extra=extra)
