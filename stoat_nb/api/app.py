"""The REST API as an application of its own."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from stoat_nb import __version__
from stoat_nb.api.methods import HeadAsGet
from stoat_nb.api.reference import reference_page
from stoat_nb.api.refusals import answer_refusal
from stoat_nb.api.router import create_router
from stoat_nb.library import Library


def create_api(library: Library) -> FastAPI:
    """Return a FastAPI app over ``library``. Put a ``Guard`` around whatever is served.

    Examples
    --------
    >>> app = Guard(create_api(library))  # doctest: +SKIP
    """
    app = FastAPI(
        title="Stoat",
        version=__version__,
        summary="What is in your video folders.",
        docs_url=None,
        redoc_url=None,
    )

    def docs(request: Request) -> HTMLResponse:
        server = str(request.base_url).rstrip("/")
        return HTMLResponse(reference_page(app.openapi(), server))

    app.add_middleware(HeadAsGet)
    app.add_api_route("/docs", docs, include_in_schema=False)
    app.add_exception_handler(HTTPException, answer_refusal)
    app.include_router(create_router(library, guarded=False))
    return app
