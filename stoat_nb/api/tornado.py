"""The REST API inside ``panel serve``: ``panel serve dashboard.py --plugins stoat_nb.api.tornado``.

Panel's own server speaks Tornado. One handler carries each request to the same application that
``stoat serve`` runs, behind the same guard, and its answer back, piece by piece.
"""

from __future__ import annotations

import asyncio
import functools
from typing import Any
from urllib.parse import unquote

from tornado.httputil import HTTPServerRequest
from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler, stream_request_body

from stoat_nb.api.admission import MAX_BODY, Scope
from stoat_nb.api.app import create_api
from stoat_nb.api.guard import App, Guard, Message
from stoat_nb.sharing import shared_library

#: What a server writes for itself.
_HOP_HEADERS = frozenset({"connection", "transfer-encoding"})


@functools.cache
def _app() -> App:
    # Made at the first request: only then is it certain that this is the process that serves.
    return Guard(create_api(shared_library()))


@stream_request_body
class Bridge(RequestHandler):
    """Carries one request to the application and its answer back."""

    SUPPORTED_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

    def prepare(self) -> None:
        """Refuse a large body before it is read."""
        self._body: list[bytes] = []
        self._asked = False
        self._gone = asyncio.Event()
        self.request.connection.set_max_body_size(MAX_BODY)  # type: ignore[union-attr]

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
        try:
            await app(_scope(self.request, own_path), self._receive, self._send)
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


def _scope(request: HTTPServerRequest, own_path: str) -> Scope:
    path = unquote(request.path)
    socket = request.connection.stream.socket  # type: ignore[union-attr]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": request.version.removeprefix("HTTP/"),
        "method": request.method,
        "scheme": request.protocol,
        "path": path,
        "raw_path": request.path.encode("latin-1", "replace"),
        "query_string": request.query.encode("latin-1", "replace"),
        "root_path": path.removesuffix(own_path),
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
            for name, value in request.headers.get_all()
        ],
        # The real ends of the connection: headers that claim others do not count.
        "server": socket.getsockname()[:2],
        "client": socket.getpeername()[:2],
    }


#: What ``panel serve --plugins`` asks for.
ROUTES: list[tuple[str, type[RequestHandler], dict[str, Any]]] = [
    (r"(/api/v1/.*|/docs|/openapi\.json)", Bridge, {}),
]
