from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stoat_nb.components.job_progress import JobProgress
from stoat_nb.components.live import LiveHub
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobStatus
from stoat_nb.library import Library


def row(progress: JobProgress) -> dict[str, Any]:
    (only,) = progress.__panel__().rows
    return dict(only)


def offered(shown: dict[str, Any]) -> dict[str, bool]:
    """Return the verbs of a card, each with whether it is on its way."""
    return {action["verb"]: action["busy"] for action in shown["actions"]}


def press(cards: Any, verb: str) -> None:
    cards._handle_msg({"id": cards.rows[0]["id"], "verb": verb})


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

    cards._handle_msg({"id": job.id, "verb": "cancel"})

    seen.wait_for(lambda: row(progress)["label"] == "Cancelled")
    assert job.wait(30).status is JobStatus.CANCELLED


def test_a_message_about_what_is_not_offered_does_nothing(submit: Callable[..., Job[Any]]) -> None:
    job, other = submit(), submit()
    cards = JobProgress(job).__panel__()

    for message in (
        *({"id": other.id, "verb": "cancel"}, {"id": None, "verb": "cancel"}, {"verb": "cancel"}),
        *({"id": job.id, "verb": "resume"}, {"id": job.id, "verb": "retry"}, {"id": job.id}),
        *({"id": job.id, "verb": ["cancel"]}, {}, "cancel", None, [job.id]),
    ):
        cards._handle_msg(message)

    assert not other.state.cancel_requested
    assert not job.state.cancel_requested
    assert offered(cards.rows[0]) == {"pause": False, "cancel": False}


def test_a_job_is_paused_and_resumed_from_its_card(
    submit: Callable[..., Job[Any]], steps: Any, seen: Any
) -> None:
    progress = JobProgress(submit())
    cards = progress.__panel__()
    cards.param.watch(seen.note, "rows")
    steps.go(2)
    seen.wait_for(lambda: row(progress)["percent"] == 50.0)

    shown: list[dict[str, bool]] = []
    cards.param.watch(lambda event: shown.append(offered(event.new[0])), "rows")
    press(cards, "pause")
    assert shown[0]["pause"], "that it is on its way is said at once"
    seen.wait_for(lambda: row(progress)["label"] == "Paused")
    assert offered(cards.rows[0]) == {"resume": False, "cancel": False}
    assert row(progress)["still_s"] is None

    press(cards, "resume")
    steps.go(4)
    seen.wait_for(lambda: row(progress)["label"] == "Complete")
    assert offered(cards.rows[0]) == {}


def test_a_job_that_failed_is_tried_again_and_both_are_shown(
    submit: Callable[..., Job[Any]], steps: Any, seen: Any
) -> None:
    steps.go(4)
    failed = submit(fail=True)
    failed.wait(30)
    progress = JobProgress(failed)
    cards = progress.__panel__()
    cards.param.watch(seen.note, "rows")
    assert offered(cards.rows[0]) == {"retry": False}

    press(cards, "retry")
    seen.wait_for(lambda: len(cards.rows) == 2)
    assert cards.rows[1]["id"] == failed.id
    assert offered(cards.rows[1]) == {}
    assert "tried again" in cards.rows[1]["notes"]
    assert progress.job.state.retry_of == failed.id

    steps.go(4)
    seen.wait_for(lambda: cards.rows[0]["label"] == "Failed")
    assert progress.state.job_id == progress.job.id
    assert len(LiveHub.current()) == 0


def test_what_is_refused_is_said_on_the_card(library: Library, seen: Any) -> None:
    cards = JobProgress(library.submit("count", {"total": 1})).__panel__()
    cards.param.watch(seen.note, "rows")
    library.close()

    press(cards, "cancel")

    seen.wait_for(lambda: "Open the library again" in cards.rows[0]["notes"])
    assert not offered(cards.rows[0])["cancel"]


def test_a_log_is_read_when_it_is_unfolded_and_not_before(
    submit: Callable[..., Job[Any]], steps: Any, seen: Any
) -> None:
    steps.go(4)
    job = submit(fail=True)
    job.wait(30)
    cards = JobProgress(job).__panel__()
    cards.param.watch(seen.note, "logs")
    assert cards.logs == {}

    cards._handle_msg({"id": job.id, "verb": "log", "open": True})
    seen.wait_for(lambda: job.id in cards.logs)
    texts = [line["text"] for line in cards.logs[job.id]]
    assert texts[0].startswith("Submitted")
    assert any("Traceback" in text and "\n" in text for text in texts)
    assert "The disk went away." in texts[-1]

    cards._handle_msg({"id": job.id, "verb": "log", "open": False})
    assert cards.logs == {}


def test_every_parameter_says_what_it_is_for() -> None:
    for name in set(JobProgress.param) - {"name"}:
        assert JobProgress.param[name].doc
