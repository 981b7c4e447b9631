"""The REST routes of a library, as one router that any FastAPI app can include."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import Match

from stoat_nb.api.admission import PREFIX, Scope
from stoat_nb.api.exports import ExportRoutes
from stoat_nb.api.guard import Guard, Receive, Send
from stoat_nb.api.jobs import JobRoutes
from stoat_nb.api.media import MediaRoutes
from stoat_nb.api.methods import HeadAsGet, methods_of_paths, taken_by
from stoat_nb.api.refusals import Json, refusal
from stoat_nb.api.request_log import RequestLog
from stoat_nb.api.shapes import refused
from stoat_nb.api.videos import VideoRoutes
from stoat_nb.library import Library


class _Route(APIRoute):
    """A route that answers refusals itself, so that they look the same in whatever app it is."""

    allow = ""  #: All methods of its path.

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if not iscoroutinefunction(endpoint):
            endpoint = _written(endpoint, options.get("status_code") or 200)
        super().__init__(path, endpoint, **options)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Say whether this route answers a request; HEAD goes where GET does."""
        is_head = scope["type"] == "http" and scope["method"] == "HEAD"
        return super().matches({**scope, "method": "GET"} if is_head else scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; it has an id in whatever app this is."""
        await RequestLog(self.answer)(scope, receive, send)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or say which methods its path takes."""
        if self.allow and scope["method"] not in taken_by(self):
            problem = HTTPException(405, headers={"Allow": self.allow})
            await refusal(problem)(scope, receive, send)
        else:
            await HeadAsGet(super().handle)(scope, receive, send)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except Exception as problem:  # noqa: BLE001 - the last resort is a table's row too
                return refusal(problem)

        return answer


def _written(endpoint: Callable[..., Any], status: int) -> Callable[..., Any]:
    """Have an answer written on the thread that makes it: FastAPI would need it twice."""

    @wraps(endpoint)
    def answer(**given: Any) -> Response:
        found = endpoint(**given)
        return found if isinstance(found, Response) else Json(found, status)

    return answer


def _guarded_by(allowed: Collection[str]) -> type[_Route]:
    class Guarded(_Route):
        """A route that asks the guard itself, in apps whose outermost layer is not ours."""

        async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
            guard = Guard(self.answer, allowed_hosts=allowed)
            await RequestLog(guard)(scope, receive, send)

    return Guarded


def create_router(library: Library, *, guarded: bool = True) -> APIRouter:
    """Return the routes of ``library`` below ``/api/v1``.

    Parameters
    ----------
    library
        What is asked and told; it stays the caller's to close.
    guarded
        Whether each route asks the guard itself, which has ``STOAT_ALLOW_HOSTS`` to go by. Give
        False only if a ``Guard``, or a login of yours, stands before the whole app.

    Examples
    --------
    >>> app.include_router(create_router(library))  # doctest: +SKIP
    """
    router = APIRouter(
        prefix=PREFIX,
        route_class=_guarded_by(library.settings.allow_hosts) if guarded else _Route,
        default_response_class=Json,
        # To any request: by the guard, by a limit, or because the library cannot be read.
        responses=refused(400, 401, 403, 408, 413, 421, 431, 500, 503),
    )
    # Before the route of one video, which would take its name for a number.
    ExportRoutes(library).add_to(router)
    VideoRoutes(library).add_to(router)
    MediaRoutes(library).add_to(router)
    JobRoutes(library).add_to(router)
    allow = methods_of_paths(router.routes)
    for route in router.routes:
        if isinstance(route, _Route):
            route.allow = allow[route.path]
    return router
