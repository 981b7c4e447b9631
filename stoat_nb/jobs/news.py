"""News of jobs: who wants to hear of which one."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable

from stoat_nb.jobs.state import JobState
from stoat_nb.jobs.store import Interest
from stoat_nb.logs import logger

log = logger(__name__)

Listener = Callable[[JobState], None]
Unsubscribe = Callable[[], None]


class NewsBoard:
    """Calls listeners with each new snapshot; they must not block. Subscribe from any thread."""

    def __init__(self) -> None:
        self._listeners: dict[str | None, dict[int, Listener]] = {}
        self._tickets = itertools.count()
        self._lock = threading.Lock()

    def subscribe(self, job_id: str | None, listener: Listener) -> Unsubscribe:
        """Hear of one job, or of all (None), until the returned function is called."""
        ticket = next(self._tickets)
        with self._lock:
            self._listeners.setdefault(job_id, {})[ticket] = listener

        def unsubscribe() -> None:
            with self._lock:
                listeners = self._listeners.get(job_id, {})
                listeners.pop(ticket, None)
                if not listeners:
                    self._listeners.pop(job_id, None)

        return unsubscribe

    def publish(self, state: JobState) -> None:
        """Tell everybody who wants to know. One listener's fault is not another's."""
        if not self._listeners:
            return
        with self._lock:
            listeners = [
                *self._listeners.get(state.job_id, {}).values(),
                *self._listeners.get(None, {}).values(),
            ]
        for listener in listeners:
            try:
                listener(state)
            except Exception:
                log.exception("A listener failed on news of job %s.", state.job_id)

    @property
    def interest(self) -> Interest:
        """The jobs somebody wants to hear of."""
        with self._lock:
            return Interest(frozenset(filter(None, self._listeners)), None in self._listeners)

    def __len__(self) -> int:
        with self._lock:
            return sum(len(listeners) for listeners in self._listeners.values())
