"""The queue on threads of its own: what a notebook, a page, a command and REST all talk to.

A blocked notebook cell blocks the kernel's loop, a slow page the server's. Jobs run on neither. Nor
does the queue share a loop with handlers, or a thread with listeners: what they do there, blocking
and asking the queue for something included, keeps up no other job.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from concurrent.futures import wait
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, TypeVar

from stoat_nb.errors import JobError, QueueClosed
from stoat_nb.jobs.asyncio_queue import AsyncioJobQueue
from stoat_nb.jobs.context import Handler, Send
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.listeners import ListenerThread
from stoat_nb.jobs.locks import Submission
from stoat_nb.jobs.loops import STOP_S, LoopThread
from stoat_nb.jobs.memory_queue import InMemoryJobQueue
from stoat_nb.jobs.news import Listener, Unsubscribe
from stoat_nb.jobs.queue import DEFAULT, Take, Timeout
from stoat_nb.jobs.running import CURRENT_JOB, GRACE_S
from stoat_nb.jobs.state import JobEvent, JobState, JobStatus
from stoat_nb.jobs.store import JobStore
from stoat_nb.jobs.verdict import one_line
from stoat_nb.logs import logger

log = logger(__name__)
T = TypeVar("T")

#: Seconds that putting away what handlers use may take.
ON_CLOSE_S = 30.0


class QueueThread:
    """An AsyncioJobQueue on a daemon thread, its handlers on another; every verb is plain.

    Each may be called from any thread, from handlers and listeners too.

    Parameters
    ----------
    store
        Where jobs are written down.
    workers
        Jobs that run at once.
    timeout
        Seconds a job may take unless something else is said.
    send
        Runs what handlers give to ``context.run``; on a thread if not given.
    take
        Which jobs it runs: ``all`` it has handlers for, its ``own``, or ``none``.
    on_close
        Awaited on the handlers' loop after the last job has ended, to put away what they use.
    most_waiting
        Jobs that may wait for their turn: no more are taken then. None: any number.
    queue
        The queue of a test, to work for this store instead of an AsyncioJobQueue.
    """

    _queue: AsyncioJobQueue | InMemoryJobQueue

    def __init__(
        self,
        *,
        store: JobStore | None = None,
        workers: int = 4,
        timeout: float | None = 300.0,
        send: Send | None = None,
        take: Take = "all",
        on_close: Callable[[], Awaitable[None]] | None = None,
        most_waiting: int | None = None,
        queue: InMemoryJobQueue | None = None,
    ) -> None:
        self._on_close = on_close
        self._closing = threading.Lock()
        self._closed = False
        self._jobs: weakref.WeakSet[Job[Any]] = weakref.WeakSet()
        self._waiting: set[asyncio.Task[None]] = set()
        self._listeners = ListenerThread()
        with ExitStack() as undo:
            self._loop = LoopThread("stoat-queue")
            undo.callback(self._loop.stop)
            self._handlers = LoopThread("stoat-handlers")
            undo.callback(self._handlers.stop)
            handlers = self._handlers.loop
            if queue is None:
                self._queue = AsyncioJobQueue(
                    store=store,
                    workers=workers,
                    timeout=timeout,
                    send=send,
                    take=take,
                    handlers=handlers,
                    most_waiting=most_waiting,
                )
            else:
                queue.work_for(store=store, send=send, take=take, handlers=handlers)
                self._queue = queue
            self._loop.call(self._queue.start())
            undo.pop_all()

    def register_handler(self, job_type: str, handler: Handler, **limits: Any) -> None:
        """Say what runs jobs of this type, within limits as AsyncJobQueue knows them."""
        self._call(self._register(job_type, handler, limits))

    async def _register(self, job_type: str, handler: Handler, limits: Mapping[str, Any]) -> None:
        self._queue.register_handler(job_type, handler, **limits)

    def submit(
        self,
        job_type: str,
        payload: Mapping[str, Any],
        *,
        timeout: Timeout = DEFAULT,
        priority: int = 0,
        read: Callable[[Any], T],
        desk: Callable[[], QueueThread] | None = None,
    ) -> Job[T]:
        """Take a job; it is safely written down when this returns. Its handle asks ``desk``."""
        submission = self._queue.submit_or_join(
            job_type, payload, timeout=timeout, priority=priority
        )
        job_id, joined = self._call(submission)
        return Job(job_id, job_type, desk or self.desk, read, joined=joined)

    def desk(self) -> QueueThread:
        """Return itself: what jobs ask for their state."""
        return self

    def __reduce__(self) -> str:
        raise TypeError("A job queue cannot be pickled. Submit the job from a Library: it can.")

    def add_handle(self, job: Job[Any]) -> None:
        """Have a job's handle remember its state when the queue is closed."""
        self._jobs.add(job)

    def peek(self, job_id: str) -> JobState:
        """Return the newest snapshot."""
        return self._queue.peek(job_id)

    def peek_live(self, job_id: str) -> JobState | None:
        """Return the newest snapshot of a job that runs here; it waits for nothing."""
        return self._queue.peek_live(job_id)

    def read_log(self, job_id: str) -> list[JobEvent]:
        """Return what was noted of a job."""
        return self._queue.read_log(job_id)

    def subscribe(self, job_id: str | None, listener: Listener) -> Unsubscribe:
        """Hear of one job, or of all (None), whichever process runs them.

        The listener is called on a thread that all listeners share.
        """
        self._listeners.start()
        return self._queue.subscribe(job_id, lambda state: self._listeners.call(listener, state))

    def hear(self, job_id: str, listener: Listener) -> Unsubscribe:
        """Hear of one job on the queue's own thread: for listeners of ours, which never block."""
        return self._queue.subscribe(job_id, listener)

    def cancel(self, job_id: str) -> bool:
        """Ask a job to stop; False if it had ended."""
        return self._call(self._queue.cancel(job_id))

    def pause(self, job_id: str) -> bool:
        """Ask a job to wait; False if it had ended."""
        return self._call(self._queue.pause(job_id))

    def resume(self, job_id: str) -> bool:
        """Ask a job to go on; False if it was not paused."""
        return self._call(self._queue.resume(job_id))

    def prioritize(self, job_id: str, priority: int) -> bool:
        """Give a job another place in the line; False if it had ended."""
        return self._call(self._queue.prioritize(job_id, priority))

    def retry(self, job_id: str, **changes: Any) -> Submission:
        """Submit a job that has ended once more."""
        return self._call(self._queue.retry_or_join(job_id, **changes))

    def snapshots(
        self,
        *,
        status: JobStatus | None = None,
        job_type: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[JobState]:
        """Return snapshots, newest submitted first."""
        return self._queue.snapshots(status, job_type, limit, offset)

    # -- who waits -----------------------------------------------------------------------------

    @property
    def closed(self) -> bool:
        """Whether it was closed, so that no more news will come."""
        return self._closed

    def check_open(self) -> None:
        """Raise QueueClosed if no more news will come."""
        if self._closed:
            raise QueueClosed
        if not self._loop.is_alive:
            raise QueueClosed(died=True)

    def takes(self, job_id: str) -> bool:
        """Whether it would run that job, were it pending and its turn."""
        return self._queue.takes(job_id)

    def others_take(self) -> bool:
        """Whether another queue may take jobs of this library."""
        return self._queue.others_take()

    @contextmanager
    def waiting(self, job_id: str) -> Iterator[None]:
        """Hold the worker of the job in which the caller is free while it waits for another."""
        mine = self._current_job()
        if mine == job_id:
            raise JobError(f"Job '{job_id}' cannot wait for itself. Wait for it outside of it.")
        if mine is None:
            yield
            return
        loop = self._loop.loop
        loop.call_soon_threadsafe(self._queue.wait, mine, 1)
        try:
            yield
        finally:
            loop.call_soon_threadsafe(self._queue.wait, mine, -1)

    def on_own_thread(self) -> bool:
        """Whether the caller is a thread that runs jobs."""
        return self._handlers.is_current or self._loop.is_current

    def _current_job(self) -> str | None:
        context = CURRENT_JOB.get()
        if context is None or self._queue.peek_live(context.job_id) is None:
            return None
        return context.job_id

    # -- the end -------------------------------------------------------------------------------

    def when_idle(self, then: Callable[[], object]) -> None:
        """Call ``then``, on a thread of its own, once no job runs or is to run here.

        Takes no lock: a finalizer may call it at any moment.
        """
        with suppress(RuntimeError):  # the loop is closed: nothing will ever run
            self._loop.loop.call_soon_threadsafe(self._await_idle, then)

    def _await_idle(self, then: Callable[[], object]) -> None:
        def start(waiting: asyncio.Task[None]) -> None:
            self._waiting.discard(waiting)
            if not waiting.cancelled():
                threading.Thread(target=then, name="stoat-close", daemon=True).start()

        waiting = asyncio.ensure_future(self._queue.until_idle())
        self._waiting.add(waiting)
        waiting.add_done_callback(start)

    def close(self) -> None:
        """Stop what runs, to go on later if anything lasts, and end the loops. May be repeated.

        Raises
        ------
        JobError
            If a handler or a listener asks for it: closing waits for them.
        """
        if self.on_own_thread() or self._listeners.is_current or self._current_job() is not None:
            raise JobError(
                "A library cannot be closed by one of its own jobs or listeners, for which closing "
                "waits. Close it when they have ended."
            )
        with self._closing:
            if self._closed:
                return
            try:
                self._loop.call(self._aclose())
            except QueueClosed as problem:
                log.error("%s", problem)  # noqa: TRY400 - a sentence
            for job in tuple(self._jobs):
                job.remember()
            self._closed = True
            is_moving = self._put_away()
            self._handlers.stop(within_s=STOP_S if is_moving else 0)
            self._loop.stop()
            self._listeners.stop()

    async def _aclose(self) -> None:
        for waiting in self._waiting:
            waiting.cancel()
        await self._queue.aclose()

    def _put_away(self) -> bool:
        """Await ``on_close``; return False if a handler blocks the loop that it needs."""
        loop, moves = self._handlers.loop, threading.Event()
        loop.call_soon_threadsafe(moves.set)
        if not moves.wait(GRACE_S):
            return False
        if self._on_close is not None:
            wait((asyncio.run_coroutine_threadsafe(_contained(self._on_close), loop),), ON_CLOSE_S)
        return True

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        if self._closed:
            work.close()
            raise QueueClosed
        return self._loop.call(work)


async def _contained(function: Callable[[], Awaitable[None]]) -> None:
    try:
        await function()
    except BaseException as problem:  # noqa: BLE001 - closing ends whatever goes wrong on the way
        log.error("What handlers use could not be put away: %s", one_line(problem))  # noqa: TRY400 - in one line
