"""One run of a handler: watched over until it ends, runs out of time, or will not let go."""

from __future__ import annotations

import asyncio
import inspect
import time
from contextlib import suppress
from contextvars import ContextVar, copy_context
from functools import partial
from typing import Any

from msgspec import Struct

from stoat_nb.errors import JobError
from stoat_nb.jobs.context import JobContext, Registration
from stoat_nb.jobs.verdict import Verdict, of_nonsense, of_raise, of_return
from stoat_nb.logs import bind, logger
from stoat_nb.names import class_name, shown

log = logger(__name__)

#: Seconds a handler has to let go after it was cancelled; then it is left behind.
GRACE_S = 5.0

#: The job whose handler, task or ``in_thread`` function the caller is, if any.
CURRENT_JOB: ContextVar[JobContext | None] = ContextVar("stoat_job", default=None)


class End(Struct, frozen=True):
    """What became of a handler."""

    value: Any = None
    problem: BaseException | None = None
    cancelled: bool = False


class Running:
    """A handler at work on a loop, this one or another's. Use it from the queue's loop only."""

    def __init__(
        self,
        registration: Registration,
        context: JobContext,
        timeout: float | None,
        handlers: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self.context = context
        self.task: asyncio.Task[End] | None = None  #: None until its loop has come to it.
        self.end: End | None = None
        self._registration, self._timeout = registration, timeout
        self._loop = asyncio.get_running_loop()
        self._handlers = self._loop if handlers is None else handlers
        self._started = time.monotonic()
        self._stopped = False
        self._late: str | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._over: asyncio.Future[None] = self._loop.create_future()
        within = copy_context()
        within.run(CURRENT_JOB.set, context)
        self._on_their_loop(partial(within.run, self._begin))

    def stop(self, *, for_good: bool = True) -> None:
        """Cancel the handler once: a second blow would hit it while it puts its things away.

        One that is stopped for good may hand in what it has; else it will go on another time.
        """
        if not self._stopped or for_good:
            self.context.cancelled = for_good
        if self._stopped:
            return
        self._stopped = True
        self._on_their_loop(self._cancel)
        self._loop.call_later(GRACE_S, self._let_go)

    async def supervise(self) -> None:
        """Return when the handler has ended, or has had its grace after being stopped."""
        self._look_at_limits()
        try:
            await self._over
        finally:
            if self._timer is not None:
                self._timer.cancel()

    @property
    def has_ended(self) -> bool:
        """Whether the handler is through."""
        return self.end is not None or (self.task is not None and self.task.done())

    @property
    def was_let_go(self) -> bool:
        """Whether the handler was stopped and has nothing to say: it can go on another time."""
        end = self._end_by_now()
        return self._stopped and self._late is None and (end is None or end.cancelled)

    @property
    def is_light(self) -> bool:
        """Whether judging it takes no time worth a thread."""
        return self.end is None or type(self.end.value) in (type(None), bool, int, float)

    def judge(self, *, cancelled: bool) -> Verdict:
        """Say how the run ended. Blocking for a large result: not for the loop."""
        try:
            return self._judge(cancelled)
        except BaseException as problem:  # noqa: BLE001 - the result's own code takes part in this
            return of_nonsense(problem)

    def _judge(self, cancelled: bool) -> Verdict:
        end = self.end
        if end is None or end.cancelled:
            return of_raise(None, cancelled=cancelled, late=self._late)
        if end.problem is None:
            return of_return(end.value, cancelled=cancelled, late=self._late)
        job_id = self.context.job_id
        log.error("Job %s failed: %s.", job_id, class_name(end.problem), extra={"job_id": job_id})
        return of_raise(end.problem, cancelled=cancelled, late=self._late)

    # -- on the loop of the handlers -----------------------------------------------------------

    def _on_their_loop(self, step: Any) -> None:
        if self._handlers is self._loop:
            step()
            return
        with suppress(RuntimeError):  # it is closed: the grace is all there is to wait for
            self._handlers.call_soon_threadsafe(step)

    def _begin(self) -> None:
        self.task = self._handlers.create_task(_ended(self._registration, self.context))
        self.task.add_done_callback(self._hand_over)

    def _cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()

    def _hand_over(self, task: asyncio.Task[End]) -> None:
        if self._handlers is self._loop:
            self._finish(_end_of(task))
            return
        with suppress(RuntimeError):  # the queue is closed, and has left it behind
            self._loop.call_soon_threadsafe(self._finish, _end_of(task))

    # -- on the queue's loop -------------------------------------------------------------------

    def _end_by_now(self) -> End | None:
        if self.end is None and self.task is not None and self.task.done():
            return _end_of(self.task)
        return self.end

    def _finish(self, end: End) -> None:
        self.end = end
        self._let_go()

    def _let_go(self) -> None:
        if not self._over.done():
            self._over.set_result(None)

    def _look_at_limits(self) -> None:
        """Stop the handler if a limit is reached; look again when one may be."""
        limits = self._limits()
        if self._stopped or not limits:
            return
        left, why = min(limits)
        if left > 0:
            self._timer = self._loop.call_later(left, self._look_at_limits)
        elif not self.has_ended:
            self._late = why
            self.stop()

    def _limits(self) -> list[tuple[float, str]]:
        now = time.monotonic()
        limits = []
        if self._timeout is not None:
            why = f"It took longer than the {self._timeout:g} s it may."
            if self.task is None:
                why += " It could not even begin: another handler blocked the queue's loop."
            limits.append((self._started + self._timeout - now, why))
        if self._stall_timeout is not None:
            why = f"Nothing in it moved for {self._stall_timeout:g} s."
            limits.append((self.context.moved_at + self._stall_timeout - now, why))
        return limits

    @property
    def _stall_timeout(self) -> float | None:
        return self._registration.stall_timeout


async def _ended(registration: Registration, context: JobContext) -> End:
    """Call the handler in its task: whatever it does wrong ends its own job, and only that."""
    bind(job_id=context.job_id)
    try:
        coming = registration.handler(context)
        if not inspect.isawaitable(coming):
            raise JobError(  # noqa: TRY301 - it is the handler's own fault, like all it raises
                f"The handler of {shown(context.job_type)} jobs is a plain function. Write it as "
                "'async def', and give what blocks to context.in_thread or context.run."
            )
        return End(value=await coming)
    except asyncio.CancelledError:
        return End(cancelled=True)
    except BaseException as problem:  # noqa: BLE001 - SystemExit would end the loop
        return End(problem=problem)


def _end_of(task: asyncio.Task[End]) -> End:
    return End(cancelled=True) if task.cancelled() else task.result()  # never even begun, or ended
