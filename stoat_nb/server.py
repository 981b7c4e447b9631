"""The dashboard and the REST API in one process, for this machine only."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import uvicorn
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from panel.io.fastapi import add_applications
from panel.viewable import Viewable

from stoat_nb.api.admission import Scope
from stoat_nb.api.app import create_api
from stoat_nb.api.connection import (
    HEADER_TIMEOUT_S,
    AcceptErrors,
    Connection,
    Websocket,
    most_connections,
)
from stoat_nb.api.guard import PING_S, App, Guard, Receive, Send
from stoat_nb.api.request_log import RequestLog
from stoat_nb.dashboard import create_dashboard
from stoat_nb.errors import AddressInUse, AddressRefused
from stoat_nb.jobs.memory_queue import InMemoryJobQueue
from stoat_nb.library import Library
from stoat_nb.sharing import settle

DASHBOARD = "/dashboard"

#: Where a websocket keeps which one it is.
_WEBSOCKET = "stoat_nb.websocket"

_MAKING_A_PAGE = (DASHBOARD, f"{DASHBOARD}/autoload.js")

#: Every browser asks for one.
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">'
    '<rect width="16" height="16" rx="4" fill="#8a5a2b"/>'
    '<path d="M6 4.5v7l6-3.5z" fill="#fff"/></svg>'
)

#: Where the server may listen, and what that is to the operating system.
_ADDRESSES = {
    "127.0.0.1": (socket.AF_INET, "127.0.0.1"),
    "localhost": (socket.AF_INET, "127.0.0.1"),
    "::1": (socket.AF_INET6, "::1"),
    "[::1]": (socket.AF_INET6, "::1"),
}

#: Seconds that answers under way may take to end once the server is told to stop.
_GRACE_S = 0.5
_LAST_GRACE_S = 3

#: Bytes that a page may send at once: what somebody typed or pressed.
_LARGEST_MESSAGE = 1 << 20

#: Connections that are accepted in one go. asyncio tries as often in one go when it cannot.
_ACCEPTED_AT_ONCE = 16
#: Connections that may wait for it.
_BACKLOG = 128


def create_app(
    library: Library,
    *,
    page_lifetime_s: float = 15.0,
    job_queue: InMemoryJobQueue | None = None,
) -> App:
    """Return one ASGI app: the dashboard, the REST API below ``/api/v1`` and its docs.

    Parameters
    ----------
    library
        What is shown and asked; it stays the caller's to close.
    page_lifetime_s
        Seconds for which a page is kept whose browser has gone, or has not come yet.
    job_queue
        For tests: runs each job before its submission is answered. The app has the library's file
        open once more then, maybe until the process ends; a Library with such a queue is closed.

    Examples
    --------
    >>> app = create_app(Library("library.db"))  # doctest: +SKIP
    """
    if job_queue is not None:
        library = Library(library.path, settings=library.settings, job_queue=job_queue)
    api = create_api(library)

    def page() -> Viewable:
        return create_dashboard(library)

    def home() -> RedirectResponse:
        return RedirectResponse(DASHBOARD)

    api.add_api_route("/", home, methods=["GET", "HEAD"], include_in_schema=False)
    api.add_api_route("/favicon.ico", _icon, include_in_schema=False)
    # Signed, so that nobody can hand another a session of his own choosing.
    pages = add_applications(
        {DASHBOARD: page},
        app=api,
        title="Stoat",
        sign_sessions=True,
        secret_key=secrets.token_bytes(32),
        check_unused_sessions_milliseconds=round(1000 * page_lifetime_s),
        unused_session_lifetime_milliseconds=round(1000 * page_lifetime_s),
    )
    for route in api.routes:
        if isinstance(route, APIRoute) and route.path == DASHBOARD:
            route.include_in_schema = False  # a page, which bokeh-fastapi adds as if it were data
    limited = _Pages(api, pages, library.settings.max_pages)
    return RequestLog(Guard(limited, allowed_hosts=library.settings.allow_hosts))


class _Pages:
    """Makes no page more while too many are open, and lets go of each whose browser has gone."""

    def __init__(self, app: App, served: Any, most: int) -> None:
        self._app = app
        self._served = served
        # Panel with a server of its own says what it serves; bokeh-fastapi only keeps it.
        is_bokeh_fastapi = not hasattr(served, "applications")
        self._pages = served._applications if is_bokeh_fastapi else served.applications  # noqa: SLF001
        self._clients = served._clients if is_bokeh_fastapi else frozenset()  # noqa: SLF001
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            scope[_WEBSOCKET] = mark = object()
            try:
                await self._app(scope, receive, send)
            finally:
                self._let_go(mark)
            return
        if scope["type"] == "http" and scope["path"].rstrip("/") in _MAKING_A_PAGE:
            n_open = sum(len(list(page.sessions)) for page in self._pages.values())
            if n_open >= self._most:
                page = (
                    "<!doctype html><title>Stoat</title>"
                    f"<p>{self._most} pages are open. Close some and load this one again in a "
                    "minute, or set STOAT_MAX_PAGES."
                )
                await HTMLResponse(page, 503, {"Retry-After": "30"})(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _let_go(self, mark: object) -> None:
        # bokeh-fastapi does not hear that a websocket has ended, and would keep its page for ever.
        for client in list(self._clients):
            if client._socket._socket.scope.get(_WEBSOCKET) is mark:  # noqa: SLF001
                self._served.client_lost(client)


def _icon() -> Response:
    return Response(_ICON, media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})


def listen(host: str, port: int) -> socket.socket:
    """Take the address, or say why not. Port 0 takes any free one.

    Raises
    ------
    AddressRefused
        If others than this machine could reach it.
    AddressInUse
        If it cannot be had.
    """
    if host not in _ADDRESSES:
        raise AddressRefused(host)
    family, address = _ADDRESSES[host]
    # asyncio sends what is written at once (TCP_NODELAY) only on sockets of this very protocol.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen()
    except OSError as problem:
        listener.close()
        raise AddressInUse(host, port, problem.strerror) from problem
    return listener


def address_of(listener: socket.socket) -> str:
    """Return the address for a browser."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(
    library: Library, listener: socket.socket, *, announce: Callable[[str], None] | None = None
) -> None:
    """Serve until interrupted. ``announce`` is called with the address once it answers.

    The library stays the caller's to close.

    Examples
    --------
    >>> with listen("127.0.0.1", 8642) as listener:  # doctest: +SKIP
    ...     serve(library, listener, announce=print)
    """
    address = address_of(listener)
    settle()
    with suppress(KeyboardInterrupt):
        Server(
            create_app(library),
            lambda: announce and announce(address),
            max_connections=library.settings.max_connections,
        ).run(sockets=[listener])


class Server(uvicorn.Server):
    """Says when it answers, and does not wait for those who follow a job for ever."""

    def __init__(
        self,
        app: App,
        announce: Callable[[], object],
        *,
        max_connections: int,
        header_timeout_s: float = HEADER_TIMEOUT_S,
    ) -> None:
        connection = partial(
            Connection,
            max_connections=most_connections(max_connections),
            header_timeout_s=header_timeout_s,
        )
        config = uvicorn.Config(
            app,
            loop="asyncio",
            http=connection,  # type: ignore[arg-type]  # it is only called
            ws=Websocket,
            ws_max_size=_LARGEST_MESSAGE,
            ws_ping_interval=PING_S,
            ws_ping_timeout=PING_S,
            backlog=_ACCEPTED_AT_ONCE,
            log_config=None,
            log_level=logging.ERROR,  # what clients do wrong is ours to tell
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_LAST_GRACE_S,
        )
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(AcceptErrors())
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(_BACKLOG)
        if self.started:
            self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().call_later(_GRACE_S, self._hang_up)
        await super().shutdown(sockets)

    def _hang_up(self) -> None:
        # To what still runs this is a client that has left, which every route can take.
        for connection in list(self.server_state.connections):
            connection.transport.close()
