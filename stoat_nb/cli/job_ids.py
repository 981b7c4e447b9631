"""Job ids as people type them: as much of the beginning as tells one job from all others."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from stoat_nb.errors import JobError, UnknownJob
from stoat_nb.jobs.job import Job
from stoat_nb.library import Library
from stoat_nb.names import shown

#: An id begins with the millisecond of its submission, which takes as many characters.
SHORT = 13
WHOLE = 36
_NAMED = 3


def find_job(library: Library, given: str) -> Job[Any]:
    """Return the job whose id this is, or begins with this."""
    start = given.strip().lower()
    if len(start) >= WHOLE or not start:  # an unset variable in a script is no job
        return library.job(start)
    ids = library.job_ids(start, limit=_NAMED + 1)
    if not ids:
        raise UnknownJob(given)
    if len(ids) > 1:
        named = ", ".join(short_ids(ids)[:_NAMED])
        raise JobError(
            f"The ids of several jobs begin with '{shown(given)}': {named}"
            f"{', ...' if len(ids) > _NAMED else ''}. Give more of the one that is meant."
        )
    return library.job(ids[0])


def short_ids(ids: Sequence[str]) -> list[str]:
    """Return each id as short as tells it from the others, and no shorter than a moment is."""
    ordered = sorted(ids)
    needed = dict.fromkeys(ordered, SHORT)
    for before, after in itertools.pairwise(ordered):
        length = _alike(before, after) + 1
        needed[before] = max(needed[before], length)
        needed[after] = max(needed[after], length)
    return [job_id[: needed[job_id]] for job_id in ids]


def _alike(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), len(one))
