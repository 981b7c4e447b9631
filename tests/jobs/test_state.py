from __future__ import annotations

import pytest

from stoat_nb.errors import JobError
from stoat_nb.jobs.state import TRANSITIONS, JobState, JobStatus, Progress


@pytest.mark.parametrize("before", list(JobStatus))
@pytest.mark.parametrize("after", list(JobStatus))
def test_a_job_goes_only_where_the_table_says(before: JobStatus, after: JobStatus) -> None:
    state = JobState(job_id="a", job_type="scan", status=before)
    if after is before or after in TRANSITIONS[before]:
        assert state.evolve(status=after).status is after
    else:
        with pytest.raises(JobError, match=f"from {before} to {after}"):
            state.evolve(status=after)


def test_a_final_status_leads_nowhere() -> None:
    assert all(not TRANSITIONS[status] for status in JobStatus if status.is_final)


def test_every_change_grows_the_sequence_number() -> None:
    state = JobState(job_id="a", job_type="scan")
    assert [state.seq, state.evolve().seq, state.evolve().evolve().seq] == [0, 1, 2]


@pytest.mark.parametrize(
    ("done", "total", "fraction"), [(0, None, None), (3, 4, 0.75), (5, 4, 1.0), (0, 0, 1.0)]
)
def test_the_fraction_is_known_only_with_the_total(
    done: int, total: int | None, fraction: float | None
) -> None:
    assert Progress(done=done, total=total).fraction == fraction
