"""One thread that does things later: a timer each would be a thread each, started on busy loops."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable

from stoat_nb.logs import logger

log = logger(__name__)

_Entry = tuple[float, int, Callable[[], object]]


class Clock:
    """Calls functions when their time has come; none of them may block.

    Examples
    --------
    >>> rang = threading.Event()
    >>> Clock().at(time.monotonic() + 0.01, rang.set)
    >>> rang.wait(30)
    True
    """

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def at(self, due: float, action: Callable[[], object]) -> None:
        """Have a function called at a time of ``time.monotonic``. Any thread; it never waits."""
        with self._changed:
            heapq.heappush(self._entries, (due, next(self._numbers), action))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="stoat-clock", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            action = self._next()
            try:
                action()
            except Exception:
                log.exception("What was to be done later failed.")
            del action  # it may hold a page

    def _next(self) -> Callable[[], object]:
        with self._changed:
            while True:
                left = self._entries[0][0] - time.monotonic() if self._entries else None
                if left is not None and left <= 0:
                    return heapq.heappop(self._entries)[2]
                self._changed.wait(left)


#: What all pages of this process go by.
CLOCK = Clock()
