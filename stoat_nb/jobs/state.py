"""What a job is at one moment: frozen values that anybody may hold."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from stoat_nb.errors import JobError


class JobStatus(StrEnum):
    """Where a job stands."""

    PENDING = "pending"  #: Submitted; no worker has taken it yet.
    RUNNING = "running"  #: Its handler is at work.
    COMPLETE = "complete"  #: The handler returned; ``result`` holds what it returned.
    FAILED = "failed"  #: The handler raised; ``error`` says what.
    TIMEOUT = "timeout"  #: It ran past its limit, or nothing in it moved for too long.
    CANCELLED = "cancelled"  #: Somebody cancelled it; what it had finished is kept.

    @property
    def is_final(self) -> bool:
        """Whether the job has ended; a final status never changes."""
        return self not in (JobStatus.PENDING, JobStatus.RUNNING)


#: The only ways a job may go. A running one goes back to pending when it is paused, when its
#: library is closed and when its process dies: it will be taken up again.
TRANSITIONS: Mapping[JobStatus, frozenset[JobStatus]] = {
    JobStatus.PENDING: frozenset({JobStatus.RUNNING, JobStatus.CANCELLED, JobStatus.FAILED}),
    JobStatus.RUNNING: frozenset(
        {
            JobStatus.PENDING,
            JobStatus.COMPLETE,
            JobStatus.FAILED,
            JobStatus.TIMEOUT,
            JobStatus.CANCELLED,
        }
    ),
    JobStatus.COMPLETE: frozenset(),
    JobStatus.FAILED: frozenset(),
    JobStatus.TIMEOUT: frozenset(),
    JobStatus.CANCELLED: frozenset(),
}

#: Deaths of its process after which a job is given up: it may well be their cause.
MAX_DEATHS = 3
#: Seconds without any movement after which a running job is called stalled.
STALLED_AFTER_S = 30.0


class Progress(Struct, frozen=True, kw_only=True):
    """How far a job has come. Only ever what is known: ``total`` is None until it is."""

    phase: str = ""  #: What it is doing, in one word: ``finding``, ``probing``, ...
    done: int = 0  #: Units finished, never going back within a phase.
    total: int | None = None  #: Units there are, or None while that is unknown.
    unit: str = "files"  #: What is counted.
    skipped: int = 0  #: Of those the units that needed no work: the rate leaves them out.
    bytes_done: int = 0  #: Bytes of the finished files, as far as the job counts them.
    failed: int = 0  #: Units that ended in a failure so far.
    message: str = ""  #: One line for a person.
    current: tuple[str, ...] = ()  #: What is being worked on right now.
    rate: float | None = None  #: Units a second, recently; None until it can be told.
    eta_s: float | None = None  #: Seconds left; None while it cannot be told.

    @property
    def fraction(self) -> float | None:
        """Part done, 0 to 1, or None while the total is unknown."""
        if self.total is None:
            return None
        return min(1.0, self.done / self.total) if self.total else 1.0


#: Of a job that has not reported yet.
NO_PROGRESS = Progress()


class JobState(Struct, frozen=True, kw_only=True):
    """One job at one moment. Times are seconds since 1970, UTC."""

    job_id: str  #: A UUID.
    job_type: str  #: Which handler it goes to.
    payload: Mapping[str, Any] = field(default_factory=dict)  #: What the handler is given: JSON.
    status: JobStatus = JobStatus.PENDING
    progress: Progress = NO_PROGRESS
    result: Any = None  #: What the handler returned: JSON.
    error: str | None = None  #: One line, set when it ended badly.
    submitted_at: float = 0.0
    started_at: float | None = None
    finished_at: float | None = None
    heartbeat_at: float | None = None  #: When anything in it last moved.
    timeout_s: float | None = None  #: Its own limit; None: none.
    attempt: int = 0  #: How often it was started.
    deaths: int = 0  #: How many of those ended because the process did.
    max_deaths: int = MAX_DEATHS  #: After so many it is given up.
    cancel_requested: bool = False  #: Asked to stop; it ends as soon as its handler lets go.
    pause_requested: bool = False  #: Asked to pause; it waits as soon as its handler lets go.
    paused: bool = False  #: Pending, and not taken until somebody resumes it.
    priority: int = 0  #: Of the pending ones the highest runs first, then the oldest.
    retry_of: str | None = None  #: The job that it tries once more.
    worker: str | None = None  #: Which process runs it, for people: ``pid 4711``.
    lock: str | None = None  #: The path it holds while it runs; see ``stoat_nb.jobs.locks``.
    waits_for: str | None = None  #: Pending: the running job whose lock overlaps its own.
    seq: int = 0  #: Grows with every change, so that watchers can tell new from old.

    @property
    def is_final(self) -> bool:
        """Whether the job has ended."""
        return self.status.is_final

    def stalled_s(self, now: float) -> float | None:
        """Seconds nothing has moved, if it runs and that is worth a word; else None."""
        if self.status is not JobStatus.RUNNING or self.heartbeat_at is None:
            return None
        still = now - self.heartbeat_at
        return still if still >= STALLED_AFTER_S else None

    def evolve(self, **changes: Any) -> JobState:
        """Return the next snapshot; refuse a status that may not follow this one."""
        status = changes.get("status", self.status)
        if status is not self.status and status not in TRANSITIONS[self.status]:
            raise JobError(f"Job '{self.job_id}' cannot go from {self.status} to {status}.")
        return replace(self, **changes, seq=self.seq + 1)


class Level(StrEnum):
    """How grave a line of a job's log is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class JobEvent(Struct, frozen=True, kw_only=True):
    """One entry of a job's log."""

    at: float  #: Seconds since 1970, UTC.
    text: str  #: What happened; a traceback has several lines.
    level: Level = Level.INFO
    attempt: int = 0  #: In which attempt; 0 before the first.
