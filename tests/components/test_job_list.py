from __future__ import annotations

from pathlib import Path
from typing import Any

from stoat_nb.components.job_list import JobList
from stoat_nb.library import Library
from stoat_nb.settings import Settings


def labels(jobs: JobList) -> list[str]:
    return [row["label"] for row in jobs.__panel__().rows]


def test_an_empty_library_says_what_to_do(library: Library) -> None:
    jobs = JobList(library)

    assert jobs.n_jobs == 0
    assert jobs.__panel__().loaded
    assert jobs.__panel__().empty_text == "No jobs yet. Choose a folder and press Scan."


def test_jobs_appear_newest_first_and_are_followed(library: Library, steps: Any, seen: Any) -> None:
    older = library.submit("count", {"total": 2})
    jobs = JobList(library)
    jobs.__panel__().param.watch(seen.note, "rows")

    newer = library.submit("count", {"total": 2})
    seen.wait_for(lambda: [row["id"] for row in jobs.__panel__().rows] == [newer.id, older.id])

    steps.go(4)
    seen.wait_for(lambda: labels(jobs) == ["Complete", "Complete"])


def test_jobs_of_an_earlier_session_are_listed(tmp_path: Path, steps: Any) -> None:
    steps.go(2)
    with Library(tmp_path / "stoat.db", settings=Settings()) as library:
        library.register_handler("count", steps)
        library.submit("count", {"total": 2}).wait(30)

    with Library(tmp_path / "stoat.db", settings=Settings()) as library:
        assert labels(JobList(library)) == ["Complete"]


def test_no_more_jobs_are_listed_than_asked_for(library: Library, steps: Any) -> None:
    steps.go(5)
    submitted = [library.submit("count", {"total": 1}) for _ in range(5)]
    for job in submitted:
        job.wait(30)

    rows = JobList(library, limit=2).__panel__().rows

    assert [row["id"] for row in rows] == [submitted[4].id, submitted[3].id]


def test_pressing_cancel_in_the_list_stops_that_job_alone(library: Library, seen: Any) -> None:
    first, second = (library.submit("count", {"total": 1}) for _ in range(2))
    jobs = JobList(library)
    jobs.__panel__().param.watch(seen.note, "rows")

    jobs.__panel__()._handle_msg({"cancel": first.id})

    seen.wait_for(lambda: labels(jobs)[1] == "Cancelled")
    assert not second.state.cancel_requested
