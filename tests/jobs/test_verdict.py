"""How a handler's end is judged: what was too late is that, whatever else it was."""

from __future__ import annotations

import pytest

from stoat_nb.jobs.state import JobStatus
from stoat_nb.jobs.verdict import of_raise, of_return

COMPLETE, CANCELLED, TIMEOUT, FAILED = (
    JobStatus.COMPLETE,
    JobStatus.CANCELLED,
    JobStatus.TIMEOUT,
    JobStatus.FAILED,
)


@pytest.mark.parametrize(
    ("cancelled", "late", "returned", "raised"),
    [
        (False, None, COMPLETE, FAILED),
        (True, None, CANCELLED, CANCELLED),
        (False, "Too late.", TIMEOUT, TIMEOUT),
        (True, "Too late.", TIMEOUT, TIMEOUT),
    ],
)
def test_an_end_that_came_too_late_is_a_timeout_even_if_it_was_cancelled(
    *, cancelled: bool, late: str | None, returned: JobStatus, raised: JobStatus
) -> None:
    told = of_return({"n": 1}, cancelled=cancelled, late=late)
    assert (told.status, told.result, told.error) == (returned, {"n": 1}, late)
    for problem in (OSError("away"), None):
        assert of_raise(problem, cancelled=cancelled, late=late).status is raised
