"""Any order of what processes, people and clocks may do to the jobs of one file.

Every step is judged by what the rows say before and after it, read with SQL of our own: the store
under test is never asked about itself.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
)
from judge import CANCELLED, LEASE_S, PENDING, RUNNING, Judge, Process
from machines import run_machine
from shared_file import Row, SharedFile

from stoat_nb.catalog.jobs import CatalogJobStore
from stoat_nb.catalog.owner import Owner
from stoat_nb.catalog.workers import Surroundings
from stoat_nb.jobs.state import JobEvent, JobState, JobStatus, Progress
from stoat_nb.jobs.store import Claim, Errand
from stoat_nb.jobs.transitions import Wish, handed_back

#: Of the second type one job may run at a time.
TYPES = {"work": None, "one": 1}
N_JOBS, N_PROCESSES = 4, 3
FINALS = [status for status in JobStatus if status.is_final]
#: What befalls the world, with the seconds that go by.
EVENTS = {
    "a second": 1.0,
    "nearly a lease": LEASE_S - 1,
    "a lease": LEASE_S + 1,
    "kill": 0,
    "close": 0,
}
NUMBERS = st.integers(0, 11)  #: Choose among as many as there are.
SPEAKING = ("report", "finish", "hand back")
DEEDS = ("submit", "claim", *SPEAKING, "haunt", "tend", "look", "prioritize", *Wish, *EVENTS)


class StoreMachine(Judge, RuleBasedStateMachine):
    """Three processes, four jobs, and a clock."""

    def __init__(self, file: SharedFile) -> None:
        super().__init__()
        file.empty()
        self.set_up(file)
        self.dead: set[int] = set()
        self.n_processes = 0
        self.n_jobs = N_JOBS
        self.processes: list[Process] = []
        self.claims: list[tuple[Process, JobState]] = []

    # -- the world -----------------------------------------------------------------------------

    def open(self) -> Process:
        self.n_processes += 1
        pid = self.n_processes
        around = Surroundings(
            owner=Owner(boot="boot", namespace="1", pid=pid, started="1"),
            now=lambda: self.now,
            ticks=lambda: self.now,
            lives=lambda owner: owner.pid not in self.dead,
        )
        return Process(pid, CatalogJobStore(self.file.databases[pid % 2], around=around))

    @property
    def live(self) -> list[str]:
        return [job for job, row in self.rows.items() if not row.status.is_final]

    def a_job(self, number: int) -> str:
        """Return one that has not ended, or the newest that has."""
        ended = [job for job in self.submitted if self.rows[job].status.is_final]
        jobs = self.live + ended[-1:]
        return jobs[number % len(jobs)]

    @initialize(processes=st.integers(1, N_PROCESSES), n_jobs=st.integers(1, N_JOBS))
    def begin(self, processes: int, n_jobs: int) -> None:
        """Small worlds come to the point sooner. So many jobs at a time have not ended."""
        self.n_jobs = n_jobs
        self.processes = [self.open() for _ in range(processes)]

    def a_process(self, number: int) -> Process:
        return self.processes[number % len(self.processes)]

    def replace(self, process: Process) -> None:
        self.processes[self.processes.index(process)] = self.open()

    # -- what processes do ---------------------------------------------------------------------

    @rule(deed=st.sampled_from(DEEDS), process=NUMBERS, number=NUMBERS)
    def step(self, deed: str, process: int, number: int) -> None:
        """All in one rule: of several the library leaves some out, and most bugs need them all."""
        actor = self.a_process(process)
        if deed == "submit" or not self.live:
            self.submitted_by(actor, number)
        elif deed in SPEAKING and self.claims:
            self.speak(deed, *self.a_claim(number), number)
        elif deed == "haunt" and self.claims:
            self.haunt(number)
        elif deed in ("claim", "haunt", *SPEAKING):
            self.claimed_by(actor, 1 + number % 3)
        elif deed == "tend":
            self.tended_by(actor)
        elif deed in EVENTS:
            self.happen(deed, actor)
        else:
            self.ask(deed, actor, self.a_job(number), number % 5 - 2)

    def submitted_by(self, process: Process, number: int) -> None:
        if len(self.live) == self.n_jobs:
            return
        job_type, priority = list(TYPES)[number % 2], number % 3 - 1
        name = f"job {len(self.submitted)}"
        state = JobState(
            job_id=name, job_type=job_type, priority=priority, max_deaths=2 + number % 2
        )
        process.store.exchange(Errand(submits=[state]))
        self.submitted.append(name)
        rows = self.judged()
        assert name in rows, "an acknowledged job is not written down"
        assert (rows[name].status, rows[name].priority) == (PENDING, priority)

    def speak(self, deed: str, holder: Process, state: JobState, number: int) -> None:
        if deed == "report":
            self.report(holder, state, number)
        elif deed == "finish":
            self.finish(holder, state, number)
        else:
            self.saved(holder, state, handed_back(state))

    def claimed_by(self, taker: Process, count: int) -> list[JobState]:
        before = self.rows
        claimed = taker.store.exchange(Errand(claim=Claim(count, TYPES))).claimed
        if claimed:
            taker.beaten_at = self.now
        for state in claimed:
            self.holders[state.job_id] = (taker, state.attempt)
            self.claims.append((taker, state))
        rows = self.judged(claimed=claimed)
        self.check_order(before, [state.job_id for state in claimed], count)
        for state in claimed:
            assert rows[state.job_id].attempt == state.attempt
        return claimed

    def haunt(self, number: int) -> None:
        """Have a process that does not know that it lost its job say all it can of it."""
        live = set(self.live)
        ghosts = [
            (holder, state)
            for holder, state in self.claims
            if state.job_id in live and self.holders[state.job_id] != (holder, state.attempt)
        ]
        for holder, state in ghosts[-1:]:
            for deed in SPEAKING:
                self.speak(deed, holder, state, number)

    def report(self, holder: Process, state: JobState, number: int) -> None:
        moved = state.evolve(progress=Progress(done=1 + number))
        n_events = self.rows[state.job_id].n_events
        self.saved(holder, state, moved, JobEvent(at=self.now, text="moved"))
        assert self.rows[state.job_id].n_events == n_events + 1, "a line of a log was lost"

    def finish(self, holder: Process, state: JobState, number: int) -> None:
        status = FINALS[number % len(FINALS)]
        result = f"{holder.pid}, attempt {state.attempt}, {number}"
        self.saved(holder, state, state.evolve(status=status, finished_at=self.now, result=result))

    def tended_by(self, process: Process) -> None:
        if any(
            holder is process and self.rows[job].status is RUNNING
            for job, (holder, _attempt) in self.holders.items()
        ):
            process.beaten_at = self.now
        process.store.tend()
        for job, row in self.judged().items():
            if row.status is RUNNING:
                holder = self.holders[job][0]
                assert holder is process or not self.has_lapsed(holder), "an orphan is left alone"

    def looked_at_by(self, reader: Process, job: str) -> None:
        state = reader.store.load(job)
        row = self.judged()[job]
        assert state is not None
        assert (state.status, state.attempt, state.seq) == (row.status, row.attempt, row.seq)
        if state.status is RUNNING:
            holder = self.holders[job][0]
            assert holder is reader or not self.has_lapsed(holder), "a dead process is believed in"

    # -- what people ask for -------------------------------------------------------------------

    def ask(self, deed: str, asker: Process, job: str, priority: int) -> None:
        if deed == "look":
            self.looked_at_by(asker, job)
        elif deed == "prioritize":
            self.prioritized_by(asker, job, priority)
        else:
            self.wished_by(asker, job, Wish(deed))

    def wished_by(self, asker: Process, job: str, wish: Wish) -> None:
        before = self.rows[job]
        meant, state = asker.store.wish(job, wish)
        after = self.judged(wish=wish, wished=job)[job]
        assert meant is _is_meant(before, wish)
        assert state.status is after.status
        if not meant:
            assert after == before
        elif wish is Wish.CANCEL:
            self.stopped.add(job)
            assert after.status is CANCELLED or after.cancel_requested
        else:
            assert (after.paused or after.pause_requested) == (wish is Wish.PAUSE)

    def prioritized_by(self, asker: Process, job: str, priority: int) -> None:
        before = self.rows[job]
        meant, _state = asker.store.prioritize(job, priority)
        assert meant is not before.status.is_final
        assert self.judged()[job].priority == (priority if meant else before.priority)

    # -- what the world does -------------------------------------------------------------------

    def happen(self, event: str, process: Process) -> None:
        if event == "kill":
            self.kill(process)
        elif event == "close":
            self.close(process)
        else:
            self.now += EVENTS[event]

    def kill(self, process: Process) -> None:
        """End a process as the machine's owner may: it says nothing, and another is started."""
        process.is_gone = True
        self.dead.add(process.pid)
        self.replace(process)

    def close(self, process: Process) -> None:
        process.is_gone = True
        process.store.leave()
        rows = self.judged()
        for job, (holder, _attempt) in self.holders.items():
            assert holder is not process or rows[job].status is not RUNNING
        self.replace(process)

    def teardown(self) -> None:
        """One process alone brings every job to its end."""
        for process in self.processes:
            process.is_gone = True
            self.dead.add(process.pid)
        last = self.open()
        for job, row in self.rows.items():
            if row.paused or row.pause_requested:
                last.store.wish(job, Wish.RESUME)
                self.judged(wish=Wish.RESUME, wished=job)
        for _ in self.submitted:
            self.tended_by(last)
            for state in self.claimed_by(last, N_JOBS):
                self.saved(last, state, state.evolve(status=JobStatus.COMPLETE, finished_at=1.0))
        assert all(row.status.is_final for row in self.rows.values()), "a job has no end"

    # -- judging -------------------------------------------------------------------------------

    def a_claim(self, number: int) -> tuple[Process, JobState]:
        """Return a job that runs and who runs it; else one that does not any more."""
        running = [
            (holder, state)
            for holder, state in self.claims
            if self.rows[state.job_id].status is RUNNING
            and self.holders[state.job_id] == (holder, state.attempt)
        ]
        claims = running or self.claims
        return claims[number % len(claims)]

    def saved(self, holder: Process, state: JobState, said: JobState, *events: JobEvent) -> None:
        """Save what a process says of a job; judge whether it had the right to say it."""
        job = state.job_id
        before = self.rows[job]
        is_own = before.status is RUNNING and self.holders[job] == (holder, state.attempt)
        noted = [(job, event) for event in events]
        lost = holder.store.exchange(Errand(saves=[said], events=noted)).lost
        after = self.judged(saver=holder if is_own else None, saved=job)[job]
        if not is_own:
            assert after._replace(n_events=before.n_events) == before, "a stale word counted"
            assert job in lost, "a stale word was not refused"
            assert lost[job] is not None
            assert lost[job].status is after.status
        elif said.is_final:
            assert (after.status, after.result) == (said.status, f'"{said.result}"') or (
                said.result is None
            )
        elif said.status is PENDING:
            assert after.status is (CANCELLED if before.cancel_requested else PENDING)
            assert bool(after.paused) == bool(
                before.pause_requested and not before.cancel_requested
            )
            assert (job in lost) == ((after.status, bool(after.paused)) != (PENDING, said.paused))


def _is_meant(row: Row, wish: Wish) -> bool:
    if row.status.is_final:
        return False
    if wish is Wish.CANCEL:
        return True
    if wish is Wish.PAUSE:
        return not row.cancel_requested
    return bool(row.paused or row.pause_requested)


def run(file: SharedFile, *, machines: int, steps: int) -> None:
    """Run so many machines of so many steps, the same ones each time."""
    run_machine(lambda: StoreMachine(file), machines=machines, steps=steps)
