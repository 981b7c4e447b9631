"""What goes in and out over REST, as types: they check requests and document answers."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from stoat_nb.jobs.state import JobState, JobStatus

MAX_PATH_BYTES = 4096  #: Linux's own limit.


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


class Shape(BaseModel):
    """What all of them share: no unknown fields, no guessing of types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ScanRequest(Shape):
    """A folder to scan."""

    path: Annotated[
        str,
        Field(min_length=1, max_length=MAX_PATH_BYTES, examples=["/home/me/Videos"]),
        AfterValidator(_usable_path),
    ] = Field(description="The folder, on the machine the server runs on.")
    recursive: bool = Field(default=True, description="Also scan the folders inside it.")


class Accepted(Shape):
    """A job that was submitted."""

    job_id: str = Field(description="Ask /jobs/{job_id} how it goes.")


class ProgressShape(Shape):
    """How far a job has come; what is not known is null."""

    phase: str = Field(description="What it is doing: finding, probing, ...")
    done: int
    total: int | None = Field(description="Null until it is known.")
    unit: str
    bytes_done: int
    failed: int = Field(description="Files that could not be read so far.")
    message: str
    current: list[str] = Field(description="What is being worked on right now.")
    fraction: float | None = Field(description="Part done, 0 to 1.")
    rate: float | None = Field(description="Units a second, recently.")
    eta_s: float | None = Field(description="Seconds left, as far as can be told.")


class JobShape(Shape):
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
    attempt: int = Field(description="How often it was started.")
    cancel_requested: bool
    seq: int = Field(description="Grows with every change.")

    @classmethod
    def of(cls, state: JobState) -> JobShape:
        """Return a snapshot as it is sent."""
        progress = asdict(state.progress) | {
            "current": list(state.progress.current),
            "fraction": state.progress.fraction,
        }
        return cls(
            job_id=state.job_id,
            job_type=state.job_type,
            status=state.status,
            progress=ProgressShape(**progress),
            payload=dict(state.payload),
            result=state.result,
            error=state.error,
            submitted_at=_moment(state.submitted_at),
            started_at=_moment_if(state.started_at),
            finished_at=_moment_if(state.finished_at),
            attempt=state.attempt,
            cancel_requested=state.cancel_requested,
            seq=state.seq,
        )


class JobsShape(Shape):
    """Jobs, newest first."""

    items: list[JobShape]


class VideosShape(Shape):
    """One page of videos."""

    total: int = Field(description="Videos that match, on all pages.")
    items: list[dict[str, Any]] = Field(description="The columns of `videos()`; see columns.md.")


class SummaryShape(Shape):
    """The library in a few numbers."""

    n_videos: int
    n_ok: int
    n_failed: int
    n_missing: int
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


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _moment_if(seconds: float | None) -> datetime | None:
    return None if seconds is None else _moment(seconds)
