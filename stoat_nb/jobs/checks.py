"""Whether what a queue is given can be used: asked at the door, where it can still be refused."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from stoat_nb.errors import JobError
from stoat_nb.jobs.queue import DEFAULT, Timeout
from stoat_nb.names import class_name, shown

#: Levels of lists and objects within each other: whoever reads them recurses, on any stack.
MAX_DEPTH = 200
#: Characters of JSON that a payload or a result may take; SQLite holds a billion in one cell.
MAX_JSON = 256 << 20
_STRICT = json.JSONEncoder(allow_nan=False)
_TOO_DEEP = f"is nested more than {MAX_DEPTH} levels deep"


def as_json(value: Any) -> Any:
    """Return a value as every other process will read it: JSON knows no tuple.

    Raises
    ------
    ValueError
        If it cannot be kept: "is not JSON: ..." and the like.
    """
    try:
        text = _STRICT.encode(value)
        value = json.loads(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except (TypeError, ValueError) as problem:
        raise ValueError(f"is not JSON: {shown(problem)}") from problem
    if len(text) > MAX_JSON:
        raise ValueError(f"takes {len(text):,} characters of JSON, more than {MAX_JSON:,}")
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_too_deep(value):
        raise ValueError(_TOO_DEEP)
    return value


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        containers = [one for one in level if isinstance(one, dict | list)]
        if not containers:
            return False
        level = [
            item for one in containers for item in (one.values() if isinstance(one, dict) else one)
        ]
    return True


def check_type(job_type: object) -> None:
    """Refuse a job type that cannot be one that somebody registered."""
    if not isinstance(job_type, str):
        raise JobError(f"The job type {_given(job_type)} is not text. Name it with letters.")


def check_registration(
    job_type: str, handler: object, limits: tuple[Timeout, ...], concurrency: int | None
) -> None:
    """Refuse a name that is no text, what cannot be called, and limits that are none."""
    check_type(job_type)
    if not job_type:
        raise JobError("A job type cannot be empty. Name it with letters.")
    try:
        job_type.encode()
    except UnicodeEncodeError:
        raise JobError(
            f"A job type cannot be called '{shown(job_type)}': that is not valid text. Use letters."
        ) from None
    if not callable(handler):
        raise JobError(
            f"The handler of '{shown(job_type)}' jobs cannot be called: it is {_given(handler)}. "
            "Give an async function of a JobContext."
        )
    for limit in limits:
        check_limit(limit)
    if concurrency is not None and not (_is_whole(concurrency) and concurrency > 0):
        raise JobError(
            f"'{shown(concurrency)}' jobs cannot run at once: give a whole number above 0, or None."
        )


def check_limit(seconds: Timeout) -> None:
    """Refuse a limit that is no time; None is no limit, DEFAULT the one registered."""
    if seconds is None or seconds is DEFAULT:
        return
    if (_is_whole(seconds) or isinstance(seconds, float)) and 0 < seconds < sys.float_info.max:
        return
    raise JobError(
        f"A job cannot take '{shown(seconds)}' seconds: give a number above 0, or None for any."
    )


def check_priority(priority: int) -> None:
    """Refuse a place in the line that is no whole number."""
    if not _is_whole(priority):
        raise JobError(
            f"The priority '{shown(priority)}' is no whole number. The highest runs first."
        )


def check_payload(job_type: str, payload: Mapping[str, Any]) -> None:
    """Refuse a payload that is not an object of JSON."""
    check_type(job_type)
    if not isinstance(payload, Mapping):
        raise JobError(
            f"The payload of a '{shown(job_type)}' job is {_given(payload)}, which is not a "
            'mapping. Give names and values, such as {"path": "/videos"}, or {} for none.'
        )
    try:
        as_json(dict(payload))
    except ValueError as problem:
        raise JobError(
            f"The payload of a {shown(job_type)} job holds something that {shown(problem)}. "
            "Use text, numbers, lists and objects with text for names."
        ) from problem


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _given(value: object) -> str:
    """Return a value of any class for a sentence: short, with its class."""
    text = shown(value)
    return f"'{text if len(text) <= 60 else text[:60] + '...'}' ({class_name(value)})"  # noqa: PLR2004
