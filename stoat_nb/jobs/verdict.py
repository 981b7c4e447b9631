"""How a handler's end becomes a job's final status. Pure: it decides, others act."""

from __future__ import annotations

import traceback
from typing import Any

from msgspec import Struct

from stoat_nb.errors import JobCancelled, JobError, JobFailed, JobTimeout, StoatError
from stoat_nb.jobs.checks import as_json
from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.names import class_name, shown

#: Characters of a traceback that are kept; its end says most.
LONGEST_TRACEBACK = 20_000


class Verdict(Struct, frozen=True, kw_only=True):
    """The end of a job."""

    status: JobStatus
    result: Any = None
    error: str | None = None
    traceback: str | None = None  #: For the log.


def of_return(value: Any, *, cancelled: bool, late: str | None) -> Verdict:
    """Judge a handler that returned; one that was cancelled may still hand in what it had."""
    try:
        value = as_json(value)
    except ValueError as problem:
        return Verdict(
            status=JobStatus.FAILED, error=f"The handler returned something that {shown(problem)}."
        )
    if late is not None:
        return Verdict(status=JobStatus.TIMEOUT, result=value, error=late)
    if cancelled:
        return Verdict(status=JobStatus.CANCELLED, result=value)
    return Verdict(status=JobStatus.COMPLETE, result=value)


def of_raise(problem: BaseException | None, *, cancelled: bool, late: str | None) -> Verdict:
    """Judge a handler that raised, was cancelled (None) or would not let go (None)."""
    if late is not None:
        return Verdict(status=JobStatus.TIMEOUT, error=late)
    if cancelled:
        return Verdict(status=JobStatus.CANCELLED)
    if problem is None:
        return Verdict(status=JobStatus.FAILED, error="The handler cancelled itself.")
    return Verdict(status=JobStatus.FAILED, error=one_line(problem), traceback=_traceback(problem))


def of_nonsense(problem: BaseException) -> Verdict:
    """Judge a handler whose end cannot be judged: what it returned or raised does as it likes."""
    return Verdict(
        status=JobStatus.FAILED,
        error=f"What the handler ended with cannot be kept: reading it raised {one_line(problem)}",
    )


def one_line(problem: BaseException) -> str:
    """Say in one line what was raised; our own errors are sentences already."""
    name = class_name(problem)
    try:
        text = shown(problem)
        if isinstance(problem, StoatError):
            return text
    except BaseException:  # noqa: BLE001 - it is not for the exception to choose what is raised
        return name
    return f"{name}: {text}" if text else name


def _traceback(problem: BaseException) -> str | None:
    """Return where it was raised; our own errors speak for themselves."""
    try:
        if isinstance(problem, StoatError):
            return None
        lines = "".join(traceback.format_exception(problem)).splitlines()
        return "\n".join(shown(line) for line in lines)[-LONGEST_TRACEBACK:]
    except BaseException as worse:  # noqa: BLE001 - the exception's own code takes part in this
        return f"The traceback cannot be shown: {class_name(worse)}."


def outcome_of(state: JobState) -> Any:
    """Return a final state's result, or raise what its end stands for."""
    if state.status is JobStatus.COMPLETE:
        return state.result
    raise _error_of(state)


def _error_of(state: JobState) -> JobError:
    said = f": {state.error}" if state.error else "."
    name = f"The {state.job_type} job '{state.job_id}'"
    if state.status is JobStatus.TIMEOUT:
        return JobTimeout(f"{name} timed out{said}")
    if state.status is JobStatus.CANCELLED:
        return JobCancelled(f"{name} was cancelled{said}")
    return JobFailed(f"{name} failed{said}")
