"""What all queues share: admitting jobs, running them to exactly one end, and telling of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

from stoat_nb.errors import JobNotFinal, QueueClosed, StoatError, UnknownJob, UnknownJobType
from stoat_nb.jobs.checks import check_limit, check_payload, check_priority, check_registration
from stoat_nb.jobs.context import Handler, Registration, Send
from stoat_nb.jobs.ids import new_job_id
from stoat_nb.jobs.live import LiveJob, LiveJobs
from stoat_nb.jobs.locks import Covers, Lock, Submission, lock_of
from stoat_nb.jobs.memory_store import MemoryJobStore
from stoat_nb.jobs.news import Listener, NewsBoard, Unsubscribe
from stoat_nb.jobs.outbox import Outbox
from stoat_nb.jobs.queue import DEFAULT, Take, Timeout
from stoat_nb.jobs.scribe import Scribe
from stoat_nb.jobs.state import JobEvent, JobState, JobStatus
from stoat_nb.jobs.store import Claim, Errand, JobStore, Reply
from stoat_nb.jobs.transitions import Wish
from stoat_nb.jobs.verdict import outcome_of
from stoat_nb.logs import logger

log = logger(__name__)


class QueueCore:
    """The part of a queue that does not care when jobs run. Use it from one loop only."""

    def __init__(
        self,
        *,
        store: JobStore | None = None,
        timeout: float | None = 300.0,
        send: Send | None = None,
        take: Take = "all",
        slots: int,
        handlers: asyncio.AbstractEventLoop | None = None,
        most_waiting: int | None = None,
    ) -> None:
        self._store: JobStore = MemoryJobStore() if store is None else store
        self._timeout = timeout
        self._take: Take = take
        self._slots = slots
        self._handlers: dict[str, Registration] = {}
        self._own: set[str] = set()
        self._watchers: set[asyncio.Event] = set()
        self._news = NewsBoard()
        self._outbox = Outbox(most_waiting)
        self._scribe = Scribe(self._store, self._wake_watchers)
        self._live = LiveJobs(
            outbox=self._outbox,
            news=self._news,
            wake=self._wake_up,
            in_scribe=self._scribe.call,
            send=send,
            handlers=handlers,
        )
        self._wake = asyncio.Event()
        # Held from asking the store to telling of the answer: what was written first is told first.
        self._turning = asyncio.Lock()
        self._serving = False  #: Whether it runs jobs yet.
        self._hungry = False  #: Whether there may be jobs to take.
        self._closed = False
        self._left = False  #: Whether it has said goodbye to the store.

    # -- at the door ---------------------------------------------------------------------------

    def register_handler(
        self,
        job_type: str,
        handler: Handler,
        *,
        timeout: Timeout = DEFAULT,
        stall_timeout: float | None = None,
        concurrency: int | None = None,
        lock: Lock | None = None,
    ) -> None:
        check_registration(job_type, handler, (timeout, stall_timeout), concurrency)
        self._handlers[job_type] = Registration(
            handler=handler,
            timeout=self._timeout if timeout is DEFAULT else timeout,
            stall_timeout=stall_timeout,
            concurrency=concurrency,
            lock=lock,
        )
        if self._serving:  # else its start looks for jobs, and there may be no loop yet
            self._wake_up(hungry=True)

    async def get_status(self, job_id: str) -> JobState:
        live = self.peek_live(job_id)
        return await asyncio.to_thread(self.peek, job_id) if live is None else live

    async def get_result(self, job_id: str) -> Any:
        state = await self.get_status(job_id)
        if not state.is_final:
            async for state in self.watch(job_id):  # noqa: B007 - the last one is wanted
                pass
        return outcome_of(state)

    async def list_jobs(
        self,
        *,
        status: JobStatus | None = None,
        job_type: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[JobState]:
        return await asyncio.to_thread(self.snapshots, status, job_type, limit, offset)

    async def job_log(self, job_id: str) -> list[JobEvent]:
        return await asyncio.to_thread(self.read_log, job_id)

    def snapshots(
        self,
        status: JobStatus | None = None,
        job_type: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[JobState]:
        """Return snapshots, newest submitted first, those that run here at their newest.

        Blocking; any thread.
        """
        kept = self._store.states(status=status, job_type=job_type, limit=limit, offset=offset)
        # What is written down of a live job lags behind what it is.
        newest = [self.peek_live(state.job_id) or state for state in kept]
        return [state for state in newest if status in (None, state.status)]

    def peek_live(self, job_id: str) -> JobState | None:
        """Return the newest snapshot of a job that runs here. Any thread."""
        self._scribe.check()
        live = self._live.get(job_id)
        return None if live is None else live.known

    def peek(self, job_id: str) -> JobState:
        """Return the newest snapshot of any job. Blocking; any thread."""
        state = self.peek_live(job_id) or self._store.load(job_id)
        if state is None:
            raise UnknownJob(job_id)
        return state

    def takes(self, job_id: str) -> bool:
        """Whether it takes such a job, were it one of its types. Any thread."""
        return self._take == "all" or job_id in self._own

    def others_take(self) -> bool:
        """Whether another process may take jobs. Blocking; any thread."""
        return self._store.others_take()

    def read_log(self, job_id: str) -> list[JobEvent]:
        """Return what was noted of a job, oldest first. Blocking; any thread."""
        self.peek(job_id)
        return self._store.log(job_id)

    def subscribe(self, job_id: str | None, listener: Listener) -> Unsubscribe:
        """Hear of one job or of all. Any thread; the listener is called on the queue's loop."""
        return self._news.subscribe(job_id, listener)

    async def watch(self, job_id: str) -> AsyncIterator[JobState]:
        changed = asyncio.Event()
        unsubscribe = self.subscribe(job_id, lambda _state: changed.set())
        self._watchers.add(changed)
        seen = None
        try:
            while True:
                changed.clear()
                state = await self.get_status(job_id)
                if state != seen:
                    seen = state
                    yield state
                if state.is_final:
                    return
                if self._closed:
                    raise QueueClosed
                await changed.wait()
        finally:
            self._watchers.discard(changed)
            unsubscribe()

    def wait(self, job_id: str, change: int) -> None:
        """Take note that a job of this queue waits for others (1), or no more (-1)."""
        self._live.wait(job_id, change)

    # -- wishes --------------------------------------------------------------------------------

    async def cancel(self, job_id: str) -> bool:
        return await self._wish(job_id, Wish.CANCEL)

    async def pause(self, job_id: str) -> bool:
        return await self._wish(job_id, Wish.PAUSE)

    async def resume(self, job_id: str) -> bool:
        meant = await self._wish(job_id, Wish.RESUME)
        self._adopt(job_id)  # whoever resumes it is ready to run it
        return meant

    async def prioritize(self, job_id: str, priority: int) -> bool:
        check_priority(priority)
        async with self._turning:
            meant, state = await self._scribe.call(self._store.prioritize, job_id, priority)
            return self._heard(meant, state)

    async def retry(self, job_id: str, **changes: Any) -> str:
        return (await self.retry_or_join(job_id, **changes)).job_id

    async def retry_or_join(self, job_id: str, **changes: Any) -> Submission:
        """Do as ``retry``, and say whether a live job does it already."""
        state = await self.get_status(job_id)
        if not state.is_final:
            raise JobNotFinal(job_id, state.status)
        return await self.submit_or_join(
            state.job_type,
            {**state.payload, **changes},
            timeout=state.timeout_s,
            priority=state.priority,
            retry_of=job_id,
        )

    async def _wish(self, job_id: str, wish: Wish) -> bool:
        live = self._live.get(job_id)
        if live is not None and live.has_ended:
            return False
        async with self._turning:
            meant, state = await self._scribe.call(self._store.wish, job_id, wish)
            return self._heard(meant, state)

    def _heard(self, meant: bool, state: JobState) -> bool:
        if state.job_id in self._live:
            self._live.heed(state)
        elif meant:
            self._news.publish(state)
        if state.is_final:
            self._own.discard(state.job_id)
        self._wake_up(hungry=True)
        return meant

    # -- submitting ----------------------------------------------------------------------------

    async def submit(
        self,
        job_type: str,
        payload: Mapping[str, Any],
        *,
        timeout: Timeout = DEFAULT,
        priority: int = 0,
        retry_of: str | None = None,
    ) -> str:
        submission = await self.submit_or_join(
            job_type, payload, timeout=timeout, priority=priority, retry_of=retry_of
        )
        return submission.job_id

    async def submit_or_join(
        self,
        job_type: str,
        payload: Mapping[str, Any],
        *,
        timeout: Timeout = DEFAULT,
        priority: int = 0,
        retry_of: str | None = None,
    ) -> Submission:
        """Do as ``submit``, and say whether the job was live already."""
        if self._closed:
            raise QueueClosed
        check_payload(job_type, payload)
        check_limit(timeout)
        check_priority(priority)
        registration = self._handlers.get(job_type)
        registered = self._timeout if registration is None else registration.timeout
        lock = None if registration is None else registration.lock
        now = time.time()
        state = JobState(
            job_id=new_job_id(now),
            job_type=job_type,
            payload=dict(payload),
            submitted_at=now,
            timeout_s=registered if timeout is DEFAULT else timeout,
            priority=priority,
            retry_of=retry_of,
            lock=None if lock is None else lock_of(lock.path(payload)),
        )
        # One that is tried once more was run by somebody: it may wait for who knows how.
        if registration is None and (retry_of is None or not self._store.is_lasting):
            refusal = UnknownJobType(job_type, tuple(sorted(self._handlers)))
            state = state.evolve(status=JobStatus.FAILED, error=str(refusal), finished_at=now)
        self._adopt(state.job_id)
        written = self._outbox.submit(state)
        self._wake_up(hungry=True)
        job_id = await self._see_written(written)
        return Submission(job_id, joined=job_id != state.job_id)

    async def _see_written(self, written: asyncio.Future[str]) -> str:
        return await written

    # -- one turn ------------------------------------------------------------------------------

    async def _turn(self) -> list[LiveJob]:
        """Write down what there is to write, take what may be taken; return the jobs taken."""
        async with self._turning:
            is_part = self._outbox.has_parts
            errand = self._outbox.errand(self._claim(), self._covers())
            if not errand:
                return []
            try:
                reply = await self._exchange(errand)
            except BaseException as problem:
                # A disk refuses all; whatever else is wrong is wrong with one part.
                is_disk = isinstance(problem, StoatError) or not isinstance(problem, Exception)
                if is_disk or not self._outbox.separate(errand, problem):
                    self._outbox.failed(errand, problem)
                    raise
                self._wake_up(hungry=True)
                return []
            self._outbox.done(reply)
            if is_part:  # what came meanwhile waits behind it
                self._wake_up(hungry=True)
            return self._settle(errand, reply)

    async def _exchange(self, errand: Errand) -> Reply:
        if self._left:
            raise QueueClosed
        return await self._scribe.exchange(errand)

    def _claim(self) -> Claim | None:
        free = self._slots - self._live.n_running
        is_ready = self._serving and self._hungry and not self._closed and free > 0
        if not is_ready or self._take == "none":
            return None
        self._hungry = False
        types = {name: kind.concurrency for name, kind in self._handlers.items()}
        return Claim(free, types, frozenset(self._own) if self._take == "own" else None)

    def _covers(self) -> dict[str, Covers]:
        locks = {name: kind.lock for name, kind in self._handlers.items()}
        return {name: lock.covers for name, lock in locks.items() if lock is not None}

    def _settle(self, errand: Errand, reply: Reply) -> list[LiveJob]:
        for state in errand.submits:
            twin = reply.joined.get(state.job_id)
            if state.job_id in reply.refused:
                self._own.discard(state.job_id)
            elif twin is None:
                self._news.publish(state)
            else:  # whoever asks for it is ready to run it, should it wait or be lost
                self._own.discard(state.job_id)
                self._adopt(twin.job_id)
                self._wake_up(hungry=True)
        self._live.settle(errand.saves, reply.lost)
        self._own.difference_update(state.job_id for state in errand.saves if state.is_final)
        if errand.claim is not None and len(reply.claimed) == errand.claim.count:
            self._hungry = True  # there may be more
        return [self._live.begin(state, self._handlers[state.job_type]) for state in reply.claimed]

    def _adopt(self, job_id: str) -> None:
        if self._take == "own":
            self._own.add(job_id)

    def _wake_up(self, *, hungry: bool = False) -> None:
        self._hungry = self._hungry or hungry
        self._wake.set()

    def _wake_watchers(self) -> None:
        for changed in self._watchers:
            changed.set()

    # -- the end -------------------------------------------------------------------------------

    async def _close_core(self) -> None:
        """Stop what runs, to go on later if anything outlives this process, and say goodbye."""
        self._closed = True
        async with self._turning:
            pass  # what was being taken is to be stopped too
        if not (lasting := self._store.is_lasting):
            await self._cancel_waiting()
        await self._live.stop_all(for_good=not lasting)
        with suppress(Exception):  # closing ends whatever the store says
            while self._outbox:
                await self._turn()
            await self._scribe.call(self._store.leave)
        self._left = True
        self._wake_watchers()
        self._scribe.close()

    async def _cancel_waiting(self) -> None:
        for state in await self._scribe.call(self._store.states):
            if state.status is JobStatus.PENDING:
                await self._wish(state.job_id, Wish.CANCEL)
