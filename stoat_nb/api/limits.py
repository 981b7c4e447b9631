"""How much one client may ask for before the others would wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from stoat_nb.api.refusals import Busy
from stoat_nb.jobs.state import JobStatus
from stoat_nb.library import Library

#: Submits between two looks at how many jobs wait, as a part of how many may.
_PARTS = 100


class SubmitLimit:
    """Refuses new jobs while too many wait; looks again after a hundredth of them, not at each."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._most = library.settings.max_pending_jobs
        self._left = 0
        self._lock = threading.Lock()

    def check(self, joins: Callable[[], bool]) -> None:
        """Raise Busy if too many jobs wait and this one ``joins`` none. Blocking; any thread."""
        with self._lock:
            if self._left <= 0:
                if self._library.job_states(
                    status=JobStatus.PENDING, limit=1, offset=self._most - 1
                ):
                    if joins():
                        return
                    raise _too_many_jobs(self._most)
                self._left = max(1, self._most // _PARTS)
            self._left -= 1


class WatcherLimit:
    """Counts who waits for news of jobs, each with a connection of his own. One loop only."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0

    def check(self) -> None:
        """Raise Busy if nobody else may."""
        if self._count >= self._most:
            raise _too_many_watchers(self._most)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Count one for as long as this lasts."""
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1


def _too_many_jobs(most: int) -> Busy:
    sentence = (
        f"{most} jobs or more wait to be run. Submit again when some have ended, or set "
        "STOAT_MAX_PENDING_JOBS."
    )
    return Busy(429, "TOO_MANY_JOBS", sentence, retry_after_s=10)


def _too_many_watchers(most: int) -> Busy:
    sentence = (
        f"{most} clients are following jobs. Try again in a moment, ask for the job's state now "
        "and then instead, or set STOAT_MAX_CONNECTIONS: half of them may follow."
    )
    return Busy(503, "TOO_MANY_WATCHERS", sentence, retry_after_s=5)
