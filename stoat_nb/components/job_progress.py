"""One job, live: how far it is, how fast, how long still, and a button to stop it."""

from __future__ import annotations

from typing import Any

import param
from panel.viewable import Viewable, Viewer

from stoat_nb.components.job_cards import JobCards
from stoat_nb.components.live import LiveHub
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobState


class JobProgress(Viewer):
    """Shows a job until it has ended, and then what it came to.

    Parameters
    ----------
    job
        The handle that ``library.scan()``, ``library.submit()`` or ``library.job()`` returned.

    Examples
    --------
    >>> progress = JobProgress(library.scan("~/Videos"))  # doctest: +SKIP
    """

    state = param.ClassSelector(class_=JobState, doc="The snapshot that is shown.")

    def __init__(self, job: Job[Any], **params: Any) -> None:
        super().__init__(**params)
        self.job = job
        self._cards = JobCards(lambda _job_id: job.cancel(), label="Job")
        # First the subscription, then the look: nothing can end between the two unseen.
        self._unsubscribe = LiveHub.current().watch(job.subscribe, self._show)
        self._show([job.state])

    def _show(self, states: list[JobState]) -> None:
        newest = states[-1]
        if self.state is not None and newest.seq < self.state.seq:
            return
        self.state = newest
        self._cards.draw([newest])
        if newest.is_final:
            self._unsubscribe()

    def __panel__(self) -> Viewable:
        return self._cards
