"""The queue that works: asyncio.Queue, and a pool of workers that take from it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any, Self

from stoat_nb.errors import CatalogMoved, CatalogReadOnly, QueueClosed, StoatError
from stoat_nb.jobs.context import Send
from stoat_nb.jobs.core import QueueCore
from stoat_nb.jobs.live import LiveJob
from stoat_nb.jobs.queue import Take
from stoat_nb.jobs.store import Changes, JobStore
from stoat_nb.jobs.watchdog import Watchdog
from stoat_nb.logs import logger

log = logger(__name__)

#: Seconds between two looks at whether another process has written anything.
LOOK_EVERY_S = 0.2
#: Seconds between two signs of life, and two looks for processes that give none.
TEND_EVERY_S = 2.0
#: Seconds between two looks at whether the handlers' loop moves.
WATCH_EVERY_S = 1.0
#: Seconds until what could not be written is tried again.
RETRY_AFTER_S = 1.0


class AsyncioJobQueue(QueueCore):
    """Runs up to ``workers`` jobs at once on the loop it was started on.

    Parameters
    ----------
    store
        Where jobs are written down; in memory if not given. Queues of several processes may share
        one: each job is run by one of them.
    workers
        Jobs that run at once.
    timeout
        Seconds a job may take unless its handler or its submitter says otherwise; None: no limit.
    send
        Runs what handlers give to ``context.run``; on a thread if not given.
    take
        Which jobs it runs: ``all`` it has handlers for, its ``own``, or ``none``.
    handlers
        The loop of another thread, on which handlers run; this one if not given. A handler that
        blocks then keeps up no limit, no sign of life and no word of any other job.
    most_waiting
        Jobs that may wait for their turn: ``submit`` raises TooManyJobs then. None: any number.

    Examples
    --------
    >>> import asyncio
    >>> async def double(context):
    ...     return 2 * context.payload["n"]
    >>> async def main():
    ...     async with AsyncioJobQueue() as queue:
    ...         queue.register_handler("double", double)
    ...         return await queue.get_result(await queue.submit("double", {"n": 21}))
    >>> asyncio.run(main())
    42
    """

    def __init__(
        self,
        *,
        store: JobStore | None = None,
        workers: int = 4,
        timeout: float | None = 300.0,
        send: Send | None = None,
        take: Take = "all",
        handlers: asyncio.AbstractEventLoop | None = None,
        most_waiting: int | None = None,
    ) -> None:
        super().__init__(
            store=store,
            timeout=timeout,
            send=send,
            take=take,
            slots=workers,
            handlers=handlers,
            most_waiting=most_waiting,
        )
        self._taken: asyncio.Queue[LiveJob] = asyncio.Queue()
        self._revision = 0
        self._pump: asyncio.Task[None] | None = None
        self._watchdog = None if handlers is None else Watchdog(handlers, self._live.warn)
        self._tasks: list[asyncio.Task[None]] = []
        self._n_workers = 0
        self._closing = False

    async def start(self) -> None:
        """Begin to run jobs; those submitted before were only kept."""
        if self._serving:
            return
        self._scribe.start()
        self._serving = True
        begin = await self._scribe.call(self._store.changes, -1, self._news.interest)
        self._revision = begin.revision
        rounds: list[Coroutine[Any, Any, None]] = []
        if self._watchdog is not None:
            rounds.append(every(WATCH_EVERY_S, self._watchdog.look))
        if self._store.is_lasting:
            rounds += [every(TEND_EVERY_S, self._tend), every(LOOK_EVERY_S, self._look)]
        self._tasks = [asyncio.create_task(one) for one in rounds]
        self._wake_up(hungry=True)

    async def aclose(self) -> None:
        """Take no more jobs, stop what runs and write down what became of it.

        With a lasting store what was stopped goes on when the library is next opened; else it is
        cancelled.
        """
        if self._closing:
            return
        self._closing = True
        await self._close_core()
        ending = [*self._tasks, *([] if self._pump is None else [self._pump])]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    async def until_idle(self) -> None:
        """Wait until nothing runs here and nothing waits to."""
        while self._live.n_running or (self._hungry and self._take != "none"):  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(LOOK_EVERY_S)

    def _wake_up(self, *, hungry: bool = False) -> None:
        super()._wake_up(hungry=hungry)
        if self._pump is None:
            self._pump = asyncio.ensure_future(self._pump_out())

    # -- rounds --------------------------------------------------------------------------------

    def _hand_out(self, taken: list[LiveJob]) -> None:
        """Give jobs to the workers: as many as there are jobs, for some may wait for others."""
        for live in taken:
            self._taken.put_nowait(live)
        for _ in range(self._live.n_begun - self._n_workers):
            self._n_workers += 1
            self._tasks.append(asyncio.create_task(self._work()))

    async def _work(self) -> None:
        while True:
            live = await self._taken.get()
            try:
                await self._live.work(live)
            except Exception:
                log.exception("A worker failed over job %s.", live.state.job_id)

    async def _pump_out(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                taken = await self._turn()
            except Exception as problem:  # the queue goes on whatever it was
                if isinstance(problem, CatalogReadOnly):
                    continue  # whoever submitted was told
                if isinstance(problem, StoatError):
                    log.error("What became of jobs could not be written down yet: %s", problem)  # noqa: TRY400 - a sentence
                else:
                    log.exception("What became of jobs could not be written down yet.")
                if not self._scribe.is_lost:
                    await asyncio.sleep(RETRY_AFTER_S)
                    self._wake_up(hungry=True)
            else:
                self._hand_out(taken)

    async def _tend(self) -> None:
        if await self._scribe.call(self._store.tend):
            self._wake_up(hungry=True)

    async def _look(self) -> None:
        if not self._store.may_have_changed():
            return
        if not await self._scribe.call(self._store.has_changed):
            return
        async with self._turning:
            changes = await self._changes()
            self._revision = changes.revision
            for state in changes.wished:
                self._live.heed(state)
            for state in changes.states:
                if state.job_id not in self._live:
                    self._news.publish(state)
        if changes.by_others:
            self._wake_up(hungry=True)

    async def _changes(self) -> Changes:
        """Return what others did, of interest to whoever listens by now."""
        while True:
            interest = self._news.interest
            changes = await self._scribe.call(self._store.changes, self._revision, interest)
            if self._news.interest == interest:
                return changes

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()


async def every(seconds: float, look: Callable[[], Awaitable[None]]) -> None:
    """Do something again and again; a disk that fails now may be well the next time."""
    while True:
        try:
            await look()
        except (QueueClosed, CatalogMoved):
            return
        except StoatError as problem:
            log.warning("The library's file cannot be used at the moment: %s", problem)
        except Exception:
            log.exception("The jobs of others could not be looked after.")
        await asyncio.sleep(seconds)
