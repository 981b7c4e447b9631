"""What was heard of every job while processes died, held against what the library's file says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import apsw

_JOBS = "SELECT id, status, attempt FROM jobs"
FINAL = frozenset({"complete", "failed", "timeout", "cancelled"})


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt at a job, as its handler told of it."""

    attempt: int
    driver: int  #: The number of the process.
    begun: float


@dataclass(slots=True)
class Ledger:
    """Facts in the order they were heard. Times are the machine's monotonic clock."""

    submitted: set[str] = field(default_factory=set)
    runs: dict[str, list[Run]] = field(default_factory=lambda: defaultdict(list))
    #: When a handler was left, and how often it came to its last line.
    left: dict[tuple[str, int], float] = field(default_factory=dict)
    last_lines: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    #: The ends that anybody was told of, each with its attempt; and when the first was told.
    ended: dict[str, set[tuple[str, int]]] = field(default_factory=lambda: defaultdict(set))
    ended_at: dict[str, float] = field(default_factory=dict)
    cancelled: dict[str, int] = field(default_factory=dict)  #: In which attempt a cancel was taken.
    long: list[str] = field(default_factory=list)  #: Jobs that take long, the newest last.
    #: From when to when a process was stopped: leases may lapse although their owners live.
    stops: list[tuple[float, float]] = field(default_factory=list)
    gone: dict[int, float] = field(default_factory=dict)  #: When a process was killed or stopped.

    def hear(self, driver: int, line: str) -> None:
        """Take one line of a driver; what is not about a job is passed over."""
        match line.split():
            case ["submitted", job_id]:
                self.submitted.add(job_id)
            case ["long", job_id]:
                self.long.append(job_id)
            case ["begun", job_id, attempt, at]:
                self.runs[job_id].append(Run(int(attempt), driver, float(at)))
            case ["done", job_id, _attempt, _at]:
                self.last_lines[job_id] += 1
            case ["left", job_id, attempt, at]:
                self.left[job_id, int(attempt)] = float(at)
            case ["ended", job_id, attempt, status, at]:
                self.ended[job_id].add((status, int(attempt)))
                self.ended_at[job_id] = min(float(at), self.ended_at.get(job_id, float("inf")))
            case ["cancelled", job_id, attempt]:
                self.cancelled.setdefault(job_id, int(attempt))

    def breaches(self, kept: Mapping[str, tuple[str, int]], *, at_the_end: bool) -> Iterator[str]:
        """Say which promises the file does not keep."""
        yield from (f"{job_id} is lost" for job_id in self.submitted if job_id not in kept)
        for job_id, ends in self.ended.items():
            if {kept.get(job_id)} != ends:
                yield f"{job_id} is {kept.get(job_id)}, but was said to be {sorted(ends)}"
            newest = max((run.attempt for run in self.runs.get(job_id, ())), default=0)
            if newest > min(attempt for _status, attempt in ends):
                yield f"{job_id} was ended by an attempt after which attempt {newest} had begun"
        for job_id, runs in self.runs.items():
            yield from self._breaches_of(job_id, sorted(runs, key=lambda run: run.attempt))
        for job_id, attempt in self.cancelled.items():
            if job_id in kept and kept[job_id][1] > attempt:
                yield f"{job_id} was started again after it was cancelled"
        if at_the_end:
            yield from (
                f"{job_id} has not ended but is {status}"
                for job_id, (status, _attempt) in kept.items()
                if status not in FINAL
            )

    def _breaches_of(self, job_id: str, runs: list[Run]) -> Iterator[str]:
        for run in runs:
            if run.begun > self.ended_at.get(job_id, float("inf")):
                yield f"{job_id} was started after it had ended"
        for before, after in pairwise(runs):
            if before.attempt == after.attempt:
                yield f"{job_id}: attempt {after.attempt} was started twice"
                continue
            over = min(
                self.left.get((job_id, before.attempt), float("inf")),
                self.gone.get(before.driver, float("inf")),
            )
            if after.begun < over and not self._leases_may_lapse(after.begun):
                yield f"{job_id}: attempt {after.attempt} ran beside attempt {before.attempt}"

    def _leases_may_lapse(self, at: float) -> bool:
        return any(start <= at <= end for start, end in self.stops)

    @property
    def twice_to_completion(self) -> int:
        """Jobs for which two different ends were accepted and told."""
        return sum(len(ends) > 1 for ends in self.ended.values())


def kept_in(path: Path) -> tuple[dict[str, tuple[str, int]], str]:
    """Return every job's status and attempt, and SQLite's own word on the file.

    By plain SQL: what is checked is not asked to check itself.
    """
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_timeout(15_000)
    try:
        made = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'jobs'").fetchall()
        # A process may have died before its first transaction was through.
        rows = connection.execute(_JOBS).fetchall() if made else []
        ((integrity, *_), *_) = connection.execute("PRAGMA integrity_check").fetchall()
    finally:
        connection.close()
    return {job_id: (status, attempt) for job_id, status, attempt in rows}, str(integrity)
