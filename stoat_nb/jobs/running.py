"""One run of a handler: watched over until it ends, runs out of time, or will not let go."""

from __future__ import annotations

import asyncio
import inspect
import time
from typing import Any

from stoat_nb.errors import JobError
from stoat_nb.jobs.context import JobContext, Registration
from stoat_nb.jobs.verdict import Verdict, of_raise, of_return
from stoat_nb.logs import bind, logger
from stoat_nb.names import shown

log = logger(__name__)

#: Seconds a handler has to let go after it was cancelled; then it is left behind.
GRACE_S = 5.0


class Running:
    """A handler at work. Use it from the queue's loop only."""

    def __init__(
        self, registration: Registration, context: JobContext, timeout: float | None
    ) -> None:
        self.context = context
        self.task: asyncio.Task[Any] = asyncio.ensure_future(_awaited(registration, context))
        self._timeout = timeout
        self._stall_timeout = registration.stall_timeout
        self._started = time.monotonic()
        self._stopped = False
        self._late: str | None = None
        self._let_go: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def stop(self, *, for_good: bool = True) -> None:
        """Cancel the handler once: a second blow would hit it while it puts its things away.

        One that is stopped for good may hand in what it has; else it will go on another time.
        """
        if not self._stopped or for_good:
            self.context.cancelled = for_good
        if self._stopped:
            return
        self._stopped = True
        self.task.cancel()
        asyncio.get_running_loop().call_later(GRACE_S, self._give_up)

    async def supervise(self) -> None:
        """Return when the handler has ended, or has had its grace after being stopped."""
        await asyncio.sleep(0)  # many a handler is through after its first step
        while not self.task.done() and not self._let_go.done():
            left = self._stop_if_late()
            await asyncio.wait(
                {self.task, self._let_go}, timeout=left, return_when=asyncio.FIRST_COMPLETED
            )

    @property
    def was_let_go(self) -> bool:
        """Whether the handler was stopped and has nothing to say: it can go on another time."""
        has_no_end = not self.task.done() or self.task.cancelled()
        return self._stopped and self._late is None and has_no_end

    @property
    def is_light(self) -> bool:
        """Whether judging it takes no time worth a thread."""
        if not self.task.done() or self.task.cancelled() or self.task.exception() is not None:
            return True
        result = self.task.result()
        return result is None or isinstance(result, bool | int | float)

    def judge(self, *, cancelled: bool) -> Verdict:
        """Say how the run ended. Blocking for a large result: not for the loop."""
        if not self.task.done() or self.task.cancelled():
            return of_raise(None, cancelled=cancelled, late=self._late)
        problem = self.task.exception()
        if problem is None:
            return of_return(self.task.result(), cancelled=cancelled, late=self._late)
        job_id = self.context.job_id
        log.error("Job %s failed: %s.", job_id, type(problem).__name__, extra={"job_id": job_id})
        return of_raise(problem, cancelled=cancelled, late=self._late)

    def _give_up(self) -> None:
        if not self._let_go.done():
            self._let_go.set_result(None)

    def _stop_if_late(self) -> float | None:
        """Stop the handler if a limit is reached; return the seconds until one may be."""
        if self._stopped:
            return None
        limits = self._limits()
        if not limits:
            return None
        left, why = min(limits)
        if left > 0:
            return left
        self._late = why
        self.stop()
        return None

    def _limits(self) -> list[tuple[float, str]]:
        now = time.monotonic()
        limits = []
        if self._timeout is not None:
            why = f"It took longer than the {self._timeout:g} s it may."
            limits.append((self._started + self._timeout - now, why))
        if self._stall_timeout is not None:
            why = f"Nothing in it moved for {self._stall_timeout:g} s."
            limits.append((self.context.moved_at + self._stall_timeout - now, why))
        return limits


async def _awaited(registration: Registration, context: JobContext) -> Any:
    """Call the handler in its task: whatever it does wrong ends its own job, and only that."""
    bind(job_id=context.job_id)
    coming = registration.handler(context)
    if not inspect.isawaitable(coming):
        raise JobError(
            f"The handler of {shown(context.job_type)} jobs is a plain function. Write it as "
            "'async def', and give what blocks to context.in_thread or context.run."
        )
    return await coming
