"""One job, live: how far it is, how fast, how long still, and what can be asked of it."""

from __future__ import annotations

from typing import Any

import param
from panel.viewable import Viewable, Viewer

from stoat_nb.components.feeds import Unsubscribe
from stoat_nb.components.job_cards import JobCards
from stoat_nb.components.live import LiveHub
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobState


class JobProgress(Viewer):
    """Shows a job until it has ended, and then what it came to; tried again, the new one as well.

    Parameters
    ----------
    job
        The handle that ``library.scan()``, ``library.submit()`` or ``library.job()`` returned.

    Examples
    --------
    >>> progress = JobProgress(library.scan("~/Videos"))  # doctest: +SKIP
    """

    state = param.ClassSelector(class_=JobState, doc="The snapshot that is shown, of the last try.")

    def __init__(self, job: Job[Any], **params: Any) -> None:
        super().__init__(**params)
        self.job = job
        self._jobs: dict[str, Job[Any]] = {}
        self._states: dict[str, JobState] = {}
        self._unsubscribe: dict[str, Unsubscribe] = {}
        self._cards = JobCards(
            lambda job_id: self._jobs[job_id], on_retry=self._follow, label="Job"
        )
        self._follow(job)

    def _follow(self, job: Job[Any]) -> None:
        """Show one more job, above the others."""
        self.job = job
        self._jobs[job.id] = job
        # First the subscription, then the look: nothing can end between the two unseen.
        self._unsubscribe[job.id] = LiveHub.current().watch(job.subscribe, self._show)
        self._show([job.state])

    def _show(self, states: list[JobState]) -> None:
        for newest in states:
            known = self._states.get(newest.job_id)
            if known is None or newest.seq >= known.seq:
                self._states[newest.job_id] = newest
                if newest.is_final:
                    self._unsubscribe[newest.job_id]()
        self.state = self._states[self.job.id]
        self._cards.draw_jobs(reversed(self._states.values()))

    def __panel__(self) -> Viewable:
        return self._cards
