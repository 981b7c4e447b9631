"""The jobs of a library, newest first: those of earlier sessions and those that run now."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import panel as pn
import param
from panel.viewable import Viewable, Viewer

from stoat_nb.components.job_cards import JobCards
from stoat_nb.components.live import LiveHub, first_look, served_document
from stoat_nb.jobs.state import JobState

if TYPE_CHECKING:
    from stoat_nb.library import Library

#: Milliseconds between two looks for jobs of other processes, which send no news.
LOOK_EVERY_MS = 2000


class JobList(Viewer):
    """Lists recent jobs, each with its state, its progress and a Cancel button.

    Parameters
    ----------
    library
        Whose jobs to list.

    Examples
    --------
    >>> jobs = JobList(library, limit=5)  # doctest: +SKIP
    """

    limit = param.Integer(default=10, bounds=(1, 500), doc="How many jobs are listed.")
    n_jobs = param.Integer(default=None, doc="How many are; None before the first look.")

    def __init__(self, library: Library, **params: Any) -> None:
        super().__init__(**params)
        self._library = library
        self._states: dict[str, JobState] = {}
        self._cards = JobCards(
            library.cancel, empty_text="No jobs yet. Choose a folder and press Scan."
        )
        self._hub = LiveHub.current()
        self._hub.watch(library.subscribe, self._show)
        self.param.watch(self._relook, "limit")
        first_look(self._read, self._show)
        if served_document() is not None:
            # Not before the page is there: what changes while it loads never reaches it.
            pn.state.onload(self._look_elsewhere)

    def _read(self) -> list[JobState]:
        return self._library.job_states(limit=self.limit)

    def _look_elsewhere(self) -> None:
        pn.state.add_periodic_callback(self._relook, period=LOOK_EVERY_MS)  # type: ignore[arg-type]

    async def _relook(self, _event: object = None) -> None:
        states = await asyncio.to_thread(self._read)
        self._hub.post(lambda: self._show(states))

    def _show(self, states: list[JobState]) -> None:
        for state in states:
            known = self._states.get(state.job_id)
            if known is None or known.seq <= state.seq:
                self._states[state.job_id] = state
        newest = sorted(self._states.values(), key=lambda one: one.submitted_at, reverse=True)
        self._states = {state.job_id: state for state in newest[: self.limit]}
        self._cards.draw(self._states.values())
        self.n_jobs = len(self._states)

    def __panel__(self) -> Viewable:
        return self._cards
