"""Looking at the catalog off every loop, and showing what was found where views may be changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from stoat_nb.catalog.reader import shared_looks
from stoat_nb.components.live import LiveHub, in_background
from stoat_nb.errors import CatalogClosed
from stoat_nb.logs import logger

log = logger(__name__)
T = TypeVar("T")


class Looks(Generic[T]):
    """Reads and shows, again and again: of many wishes one is under way and one is next.

    Parameters
    ----------
    read
        Returns what is to be shown. Blocking; called on a thread, one call at a time.
    show
        Shows it; called where views may be changed.
    """

    def __init__(self, read: Callable[[], T], show: Callable[[T], object]) -> None:
        self._read, self._show = read, show
        self._hub = LiveHub.current()
        self._lock = threading.Lock()
        self._wanted = self._busy = False

    def again(self) -> None:
        """Look once more, soon. Any thread."""
        with self._lock:
            self._wanted = True
            if self._busy:
                return
            self._busy = True
        in_background(self._run)

    def _run(self) -> None:
        while self._take() and not self._hub.is_gone:
            try:
                with shared_looks():
                    found = self._read()
            except CatalogClosed:
                continue
            except Exception:
                log.exception("The catalog could not be looked at.")
                continue
            self._hub.post(lambda found=found: self._show(found))  # type: ignore[misc]

    def _take(self) -> bool:
        with self._lock:
            self._busy, self._wanted = self._wanted, False
            return self._busy
