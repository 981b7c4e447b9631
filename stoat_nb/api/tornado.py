"""The REST API inside ``panel serve``: ``panel serve dashboard.py --plugins stoat_nb.api.tornado``.

Panel's own server speaks Tornado. One handler carries each request to the same application that
``stoat serve`` runs, behind the same guard, and its answer back, piece by piece.
"""

from __future__ import annotations

import asyncio
import functools
from typing import Any

from bokeh.server.views.auth_request_handler import AuthRequestHandler
from tornado.iostream import StreamClosedError
from tornado.web import stream_request_body

from stoat_nb.api.admission import LOGIN_REQUIRED
from stoat_nb.api.app import create_api
from stoat_nb.api.guard import App, Guard, Message
from stoat_nb.api.panel_server import METHODS, guard_panel_servers, refuse, scope_of
from stoat_nb.sharing import shared_library

#: What a server writes for itself.
_HOP_HEADERS = frozenset({"connection", "transfer-encoding"})


@functools.cache
def _app() -> App:
    # Made at the first request: only then is it certain that this is the process that serves.
    library = shared_library()
    return Guard(create_api(library), allowed_hosts=library.settings.allow_hosts)


@stream_request_body
class Bridge(AuthRequestHandler):
    """Carries one request to the application and its answer back, if it may see the pages too."""

    SUPPORTED_METHODS = METHODS

    async def prepare(self) -> None:
        """Refuse a request without a login."""
        self._body: list[bytes] = []
        self._asked = False
        self._gone = asyncio.Event()
        parent: Any = super()  # has types in newer Bokehs only
        await parent.prepare()
        if not self.current_user:
            refuse(self, LOGIN_REQUIRED)

    def data_received(self, chunk: bytes) -> None:
        """Keep a piece of the body."""
        self._body.append(chunk)

    def on_connection_close(self) -> None:
        """Tell the application that nobody listens any more."""
        self._gone.set()

    def check_xsrf_cookie(self) -> None:
        """Leave it to the guard, which looks at where a request comes from."""

    async def _carry(self, own_path: str) -> None:
        app = await asyncio.to_thread(_app)
        scope = scope_of(self.request)
        scope["root_path"] = scope["path"].removesuffix(own_path)
        try:
            await app(scope, self._receive, self._send)
        except Exception:
            # Tornado would end what has begun as if it were whole.
            if self._headers_written:
                self.request.connection.stream.close()  # type: ignore[union-attr]
            raise

    get = head = post = put = patch = delete = options = _carry

    async def _receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"".join(self._body), "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if self._gone.is_set():
            return
        if message["type"] == "http.response.start":
            self._begin(message)
            return
        if self.request.method != "HEAD":
            self.write(message.get("body", b""))
        try:
            await self.flush()
        except StreamClosedError:
            self._gone.set()

    def _begin(self, message: Message) -> None:
        self.set_status(message["status"])
        for name in ("Server", "Content-Type"):
            self.clear_header(name)
        for name, value in message.get("headers", ()):
            if name.decode("latin-1").lower() not in _HOP_HEADERS:
                self.add_header(name.decode("latin-1"), value.decode("latin-1"))


def __getattr__(name: str) -> Any:
    """Make ``ROUTES`` when Panel asks for it: whoever only imports this changes no server."""
    if name == "ROUTES":
        guard_panel_servers()
        return [(r"(/api/v1/.*|/docs|/openapi\.json)", Bridge, {})]
    raise AttributeError(name)
