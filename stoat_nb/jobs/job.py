"""The handle of one job: awaitable, watchable, cancellable, from any thread and any loop."""

from __future__ import annotations

import asyncio
import html
import threading
import time
import warnings
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import AbstractContextManager, suppress
from typing import Any, Generic, Protocol, TypeVar

from stoat_nb.errors import BadArgument, JobError, OpenedElsewhere, StoatError
from stoat_nb.jobs.events import job_log
from stoat_nb.jobs.locks import Submission
from stoat_nb.jobs.news import Listener, Unsubscribe
from stoat_nb.jobs.state import JobEvent, JobState, JobStatus, Progress
from stoat_nb.jobs.verdict import outcome_of
from stoat_nb.names import shown

#: Seconds between two looks at whether the library was closed under who waits.
LOOK_EVERY_S = 0.5
#: Looks at a pending job that only others may run, until who waits for it is told so.
LOOKS_TO_WARN = 5
_LEFT = (
    "This library leaves it to others (see take= and read_only=): if none of them runs it, open "
    "the library with take='all' or start stoat serve."
)

T_co = TypeVar("T_co", covariant=True)


class JobDesk(Protocol):
    """What a handle asks of whoever keeps its job. Every verb may be called from any thread."""

    def peek(self, job_id: str) -> JobState:
        """Return the newest snapshot."""

    def peek_live(self, job_id: str) -> JobState | None:
        """Return the same of a job that runs in this process, without any waiting."""

    def subscribe(self, job_id: str | None, listener: Listener) -> Unsubscribe:
        """Hear of the job until unsubscribed."""

    def hear(self, job_id: str, listener: Listener) -> Unsubscribe:
        """Hear of the job at once, with a listener of ours that never blocks."""

    def cancel(self, job_id: str) -> bool:
        """Ask the job to stop; False if it had ended."""

    def pause(self, job_id: str) -> bool:
        """Ask the job to wait; False if it had ended."""

    def resume(self, job_id: str) -> bool:
        """Ask the job to go on; False if it was not paused."""

    def retry(self, job_id: str, **changes: Any) -> Submission:
        """Submit the job once more."""

    def read_log(self, job_id: str) -> list[JobEvent]:
        """Return what was noted of the job."""

    def on_own_thread(self) -> bool:
        """Whether the caller is the very thread that runs jobs, which must not wait for them."""

    def takes(self, job_id: str) -> bool:
        """Whether jobs like this one are run here."""

    def others_take(self) -> bool:
        """Whether jobs may be run elsewhere."""

    def waiting(self, job_id: str) -> AbstractContextManager[None]:
        """Tell that the caller, which may be a job itself, waits for the job meanwhile."""

    @property
    def closed(self) -> bool:
        """Whether it was closed."""

    def check_open(self) -> None:
        """Raise QueueClosed if no more news will come."""

    def add_handle(self, job: Job[Any]) -> None:
        """Have a handle remember its job's state before no more can be asked."""


