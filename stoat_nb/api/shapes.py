"""What goes in and out over REST, as types: they check requests and document answers."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

from msgspec.structs import asdict
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from stoat_nb.api.plain import exact
from stoat_nb.api.refusals import Json
from stoat_nb.catalog.filters.facets import Facet
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobEvent, JobState, JobStatus, Level
from stoat_nb.patterns import LONGEST, MOST_PATTERNS, check
from stoat_nb.scan import FollowLinks, ScanMode

MAX_PATH_BYTES = 4096  #: Linux's own limit.
MAX_PRIORITY = 2**31 - 1
MAX_UNKNOWN = 10  #: Unknown fields of which each is named in the refusal.


def _usable_path(path: str) -> str:
    if "\0" in path:
        raise ValueError("a path holds no NUL character")
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        raise ValueError("a path is valid Unicode: this one has half a surrogate pair") from None
    if size > MAX_PATH_BYTES:
        raise ValueError(f"a path has at most {MAX_PATH_BYTES} bytes")
    return path


def _pattern(line: str) -> str:
    check(line)
    return line


def _whole(number: Any) -> Any:
    # To JSON, and to JavaScript, 7.0 is the same number as 7.
    return int(number) if isinstance(number, float) and number.is_integer() else number


#: Facts of a job that are sent under their own names, as they are.
_AS_THEY_ARE = (
    *("job_id", "job_type", "status", "result", "error", "worker", "attempt", "deaths"),
    *("max_deaths", "priority", "paused", "pause_requested", "cancel_requested", "retry_of", "seq"),
    "waits_for",
)


def few_fields(model: type[BaseModel], told: Any) -> Any:
    """Return what was sent, or refuse it if it holds far more fields than the model knows."""
    if isinstance(told, dict) and len(told) > len(model.model_fields) + MAX_UNKNOWN:
        raise ValueError(f"there are {len(told)} fields, of at most {len(model.model_fields)}")
    return told


class Shape(BaseModel):
    """What all of them share: no unknown fields, no guessing of types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _few(cls, told: Any) -> Any:
        """Refuse many fields at once: each unknown one would cost a sentence of its own."""
        return few_fields(cls, told)


class ScanRequest(Shape):
    """A folder to scan."""

    path: Annotated[
        str,
        Field(min_length=1, max_length=MAX_PATH_BYTES, examples=["/home/me/Videos"]),
        AfterValidator(_usable_path),
    ] = Field(description="The folder, on the machine the server runs on.")
    recursive: bool = Field(default=True, description="Also scan the folders inside it.")
    mode: ScanMode = Field(
        default="changed",
        description="changed: read files that changed; quick: only where folders changed; "
        "full: all of them; verify: all of them to their end.",
    )
    accept_removals: bool = Field(
        default=False,
        description="Take files for missing even where their disk seems to be away.",
    )
    exclude: list[
        Annotated[
            str,
            Field(max_length=LONGEST, json_schema_extra={"format": "gitignore-pattern"}),
            AfterValidator(_pattern),
        ]
    ] = Field(
        default=[],
        max_length=MOST_PATTERNS,
        description="Patterns of files and folders to leave out, as in a .gitignore file.",
        examples=[["proxies/", "*.part.mp4"]],
    )
    follow_links: FollowLinks | None = Field(
        default=None,
        description="Which links are followed: none, files, or all; null: as the settings say.",
    )


class RetryRequest(Shape):
    """How to try a job once more."""

    only_failed: bool = Field(
        default=False, description="For scans: read only the files that failed."
    )


class JobChange(Shape):
    """What may be changed of a job that has not ended."""

    priority: Annotated[int, BeforeValidator(_whole)] = Field(
        ge=-MAX_PRIORITY, le=MAX_PRIORITY, description="Of those that wait the highest runs first."
    )


class JobSubmitResponse(Shape):
    """A job that was submitted."""

    job_id: str = Field(description="Ask /jobs/{job_id} how it goes.")
    joined: bool = Field(description="Whether a job that was there already does it: this one.")

    @classmethod
    def answer(cls, job: Job[Any], jobs: str) -> Json:
        """Return what answers a job's submission; ``jobs`` is the address of all of them."""
        told = cls(job_id=job.id, joined=job.joined)
        return Json(told, HTTPStatus.ACCEPTED, {"Location": f"{jobs}/{job.id}"})


#: How OpenAPI tells of the answer to a submit.
SUBMITTED: dict[str, Any] = {
    "model": JobSubmitResponse,
    "description": "Submitted, and safe on disk",
    "headers": {"Location": {"description": "The job", "schema": {"type": "string"}}},
}


#: How OpenAPI tells of bytes, of a table's rows, and of each event of a stream.
BYTES: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
ROWS: dict[str, Any] = {"schema": {"type": "array", "items": {"type": "object"}}}
EVENT: dict[str, Any] = {
    "schema": {
        "type": "object",
        "description": "One event; its data is a JobStatusResponse as JSON.",
        "required": ["id", "event", "data"],
        "properties": {
            "id": {"type": "string", "description": "The state's seq."},
            "event": {"enum": ["progress", "end"]},
            "data": {"type": "string", "contentMediaType": "application/json"},
        },
    }
}


