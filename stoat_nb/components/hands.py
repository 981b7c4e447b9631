"""Threads that do short blocking things: used again, since starting one means to wait for it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from stoat_nb.logs import logger

log = logger(__name__)

#: Seconds after which a thread that has nothing to do ends; pages look now and then.
IDLE_S = 60.0


class Hands:
    """Does each thing at once, on a thread that is free or a new one. Any thread may ask.

    Examples
    --------
    >>> done = threading.Event()
    >>> Hands().do(done.set)
    >>> done.wait(30)
    True
    """

    def __init__(self) -> None:
        self._wanted: deque[Callable[[], object]] = deque()
        self._changed = threading.Condition()
        self._n_free = 0  #: Threads beyond those that what is wanted was promised to.

    def do(self, action: Callable[[], object]) -> None:
        """Have something done soon."""
        with self._changed:
            self._wanted.append(action)
            if self._n_free:
                self._n_free -= 1
                self._changed.notify()
                return
        threading.Thread(target=self._work, name="stoat-look", daemon=True).start()

    def _work(self) -> None:
        while (action := self._next()) is not None:
            try:
                action()
            except Exception:
                log.exception("What was to be done in the background failed.")
            del action  # it may hold a page
            with self._changed:
                # If it takes now what one that was just started is for, that one is free instead.
                self._n_free += 1

    def _next(self) -> Callable[[], object] | None:
        """Return what is to be done, or None after a while in which there was nothing."""
        with self._changed:
            if not self._wanted and not self._changed.wait_for(lambda: self._wanted, IDLE_S):
                self._n_free -= 1
                return None
            return self._wanted.popleft()
