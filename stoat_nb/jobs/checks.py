"""Whether what a queue is given can be used: asked at the door, where it can still be refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stoat_nb.errors import JobError
from stoat_nb.jobs.queue import DEFAULT, Timeout
from stoat_nb.names import shown

_STRICT = json.JSONEncoder(allow_nan=False)


def check_name(job_type: str) -> None:
    """Refuse a job type that is no text."""
    try:
        job_type.encode()
    except UnicodeEncodeError:
        raise JobError(
            f"A job type cannot be called '{shown(job_type)}': that is not valid text. Use letters."
        ) from None


def check_limit(seconds: Timeout) -> None:
    """Refuse a limit that is no time; None is no limit, DEFAULT the one registered."""
    if seconds is None or seconds is DEFAULT:
        return
    if isinstance(seconds, int | float) and seconds > 0:
        return
    raise JobError(
        f"A job cannot take '{shown(seconds)}' seconds: give a number above 0, or None for any."
    )


def check_priority(priority: int) -> None:
    """Refuse a place in the line that is no whole number."""
    if not isinstance(priority, int):
        raise JobError(
            f"The priority '{shown(priority)}' is no whole number. The highest runs first."
        )


def check_concurrency(count: int | None) -> None:
    """Refuse a number of jobs at once under which none would ever run."""
    if count is not None and not (isinstance(count, int) and count > 0):
        raise JobError(
            f"'{shown(count)}' jobs cannot run at once: give a whole number above 0, or None."
        )


def check_payload(job_type: str, payload: Mapping[str, Any]) -> None:
    """Refuse a payload that is not JSON."""
    try:
        _STRICT.encode(payload)
    except (TypeError, ValueError, RecursionError) as problem:
        raise JobError(
            f"The payload of a {shown(job_type)} job holds something that is not JSON: "
            f"{shown(problem)}. Use text, numbers, lists and objects with text for names."
        ) from problem
