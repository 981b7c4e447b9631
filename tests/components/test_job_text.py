from __future__ import annotations

from typing import Any

import pytest

from stoat_nb.components.job_text import describe, static_html
from stoat_nb.jobs.state import JobState, JobStatus, Progress
from stoat_nb.scan import ScanReport

NOW = 1_000.0


def scan_state(status: JobStatus = JobStatus.RUNNING, **more: Any) -> JobState:
    values: dict[str, Any] = {
        "job_id": "1f",
        "job_type": "scan",
        "payload": {"path": "/srv/Videos"},
        "status": status,
        "submitted_at": NOW - 20,
        "started_at": NOW - 10,
    }
    if status.is_final:
        values["finished_at"] = NOW - 10 + 2.1
    return JobState(**(values | more))


def report(**counts: Any) -> dict[str, Any]:
    return ScanReport(folder="/srv/Videos", scan_id=1, **counts).to_json()


def test_a_running_scan_tells_phase_counts_pace_time_left_failures_and_files() -> None:
    progress = Progress(
        phase="probing",
        done=1_200,
        total=4_800,
        failed=3,
        rate=56.0,
        eta_s=130.0,
        current=("a.mp4", "b.mp4"),
    )

    text = describe(scan_state(progress=progress), now=NOW)

    assert text.title == "Scan of Videos"
    assert text.where == "/srv/Videos"
    assert text.detail == "Probing · 1,200 of 4,800 files · 56/s · about 2 min left"
    assert text.problems == "3 failed so far"
    assert text.current == "a.mp4 · b.mp4"
    assert text.percent == 25.0
    assert text.elapsed_s == 10.0


def test_while_the_total_is_unknown_there_is_no_percentage_and_no_estimate() -> None:
    progress = Progress(phase="finding", done=10, eta_s=5.0, message="30 videos found")

    text = describe(scan_state(progress=progress), now=NOW)

    assert text.percent is None
    assert text.detail == "Finding · 30 videos found"


@pytest.mark.parametrize(
    ("state", "label", "detail", "problems"),
    [
        (
            scan_state(JobStatus.COMPLETE, result=report(scanned=131, new=120, failed=11)),
            "Complete",
            "131 files: 120 new, 11 failed in 2.1 s",
            "",
        ),
        (
            scan_state(JobStatus.COMPLETE, result=report()),
            "Complete",
            "No videos found in 2.1 s",
            "",
        ),
        (
            scan_state(JobStatus.FAILED, error="The disk went away."),
            "Failed",
            "Ended after 2.1 s",
            "The disk went away.",
        ),
        (
            scan_state(JobStatus.TIMEOUT, error="Nothing in it moved for 600 s."),
            "Timed out",
            "Ended after 2.1 s",
            "Nothing in it moved for 600 s.",
        ),
        (
            scan_state(JobStatus.CANCELLED, result=report(scanned=40, new=30)),
            "Cancelled",
            "Stopped after 2.1 s; kept of 40 files: 30 new",
            "",
        ),
        (
            scan_state(JobStatus.CANCELLED, started_at=None),
            "Cancelled",
            "Stopped before it began",
            "",
        ),
        (scan_state(JobStatus.PENDING, started_at=None), "Waiting", "Waiting for its turn", ""),
        (scan_state(cancel_requested=True), "Stopping", "Starting", ""),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_state_is_told_in_one_sentence(
    state: JobState, label: str, detail: str, problems: str
) -> None:
    text = describe(state, now=NOW)

    assert (text.label, text.detail, text.problems) == (label, detail, problems)


def test_what_a_scan_wants_noted_is_shown_at_its_end() -> None:
    state = scan_state(JobStatus.COMPLETE, result=report(notes=("The disk may not be mounted.",)))

    assert describe(state).notes == "The disk may not be mounted."


def test_a_job_of_another_type_is_called_by_its_type() -> None:
    state = JobState(job_id="1", job_type="loudness", status=JobStatus.COMPLETE)

    assert describe(state).title == "Loudness"
    assert describe(state).detail == "Done"


def test_names_lose_what_could_disturb_a_page() -> None:
    progress = Progress(phase="probing", total=1, current=("evil\u202egpj\n.mp4",))

    assert describe(scan_state(progress=progress)).current == "evil\\u202egpj\\n.mp4"


def test_the_card_that_a_saved_notebook_keeps_is_escaped() -> None:
    state = scan_state(
        JobStatus.FAILED, payload={"path": "/<img src=x>"}, error="<script>alert(1)</script>"
    )

    page = static_html(describe(state))

    assert "<img" not in page
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
