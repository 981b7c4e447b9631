"""What a handler is given: its payload, a way to report, and a way to send blocking work away."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from stoat_nb.jobs.rate import RateMeter
from stoat_nb.jobs.state import Progress

T = TypeVar("T")

#: Seconds between two published snapshots of a running job; more often nobody can read.
PUBLISH_EVERY_S = 0.1


class JobContext:
    """One running job, as its handler sees it."""

    def __init__(
        self,
        *,
        job_id: str,
        job_type: str,
        payload: Mapping[str, Any],
        publish: Callable[[Progress], None],
    ) -> None:
        self.job_id = job_id
        self.job_type = job_type
        self.payload = payload
        self.cancelled = False  #: Whether somebody asked the job to stop.
        self.moved_at = time.monotonic()  #: When the job last reported.
        self._publish = publish
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._progress = Progress()
        self._meter = RateMeter()
        self._scheduled = False
        self._published_at = float("-inf")

    def report(self, **changes: Any) -> None:
        """Say how far the job has come: any fields of Progress, from any thread, at any rate.

        What is shown is throttled; the last report before the end is never lost. ``rate`` and
        ``eta_s`` are worked out from ``done`` and ``total``.
        """
        with self._lock:
            self._progress = replace(self._progress, **changes)
            self.moved_at = time.monotonic()
            self._meter.mark(self.moved_at, self._progress.done)
            if self._scheduled:
                return
            self._scheduled = True
        with suppress(RuntimeError):  # the loop is closed: nobody is left to hear it
            self._loop.call_soon_threadsafe(self._schedule)

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """Run a blocking function on a thread, off the queue's loop."""
        return await asyncio.to_thread(function, *args)

    @property
    def progress(self) -> Progress:
        """The newest progress, with its rate."""
        with self._lock:
            progress, meter = self._progress, self._meter
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


#: An async function of a context that returns JSON.
Handler = Callable[[JobContext], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A handler and its limits, in seconds; None is no limit."""

    handler: Handler
    timeout: float | None
    stall_timeout: float | None
