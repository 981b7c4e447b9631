from __future__ import annotations

from typing import Any

import pytest

from stoat_nb.components.job_actions import actions
from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.scan import ScanReport

SUBJECT = "Scan of /srv/Videos"


def state(status: JobStatus = JobStatus.RUNNING, **more: Any) -> JobState:
    return JobState(job_id="1f", job_type="scan", status=status, **more)


def report(failed: int) -> dict[str, Any]:
    return ScanReport(folder="/srv/Videos", scan_id=1, scanned=9, failed=failed).to_json()


@pytest.mark.parametrize(
    ("job", "labels"),
    [
        (state(), ["Pause", "Cancel"]),
        (state(pause_requested=True), ["Pausing…", "Cancel"]),
        (state(cancel_requested=True), ["Stopping…"]),
        (state(JobStatus.PENDING), ["Pause", "Cancel"]),
        (state(JobStatus.PENDING, paused=True), ["Resume", "Cancel"]),
        (state(JobStatus.COMPLETE, result=report(failed=0)), []),
        (state(JobStatus.COMPLETE, result=report(failed=2)), ["Retry failed files"]),
        (state(JobStatus.CANCELLED, result=report(failed=2)), ["Retry failed files", "Retry"]),
        (state(JobStatus.FAILED), ["Retry"]),
        (state(JobStatus.TIMEOUT), ["Retry"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_only_what_can_work_is_offered(job: JobState, labels: list[str]) -> None:
    assert [action.label for action in actions(job, SUBJECT)] == labels


def test_only_a_job_that_is_not_next_can_be_moved_up() -> None:
    waiting = state(JobStatus.PENDING)

    assert "Run next" in [one.label for one in actions(waiting, SUBJECT, place=2)]
    assert "Run next" not in [one.label for one in actions(waiting, SUBJECT, place=1)]
    assert "Run next" not in [one.label for one in actions(waiting, SUBJECT)]


def test_a_wish_on_its_way_is_said_and_cannot_be_made_twice() -> None:
    pause, cancel = actions(state(), SUBJECT, wishes={"pause"})

    assert (pause.label, pause.busy) == ("Pausing…", True)
    assert (cancel.label, cancel.busy) == ("Cancel", False)


def test_a_button_names_its_job() -> None:
    assert [one.name for one in actions(state(), SUBJECT)] == [
        "Pause Scan of /srv/Videos",
        "Cancel Scan of /srv/Videos",
    ]


def test_what_was_tried_again_is_not_offered_twice() -> None:
    assert actions(state(JobStatus.FAILED), SUBJECT, retried=True) == ()
