"""The cards that jobs are drawn as: any number of them in one property of one component."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, ClassVar

import param
from msgspec.structs import asdict

from stoat_nb.components.assets import script, sheets
from stoat_nb.components.job_actions import Verb
from stoat_nb.components.job_log import error_line, log_lines
from stoat_nb.components.job_text import describe
from stoat_nb.components.live import in_background
from stoat_nb.components.part import Part
from stoat_nb.components.served_page import served_document
from stoat_nb.errors import StoatError
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobState

#: What of a card moves while its job runs.
MOVING = ("percent", "detail", "problems", "current", "elapsed_s", "still_s")

#: Returns the handle of a job that is shown.
Find = Callable[[str], Job[Any]]


class JobCards(Part):
    """Draws a card a job, with buttons for what can be asked of it and its log to unfold.

    A served page is told by a message what moves on a card: to change a property costs the server
    several times as much, for each page that is open. A notebook keeps what properties say.
    """

    rows = param.List(
        default=[],
        item_type=dict,
        doc="What each card says, top to bottom; on a served page, what has moved since is told.",
    )
    logs = param.Dict(default={}, doc="The entries of each log that is unfolded, by job.")
    label = param.String(default="Jobs", doc="What a screen reader calls the list.")
    empty_text = param.String(default="", doc="What stands there while there are no jobs.")
    more_text = param.String(default="", doc="What stands below the last card.")
    loaded = param.Boolean(default=False, doc="Whether `rows` has been filled once.")

    _esm = script("job_cards.js")
    _stylesheets: ClassVar[list[str]] = sheets("job_cards.css")

    def __init__(
        self,
        find: Find,
        *,
        put_first: Callable[[str], object] | None = None,
        on_retry: Callable[[Job[Any]], object] = lambda _job: None,
        **params: Any,
    ) -> None:
        super().__init__(self._obey, **params)
        self._find = find
        self._put_first = put_first
        self._on_retry = on_retry
        self._is_served = served_document() is not None
        self._told: list[dict[str, Any]] = []
        self._states: dict[str, JobState] = {}
        self._places: Mapping[str, int] = {}
        self._wishes: set[tuple[str, Verb]] = set()
        self._refusals: dict[str, str] = {}
        self._reading: set[str] = set()

    def draw_jobs(
        self,
        states: Iterable[JobState],
        *,
        places: Mapping[str, int] | None = None,
        more_text: str = "",
        empty_text: str = "",
    ) -> None:
        """Show these jobs, in this order; ``places`` are those in the line, from 1."""
        # What was asked for here may be known here before it is news.
        self._states = {state.job_id: self._newest(state) for state in states}
        self._places = places or {}
        self._refusals = {one: said for one, said in self._refusals.items() if one in self._states}
        logs = {one: lines for one, lines in self.logs.items() if one in self._states}
        if len(logs) != len(self.logs):
            self.logs = logs
        self._put(self._rows(), more_text=more_text, empty_text=empty_text, loaded=True)

    def _put(self, rows: list[dict[str, Any]], **others: Any) -> None:
        """Have the cards drawn; where only figures of theirs have moved, tell those."""
        others = {name: value for name, value in others.items() if getattr(self, name) != value}
        if others or not self._is_served or [*map(_fixed, rows)] != [*map(_fixed, self.rows)]:
            self._told = rows
            self.param.update(rows=rows, **others)
            return
        moved = [row for row, last in zip(rows, self._told, strict=True) if row != last]
        if moved:
            self._told = rows
            # With the status that they are of: a message may be overtaken by what ends the job.
            told = ("status", *MOVING)
            self._send_msg({row["id"]: {name: row[name] for name in told} for row in moved})

    def _newest(self, state: JobState) -> JobState:
        known = self._states.get(state.job_id)
        return state if known is None or known.seq <= state.seq else known

    def _rows(self) -> list[dict[str, Any]]:
        retried = {state.retry_of for state in self._states.values()}
        return [
            self._row(state, retried=state.job_id in retried) for state in self._states.values()
        ]

    def _row(self, state: JobState, *, retried: bool) -> dict[str, Any]:
        place = self._places.get(state.job_id) if self._put_first else None
        wishes = {verb for job_id, verb in self._wishes if job_id == state.job_id}
        told = describe(state, place=place, wishes=wishes, retried=retried)
        row = asdict(told) | {"actions": [asdict(action) for action in told.actions]}
        refusal = self._refusals.get(state.job_id)
        return {**row, "notes": refusal} if refusal else row

    # -- what people ask for -------------------------------------------------------------------

    def _obey(self, data: dict[str, Any]) -> None:
        """Pass on what somebody pressed; what comes of it arrives as news."""
        job_id, verb = data.get("id"), data.get("verb")
        if not isinstance(job_id, str) or job_id not in self._states:
            return
        if verb == "log":
            self._turn_log(job_id, unfold=bool(data.get("open")))
            return
        row = next(row for row in self.rows if row["id"] == job_id)
        for action in row["actions"]:
            if action["verb"] == verb and not action["busy"]:
                self._wish(job_id, Verb(action["verb"]))

    def _wish(self, job_id: str, verb: Verb) -> None:
        self._refusals.pop(job_id, None)
        self._wishes.add((job_id, verb))
        self._redraw()
        in_background(lambda: self._grant(job_id, verb))

    def _grant(self, job_id: str, verb: Verb) -> None:
        refusal, again, state = "", None, None
        try:
            job = self._find(job_id)
            again = self._do(job, verb)
            state = job.state
        except StoatError as problem:
            refusal = str(problem)
        self._hub.post(lambda: self._settle(job_id, verb, state, refusal))
        if again is not None:
            self._hub.post(partial(self._on_retry, again))

    def _do(self, job: Job[Any], verb: Verb) -> Job[Any] | None:
        """Do what was asked for; return the new job, if there is one."""
        if verb in {Verb.RETRY, Verb.RETRY_FAILED}:
            return job.retry(only_failed=verb is Verb.RETRY_FAILED)
        if verb is Verb.FIRST:
            if self._put_first is not None:
                self._put_first(job.id)
            return None
        {Verb.CANCEL: job.cancel, Verb.PAUSE: job.pause, Verb.RESUME: job.resume}[verb]()
        return None

    def _settle(self, job_id: str, verb: Verb, state: JobState | None, refusal: str) -> None:
        self._wishes.discard((job_id, verb))
        if job_id in self._states:
            if state is not None:
                self._states[job_id] = self._newest(state)
            if refusal:
                self._refusals[job_id] = refusal
            self._redraw()

    def _redraw(self) -> None:
        self._put(self._rows())

    # -- logs ----------------------------------------------------------------------------------

    def _turn_log(self, job_id: str, *, unfold: bool) -> None:
        """Fold a log, or read what it holds by now: the page asks again while it shows it."""
        if not unfold:
            self._show_log(job_id, None)
        elif job_id not in self._reading:
            self._reading.add(job_id)
            in_background(lambda: self._read_log(job_id))

    def _read_log(self, job_id: str) -> None:
        try:
            lines = [asdict(line) for line in log_lines(job_id, self._find(job_id).log())]
        except StoatError as problem:
            lines = [asdict(error_line(str(problem)))]
        self._hub.post(lambda: self._show_log(job_id, lines))

    def _show_log(self, job_id: str, lines: list[dict[str, Any]] | None) -> None:
        self._reading.discard(job_id)
        logs = {one: kept for one, kept in self.logs.items() if one != job_id}
        if lines is not None and job_id in self._states:
            logs[job_id] = lines
        if logs != self.logs:
            self.logs = logs


def _fixed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in MOVING}
