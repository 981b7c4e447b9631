"""The jobs of a library: those that run and wait, the newest that have ended, and all of them."""

from __future__ import annotations

from functools import partial
from itertools import chain
from math import inf
from typing import TYPE_CHECKING, Any

import panel_material_ui as pmui
import param
from panel.viewable import Viewable, Viewer

from stoat_nb.components.job_cards import JobCards
from stoat_nb.components.job_line import Line, line_up
from stoat_nb.components.live import LiveHub, first_look
from stoat_nb.components.looks import Looks
from stoat_nb.jobs.state import JobState, JobStatus

if TYPE_CHECKING:
    from stoat_nb.library import Library

#: Jobs of one status that are looked at for the first list; of those that wait, all that count.
LOOK_AT = 200
#: Jobs that have ended which are looked at: the last to end may have been submitted long ago.
LOOK_BACK = 20

_EVERY_STATUS = {
    "All statuses": "",
    "Waiting or paused": "pending",
    "Running": "running",
    "Complete": "complete",
    "Failed": "failed",
    "Timed out": "timeout",
    "Cancelled": "cancelled",
}
#: What is looked at: everything, status, page, page_size and limit.
_Choice = tuple[bool, str, int, int, int]
_ENDED = tuple(status for status in JobStatus if status.is_final)


