"""What all queues share: admitting a job, running it to exactly one end, and telling of it."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from stoat_nb.errors import JobElsewhere, QueueClosed, StoatError, UnknownJob, UnknownJobType
from stoat_nb.jobs.context import Handler, JobContext, Registration
from stoat_nb.jobs.news import Listener, NewsBoard, Unsubscribe
from stoat_nb.jobs.queue import DEFAULT, Timeout
from stoat_nb.jobs.running import GRACE_S, Running
from stoat_nb.jobs.state import JobState, JobStatus, Progress
from stoat_nb.jobs.store import JobStore, MemoryJobStore
from stoat_nb.jobs.verdict import Verdict, outcome_of

log = logging.getLogger(__name__)
T = TypeVar("T")

#: Seconds between two written-down snapshots of progress.
SAVE_EVERY_S = 1.0
#: Seconds between two looks at a job that another process runs.
LOOK_EVERY_S = 0.5


class LiveJob:
    """A job that has not ended, in the process that keeps it."""

    def __init__(self, state: JobState) -> None:
        self.state = state
        self.run: Running | None = None
        self.closing: str | None = None  #: Why it was stopped by the queue itself, if it was.
        self.ended = asyncio.Event()  #: Set when its final status is written down.
        self.saved_at = float("-inf")


class QueueCore:
    """The part of a queue that does not care when jobs run. Use it from one loop only."""

    def __init__(self, *, store: JobStore | None = None, timeout: float | None = 300.0) -> None:
        self._store: JobStore = MemoryJobStore() if store is None else store
        self._timeout = timeout
        self._handlers: dict[str, Registration] = {}
        self._live: dict[str, LiveJob] = {}
        self._news = NewsBoard()
        self._closed = False
        # One thread, so that snapshots are written in the order they were made.
        self._scribe = ThreadPoolExecutor(1, thread_name_prefix="stoat-job-store")
        self._chores: set[asyncio.Task[Any]] = set()

    # -- at the door ---------------------------------------------------------------------------

    def register_handler(
        self,
        job_type: str,
        handler: Handler,
        *,
        timeout: Timeout = DEFAULT,
        stall_timeout: float | None = None,
    ) -> None:
        limit = self._timeout if timeout is DEFAULT else timeout
        self._handlers[job_type] = Registration(
            handler=handler, timeout=limit, stall_timeout=stall_timeout
        )

    async def get_status(self, job_id: str) -> JobState:
        live = self._live.get(job_id)
        if live is not None:
            return live.state
        return await asyncio.to_thread(self.peek, job_id)

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
    ) -> list[JobState]:
        return await asyncio.to_thread(
            self.snapshots, status=status, job_type=job_type, limit=limit
        )

    def snapshots(
        self,
        *,
        status: JobStatus | None = None,
        job_type: str | None = None,
        limit: int | None = None,
    ) -> list[JobState]:
        """Return stored snapshots with the live ones at their newest. Blocking; any thread."""
        newest = {
            state.job_id: state
            for state in self._store.states(status=status, job_type=job_type, limit=limit)
        }
        # What is written down of a live job lags behind what it is.
        newest.update((live.state.job_id, live.state) for live in list(self._live.values()))
        chosen = [
            state
            for state in newest.values()
            if status in (None, state.status) and job_type in (None, state.job_type)
        ]
        return sorted(chosen, key=lambda state: state.submitted_at, reverse=True)[:limit]

    def peek_live(self, job_id: str) -> JobState | None:
        """Return the newest snapshot of a job that runs or waits here. Any thread."""
        live = self._live.get(job_id)
        return None if live is None else live.state

    def peek(self, job_id: str) -> JobState:
        """Return the newest snapshot of any job. Blocking; any thread."""
        state = self.peek_live(job_id) or self._store.load(job_id)
        if state is None:
            raise UnknownJob(job_id)
        return state

    def subscribe(self, job_id: str | None, listener: Listener) -> Unsubscribe:
        """Hear of one job or of all. Any thread; the listener is called on the queue's loop."""
        return self._news.subscribe(job_id, listener)

    async def watch(self, job_id: str) -> AsyncIterator[JobState]:
        changed = asyncio.Event()
        unsubscribe = self.subscribe(job_id, lambda _state: changed.set())
        seen = -1
        try:
            while True:
                changed.clear()
                state = await self.get_status(job_id)
                if state.seq != seen:
                    seen = state.seq
                    yield state
                if state.is_final:
                    return
                # A job of another process sends no news: look again after a while.
                here = job_id in self._live
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), None if here else LOOK_EVERY_S)
        finally:
            unsubscribe()

    async def cancel(self, job_id: str) -> bool:
        live = self._live.get(job_id)
        if live is None:
            if not (await self.get_status(job_id)).is_final:
                raise JobElsewhere(job_id)
            return False
        if live.state.status is JobStatus.PENDING:
            return bool(await self._see_to(self._end(live, Verdict(status=JobStatus.CANCELLED))))
        if live.run is None or live.run.task.done():
            return False
        if not live.state.cancel_requested:
            self._advance(live, cancel_requested=True)
            live.run.stop()
        return True

    # -- a job's way ---------------------------------------------------------------------------

    async def _admit(self, job_type: str, payload: Mapping[str, Any], timeout: Timeout) -> LiveJob:
        if self._closed:
            raise QueueClosed
        registration = self._handlers.get(job_type)
        registered = self._timeout if registration is None else registration.timeout
        live = LiveJob(
            JobState(
                job_id=str(uuid.uuid4()),
                job_type=job_type,
                payload=dict(payload),
                submitted_at=time.time(),
                timeout_s=registered if timeout is DEFAULT else timeout,
            )
        )
        await self._write(self._store.add, live.state)
        self._live[live.state.job_id] = live
        self._news.publish(live.state)
        if registration is None:
            refusal = UnknownJobType(job_type, tuple(sorted(self._handlers)))
            await self._end(live, Verdict(status=JobStatus.FAILED, error=str(refusal)))
        return live

    async def _run(self, live: LiveJob) -> None:
        """Run a pending job to its end."""
        if live.state.is_final or self._closed:
            return  # cancelled while it waited, or about to be
        registration = self._handlers[live.state.job_type]
        now = time.time()
        self._advance(
            live,
            status=JobStatus.RUNNING,
            started_at=now,
            heartbeat_at=now,
            attempt=live.state.attempt + 1,
        )
        context = JobContext(
            job_id=live.state.job_id,
            job_type=live.state.job_type,
            payload=live.state.payload,
            publish=lambda progress: self._progress(live, progress),
        )
        live.run = run = Running(registration, context, live.state.timeout_s)
        self._save_soon(live)
        await run.supervise()
        if not run.task.done():
            log.warning("Job %s would not let go and was left behind.", live.state.job_id)
            self._keep(run.task)
        await self._see_to(self._conclude(live, run))

    async def _conclude(self, live: LiveJob, run: Running) -> None:
        cancelled = live.state.cancel_requested
        # On the thread that is already there: at the interpreter's end no new one can be started.
        await self._end(live, await self._write(partial(run.judge, cancelled=cancelled)))

    async def _end(self, live: LiveJob, verdict: Verdict) -> bool:
        """Give a job its final status: written down first, then told. False if it had one."""
        if live.state.is_final:
            return False
        progress = live.state.progress if live.run is None else live.run.context.progress
        final = live.state.evolve(
            status=verdict.status,
            result=verdict.result,
            error=verdict.error or live.closing,
            finished_at=time.time(),
            progress=progress,
        )
        live.state = final  # from here on nothing else may move it
        try:
            await self._write(self._save_durably, final)
        except StoatError:
            # It stays among the live, so that at least this process knows how it ended.
            log.exception("The end of job %s could not be written down.", final.job_id)
        else:
            del self._live[final.job_id]
        self._news.publish(final)
        live.ended.set()
        log.info("Job %s ended: %s.", final.job_id, final.status, extra={"job": final.job_id})
        return True

    def _progress(self, live: LiveJob, progress: Progress) -> None:
        if live.state.is_final:
            return
        self._advance(live, progress=progress, heartbeat_at=time.time())
        if time.monotonic() - live.saved_at >= SAVE_EVERY_S:
            self._save_soon(live)

    def _advance(self, live: LiveJob, **changes: Any) -> None:
        live.state = live.state.evolve(**changes)
        self._news.publish(live.state)

    # -- writing down --------------------------------------------------------------------------

    def _save_soon(self, live: LiveJob) -> None:
        live.saved_at = time.monotonic()
        self._keep(asyncio.ensure_future(self._write(self._save_loosely, live.state)))

    def _save_loosely(self, state: JobState) -> None:
        self._store.save(state, durable=False)

    def _save_durably(self, state: JobState) -> None:
        self._store.save(state, durable=True)

    async def _write(self, function: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._scribe, function, *args)

    async def _see_to(self, work: Any) -> Any:
        """Await work that must be finished even if whoever waits for it is cancelled."""
        return await asyncio.shield(self._keep(asyncio.ensure_future(work)))

    def _keep(self, task: asyncio.Task[T]) -> asyncio.Task[T]:
        """Hold a task until it ends: asyncio itself holds tasks only weakly."""
        self._chores.add(task)
        task.add_done_callback(self._chore_done)
        return task

    def _chore_done(self, task: asyncio.Task[Any]) -> None:
        self._chores.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("A job's state could not be written.", exc_info=task.exception())

    async def _close_core(self) -> None:
        """Stop what runs, end what waits, and write down the last word of each."""
        self._closed = True
        ending = [live for live in self._live.values() if not live.state.is_final]
        for live in ending:
            live.closing = "The library was closed before it ended."
            await self.cancel(live.state.job_id)
        with suppress(TimeoutError):  # whatever went wrong with one: closing ends
            async with asyncio.timeout(2 * GRACE_S):
                for live in ending:
                    await live.ended.wait()
        await asyncio.gather(*self._chores, return_exceptions=True)
        self._scribe.shutdown(wait=True)
