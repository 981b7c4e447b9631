"""The jobs that run in this process: from the moment they are taken to their last written word."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Protocol, TypeVar

from stoat_nb.jobs.context import JobContext, Registration, Send
from stoat_nb.jobs.news import NewsBoard
from stoat_nb.jobs.outbox import Outbox
from stoat_nb.jobs.running import GRACE_S, Running
from stoat_nb.jobs.state import JobEvent, JobState, JobStatus, Level, Progress
from stoat_nb.jobs.transitions import handed_back
from stoat_nb.jobs.verdict import Verdict, of_nonsense
from stoat_nb.logs import logger

log = logger(__name__)
T = TypeVar("T")

#: Seconds between two written-down snapshots of progress: others learn of it a moment later.
SAVE_EVERY_S = 0.25


class WakeUp(Protocol):
    """Tells the queue that there is something to write, and whether there may be jobs to take."""

    def __call__(self, *, hungry: bool = False) -> None: ...


class InScribe(Protocol):
    """Runs a blocking function on the thread that writes."""

    def __call__(self, function: Callable[..., T], *args: Any) -> Awaitable[T]: ...


class LiveJob:
    """A job that this process has taken."""

    def __init__(self, state: JobState, registration: Registration) -> None:
        self.state = state
        self.known = state  #: What of it was told: an end only once it is written down.
        self.registration = registration
        self.run: Running | None = None
        self.lost = False  #: Another process has taken it: whatever it comes to here is void.
        self.over = asyncio.Event()  #: Set when its end, or its way back, goes to the store.
        self.closing: str | None = None  #: Why the queue itself ended it, if it did.
        self.save_set = False
        self.waits = 0  #: How often it waits for other jobs at this moment; it needs no worker.

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left that could be stopped."""
        return self.over.is_set() or (self.run is not None and self.run.has_ended)

    @property
    def has_ended(self) -> bool:
        """Whether it came to its end; else it may be on its way back, to go on later."""
        if self.over.is_set():
            return self.state.is_final
        return self.run is not None and self.run.has_ended and not self.run.was_let_go


