"""How fast a job goes, and how long it will still take: sane at the start and after a pause."""

from __future__ import annotations

from collections import deque

#: Seconds of the past that count; long enough to be calm, short enough to follow a change.
WINDOW_S = 10.0
#: Seconds that must have been seen before a rate is believed.
PATIENCE_S = 0.5


class RateMeter:
    """Units a second over the recent past.

    Examples
    --------
    >>> meter = RateMeter()
    >>> for second in range(4):
    ...     meter.mark(float(second), done=10 * second)
    >>> meter.rate
    10.0
    >>> meter.eta_s(done=30, total=80)
    5.0
    """

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def mark(self, at: float, done: int) -> None:
        """Note that ``done`` units were finished by the time ``at`` (any monotonic seconds)."""
        if self._marks and done < self._marks[-1][1]:
            self._marks.clear()  # a new phase counts from nought
        self._marks.append((at, done))
        # One mark older than the window stays, so that the window is always spanned.
        while len(self._marks) > 2 and self._marks[1][0] <= at - WINDOW_S:  # noqa: PLR2004
            self._marks.popleft()

    @property
    def rate(self) -> float | None:
        """Units a second, or None while there is too little to tell."""
        if not self._marks:
            return None
        (start, before), (end, after) = self._marks[0], self._marks[-1]
        if end - start < PATIENCE_S:
            return None
        return (after - before) / (end - start)

    def eta_s(self, *, done: int, total: int | None) -> float | None:
        """Seconds left, or None while that cannot be told."""
        rate = self.rate
        if total is None or not rate:
            return None
        return max(0, total - done) / rate
