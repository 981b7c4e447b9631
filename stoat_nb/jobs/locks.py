"""Jobs that must not run side by side: each holds a path, and whatever lies beneath it.

The queue knows nothing of what a path stands for. Two locks overlap where one path is the other or
lies beneath it; of jobs whose locks overlap one runs at a time, whichever process runs it. Pending
jobs hold nothing: one that no process takes keeps nobody waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from msgspec import Struct

from stoat_nb.jobs.state import JobState, JobStatus

#: Whether a job with the first payload does all that one with the second asks for.
Covers = Callable[[Mapping[str, Any], Mapping[str, Any]], bool]


class Submission(NamedTuple):
    """What became of a submission."""

    job_id: str
    joined: bool  #: Whether a job that was there already does it.


class Lock(Struct, frozen=True):
    """How jobs of one type are kept apart, and when two of them are one.

    Both functions are pure and never raise; ``covers`` is called within a transaction.
    """

    path: Callable[[Mapping[str, Any]], str | None]  #: What a job holds: names between slashes.
    covers: Covers  #: A live job that covers a new one with the same path is joined by it.


def lock_of(path: str | None) -> str | None:
    """Return a path as it is kept: with a slash at its end, so that a prefix is a folder."""
    return None if path is None else path.rstrip("/") + "/"


def overlap(one: str | None, other: str | None) -> bool:
    """Whether two locks keep their jobs apart.

    Examples
    --------
    >>> overlap("/videos/", "/videos/2023/"), overlap("/videos/", "/videos 2/")
    (True, False)
    """
    if one is None or other is None:
        return False
    return one.startswith(other) or other.startswith(one)


def joined(new: JobState, live: Iterable[JobState], covers: Covers | None) -> JobState | None:
    """Return the job that a new one is to join: one that runs or, failing that, the oldest.

    Those that are paused, or asked to stop, do not do what the new one asks for.
    """
    if covers is None or new.lock is None:
        return None
    found = [
        one
        for one in live
        if (one.job_type, one.lock) == (new.job_type, new.lock)
        and not (one.is_final or one.paused or one.pause_requested or one.cancel_requested)
        and covers(one.payload, new.payload)
    ]
    running = [one for one in found if one.status is JobStatus.RUNNING]
    return next(iter(running or found), None)
