"""The files that could not be read, each with the reason, and a way to have them read once more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from panel.viewable import Viewable

from stoat_nb.catalog.query import VideoQuery
from stoat_nb.components.explorer_state import ExplorerState
from stoat_nb.components.failure_bar import FailureBar
from stoat_nb.components.job_cards import JobCards
from stoat_nb.components.layout import column
from stoat_nb.components.live import LiveHub, first_look, in_background
from stoat_nb.components.looks import Looks
from stoat_nb.components.paged_table import REFRESH_EVERY_S, PagedTable
from stoat_nb.components.video_cells import reason_text
from stoat_nb.errors import StoatError
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobState
from stoat_nb.media.failures import ERROR_CLASSES

if TYPE_CHECKING:
    from stoat_nb.library import Library

_FAILED = {"status": ("failed",)}
_ALL = VideoQuery(facets=_FAILED)


class FailureList(PagedTable):
    """Lists a library's failures, a page at a time, and retries all of them or those of a reason.

    Parameters
    ----------
    library
        Whose failures to list.

    Examples
    --------
    >>> failures = FailureList(library)  # doctest: +SKIP
    """

    noun = "file"

    def __init__(self, library: Library, **params: Any) -> None:
        state = ExplorerState(facets=_FAILED, columns=["name", "folder", "error_class", "error"])
        super().__init__(library, state, **params)
        self._hub = LiveHub.current()
        self.bar = FailureBar(self._grant)
        self.cards = JobCards(
            library.job,
            on_retry=lambda job: self._follow([job], ""),
            label="Retries",
            visible=False,
        )
        self._jobs: dict[str, JobState] = {}
        self._reasons = Looks(self._count_reasons, self._show_reasons)
        self._hub.watch(library.subscribe, self._on_news)
        self._hub.watch(
            library.subscribe, lambda _states: self._reasons.again(), every=REFRESH_EVERY_S
        )
        first_look(self._count_reasons, self._show_reasons)
        self._whole = column(self.bar, self.cards, self._view, gap=12)

    def empty_text(self) -> str:
        return "Every file could be read."

    # -- reasons -------------------------------------------------------------------------------

    @property
    def _chosen(self) -> str:
        (reason,) = self.state.facets.get("error_class", ("",))
        return str(reason)

    def _count_reasons(self) -> dict[str, int]:
        found = self._library.facets(_ALL, ["error_class"], most=len(ERROR_CLASSES))
        return found["error_class"].counts

    def _show_reasons(self, counts: Mapping[str, int]) -> None:
        if self._chosen not in counts:
            self._choose("")  # the last of its files could be read, or is gone
        reasons = [
            {
                "key": key,
                "title": reason_text(key),
                "meaning": ERROR_CLASSES.get(key, ""),
                "count": n,
            }
            for key, n in counts.items()
        ]
        self.bar.draw(reasons=reasons)

    def _choose(self, reason: str) -> None:
        if reason != self._chosen:
            self.state.narrow(facets={**_FAILED, **({"error_class": (reason,)} if reason else {})})
        self.bar.draw(chosen=reason)

    # -- once more -----------------------------------------------------------------------------

    def _grant(self, wish: Mapping[str, Any]) -> None:
        known = {"", *(one["key"] for one in self.bar.reasons)}
        match wish:
            case {"reason": str(reason)} if reason in known:
                self._choose(reason)
            case {"retry": str(reason)} if reason in known and not self.bar.busy:
                self.bar.draw(busy=True, problem="")
                in_background(lambda: self._retry(reason))

    def _retry(self, reason: str) -> None:
        """Submit what reads them once more. Blocking: a disk may have to wake up first."""
        jobs: list[Job[Any]] = []
        problem = ""
        try:
            jobs += self._library.retry_failures(reason)
        except StoatError as refusal:
            problem = str(refusal)
        self._hub.post(lambda: self._follow(jobs, problem))

    def _follow(self, jobs: list[Job[Any]], problem: str) -> None:
        """Show the new jobs, and those of earlier retries no more."""
        self._jobs = {job.id: job.state for job in jobs}
        self.bar.draw(problem=problem)
        self._show_jobs()

    def _on_news(self, states: list[JobState]) -> None:
        newer = {
            state.job_id: state
            for state in states
            if state.job_id in self._jobs and state.seq >= self._jobs[state.job_id].seq
        }
        if newer:
            self._jobs |= newer
            self._show_jobs()

    def _show_jobs(self) -> None:
        alive = any(not state.is_final for state in self._jobs.values())
        self.cards.visible = bool(self._jobs)
        self.cards.draw_jobs(self._jobs.values())
        self.bar.draw(busy=alive)

    def __panel__(self) -> Viewable:
        return self._whole
