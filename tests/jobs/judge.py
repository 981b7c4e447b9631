"""What may become of jobs in one step, and what never may: judged by the rows before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shared_file import Row, SharedFile

from stoat_nb.catalog.jobs import CatalogJobStore
from stoat_nb.jobs.state import TRANSITIONS, JobStatus

#: Seconds after which a process that gives no sign of life may lose its jobs. The promise itself:
#: not read from the code that has to keep it.
LEASE_S = 30.0
PENDING, RUNNING, FAILED = JobStatus.PENDING, JobStatus.RUNNING, JobStatus.FAILED
CANCELLED = JobStatus.CANCELLED


@dataclass(eq=False)
class Process:
    """One of those that have the file open."""

    pid: int
    store: CatalogJobStore
    beaten_at: float = float("-inf")  #: When it last gave a sign of life, having jobs.
    is_gone: bool = False  #: It died, or said goodbye.


class Judge:
    """Knows what was promised to whom."""

    def set_up(self, file: SharedFile) -> None:
        self.file = file
        self.now = 1000.0
        self.rows: dict[str, Row] = {}
        self.submitted: list[str] = []
        self.holders: dict[str, tuple[Process, int]] = {}
        #: Jobs that nobody may ever start again.
        self.stopped: set[str] = set()

    def has_lapsed(self, process: Process) -> bool:
        return process.is_gone or self.now - process.beaten_at > LEASE_S

    def judged(self, **done: Any) -> dict[str, Row]:
        """Judge what the last step did to every job; return the rows after it."""
        before, self.rows = self.rows, self.file.rows()
        newest = max((row.revision for row in before.values()), default=0)
        for job in self.submitted:
            if job in before:
                assert job in self.rows, "a job has vanished"
                self.check_change(before[job], self.rows[job], newest, done)
        running = [row.type for row in self.rows.values() if row.status is RUNNING]
        assert running.count("one") <= 1, "more of a type run than may"
        return self.rows

    def check_change(self, before: Row, after: Row, newest: int, done: dict[str, Any]) -> None:
        assert after.n_events >= before.n_events, "a log shrank"
        if after._replace(n_events=before.n_events) == before:
            return
        assert not before.status.is_final, "an end has changed"
        assert after.revision > newest, "nobody would hear of a change"
        assert after.seq > before.seq, "a change has no number of its own"
        assert after.status is before.status or after.status in TRANSITIONS[before.status]
        assert not (after.status is PENDING and after.cancel_requested)
        assert not (after.paused and after.status is not PENDING)
        if before.status is PENDING:
            self.check_pending(before, after, done)
        else:
            self.check_running(before, after, done)

    def check_pending(self, before: Row, after: Row, done: dict[str, Any]) -> None:
        begins = after.status is RUNNING
        assert after.attempt == before.attempt + begins, "a start is not counted"
        assert after.deaths == before.deaths
        if begins:
            assert not before.paused, "a paused job was taken"
            assert before.id not in self.stopped, "a cancelled job was taken"
            assert before.deaths < before.max_deaths, "a job is never given up"
            assert before.id in [state.job_id for state in done.get("claimed", [])]
        elif before.paused and not after.paused:
            assert done.get("wished") == before.id

    def check_running(self, before: Row, after: Row, done: dict[str, Any]) -> None:
        holder = self.holders[before.id][0]
        assert after.attempt == before.attempt
        if after.status is RUNNING:
            if done.get("wished") != before.id:
                asked = (after.cancel_requested, after.pause_requested)
                assert asked == (before.cancel_requested, before.pause_requested)
            return
        if done.get("saver") is holder and done.get("saved") == before.id:
            assert after.deaths == before.deaths
        else:
            self.check_orphan(before, after, holder)
        if after.status is PENDING:
            assert before.id not in self.stopped, "a cancelled job is to run again"
            assert after.paused == before.pause_requested, "a pause was forgotten"

    def check_orphan(self, before: Row, after: Row, holder: Process) -> None:
        assert self.has_lapsed(holder), "a job was taken from a process that lives"
        if before.cancel_requested:
            assert after.status is CANCELLED
            return
        assert after.deaths == before.deaths + 1
        assert after.status is (FAILED if after.deaths >= after.max_deaths else PENDING)
        assert after.n_events > before.n_events, "nothing tells of a death"

    def check_order(self, before: dict[str, Row], taken: list[str], count: int) -> None:
        """Of what nothing stands in the way of, the first is taken first, and all there is."""
        free = [
            row
            for row in before.values()
            if row.status is PENDING and not row.paused and not row.deaths and row.type == "work"
        ]
        free.sort(key=lambda row: (-row.priority, row.number))
        expected = [row.id for row in free]
        got = [job for job in taken if job in expected]
        assert got == expected[: len(got)], "a job was taken out of its turn"
        assert len(taken) == count or got == expected, "a job was left though there was room"
        assert len(taken) <= count
