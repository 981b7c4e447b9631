"""How a refusal becomes an answer: one table of statuses, one shape of body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from stoat_nb import errors
from stoat_nb.api.plain import dumps
from stoat_nb.logs import bound, logger
from stoat_nb.names import shown

log = logger(__name__)


class TooManyWatchers(errors.StoatError):
    """As many clients wait for news of jobs, each with a connection of his own, as may."""

    code = "TOO_MANY_WATCHERS"
    retry_after_s = 5

    def __init__(self, most: int) -> None:
        super().__init__(
            f"{most} clients are following jobs. Try again in a moment, ask for the job's state "
            "now and then instead, or set STOAT_MAX_CONNECTIONS: half of them may follow."
        )


#: The status of each kind of refusal; a kind that is not here answers as its parent does.
STATUS: Mapping[type[errors.StoatError], int] = {
    errors.StoatError: 400,
    errors.FolderError: 422,
    errors.FolderNotReadable: 403,
    errors.FolderOutsideRoots: 403,
    errors.CatalogError: 503,
    errors.UnknownJob: 404,
    errors.UnknownJobType: 422,
    errors.UnknownVideo: 404,
    errors.UnknownScan: 404,
    errors.NoPicture: 404,
    errors.FileUnavailable: 404,
    errors.PicturesBusy: 503,
    errors.JobError: 409,
    errors.TooManyJobs: 429,
    TooManyWatchers: 503,
    errors.QueueClosed: 503,
    errors.ExportError: 422,
    errors.FilterError: 422,
    errors.BadArgument: 422,
    errors.SettingError: 422,
    errors.UnknownHome: 422,
    errors.MissingExtra: 503,
}

#: What the framework refuses by itself, in our words.
_SAID = {
    404: ("NOT_FOUND", "There is nothing at this path. /docs lists what there is."),
    405: ("METHOD_NOT_ALLOWED", "This path does not take this method. /docs lists those it takes."),
    415: ("NOT_JSON", "Send this with the content type application/json."),
}
_MAX_PROBLEMS = 5
_MAX_TEXT = 200


class Json(JSONResponse):
    """JSON in plain ASCII, so that any text at all can be sent."""

    def render(self, content: Any) -> bytes:
        """Write the body."""
        if isinstance(content, BaseModel):
            content = content.model_dump(mode="json")
        return dumps(content).encode("ascii")


def refusal(problem: Exception) -> Json:
    """Answer what a route raised. What nobody foresaw is logged, and told without its insides."""
    if isinstance(problem, errors.StoatError):
        wait_s = problem.retry_after_s
        again = {} if wait_s is None else {"Retry-After": str(wait_s)}
        return body(status_of(problem), problem.code, str(problem), again)
    if isinstance(problem, RequestValidationError):
        return body(422, "BAD_REQUEST", _sentence(problem))
    if isinstance(problem, HTTPException):
        return _of_http(problem)
    which = bound().get("request_id", "without an id")
    log.error("Request %s failed in a way that was not foreseen.", which, exc_info=problem)
    sentence = f"The server failed at this request. Its log has the reason: look for {which}."
    return body(500, "INTERNAL", sentence)


async def answer_refusal(_request: Request, problem: Exception) -> Json:
    """Answer what was raised outside any route, such as a path that leads nowhere."""
    return refusal(problem)


def status_of(problem: errors.StoatError) -> int:
    """Return the HTTP status that stands for a refusal."""
    return next(STATUS[kind] for kind in type(problem).__mro__ if kind in STATUS)


def body(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Json:
    """Return an answer that refuses."""
    return Json({"detail": {"code": code, "message": message}}, status, headers)


def _of_http(problem: HTTPException) -> Json:
    other = ("BAD_REQUEST", f"{shown(problem.detail)}.")
    code, sentence = _SAID.get(problem.status_code, other)
    return body(problem.status_code, code, sentence, problem.headers)


def _sentence(problem: RequestValidationError) -> str:
    """Say what is wrong where, without repeating what was sent: it may be huge or hostile."""
    said = [_one(error) for error in problem.errors()[:_MAX_PROBLEMS]]
    return "; ".join(said) or "The request cannot be understood."


def _one(error: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in error["loc"])
    what = str(error["msg"]).removeprefix("Value error, ")
    return f"{shown(place)[:_MAX_TEXT]}: {shown(what)[:_MAX_TEXT]}"
