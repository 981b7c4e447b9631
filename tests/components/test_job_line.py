from __future__ import annotations

from typing import Any

from stoat_nb.components.job_line import WAITING_AT_MOST, Line, line_up
from stoat_nb.jobs.state import JobState, JobStatus


def job(name: str, status: JobStatus = JobStatus.PENDING, **more: Any) -> JobState:
    return JobState(job_id=name, job_type="scan", status=status, **more)


def names(line: Line) -> list[str]:
    return [state.job_id for state in line.shown]


def test_what_runs_comes_first_then_the_line_then_the_paused_then_the_last_to_end() -> None:
    line = line_up(
        [
            job("ended early", JobStatus.COMPLETE, submitted_at=9, finished_at=10),
            job("ended late", JobStatus.FAILED, submitted_at=1, finished_at=11),
            job("paused", submitted_at=2, paused=True, priority=9),
            job("last", submitted_at=5),
            job("second", submitted_at=4),
            job("first", submitted_at=6, priority=1),
            job("runs", JobStatus.RUNNING, submitted_at=8),
        ],
        ended=5,
        look_at=100,
    )

    assert names(line) == ["runs", "first", "second", "last", "paused", "ended late", "ended early"]
    assert line.places == {"first": 1, "second": 2, "last": 3}
    assert line.top == 1
    assert line.more == ""


def test_a_long_line_is_cut_and_the_rest_counted() -> None:
    waiting = [job(f"{number}", submitted_at=number) for number in range(WAITING_AT_MOST + 5)]

    line = line_up(waiting, ended=3, look_at=100)

    assert len(line.shown) == WAITING_AT_MOST
    assert len(line.kept) == WAITING_AT_MOST + 5
    assert line.more == "5 others wait."


def test_no_place_is_told_where_some_that_wait_were_not_looked_at() -> None:
    waiting = [job(f"{number}", submitted_at=number) for number in range(30)]

    line = line_up(waiting, ended=3, look_at=30)

    assert line.places == {}
    assert line.more == "10 or more others wait."


def test_only_so_many_that_ended_are_kept() -> None:
    over = [job(f"{n}", JobStatus.COMPLETE, finished_at=float(n)) for n in range(5)]

    assert names(line_up(over, ended=2, look_at=100)) == ["4", "3"]
