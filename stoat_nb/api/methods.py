"""HEAD where there is GET, and which methods a path takes: what HTTP wants of every resource."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress

from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class _HeadersSent(Exception):
    """Whatever would still come is not for this client."""


class HeadAsGet:
    """Answer HEAD with the headers that GET would have, and make no more of it than those.

    Examples
    --------
    >>> api.add_middleware(HeadAsGet)  # doctest: +SKIP
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection, as ASGI wants it."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_headers(message: Message) -> None:
            if message["type"] == "http.response.body":
                await send({"type": "http.response.body"})
                raise _HeadersSent
            await send(message)

        with suppress(_HeadersSent):
            await self.app({**scope, "method": "GET"}, receive, send_headers)


def taken_by(route: APIRoute) -> set[str]:
    """Return the methods that a route answers."""
    methods = set(route.methods or ())
    return methods | {"HEAD"} if "GET" in methods else methods


def methods_of_paths(routes: Iterable[object]) -> dict[str, str]:
    """Return for each path the methods that all its routes take, as ``Allow`` names them."""
    found: dict[str, set[str]] = defaultdict(set)
    for route in routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            found[route.path] |= taken_by(route)
    return {path: ", ".join(sorted(methods)) for path, methods in found.items()}
