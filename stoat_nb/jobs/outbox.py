"""What a queue has to write down: gathered while the last errand is under way, sent as one."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Mapping

from msgspec.structs import replace

from stoat_nb.errors import TooManyJobs
from stoat_nb.jobs.locks import Covers
from stoat_nb.jobs.state import NO_PROGRESS, JobEvent, JobState, JobStatus
from stoat_nb.jobs.store import Claim, Errand, Reply
from stoat_nb.jobs.verdict import one_line
from stoat_nb.logs import logger

log = logger(__name__)

#: New jobs, each with whoever waits until it is written down.
Submits = list[tuple[JobState, asyncio.Future[str]]]


class Outbox:
    """Gathers from one loop. Many submits become one commit, and each hears when it is done."""

    def __init__(self, most_waiting: int | None) -> None:
        self._most_waiting = most_waiting
        self._submits: Submits = []
        self._saves: dict[str, JobState] = {}
        self._events: list[tuple[str, JobEvent]] = []
        self._sent: Submits = []
        #: What could not be written down together, to be sent part by part, and before all else.
        self._parts: deque[tuple[Errand, Submits]] = deque()
        self._refusals: Counter[str] = Counter()  #: How often a job's end was refused, alone.

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
        return bool(self._submits or self._saves or self._events or self._parts)

    @property
    def has_parts(self) -> bool:
        """Whether the next errand is waiting already."""
        return bool(self._parts)

    def errand(self, claim: Claim | None, covers: Mapping[str, Covers]) -> Errand:
        """Hand out what was gathered and begin anew."""
        if self._parts:
            errand, self._sent = self._parts.popleft()
            return errand
        errand = Errand(
            submits=[state for state, _written in self._submits],
            saves=list(self._saves.values()),
            events=self._events,
            claim=claim,
            covers=covers,
            most_waiting=self._most_waiting,
        )
        self._sent = self._submits
        self._submits, self._saves, self._events = [], {}, []
        return errand

    def done(self, reply: Reply) -> None:
        """Tell those who submitted that all of the last errand is written down, or refused."""
        for state, written in self._sent:
            if written.done():
                continue
            if state.job_id in reply.refused:
                written.set_exception(TooManyJobs(self._most_waiting))
            else:
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

    def separate(self, errand: Errand, problem: BaseException) -> bool:
        """After a fault that is no disk's, send each part alone: only the guilty one is to suffer.

        Return False for a part that failed alone and is to be tried again. An end that is refused
        a second time is told without what it came to: its job must end.
        """
        parts = [
            *((_only(errand, one[0]), [one]) for one in self._sent),
            *((Errand(saves=[one]), []) for one in errand.saves),
            *((Errand(events=[one]), []) for one in errand.events),
        ]
        if len(parts) != 1:
            self._parts.extendleft(reversed(parts))
            self._sent = []
            return bool(parts)
        if not errand.saves:
            self.failed(Errand(), problem)
            if errand.events:
                log.warning("A line of a job's log could not be kept: %s", one_line(problem))
            return True
        (state,) = errand.saves
        if state.status is JobStatus.RUNNING:
            return True  # a newer snapshot will come
        self._refusals[state.job_id] += 1
        if not state.is_final or self._refusals[state.job_id] != 2:  # noqa: PLR2004
            return False
        self._parts.appendleft((Errand(saves=[_without_result(state, problem)]), []))
        return True


def _only(errand: Errand, new: JobState) -> Errand:
    return Errand(submits=[new], covers=errand.covers, most_waiting=errand.most_waiting)


def _without_result(state: JobState, problem: BaseException) -> JobState:
    """Return the end of a job whose end as it was cannot be written down."""
    return replace(
        state,
        status=JobStatus.FAILED,
        result=None,
        progress=NO_PROGRESS,
        error=f"It was {state.status}, but that could not be written down: {one_line(problem)}",
    )
