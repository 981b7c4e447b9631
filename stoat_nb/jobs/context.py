"""What a handler is given: its payload, a way to report, and a way to send blocking work away."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from stoat_nb.jobs.locks import Lock
from stoat_nb.jobs.rate import RateMeter
from stoat_nb.jobs.reports import checked_report
from stoat_nb.jobs.state import NO_PROGRESS, JobEvent, Level, Progress

T = TypeVar("T")

#: Seconds between two published snapshots of a running job; more often nobody can read.
PUBLISH_EVERY_S = 0.1
#: Lines of its log that one attempt may write.
LOG_AT_MOST = 1000

#: Runs a function with its arguments somewhere else, for so many seconds at most (None: any).
Send = Callable[[Callable[..., Any], tuple[Any, ...], float | None], Awaitable[Any]]


class JobContext:
    """One running job, as its handler sees it."""

    def __init__(
        self,
        *,
        job_id: str,
        job_type: str,
        payload: Mapping[str, Any],
        publish: Callable[[Progress], None],
        note: Callable[[JobEvent], None],
        attempt: int = 1,
        send: Send | None = None,
    ) -> None:
        self.job_id = job_id
        self.job_type = job_type
        self.payload = payload
        self.attempt = attempt  #: 1 at first; more if the process of an earlier one died.
        self.cancelled = False  #: Whether somebody asked the job to stop for good.
        self.moved_at = time.monotonic()  #: When the job last reported.
        self._publish = publish
        self._note = note
        self._noted = 0
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._progress = NO_PROGRESS
        self._meter = RateMeter()
        self._scheduled = False
        self._published_at = float("-inf")

    def report(self, **changes: Any) -> None:
        """Say how far the job has come: any fields of Progress, from any thread, at any rate.

        What is shown is throttled; the last report before the end is never lost. ``rate`` and
        ``eta_s`` are worked out from ``done``, ``total`` and ``skipped``: what needs no work says
        nothing of how long the rest will take.
        """
        checked = checked_report(changes)
        with self._lock:
            self._progress = replace(self._progress, **checked)
            self.moved_at = time.monotonic()
            self._meter.mark(self.moved_at, self._progress.done - self._progress.skipped)
            if self._scheduled:
                return
            self._scheduled = True
        with suppress(RuntimeError):  # the loop is closed: nobody is left to hear it
            self._loop.call_soon_threadsafe(self._schedule)

    def log(self, text: str, level: str = "info") -> None:
        """Add a line to the job's log, from any thread. After the first 1,000 no more are kept."""
        self._noted += 1
        if self._noted > LOG_AT_MOST:
            return
        if self._noted == LOG_AT_MOST:
            text = f"More than {LOG_AT_MOST:,} lines: no more are kept."
        event = JobEvent(at=time.time(), text=str(text), level=Level(level), attempt=self.attempt)
        with suppress(RuntimeError):  # the loop is closed: nobody is left to keep it
            self._loop.call_soon_threadsafe(self._note, event)

    async def run(self, function: Callable[..., T], *args: Any, timeout: float | None = None) -> T:
        """Run a pure function in a process of the engine and return what it returns: JSON.

        Whatever it does to its process, this one and the other jobs go on. When the job is
        cancelled, so is the function: its process is killed.

        Parameters
        ----------
        function
            A function of a module, or of a notebook; it sees nothing but its arguments. Modules
            beside the notebook are imported there again once they were edited.
        args
            What to give it.
        timeout
            Seconds it may take; None: as long as the job.

        Raises
        ------
        RunFailed
            If it raises, crashes, takes too long or returns something that is not JSON.
        """
        if self._send is None:
            return await self.in_thread(function, *args)
        return cast("T", await self._send(function, args, timeout))

    async def in_thread(self, function: Callable[..., T], *args: Any) -> T:
        """Run a blocking function on a thread of this process, off the queue's loop."""
        return await asyncio.to_thread(_called, function, args)

    @property
    def progress(self) -> Progress:
        """The newest progress, with its rate."""
        with self._lock:
            progress, meter = self._progress, self._meter
            if progress is NO_PROGRESS:
                return progress
            return replace(
                progress,
                rate=meter.rate,
                eta_s=meter.eta_s(done=progress.done, total=progress.total),
            )

    def _schedule(self) -> None:
        wait = self._published_at + PUBLISH_EVERY_S - time.monotonic()
        self._loop.call_later(max(0.0, wait), self._flush)

    def _flush(self) -> None:
        with self._lock:
            self._scheduled = False
        self._published_at = time.monotonic()
        self._publish(self.progress)


def _called(function: Callable[..., T], args: tuple[Any, ...]) -> T:
    try:
        return function(*args)
    except StopIteration as problem:  # no future can hold one: the handler would wait for ever
        raise RuntimeError("The function raised StopIteration.") from problem


#: An async function of a context that returns JSON.
Handler = Callable[[JobContext], Awaitable[Any]]


class Registration(Struct, frozen=True, kw_only=True):
    """A handler and its limits, in seconds; None is no limit."""

    handler: Handler
    timeout: float | None
    stall_timeout: float | None
    concurrency: int | None = None  #: How many jobs of the type run at once in all processes.
    lock: Lock | None = None  #: Which of them never run at once, and which are one.
