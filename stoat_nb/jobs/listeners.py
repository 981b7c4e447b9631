"""The thread that listeners are called on: what they do there blocks no job and no other news."""

from __future__ import annotations

import threading
from queue import SimpleQueue

from stoat_nb.jobs.news import Listener
from stoat_nb.jobs.state import JobState
from stoat_nb.jobs.verdict import one_line
from stoat_nb.logs import logger

log = logger(__name__)

#: Seconds that closing waits for a listener that is still at work.
STOP_S = 5.0


class ListenerThread:
    """Calls listeners one at a time, in the order of the news. It starts with the first of them."""

    def __init__(self) -> None:
        self._news: SimpleQueue[tuple[Listener, JobState] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def is_current(self) -> bool:
        """Whether the caller is a listener."""
        return threading.current_thread() is self._thread

    def start(self) -> None:
        """Make sure that it runs."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._main, name="stoat-listeners", daemon=True
                )
                self._thread.start()

    def call(self, listener: Listener, state: JobState) -> None:
        """Have a listener called soon."""
        self._news.put((listener, state))

    def stop(self) -> None:
        """Return when all listeners have heard what there was; leave one behind that blocks."""
        self._news.put(None)
        if self._thread is not None:
            self._thread.join(STOP_S)

    def _main(self) -> None:
        while (item := self._news.get()) is not None:
            listener, state = item
            try:
                listener(state)
            except BaseException as problem:  # noqa: BLE001 - one's fault is not another's
                log.error(  # noqa: TRY400 - of whose exception may refuse to be shown
                    "A listener failed on news of job %s: %s.", state.job_id, one_line(problem)
                )
