"""How many may wait for news of jobs at once, each with a connection of his own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from stoat_nb.errors import StoatError


class TooManyWatchers(StoatError):
    """As many clients follow jobs as may."""

    code = "TOO_MANY_WATCHERS"
    retry_after_s = 5

    def __init__(self, most: int) -> None:
        super().__init__(
            f"{most} clients are following jobs. Try again in a moment, ask for the job's state "
            "now and then instead, or set STOAT_MAX_CONNECTIONS: half of them may follow."
        )


class WatcherLimit:
    """Counts who waits for news of jobs. One loop only."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0

    def check(self) -> None:
        """Raise TooManyWatchers if nobody else may."""
        if self._count >= self._most:
            raise TooManyWatchers(self._most)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Count one for as long as this lasts."""
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1
