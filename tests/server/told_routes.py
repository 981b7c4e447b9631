"""A plugin of ``panel serve`` that tells which routes the server has, whoever mounted them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from tornado.web import RequestHandler

TOLD = "/told"


def of_tornado(rules: Iterable[Any]) -> Iterator[str]:
    for rule in rules:
        inner = getattr(rule.target, "rules", None)
        yield from of_tornado(inner) if inner else [rule.matcher.regex.pattern]


def of_fastapi(app: FastAPI) -> Iterator[str]:
    yield from (str(path) for route in app.routes if (path := getattr(route, "path", "")))
    for panel in getattr(app.state, "_panel_asgi_apps", []):  # from Panel 1.10 on
        yield from (pattern.pattern for pattern, _ in [*panel._app_routes, *panel._extra_routes])


class Told(RequestHandler):
    def get(self) -> None:
        self.finish(json.dumps([*of_tornado(self.application.wildcard_router.rules)]))


ROUTES = [(TOLD, Told, {})]
ROUTER = APIRouter()


@ROUTER.get(TOLD)
def told(request: Request) -> list[str]:
    return [*of_fastapi(request.app)]