class LiveJobs:
    """All of them. Use it from the queue's loop only, but for ``get``."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        news: NewsBoard,
        wake: WakeUp,
        in_scribe: InScribe,
        send: Send | None,
        handlers: asyncio.AbstractEventLoop | None,
    ) -> None:
        self._outbox, self._news, self._wake = outbox, news, wake
        self._in_scribe, self._send, self._handlers = in_scribe, send, handlers
        self._jobs: dict[str, LiveJob] = {}
        self._left_behind: set[asyncio.Task[Any]] = set()

    def get(self, job_id: str) -> LiveJob | None:
        """Return a job if it runs here. Any thread."""
        return self._jobs.get(job_id)

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._jobs

    @property
    def n_running(self) -> int:
        """How many workers are taken."""
        return sum(not (live.over.is_set() or live.waits) for live in self._jobs.values())

    @property
    def n_begun(self) -> int:
        """How many jobs need somebody who looks after them."""
        return sum(not live.over.is_set() for live in self._jobs.values())

    def wait(self, job_id: str, change: int) -> None:
        """Take note that a job waits for others (1), or no more (-1): it hands back its worker.

        Else a job that waits for one of its own would keep that from beginning.
        """
        live = self._jobs.get(job_id)
        if live is not None:
            live.waits += change
            self._wake(hungry=True)

    def warn(self, job_id: str, text: str) -> None:
        """Add a line of our own to the log of a job, if it still runs here."""
        live = self._jobs.get(job_id)
        if live is not None:
            self._note(live, _as_event(text, live.state.attempt, Level.WARNING))

    def begin(self, state: JobState, registration: Registration) -> LiveJob:
        """Take charge of a job that was just taken."""
        before = self._jobs.get(state.job_id)
        if before is not None:  # this process was taken for dead, and now takes its own job again
            self._lose(before, None)
        live = self._jobs[state.job_id] = LiveJob(state, registration)
        self._news.publish(state)
        return live

    async def work(self, live: LiveJob) -> None:
        """Run a job's handler to its end, and judge it. Whatever goes wrong, the job ends."""
        if live.over.is_set():
            return  # stopped before it began
        try:
            await self._run(live)
        except Exception as problem:
            log.exception("Job %s could not be brought to its end.", live.state.job_id)
            if not live.over.is_set():
                self.end(live, of_nonsense(problem))

    async def _run(self, live: LiveJob) -> None:
        state = live.state
        context = JobContext(
            job_id=state.job_id,
            job_type=state.job_type,
            payload=state.payload,
            attempt=state.attempt,
            publish=partial(self._progress, live),
            note=partial(self._note, live),
            send=self._send,
        )
        live.run = run = Running(live.registration, context, state.timeout_s, self._handlers)
        self._stop_if_asked(live)
        await run.supervise()
        if not run.has_ended:
            log.warning("Job %s would not let go and was left behind.", state.job_id)
            if run.task is not None:
                self._left_behind.add(run.task)  # asyncio itself holds tasks only weakly
                run.task.add_done_callback(self._left_behind.discard)
        await self._conclude(live, run)

    def heed(self, kept: JobState) -> None:
        """Do what the store says somebody asked of a job that runs here."""
        live = self._jobs.get(kept.job_id)
        if live is None or live.is_over:
            return
        asked = {
            name: getattr(kept, name)
            for name in ("cancel_requested", "pause_requested", "priority")
            if getattr(kept, name) != getattr(live.state, name)
        }
        if asked:
            self._advance(live, **asked)
            self._stop_if_asked(live)

    def settle(self, saved: list[JobState], lost: Mapping[str, JobState | None]) -> None:
        """Take note of what was written, and of what was refused because others were quicker."""
        for state in saved:
            live = self._jobs.get(state.job_id)
            if live is None or live.state.attempt != state.attempt:
                continue
            kept = lost.get(state.job_id)
            if kept is not None and state.status is JobStatus.PENDING:
                self._dismiss(kept)  # it was given back, and somebody had other wishes
            elif state.job_id in lost:
                self._lose(live, kept)
            elif state.status is not JobStatus.RUNNING:
                self._dismiss(state)

    async def stop_all(self, *, for_good: bool) -> None:
        """Stop every job; return when each has let go, or has had its grace."""
        ending = list(self._jobs.values())
        for live in ending:
            if for_good and not live.is_over:
                live.closing = "The library was closed before it ended."
                self._advance(live, cancel_requested=True)
            if live.run is not None:
                live.run.stop(for_good=for_good)
            elif not live.over.is_set():
                self._let_go(live)
        with suppress(TimeoutError):  # whatever went wrong with one: closing ends
            async with asyncio.timeout(2 * GRACE_S):
                for live in ending:
                    await live.over.wait()

    # -- one job -------------------------------------------------------------------------------

    async def _conclude(self, live: LiveJob, run: Running) -> None:
        if live.lost:
            return
        if run.was_let_go and not live.state.cancel_requested:
            self._judge(live, handed_back(live.state))
            return
        judge = partial(run.judge, cancelled=live.state.cancel_requested)
        # A large result is checked on the thread that is already there: at the interpreter's end
        # no new one can be started.
        verdict = judge() if run.is_light else await self._in_scribe(judge)
        if not live.lost:
            self.end(live, verdict)

    def _let_go(self, live: LiveJob) -> None:
        """End a job, or give it back, before its handler has begun."""
        if live.state.cancel_requested:
            self.end(live, Verdict(status=JobStatus.CANCELLED))
        else:
            self._judge(live, handed_back(live.state))

    def end(self, live: LiveJob, verdict: Verdict) -> None:
        """Give a job its final status."""
        if verdict.traceback is not None:
            self._note(live, _as_event(verdict.traceback, live.state.attempt, Level.ERROR))
        final = live.state.evolve(
            status=verdict.status,
            result=verdict.result,
            error=verdict.error or live.closing,
            finished_at=time.time(),
            progress=_last_progress(live),
        )
        self._judge(live, final)

    def _judge(self, live: LiveJob, state: JobState) -> None:
        """Have a last word written; only then is it told."""
        live.state = state
        live.over.set()
        self._outbox.save(state)
        self._wake(hungry=True)

    def _dismiss(self, state: JobState) -> None:
        self._jobs.pop(state.job_id, None)
        self._news.publish(state)
        log.info("Job %s is %s.", state.job_id, state.status, extra={"job_id": state.job_id})

    def _lose(self, live: LiveJob, kept: JobState | None) -> None:
        """Let go of a job over which this process was taken for dead."""
        log.warning("Job %s was taken over: this process was taken for dead.", live.state.job_id)
        live.lost = True
        live.over.set()
        self._jobs.pop(live.state.job_id, None)
        if live.run is not None:
            live.run.stop(for_good=False)
        if kept is not None:
            self._news.publish(kept)

    def _stop_if_asked(self, live: LiveJob) -> None:
        if live.run is None:
            return
        if live.state.cancel_requested:
            live.run.stop(for_good=True)
        elif live.state.pause_requested:
            live.run.stop(for_good=False)

    # -- its news ------------------------------------------------------------------------------

    def _progress(self, live: LiveJob, progress: Progress) -> None:
        if not live.over.is_set():
            self._advance(live, progress=progress, heartbeat_at=time.time())
            self._save_later(live)

    def _note(self, live: LiveJob, event: JobEvent) -> None:
        if not live.lost:
            self._outbox.note(live.state.job_id, event)
            self._save_later(live)
            if live.over.is_set():
                self._wake()  # no more snapshots go out that could take it along

    def _advance(self, live: LiveJob, **changes: Any) -> None:
        live.state = live.state.evolve(**changes)
        self._tell(live)

    def _tell(self, live: LiveJob) -> None:
        live.known = live.state
        self._news.publish(live.state)

    def _save_later(self, live: LiveJob) -> None:
        if not live.save_set:
            live.save_set = True
            asyncio.get_running_loop().call_later(SAVE_EVERY_S, self._save, live)

    def _save(self, live: LiveJob) -> None:
        live.save_set = False
        if not live.over.is_set():
            self._outbox.save(live.state)
            self._wake()


def _as_event(text: str, attempt: int, level: Level) -> JobEvent:
    return JobEvent(at=time.time(), text=text, level=level, attempt=attempt)


def _last_progress(live: LiveJob) -> Progress:
    if live.run is None:
        return live.state.progress
    try:
        return live.run.context.progress
    except Exception:  # noqa: BLE001 - a handler may have reported what nobody can count with
        return live.state.progress
