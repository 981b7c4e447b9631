"""Notices that a handler blocks the loop that all handlers share, and names it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.running import CURRENT_JOB
from stoat_nb.logs import logger
from stoat_nb.names import shown

log = logger(__name__)

#: Seconds without a step of the loop that are worth a word; the next one comes at twice as many.
BLOCKED_AFTER_S = 10.0


class Watchdog:
    """Asks the handlers' loop for an answer. Use it from the queue's loop only.

    Parameters
    ----------
    handlers
        The loop, of another thread.
    warn
        Adds a line to the log of a job, if that still runs.
    """

    def __init__(
        self, handlers: asyncio.AbstractEventLoop, warn: Callable[[str, str], None]
    ) -> None:
        self._handlers, self._warn = handlers, warn
        self._asked_at: float | None = None  #: None: it has answered.
        self._suspect: asyncio.Task[Any] | None = None
        self._warn_at = 0.0
        handlers.set_task_factory(lambda _loop, work, **options: HandlerTask(work, **options))

    async def look(self) -> None:
        """See whether the loop has answered; ask again, or name who keeps it from that."""
        now = time.monotonic()
        task = asyncio.current_task(self._handlers)
        if self._asked_at is None or task is not self._suspect:
            self._asked_at, self._warn_at, self._suspect = now, BLOCKED_AFTER_S, task
            with suppress(RuntimeError):  # it is closed
                self._handlers.call_soon_threadsafe(self._answer)
            return
        blocked_s = now - self._asked_at
        if blocked_s >= self._warn_at:
            self._warn_at = 2 * blocked_s
            self._tell(task, blocked_s)

    def _answer(self) -> None:
        self._asked_at = None

    def _tell(self, task: asyncio.Task[Any] | None, blocked_s: float) -> None:
        context = getattr(task, "context", None)
        who = f"The handler '{shown(context.job_type)}'" if context else "A callback"
        text = (
            f"{who} has blocked the queue's loop for {blocked_s:.0f} s; "
            "use context.in_thread or context.run."
        )
        log.warning(text)
        if context is not None:
            self._warn(context.job_id, text)


class HandlerTask(asyncio.Task[Any]):
    """A task that knows which job it works for: so do those that a handler makes."""

    context: JobContext | None

    def __init__(self, work: Coroutine[Any, Any, Any], **options: Any) -> None:
        self.context = CURRENT_JOB.get()
        super().__init__(work, **options)
