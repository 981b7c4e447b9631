from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stoat_nb.components.job_list import JobList
from stoat_nb.library import Library
from stoat_nb.settings import Settings


def labels(jobs: JobList) -> list[str]:
    return [row["label"] for row in jobs.cards.rows]


def ids(jobs: JobList) -> list[str]:
    return [row["id"] for row in jobs.cards.rows]


def details(jobs: JobList) -> list[str]:
    return [row["detail"] for row in jobs.cards.rows]


def verbs(row: dict[str, Any]) -> list[str]:
    return [action["verb"] for action in row["actions"]]


def test_an_empty_library_says_what_to_do(library: Library) -> None:
    jobs = JobList(library)

    assert jobs.n_jobs == 0
    assert jobs.cards.loaded
    assert jobs.cards.empty_text == "No jobs yet. Choose a folder and press Scan."


def test_jobs_appear_and_are_followed(library: Library, steps: Any, seen: Any) -> None:
    older = library.submit("count", {"total": 2})
    jobs = JobList(library)
    jobs.cards.param.watch(seen.note, "rows")

    newer = library.submit("count", {"total": 2})
    seen.wait_for(lambda: [row["id"] for row in jobs.cards.rows] == [older.id, newer.id])

    steps.go(4)
    seen.wait_for(lambda: labels(jobs) == ["Complete", "Complete"])


def test_jobs_of_an_earlier_session_are_listed(tmp_path: Path, steps: Any) -> None:
    steps.go(2)
    with Library(tmp_path / "stoat.db") as library:
        library.register_handler("count", steps)
        library.submit("count", {"total": 2}).wait(30)

    with Library(tmp_path / "stoat.db") as library:
        assert labels(JobList(library)) == ["Complete"]


def test_no_more_jobs_are_listed_than_asked_for(library: Library, steps: Any) -> None:
    steps.go(5)
    submitted = [library.submit("count", {"total": 1}) for _ in range(5)]
    for job in submitted:
        job.wait(30)

    rows = JobList(library, limit=2).cards.rows

    assert [row["id"] for row in rows] == [submitted[4].id, submitted[3].id]


def test_pressing_cancel_in_the_list_stops_that_job_alone(library: Library, seen: Any) -> None:
    first, second = (library.submit("count", {"total": 1}) for _ in range(2))
    jobs = JobList(library)
    jobs.cards.param.watch(seen.note, "rows")

    jobs.cards._handle_msg({"id": first.id, "verb": "cancel"})

    seen.wait_for(lambda: "Cancelled" in labels(jobs))
    assert not second.state.cancel_requested


def test_those_that_wait_show_their_place_and_one_may_go_first(
    tmp_path: Path, steps: Any, seen: Any
) -> None:
    with Library(tmp_path / "stoat.db", settings=Settings(job_workers=1)) as library:
        library.register_handler("count", steps)
        first, second, third = (library.submit("count", {"total": 1}) for _ in range(3))
        jobs = JobList(library)
        jobs.cards.param.watch(seen.note, "rows")
        seen.wait_for(lambda: labels(jobs) == ["Running", "Waiting", "Waiting"])
        assert ids(jobs) == [first.id, second.id, third.id]
        assert details(jobs)[1:] == ["Next in line", "Number 2 in line"]
        assert "first" not in verbs(jobs.cards.rows[1])

        jobs.cards._handle_msg({"id": third.id, "verb": "first"})

        seen.wait_for(lambda: ids(jobs) == [first.id, third.id, second.id])
        assert details(jobs)[1:] == ["Next in line · priority 1", "Number 2 in line"]
        steps.go(3)
        seen.wait_for(lambda: labels(jobs) == ["Complete"] * 3)


def test_a_job_tried_again_appears_above_the_one_that_failed(
    library: Library, steps: Any, seen: Any
) -> None:
    steps.go(1)
    failed = library.submit("count", {"total": 1, "fail": True})
    failed.wait(30)
    jobs = JobList(library)
    jobs.cards.param.watch(seen.note, "rows")

    jobs.cards._handle_msg({"id": failed.id, "verb": "retry"})

    seen.wait_for(lambda: labels(jobs) == ["Running", "Failed"])
    assert verbs(jobs.cards.rows[1]) == []


@pytest.mark.anyio
async def test_the_history_has_every_job_in_pages_and_can_be_filtered(
    library: Library, steps: Any, seen: Any
) -> None:
    steps.go(7)
    submitted = [library.submit("count", {"total": 1, "fail": n == 2}) for n in range(7)]
    for job in submitted:
        job.wait(30)
    newest_first = [job.id for job in reversed(submitted)]
    jobs = JobList(library, limit=2, page_size=3)
    jobs.cards.param.watch(seen.note, ["rows", "empty_text"])
    assert len(ids(jobs)) == 2

    async def shows(condition: Callable[[], bool], **chosen: Any) -> None:
        jobs.param.update(**chosen)
        await asyncio.to_thread(seen.wait_for, condition)

    await shows(lambda: ids(jobs) == newest_first[:3], everything=True)
    await shows(lambda: ids(jobs) == newest_first[6:], page=2)
    await shows(lambda: ids(jobs) == [submitted[2].id], status="failed")
    assert jobs.page == 0
    await shows(lambda: ids(jobs) == [], status="timeout")
    assert jobs.cards.empty_text == "No job of that status."
    await shows(lambda: len(ids(jobs)) == 2, everything=False)


def test_a_job_of_another_process_appears_by_news(library: Library, seen: Any) -> None:
    jobs = JobList(library)
    jobs.cards.param.watch(seen.note, "rows")
    script = (
        "from stoat_nb import Library\n"
        "async def count(context): ...\n"
        f"with Library({str(library.path)!r}, take='none') as other:\n"
        "    other.register_handler('count', count)\n"
        "    other.submit('count', {'total': 1})\n"
    )

    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)

    seen.wait_for(lambda: labels(jobs) == ["Running"])


def test_every_parameter_says_what_it_is_for() -> None:
    for name in set(JobList.param) - {"name"}:
        assert JobList.param[name].doc