class ProgressShape(Shape):
    """How far a job has come; what is not known is null."""

    phase: str = Field(description="What it is doing: finding, probing, ...")
    done: int
    total: int | None = Field(description="Null until it is known.")
    unit: str
    skipped: int = Field(description="Of those done the ones that needed no work.")
    bytes_done: int
    failed: int = Field(description="Files that could not be read so far.")
    message: str
    current: list[str] = Field(description="What is being worked on right now.")
    fraction: float | None = Field(description="Part done, 0 to 1.")
    rate: float | None = Field(description="Units a second, recently.")
    eta_s: float | None = Field(description="Seconds left, as far as can be told.")


class JobStatusResponse(Shape):
    """A job at one moment."""

    job_id: str
    job_type: str
    status: JobStatus
    progress: ProgressShape
    payload: dict[str, Any] = Field(description="What was asked for.")
    result: Any = Field(description="What it came to, once complete.")
    error: str | None = Field(description="Why it ended badly, in one line.")
    submitted_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    heartbeat_at: datetime | None = Field(description="When anything in it last moved.")
    stalled_s: float | None = Field(description="Seconds nothing has moved, if that is long.")
    worker: str | None = Field(description="Which process runs it; null if none does.")
    attempt: int = Field(description="How often it was started.")
    deaths: int = Field(description="How many of those ended because the process did.")
    max_deaths: int = Field(description="After so many it is given up.")
    priority: int = Field(description="Of those that wait the highest runs first.")
    waits_for: str | None = Field(
        description="Pending: the job that has to end first, as it works in the same folders."
    )
    paused: bool = Field(description="Pending, and waits until it is resumed.")
    pause_requested: bool = Field(description="Runs, and pauses as soon as it can.")
    cancel_requested: bool = Field(description="Stops as soon as it can.")
    retry_of: str | None = Field(description="The job that it tries once more.")
    seq: int = Field(description="Grows with every change.")

    @classmethod
    def of(cls, state: JobState) -> JobStatusResponse:
        """Return a snapshot as it is sent."""
        progress = asdict(state.progress) | {
            "current": list(state.progress.current),
            "fraction": state.progress.fraction,
        }
        return cls(
            progress=ProgressShape(**progress),
            payload=dict(state.payload),
            submitted_at=_moment(state.submitted_at),
            started_at=_moment_if(state.started_at),
            finished_at=_moment_if(state.finished_at),
            heartbeat_at=_moment_if(state.heartbeat_at),
            stalled_s=state.stalled_s(time.time()),
            **{name: getattr(state, name) for name in _AS_THEY_ARE},
        )


class JobsShape(Shape):
    """One page of jobs, newest first."""

    items: list[JobStatusResponse]


class EventShape(Shape):
    """One entry of a job's log."""

    at: datetime
    level: Level
    attempt: int = Field(description="In which attempt; 0 before the first.")
    text: str = Field(description="Plain text; a traceback has several lines.")

    @classmethod
    def of(cls, event: JobEvent) -> EventShape:
        """Return an entry as it is sent."""
        return cls(at=_moment(event.at), level=event.level, attempt=event.attempt, text=event.text)


class LogShape(Shape):
    """A job's log, oldest first."""

    items: list[EventShape]


class VideosShape(Shape):
    """One page of videos."""

    total: int = Field(description="Videos that match, on all pages.")
    items: list[dict[str, Any]] = Field(description="The columns of `videos()`; see columns.md.")
    hint: str | None = Field(
        default=None, description="If none match: what was meant by values that no video has."
    )


class FacetValueShape(Shape):
    """One value of a column."""

    value: str | bool | int | float
    count: int = Field(description="Videos that have it.")


class FacetShape(Shape):
    """The values of one column."""

    column: str
    values: list[FacetValueShape] = Field(description="Most frequent first.")
    unknown: int = Field(description="Videos of which it is not known.")
    further: int = Field(description="Values that are not listed.")

    @classmethod
    def of(cls, facet: Facet, *, is_exact: bool) -> FacetShape:
        """Return a facet as it is sent: to readers that round large numbers, ``is_exact``."""
        return cls(
            column=facet.column,
            values=[
                FacetValueShape(
                    value=exact(value, facet.column) if is_exact else value, count=count
                )
                for value, count in facet.counts.items()
            ],
            unknown=facet.n_unknown,
            further=facet.n_further,
        )


class FacetsShape(Shape):
    """Some columns, each with what is in it; what was asked of a column does not narrow its own."""

    items: list[FacetShape]


class SummaryShape(Shape):
    """The library in a few numbers."""

    n_videos: int
    n_ok: int
    n_failed: int
    n_missing: int
    n_excluded: int
    total_bytes: int
    total_duration_s: float
    codecs: dict[str, int]
    containers: dict[str, int]
    resolutions: dict[str, int]


class HealthShape(Shape):
    """That the server is there."""

    status: Literal["ok"] = "ok"
    version: str


class Problem(Shape):
    """What was wrong and what to do about it."""

    code: str = Field(description="A word for programs; it never changes.")
    message: str = Field(description="A sentence for people.")


class Refusal(Shape):
    """The body of every answer that refuses."""

    detail: Problem


def refused(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how OpenAPI tells that a route may refuse with these statuses."""
    return {
        status: {"model": Refusal, "description": HTTPStatus(status).phrase} for status in statuses
    }


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _moment_if(seconds: float | None) -> datetime | None:
    return None if seconds is None else _moment(seconds)