class Job(Generic[T_co]):
    """A submitted job.

    Await it, or call ``result()``, for what it came to; ``watch()`` follows it; ``cancel()`` stops
    it. Shown in a notebook cell it is live progress with a Cancel button.

    Examples
    --------
    >>> job = library.scan("~/Videos")  # doctest: +SKIP
    >>> job.progress.done, job.progress.total  # doctest: +SKIP
    (120, 131)
    >>> report = job.result()  # doctest: +SKIP
    """

    def __init__(
        self,
        job_id: str,
        job_type: str,
        desk: Callable[[], JobDesk],
        read: Callable[[Any], T_co],
        *,
        joined: bool = False,
        state: JobState | None = None,
    ) -> None:
        self._id = job_id
        self._type = job_type
        self._ask = desk
        self._read = read
        self._joined = joined
        self._last = state
        self._looks = 0
        desk().add_handle(self)

    @property
    def id(self) -> str:
        """Its UUID, good in every process that opens the library."""
        return self._id

    @property
    def job_type(self) -> str:
        """Which handler it goes to, such as ``scan``."""
        return self._type

    @property
    def joined(self) -> bool:
        """Whether submitting it found a job at work, or waiting, that does the same: this one."""
        return self._joined

    @property
    def state(self) -> JobState:
        """The newest snapshot; after the library was closed, the last one before."""
        if self._last is None or not self._last.is_final:
            self._last = self._peek()
        return self._last

    def _peek(self) -> JobState:
        desk = self._ask()
        if desk.closed and self._last is not None:
            return self._last
        return desk.peek(self._id)

    def remember(self) -> None:
        """Keep the newest snapshot for when the library is closed."""
        with suppress(StoatError):
            self._last = self.state

    @property
    def _desk(self) -> JobDesk:
        return self._ask()

    @property
    def closed(self) -> bool:
        """Whether its library was closed, so that ``state`` stays as it is."""
        return self._desk.closed

    @property
    def status(self) -> JobStatus:
        """Where it stands."""
        return self.state.status

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        return self.state.progress

    def cancel(self) -> bool:
        """Ask it to stop, keeping what it has finished; False if it had already ended."""
        return self._desk.cancel(self._id)

    def pause(self) -> bool:
        """Ask it to wait, keeping what it has done, until it is resumed; False if it had ended."""
        return self._desk.pause(self._id)

    def resume(self) -> bool:
        """Have it go on after a pause; False if it was not paused."""
        return self._desk.resume(self._id)

    def retry(self, *, only_failed: bool = False) -> Job[T_co]:
        """Submit it once more, as a new job; this one stays as it ended.

        Parameters
        ----------
        only_failed
            For scans: read only the files that failed.

        Raises
        ------
        JobNotFinal
            If it has not ended.
        """
        changes = {"only_failed": True} if only_failed else {}
        job_id, joined = self._desk.retry(self._id, **changes)
        return Job(job_id, self._type, self._ask, self._read, joined=joined)

    def log(self) -> list[JobEvent]:
        """Return what was noted of it, oldest first: starts, phases, warnings, how it ended."""
        return job_log(self.state, self._desk.read_log(self._id))

    def subscribe(self, listener: Listener) -> Unsubscribe:
        """Have ``listener`` called with each new snapshot, on a thread that all listeners share.

        It may use the library, but while it is at work no other listener hears anything. Call what
        is returned to hear no more.
        """
        return self._desk.subscribe(self._id, listener)

    def wait(self, timeout: float | None = None) -> JobState:
        """Block until it has ended, or for ``timeout`` seconds; return the newest snapshot.

        Without a timeout, a warning says so if the library leaves the job to other processes and
        none takes it.

        Raises
        ------
        JobError
            Without a timeout, if the library leaves the job to others and no process takes jobs.
        """
        if self._desk.on_own_thread():
            raise JobError(
                f"Job '{self._id}' cannot be waited for on the thread that runs it. "
                "Await it instead."
            )
        ended = threading.Event()
        unsubscribe = self._desk.hear(
            self._id, lambda state: ended.set() if state.is_final else None
        )
        try:
            with self._desk.waiting(self._id):
                return self._wait(ended, timeout)
        finally:
            unsubscribe()

    def _wait(self, ended: threading.Event, timeout: float | None) -> JobState:
        if timeout is not None and not isinstance(timeout, int | float):
            raise BadArgument("timeout", timeout, "a number of seconds, or None to wait for ever")
        until = float("inf") if timeout is None else time.monotonic() + timeout
        while not (state := self.state).is_final and (left := until - time.monotonic()) > 0:
            self._look(may_warn=timeout is None)
            ended.wait(min(left, LOOK_EVERY_S))
        return state

    def _look(self, *, may_warn: bool = True) -> None:
        """Check that news can come; say so of a job that waits, or may wait, for nobody."""
        self._desk.check_open()
        if may_warn and self._last is not None and self._is_left(self._last):
            if not self._desk.others_take():
                raise JobError(f"Job '{self._id}' is pending, and no process takes jobs. {_LEFT}")
            self._looks += 1
            if self._looks == LOOKS_TO_WARN:
                warnings.warn(f"Job '{self._id}' is still pending. {_LEFT}", stacklevel=4)

    def _is_left(self, state: JobState) -> bool:
        """Whether it could run by now, but not here."""
        may_run = state.status is JobStatus.PENDING and not (state.paused or state.waits_for)
        return may_run and not self._desk.takes(self._id)

    def result(self, timeout: float | None = None) -> T_co:
        """Block until it has ended and return what it came to.

        Raises
        ------
        JobFailed, JobTimeout, JobCancelled
            If it ended otherwise than complete.
        TimeoutError
            If it has not ended within ``timeout`` seconds; the job goes on.
        """
        state = self.wait(timeout)
        if not state.is_final:
            hint = f" {_LEFT}" if self._is_left(state) else ""
            raise TimeoutError(
                f"Job '{self._id}' has not ended after {timeout:g} s: it is {state.status}.{hint}"
            )
        return self._read(outcome_of(state))

    async def watch(self) -> AsyncIterator[JobState]:
        """Yield snapshots as they come, from any loop; may skip some, never the last.

        Raises JobError, as ``wait`` does, once nobody is there who could run the job.
        """
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()
        unsubscribe = self._desk.hear(self._id, lambda _state: _tell(loop, changed))
        seen = None
        try:
            while True:
                changed.clear()
                state = self._desk.peek_live(self._id)
                if state is None:  # else it costs no change of threads
                    state = await asyncio.to_thread(lambda: self.state)
                self._last = state
                if state != seen:
                    seen = state
                    yield state
                if state.is_final:
                    return
                await self._news(changed)
        finally:
            unsubscribe()

    async def _news(self, changed: asyncio.Event) -> None:
        with self._desk.waiting(self._id):
            while not changed.is_set():
                if self._last is None or self._is_left(self._last):
                    await asyncio.to_thread(self._look)
                else:
                    self._look()
                # Python 3.11's wait_for loses a cancellation that comes together with the news.
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await changed.wait()

    def __await__(self) -> Generator[Any, None, T_co]:
        return self._outcome().__await__()

    async def _outcome(self) -> T_co:
        async for _state in self.watch():
            pass
        return self._read(outcome_of(self.state))

    def __repr__(self) -> str:
        return f"<Job {shown(self._type)} {shown(self._id[:13])} [{self._standing()}]>"

    def _standing(self) -> str:
        """Return its status in a word or two, whatever has become of its library."""
        try:
            state = self.state
            if self._desk.closed and not state.is_final:
                return "library closed"
        except OpenedElsewhere:
            return "library opened in another process"
        except Exception:  # noqa: BLE001 - to show a job must not fail, whatever the disk does
            return "unknown"
        return str(state.status)

    def __reduce__(self) -> tuple[Any, ...]:
        return Job, (self._id, self._type, self._ask, self._read)

    def _repr_html_(self) -> str:
        return f"<code>{html.escape(repr(self))}</code>"


def _tell(loop: asyncio.AbstractEventLoop, changed: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the watcher's loop is closed: it watches no more
        loop.call_soon_threadsafe(changed.set)