class JobList(Viewer):
    """Lists the jobs that run and wait and the last that ended, each with its buttons and its log.

    ``everything`` turns it into the whole history, a page at a time.

    Parameters
    ----------
    library
        Whose jobs to list.

    Examples
    --------
    >>> jobs = JobList(library, limit=5)  # doctest: +SKIP
    """

    limit = param.Integer(
        default=10, bounds=(1, 500), doc="How many that have ended are listed at first."
    )
    since = param.Number(
        default=0.0, doc="Of those that have ended only the ones that ended later; Unix seconds."
    )
    everything = param.Boolean(default=False, doc="Whether the whole history is listed, in pages.")
    status: Any = param.Selector(
        default="", objects=_EVERY_STATUS, doc="Only jobs of this status, in the history."
    )
    page = param.Integer(default=0, bounds=(0, None), doc="The page of the history, from 0.")
    page_size = param.Integer(default=10, bounds=(1, 100), doc="Jobs on a page of the history.")
    n_jobs = param.Integer(
        default=None, doc="How many the first list has; None before the first look."
    )

    def __init__(self, library: Library, **params: Any) -> None:
        super().__init__(**params)
        self._library = library
        self._states: dict[str, JobState] = {}
        self._line = Line()
        self._has_older = False
        self._arranged: tuple[Any, ...] = ()  #: What the controls were last arranged for.
        self._looks = Looks(self._read, self._fill)
        self.cards = JobCards(
            library.job,
            put_first=lambda job_id: library.prioritize(job_id, self._line.top + 1),
            on_retry=lambda job: self._show([job.state]),
        )
        self._make_controls()
        self._hub = LiveHub.current()
        self._hub.watch(library.subscribe, self._on_news)
        self.param.watch(self._on_choice, ["limit", "everything", "status", "page", "page_size"])
        first_look(self._read, self._fill)

    # -- looking -------------------------------------------------------------------------------

    def _read(self) -> tuple[_Choice, list[JobState]]:
        """Look at the jobs; on a thread, so it says for which choice."""
        choice = self._choice()
        everything, status, page, page_size, limit = choice
        look = self._library.job_states
        if everything:
            wanted = JobStatus(status) if status else None
            return choice, look(status=wanted, limit=page_size + 1, offset=page * page_size)
        back = max(limit, LOOK_BACK)
        alive = [look(status=one, limit=LOOK_AT) for one in (JobStatus.RUNNING, JobStatus.PENDING)]
        ended = (look(status=status, limit=back) for status in _ENDED)
        return choice, list(chain(*alive, *ended))

    def _choice(self) -> _Choice:
        return (self.everything, self.status, self.page, self.page_size, self.limit)

    def _on_choice(self, *events: param.parameterized.Event) -> None:
        if self.page and not any(event.name == "page" for event in events):
            self.page = 0  # which looks again by itself
            return
        self._looks.again()

    def _on_news(self, states: list[JobState]) -> None:
        known = self._states
        moved = any(
            state.job_id not in known or known[state.job_id].status is not state.status
            for state in states
        )
        if self.everything and moved:
            self._looks.again()
        else:
            self._show([one for one in states if not self.everything or one.job_id in known])

    # -- showing -------------------------------------------------------------------------------

    def _fill(self, look: tuple[_Choice, list[JobState]]) -> None:
        """Show what a look has found, with what is known to be newer."""
        choice, states = look
        if choice != self._choice():  # the look at what is chosen now is under way
            return
        known, self._states = self._states, {}
        self._has_older = self.everything and len(states) > self.page_size
        found = states[: self.page_size] if self.everything else states
        for state in found:
            newer = known.get(state.job_id, state)
            self._states[state.job_id] = newer if newer.seq > state.seq else state
        self._draw()

    def _show(self, states: list[JobState]) -> None:
        for state in states:
            known = self._states.get(state.job_id)
            if known is None or known.seq <= state.seq:
                self._states[state.job_id] = state
        self._draw()

    def _draw(self) -> None:
        empty = self._empty_text()
        if self.everything:
            shown = self._states.values()
            self.cards.draw_jobs(shown, more_text=self._where(), empty_text=empty)
        else:
            now = [one for one in self._states.values() if (one.finished_at or inf) > self.since]
            self._line = line = line_up(now, ended=self.limit, look_at=LOOK_AT)
            self._states = {state.job_id: state for state in line.kept}
            self.cards.draw_jobs(
                line.shown, places=line.places, more_text=line.more, empty_text=empty
            )
            if self.n_jobs != len(line.shown):
                self.n_jobs = len(line.shown)
        self._arrange()

    def _empty_text(self) -> str:
        if self.everything:
            return "No job of that status." if self.status else "No jobs yet."
        return "No jobs yet. Choose a folder and press Scan."

    # -- controls ------------------------------------------------------------------------------

    def _make_controls(self) -> None:
        button = partial(pmui.Button, variant="text", size="small", margin=0)
        self._filter = pmui.Select.from_param(
            self.param.status,
            label="Status",
            description="",
            size="small",
            width=180,
            margin=(6, 0),
        )
        self._toggle = button(label="")
        self._newer, self._older = button(label="Newer jobs"), button(label="Older jobs")
        self._toggle.on_click(self._on_toggle)
        self._newer.on_click(partial(self._turn, -1))
        self._older.on_click(partial(self._turn, 1))
        self._foot = pmui.FlexBox(
            *(self._newer, self._older, self._toggle),
            align_items="center",
            gap="8px",
            sizing_mode="stretch_width",
            margin=0,
        )
        self._arrange()

    def _on_toggle(self, _event: object) -> None:
        self.everything = not self.everything

    def _turn(self, pages: int, _event: object) -> None:
        self.page = max(0, self.page + pages)

    def _arrange(self) -> None:
        """Show the controls that can do something now."""
        now = (self.everything, self.page, self._has_older, bool(self.n_jobs))
        if now == self._arranged:  # as with almost all news: each part that is asked costs
            return
        self._arranged = now
        paged = self.everything and (self.page > 0 or self._has_older)
        self._filter.visible = self.everything
        self._toggle.param.update(
            label="Show fewer" if self.everything else "All jobs",
            # Where only what is new is listed, the others have a place of their own.
            visible=bool(self.n_jobs) and not self.since,
        )
        self._newer.param.update(visible=paged, disabled=self.page == 0)
        self._older.param.update(visible=paged, disabled=not self._has_older)

    def _where(self) -> str:
        """Say which part of the history this is."""
        first = self.page * self.page_size + 1
        return f"Jobs {first} to {first + len(self._states) - 1}" if self._states else ""

    def __panel__(self) -> Viewable:
        return pmui.Column(
            *(self._filter, self.cards, self._foot),
            sizing_mode="stretch_width",
            margin=0,
            sx={"gap": "12px"},
        )
