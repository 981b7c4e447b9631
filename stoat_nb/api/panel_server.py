"""The rule in Panel's own servers: for each request, whatever it is for, and whatever app.

``panel serve`` has no place to put it: Tornado does not ask Bokeh where a websocket comes from if
its origin is the host that it names, and Panel hands out its own routes to anybody. So its servers
are asked to ask us, once and for the whole process.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache, partial
from typing import Any
from urllib.parse import unquote

from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import Application, RequestHandler, stream_request_body

from stoat_nb.api.admission import (
    LOGIN_REQUIRED,
    MAX_BODY,
    Denial,
    Scope,
    allowed_origin,
    is_replaced,
    judge_length,
    safe_headers,
    verdict,
)
from stoat_nb.api.guard import BODY_TIMEOUT_S, PING_S, App, Guard, Receive, Send, deny
from stoat_nb.errors import StoatError
from stoat_nb.settings import Settings

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def guard_panel_servers() -> None:
    """Have the rule asked before all that Panel serves in this process from now on.

    Done by the plugins as they are loaded, and by ``dashboard.py`` with its first page.
    """
    if (tornado := sys.modules.get("bokeh.server.tornado")) is not None:
        tornado.BokehTornado.find_handler = _find_handler
    # Panel's servers on ASGI came with 1.10.
    if (asgi := sys.modules.get("panel.io.asgi")) is not None:
        _guard_asgi(asgi.PanelASGI)
    if asgi is not None and (fastapi := sys.modules.get("panel.io.fastapi")) is not None:
        _guard_asgi(fastapi.PanelDispatchMiddleware, _behind_login)


@cache
def _allowed_hosts() -> tuple[str, ...]:
    try:
        return Settings.from_environment().allow_hosts
    except StoatError:
        return ()  # the page says what is wrong with it


def scope_of(request: HTTPServerRequest) -> Scope:
    """Describe a request of Tornado's as ASGI does."""
    server, client = _ends(request)
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": request.version.removeprefix("HTTP/"),
        "method": request.method,
        "scheme": request.protocol,
        "path": unquote(request.path),
        "raw_path": request.path.encode("latin-1", "replace"),
        "query_string": request.query.encode("latin-1", "replace"),
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
            for name, value in request.headers.get_all()
        ],
        "server": server,
        "client": client,
    }


def _ends(request: HTTPServerRequest) -> tuple[Any, Any]:
    """Return the real ends of the connection: headers that claim others do not count."""
    try:
        socket = request.connection.stream.socket  # type: ignore[union-attr]
        server, client = socket.getsockname(), socket.getpeername()
    except (AttributeError, OSError):  # it was closed meanwhile
        return None, None
    # What is no address of the internet's is a socket in a folder: nobody knows who is behind it.
    return _address(server), _address(client)


def _address(end: Any) -> Any:
    return end[:2] if isinstance(end, tuple) else None


def _find_handler(self: Application, request: HTTPServerRequest, **_options: Any) -> Any:
    """Find what answers a request, as Tornado does, if it may be answered."""
    scope, allowed = scope_of(request), _allowed_hosts()
    connection: Any = request.connection
    connection.set_max_body_size(MAX_BODY)
    connection.set_body_timeout(BODY_TIMEOUT_S)
    _harden(connection, scope["path"], allowed_origin(scope, allowed))
    denial = verdict(scope, allowed) or judge_length(scope)
    # Bokeh pings, too, but does not mind whether anybody answers.
    self.settings.setdefault("websocket_ping_interval", PING_S)
    if denial is None:
        return Application.find_handler(self, request)
    return self.get_handler_delegate(request, Refusal, {"denial": denial})


def _harden(connection: Any, path: str, origin: str | None) -> None:
    write = connection.write_headers

    def write_headers(start: Any, headers: HTTPHeaders, chunk: bytes | None = None) -> Any:
        for name in [name for name in headers if is_replaced(name)]:
            del headers[name]
        headers.update(safe_headers(path, headers, origin))
        return write(start, headers, chunk)

    connection.write_headers = write_headers


@stream_request_body
class Refusal(RequestHandler):
    """Says why a request goes no further, before its body is read."""

    SUPPORTED_METHODS = METHODS

    def initialize(self, denial: Denial) -> None:
        """Take the reason."""
        self._denial = denial

    def prepare(self) -> None:
        """Refuse."""
        refuse(self, self._denial)

    def data_received(self, chunk: bytes) -> None:
        """Leave what comes after the head."""

    def check_xsrf_cookie(self) -> None:
        """Refuse in our own words."""


def refuse(handler: RequestHandler, denial: Denial) -> None:
    """Answer with a refusal, and hang up."""
    handler.set_status(denial.status)
    handler.set_header("Connection", "close")
    handler.finish({"detail": {"code": denial.code, "message": denial.message}})


def _guard_asgi(kind: type, inner: Callable[..., Any] | None = None) -> None:
    plain = kind.__call__
    if getattr(plain, "is_guarded", False):
        return

    async def call(self: Any, scope: Scope, receive: Receive, send: Send) -> None:
        app: App = partial(plain, self)
        if inner is not None:
            app = partial(inner, self, app)
        await Guard(app, allowed_hosts=_allowed_hosts())(scope, receive, send)

    call.is_guarded = True  # type: ignore[attr-defined]
    kind.__call__ = call  # type: ignore[method-assign]


async def _behind_login(self: Any, app: App, scope: Scope, receive: Receive, send: Send) -> None:
    """Let only those who may see the page have REST, where Panel asks for a login."""
    pages = self.panel_apps if scope["type"] == "http" else []
    if not any(page.handles(scope) for page in pages):  # these ask for themselves
        for page in pages:
            if not await page._authenticate(page._request(scope)):  # noqa: SLF001 - no other way
                await deny(scope, send, LOGIN_REQUIRED)
                return
    await app(scope, receive, send)
