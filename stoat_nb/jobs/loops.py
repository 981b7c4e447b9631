"""An event loop on a thread of its own, which nothing that runs on it can end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import wait
from contextlib import suppress
from typing import Any, TypeVar

from stoat_nb.errors import JobError, QueueClosed
from stoat_nb.jobs.verdict import one_line
from stoat_nb.logs import logger

log = logger(__name__)
T = TypeVar("T")

#: Seconds between two looks at whether the thread that is waited for still lives.
LOOK_EVERY_S = 0.5
#: Seconds a loop and the threads of its ``to_thread`` have to end after they were told to.
STOP_S = 5.0


class LoopThread:
    """A loop that runs until it is stopped.

    asyncio lets SystemExit and KeyboardInterrupt out of ``run_forever``, from any task or callback:
    here they are logged, and the loop goes on with all else.
    """

    def __init__(self, name: str) -> None:
        # Whatever policy the process has, or gets later: this loop is asyncio's own.
        self.loop = asyncio.SelectorEventLoop()
        self._stopping = False
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # there are no more threads
            self.loop.close()
            raise

    @property
    def is_alive(self) -> bool:
        """Whether the thread is there; it may be blocked."""
        return self._thread.is_alive()

    @property
    def is_current(self) -> bool:
        """Whether the caller is this thread."""
        return threading.current_thread() is self._thread

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop and wait for it, from any other thread.

        Raises
        ------
        QueueClosed
            If the thread ends before the coroutine does.
        """
        if self.is_current:
            work.close()
            raise JobError("The queue's own thread cannot wait for itself. Use another thread.")
        try:
            future = asyncio.run_coroutine_threadsafe(work, self.loop)
        except RuntimeError:  # the loop is closed
            work.close()
            raise QueueClosed(died=True) from None
        while not wait((future,), LOOK_EVERY_S).done:
            if not self.is_alive and not future.done():
                raise QueueClosed(died=True)
        return future.result()

    def stop(self, *, within_s: float = STOP_S) -> None:
        """End the loop and its thread, from another; leave behind what will not end."""
        self._stopping = True
        with suppress(RuntimeError):  # it is closed
            self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(within_s)
        if self.is_alive:
            log.warning("Something still runs on %s and was left behind.", self._thread.name)

    def _main(self) -> None:
        try:
            while not self._stopping:
                self._run()
        finally:
            with suppress(BaseException):  # what was left behind may still raise anything
                self.loop.run_until_complete(self.loop.shutdown_default_executor())
            self.loop.close()

    def _run(self) -> None:
        try:
            self.loop.run_forever()
        except BaseException as problem:  # noqa: BLE001 - one job's is not another's
            log.error(  # noqa: TRY400 - of whose exception may refuse to be shown
                "Something left behind by a job raised on the thread %s: %s.",
                self._thread.name,
                one_line(problem),
            )
