"""What the views of a page hear of jobs: each as often as it wants, and no oftener."""

from __future__ import annotations

import time
from collections.abc import Callable

from stoat_nb.jobs.state import JobState

Unsubscribe = Callable[[], None]
#: Shows the newest snapshot of each job there is news of; it never waits for anything.
Show = Callable[[list[JobState]], object]
#: Job.subscribe or Library.subscribe.
Subscribe = Callable[[Callable[[JobState], None]], Unsubscribe]


class Watch:
    """One view's interest in the news: keeps only the newest snapshot of each job."""

    def __init__(self, show: Show, every: float) -> None:
        self.show, self.every = show, every
        self.waiting: dict[str, JobState] = {}
        self.shown_at = float("-inf")
        self.urgent = False  #: Whether a job has ended, which is told at once.

    def due(self, patience: float) -> float:
        """Return when its news may be shown; with patience that is later."""
        return float("-inf") if self.urgent else self.shown_at + self.every * patience

    def note(self, state: JobState, is_end: bool) -> bool:
        """Keep news until it is shown; return whether something is due now that was not."""
        is_news = not self.waiting or (is_end and not self.urgent)
        self.waiting[state.job_id] = state
        self.urgent = self.urgent or is_end
        return is_news

    def take(self) -> list[JobState]:
        """Hand out the news and begin anew."""
        states = list(self.waiting.values())
        self.waiting, self.urgent, self.shown_at = {}, False, time.monotonic()
        return states


class Feed:
    """One subscription for all views of a page that hear of the same.

    News are told on the thread that runs the jobs, and twenty pages have some hundred views.
    """

    def __init__(self) -> None:
        self.watches: list[Watch] = []
        self.unsubscribe: Unsubscribe = lambda: None

    def note(self, state: JobState) -> bool:
        """Keep news for each view; return whether any has something due now that it had not."""
        is_end = state.is_final
        return any([watch.note(state, is_end) for watch in self.watches])  # noqa: C419 - tell each
