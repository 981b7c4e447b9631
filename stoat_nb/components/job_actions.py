"""What may be asked of a job where it stands, in words: the buttons of its card."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import StrEnum

from msgspec import Struct

from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.scan import SCAN_JOB_TYPE


class Verb(StrEnum):
    """What a button asks for."""

    FIRST = "first"  #: Have it taken before every other job that waits.
    PAUSE = "pause"
    RESUME = "resume"
    RETRY = "retry"
    RETRY_FAILED = "retry_failed"  #: Read once more only what could not be read.
    CANCEL = "cancel"


#: What a button says, and what it says while the wish is on its way.
_WORDS = {
    Verb.FIRST: ("Run next", "Moving up…"),
    Verb.PAUSE: ("Pause", "Pausing…"),
    Verb.RESUME: ("Resume", "Resuming…"),
    Verb.RETRY: ("Retry", "Submitting…"),
    Verb.RETRY_FAILED: ("Retry failed files", "Submitting…"),
    Verb.CANCEL: ("Cancel", "Stopping…"),
}
_ENDED_BADLY = frozenset({JobStatus.FAILED, JobStatus.TIMEOUT, JobStatus.CANCELLED})


class Action(Struct, frozen=True, kw_only=True):
    """One button."""

    verb: str
    label: str
    name: str  #: What a screen reader calls it: which job it is for.
    busy: bool  #: Whether it was pressed and has not come true yet.


def actions(
    state: JobState,
    subject: str,
    *,
    place: int | None = None,
    wishes: Collection[str] = (),
    retried: bool = False,
) -> tuple[Action, ...]:
    """Return what can be asked of a job now; what cannot work is not offered.

    ``place`` is its place among those that wait, ``wishes`` are on their way, and it was
    ``retried`` if another job tries it again already.
    """
    return tuple(
        _action(verb, subject, busy=busy or verb in wishes)
        for verb, busy in _possible(state, place=place, retried=retried)
    )


def _action(verb: Verb, subject: str, *, busy: bool) -> Action:
    label = _WORDS[verb][busy]
    return Action(verb=verb, label=label, name=f"{label} {subject}", busy=busy)


def _possible(state: JobState, *, place: int | None, retried: bool) -> Iterator[tuple[Verb, bool]]:
    if state.is_final:
        yield from () if retried else _again(state)
        return
    if state.paused:
        yield Verb.RESUME, False
    elif not state.cancel_requested:
        if place is not None and place > 1:
            yield Verb.FIRST, False
        yield Verb.PAUSE, state.pause_requested
    yield Verb.CANCEL, state.cancel_requested


def _again(state: JobState) -> Iterator[tuple[Verb, bool]]:
    if state.job_type == SCAN_JOB_TYPE and state.result and state.result["failed"]:
        yield Verb.RETRY_FAILED, False
    if state.status in _ENDED_BADLY:
        yield Verb.RETRY, False
