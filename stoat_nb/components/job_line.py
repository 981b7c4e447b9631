"""Which jobs come first: what runs, what waits in its place, and what ended last. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from stoat_nb.jobs.state import JobState, JobStatus

#: Jobs that wait which are listed; the others are counted.
WAITING_AT_MOST = 20


class Line(Struct, frozen=True, kw_only=True):
    """Jobs in the order in which a person looks for them."""

    shown: list[JobState] = field(default_factory=list)
    kept: list[JobState] = field(default_factory=list)  #: Those shown, and all others that wait.
    places: Mapping[str, int] = field(default_factory=dict)  #: In the line, from 1.
    top: int = 0  #: The highest priority of those that wait.
    more: str = ""  #: What there is besides.


def line_up(states: Iterable[JobState], *, ended: int, look_at: int) -> Line:
    """Put jobs in order. From ``look_at`` that wait on there may be more, and no place is sure."""
    every = list(states)
    running = [state for state in every if state.status is JobStatus.RUNNING]
    pending = [state for state in every if state.status is JobStatus.PENDING]
    paused = [state for state in pending if state.paused]
    waiting = [state for state in pending if not state.paused]
    over = [state for state in every if state.is_final]
    running.sort(key=lambda state: state.submitted_at)
    waiting.sort(key=lambda state: (-state.priority, state.submitted_at))
    paused.sort(key=lambda state: state.submitted_at)
    over.sort(key=lambda state: state.finished_at or 0.0, reverse=True)
    is_sure = len(pending) < look_at
    hidden = len(waiting[WAITING_AT_MOST:]) + len(paused[WAITING_AT_MOST:])
    alive = running + waiting[:WAITING_AT_MOST] + paused[:WAITING_AT_MOST]
    return Line(
        shown=alive + over[:ended],
        kept=running + waiting + paused + over[:ended],
        places={state.job_id: place for place, state in enumerate(waiting, 1)} if is_sure else {},
        top=max((state.priority for state in waiting), default=0),
        more=f"{hidden}{'' if is_sure else ' or more'} others wait." if hidden else "",
    )
