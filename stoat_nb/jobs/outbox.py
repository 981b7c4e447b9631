"""What a queue has to write down: gathered while the last errand is under way, sent as one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from stoat_nb.jobs.locks import Covers
from stoat_nb.jobs.state import JobEvent, JobState
from stoat_nb.jobs.store import Claim, Errand, Reply


class Outbox:
    """Gathers from one loop. Many submits become one commit, and each hears when it is done."""

    def __init__(self) -> None:
        self._submits: list[tuple[JobState, asyncio.Future[str]]] = []
        self._saves: dict[str, JobState] = {}
        self._events: list[tuple[str, JobEvent]] = []
        self._sent: list[tuple[JobState, asyncio.Future[Any]]] = []

    def submit(self, state: JobState) -> asyncio.Future[str]:
        """Add a new job; what is returned is done when it is safely written down.

        It holds the id of that job, or of the one that it joined.
        """
        written: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._submits.append((state, written))
        return written

    def save(self, state: JobState) -> None:
        """Add a newer snapshot; of each job only the newest is written."""
        self._saves[state.job_id] = state

    def note(self, job_id: str, event: JobEvent) -> None:
        """Add a line to a job's log."""
        self._events.append((job_id, event))

    def __bool__(self) -> bool:
        return bool(self._submits or self._saves or self._events)

    def errand(self, claim: Claim | None, covers: Mapping[str, Covers]) -> Errand:
        """Hand out what was gathered and begin anew."""
        errand = Errand(
            submits=[state for state, _written in self._submits],
            saves=list(self._saves.values()),
            events=self._events,
            claim=claim,
            covers=covers,
        )
        self._sent = self._submits
        self._submits, self._saves, self._events = [], {}, []
        return errand

    def done(self, reply: Reply) -> None:
        """Tell those who submitted that all of the last errand is written down."""
        for state, written in self._sent:
            if not written.done():
                written.set_result(reply.joined.get(state.job_id, state).job_id)
        self._sent = []

    def failed(self, errand: Errand, problem: BaseException) -> None:
        """Tell those who submitted why not; keep the rest, to be sent once more."""
        for _state, written in self._sent:
            if written.done():
                continue
            if isinstance(problem, Exception):
                written.set_exception(problem)
            else:
                written.cancel()
        self._sent = []
        self._saves = {state.job_id: state for state in errand.saves} | self._saves
        self._events = errand.events + self._events
