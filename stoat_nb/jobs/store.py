"""Where jobs are written down: the plug between the queue and whatever keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor, Future
from typing import Protocol

from msgspec import Struct, field

from stoat_nb.jobs.locks import Covers
from stoat_nb.jobs.state import JobEvent, JobState, JobStatus
from stoat_nb.jobs.transitions import Wish


class Claim(Struct, frozen=True):
    """How many jobs a queue could take now, and which."""

    count: int
    #: The types it has handlers for, each with how many may run at once in all processes, or None.
    types: Mapping[str, int | None]
    #: Take none but these; None: any.
    only: frozenset[str] | None = None


class Errand(Struct, frozen=True):
    """All that a queue has to tell and ask at one time: one transaction, one commit."""

    submits: list[JobState] = field(default_factory=list)  #: New jobs.
    saves: list[JobState] = field(default_factory=list)  #: Newer snapshots of jobs it runs.
    events: list[tuple[str, JobEvent]] = field(default_factory=list)  #: Lines for jobs' logs.
    claim: Claim | None = None
    #: By type: whether a live job does what a new one asks for, which then joins it.
    covers: Mapping[str, Covers] = field(default_factory=dict)
    #: While so many jobs wait for their turn, new ones only join others; None: any number may.
    most_waiting: int | None = None

    def __bool__(self) -> bool:
        return bool(self.submits or self.saves or self.events or self.claim)

    @property
    def is_durable(self) -> bool:
        """Whether it holds what must outlive a power cut: anything but progress and log lines."""
        return bool(self.submits or self.claim) or any(
            state.status is not JobStatus.RUNNING for state in self.saves
        )


class Reply(Struct, frozen=True):
    """What came of an errand."""

    claimed: list[JobState] = field(default_factory=list)  #: Now running, and this queue's to run.
    #: Saved in vain, because somebody else has taken or ended them: as they are now.
    lost: Mapping[str, JobState | None] = field(default_factory=dict)
    #: New jobs that are none, by their ids: the live ones that do what they ask for.
    joined: Mapping[str, JobState] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()  #: New jobs that are none, because too many wait.


class Interest(Struct, frozen=True):
    """The jobs that somebody wants to hear of."""

    job_ids: frozenset[str] = frozenset()
    everything: bool = False  #: The newest changes of any job too.


class Changes(Struct, frozen=True):
    """What others did since the last look."""

    revision: int = 0  #: To be given to the next look.
    by_others: bool = False  #: Whether anybody else did anything.
    states: list[JobState] = field(
        default_factory=list
    )  #: Snapshots of what somebody else changed.
    wished: list[JobState] = field(default_factory=list)  #: Own jobs that are asked to stop.


class JobStore(Protocol):
    """Keeps every job and its log. Thread-safe; all but ``start`` blocks, and stays off loops."""

    @property
    def is_lasting(self) -> bool:
        """Whether jobs outlive this process, so that one that is stopped can go on later."""

    def exchange(self, errand: Errand) -> Reply:
        """Do all of an errand or, if it raises, nothing. Durable when this returns.

        A snapshot of a job is taken only from the queue that runs its newest attempt: whoever was
        taken for dead, and was not, changes nothing any more.
        """

    def start(self, errand: Errand, idle: Executor) -> Future[Reply]:
        """Begin an exchange; without a thread of its own the store has it done by an idle one."""

    def wish(self, job_id: str, wish: Wish) -> tuple[bool, JobState]:
        """Ask something of a job, whoever runs it; tell whether there was anything to ask."""

    def prioritize(self, job_id: str, priority: int) -> tuple[bool, JobState]:
        """Give a job another priority; tell whether it had not ended yet."""

    def load(self, job_id: str) -> JobState | None:
        """Return the newest snapshot, or None if there is no such job."""

    def states(
        self,
        *,
        status: JobStatus | None = None,
        job_type: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[JobState]:
        """Return snapshots, newest submitted first."""

    def log(self, job_id: str) -> list[JobEvent]:
        """Return what was noted of a job, oldest first."""

    def may_have_changed(self) -> bool:
        """Whether ``has_changed`` is worth asking. A loop may ask this: it never waits."""

    def has_changed(self) -> bool:
        """Whether anything at all was written since the last call."""

    def changes(self, since: int, interest: Interest) -> Changes:
        """Return what others did after a revision to jobs of interest; nothing after -1."""

    def tend(self) -> bool:
        """Say that this queue lives, and take jobs from those that do not; True if there were."""

    def others_take(self) -> bool:
        """Whether another queue that takes jobs may be there."""

    def leave(self) -> None:
        """Say that this queue is no more."""
