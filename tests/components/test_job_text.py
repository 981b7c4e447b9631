from __future__ import annotations

import os
from typing import Any

import pytest

from stoat_nb.components.job_log import log_lines
from stoat_nb.components.job_text import describe, static_html
from stoat_nb.jobs.state import JobEvent, JobState, JobStatus, Level, Progress
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
        bytes_done=3_400_000_000,
        eta_s=130.0,
        current=("a.mp4", "b.mp4"),
    )

    text = describe(scan_state(progress=progress), now=NOW)

    assert text.title == "Scan of Videos"
    assert text.where == "/srv/Videos"
    assert text.detail == "Probing · 1,200 of 4,800 files · 3.4 GB · 56/s · about 2 min left"
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
            scan_state(
                JobStatus.COMPLETE,
                result=report(scanned=9, updated=1, moved=1, skipped=7, removed=5, offline=2),
            ),
            "Complete",
            "9 files: 1 updated, 1 moved, 7 unchanged, 5 missing, 2 out of reach in 2.1 s",
            "",
        ),
        (
            scan_state(JobStatus.COMPLETE, result=report()),
            "Complete",
            "No videos found (took 2.1 s)",
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
            "Cancelled after 2.1 s. Kept of 40 files: 30 new",
            "",
        ),
        (
            scan_state(JobStatus.CANCELLED, started_at=None),
            "Cancelled",
            "Cancelled before it began",
            "",
        ),
        (scan_state(JobStatus.PENDING, started_at=None), "Waiting", "Waiting for its turn", ""),
        (scan_state(cancel_requested=True), "Stopping", "Starting", ""),
        (scan_state(pause_requested=True), "Pausing", "Starting", ""),
        (
            scan_state(JobStatus.PENDING, paused=True, started_at=None),
            "Paused",
            "Paused before it began",
            "",
        ),
        (
            scan_state(
                JobStatus.PENDING,
                paused=True,
                attempt=1,
                progress=Progress(phase="probing", done=12, total=40),
            ),
            "Paused",
            "Paused · 12 of 40 files done",
            "",
        ),
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


def test_a_job_that_waits_for_another_names_it() -> None:
    state = scan_state(JobStatus.PENDING, started_at=None, waits_for="01a2")
    said = "Waiting for job 01a2, at work in the same folders"
    assert describe(state, place=1).detail == said


@pytest.mark.parametrize(
    ("place", "priority", "detail"),
    [
        (1, 0, "Next in line"),
        (2, 0, "Number 2 in line"),
        (1, 7, "Next in line · priority 7"),
        (None, -1, "Waiting for its turn · priority -1"),
    ],
)
def test_a_job_that_waits_tells_its_place(place: int | None, priority: int, detail: str) -> None:
    state = scan_state(JobStatus.PENDING, started_at=None, priority=priority)

    assert describe(state, place=place).detail == detail


@pytest.mark.parametrize(
    ("state", "notes"),
    [
        (scan_state(attempt=2, deaths=1), "Resumed after an interruption, attempt 2 of 3."),
        (scan_state(attempt=2), "Resumed."),
        (
            scan_state(JobStatus.PENDING, attempt=1, deaths=1),
            "Interrupted; resumes by itself, attempt 2 of 3.",
        ),
        (scan_state(JobStatus.FAILED, attempt=3, deaths=3), "Interrupted 3 times."),
        (scan_state(JobStatus.COMPLETE, attempt=2, deaths=1), "Interrupted once."),
        (scan_state(JobStatus.PENDING, retry_of="1e"), "It tries an earlier job again."),
        (scan_state(worker="pid 0"), "Another process runs it (pid 0)."),
        (scan_state(worker=f"pid {os.getpid()}"), ""),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_lost_process_is_told_and_a_pause_is_not_counted(state: JobState, notes: str) -> None:
    assert describe(state, now=NOW).notes == notes


def test_only_a_job_that_runs_can_stand_still() -> None:
    assert describe(scan_state(heartbeat_at=NOW - 45), now=NOW).still_s == 45.0
    assert describe(scan_state(heartbeat_at=NOW + 3), now=NOW).still_s == 0.0
    waiting = scan_state(JobStatus.PENDING, heartbeat_at=NOW - 45)
    assert describe(waiting, now=NOW).still_s is None


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

    event = JobEvent(at=NOW, text="Traceback\n  <b>line</b>\x1b[31m", level=Level.ERROR)
    page = static_html(describe(state), log_lines("1f", [event]), note="<i>")

    assert "<img" not in page
    assert "Error: Traceback\n  &lt;b&gt;line&lt;/b&gt;\\x1b[31m" in page
    assert "<i>" not in page
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
