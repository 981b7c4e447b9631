from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stoat_nb.components.job_cards import JobCards
from stoat_nb.components.job_progress import JobProgress
from stoat_nb.components.live import LiveHub
from stoat_nb.errors import JobElsewhere
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobStatus


def row(progress: JobProgress) -> dict[str, Any]:
    (only,) = progress.__panel__().rows
    return dict(only)


def test_a_card_follows_its_job_to_the_end(
    submit: Callable[..., Job[Any]], steps: Any, seen: Any
) -> None:
    progress = JobProgress(submit())
    progress.__panel__().param.watch(seen.note, "rows")

    steps.go(3)
    seen.wait_for(lambda: row(progress)["percent"] == 75.0)
    assert "3 of 4 files" in row(progress)["detail"]
    assert row(progress)["current"] == "<b>3</b>.mp4"
    assert row(progress)["live"]

    steps.go(1)
    seen.wait_for(lambda: not row(progress)["live"])
    assert row(progress)["label"] == "Complete"
    assert progress.state.status is JobStatus.COMPLETE


def test_a_card_lets_go_of_a_job_that_has_ended(
    submit: Callable[..., Job[Any]], steps: Any, seen: Any
) -> None:
    progress = JobProgress(submit())
    progress.__panel__().param.watch(seen.note, "rows")
    assert len(LiveHub.current()) == 1

    steps.go(4)
    seen.wait_for(lambda: len(LiveHub.current()) == 0)


def test_a_card_made_after_the_end_shows_the_end(
    submit: Callable[..., Job[Any]], steps: Any
) -> None:
    job = submit(fail=True)
    steps.go(4)
    job.wait(30)

    progress = JobProgress(job)

    assert row(progress)["label"] == "Failed"
    assert "The disk went away." in row(progress)["problems"]
    assert len(LiveHub.current()) == 0


def test_pressing_cancel_stops_the_job(submit: Callable[..., Job[Any]], seen: Any) -> None:
    job = submit()
    progress = JobProgress(job)
    cards = progress.__panel__()
    cards.param.watch(seen.note, "rows")

    cards._handle_msg({"cancel": job.id})

    seen.wait_for(lambda: row(progress)["label"] == "Cancelled")
    assert job.wait(30).status is JobStatus.CANCELLED


def test_a_message_about_a_job_that_is_not_shown_does_nothing(
    submit: Callable[..., Job[Any]],
) -> None:
    job, other = submit(), submit()
    cards = JobProgress(job).__panel__()

    for message in ({"cancel": other.id}, {"cancel": None}, {}, "cancel", None, [job.id]):
        cards._handle_msg(message)

    assert not other.state.cancel_requested
    assert not job.state.cancel_requested


def test_a_refused_cancel_is_said_on_the_card(submit: Callable[..., Job[Any]], seen: Any) -> None:
    def refuse(job_id: str) -> None:
        raise JobElsewhere(job_id)

    job = submit()
    cards = JobCards(refuse)
    cards.draw([job.state])
    cards.param.watch(seen.note, "rows")

    cards._handle_msg({"cancel": job.id})

    seen.wait_for(lambda: "runs in another process" in cards.rows[0]["notes"])


def test_every_parameter_says_what_it_is_for() -> None:
    for name in set(JobProgress.param) - {"name"}:
        assert JobProgress.param[name].doc
