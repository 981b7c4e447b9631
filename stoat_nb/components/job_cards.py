"""The cards that jobs are drawn as: any number of them in one property of one component."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from stoat_nb.components.assets import script, sheets
from stoat_nb.components.job_text import describe
from stoat_nb.components.live import LiveHub, in_background
from stoat_nb.errors import StoatError
from stoat_nb.jobs.state import JobState


class JobCards(JSComponent):
    """Draws a card a job, with its own Cancel button."""

    rows = param.List(default=[], item_type=dict, doc="What each card says, top to bottom.")
    label = param.String(default="Jobs", doc="What a screen reader calls the list.")
    empty_text = param.String(default="", doc="What stands there while there are no jobs.")
    loaded = param.Boolean(default=False, doc="Whether `rows` has been filled once.")

    _esm = script("job_cards.js")
    _stylesheets: ClassVar[list[str]] = sheets("job_cards.css")

    def __init__(self, cancel: Callable[[str], object], **params: Any) -> None:
        super().__init__(**{"sizing_mode": "stretch_width", **params})
        self._cancel = cancel
        self._hub = LiveHub.current()

    def draw(self, states: Iterable[JobState]) -> None:
        """Show these jobs, in this order."""
        self.param.update(rows=[asdict(describe(state)) for state in states], loaded=True)

    def _handle_msg(self, data: Any) -> None:
        """Pass on that somebody pressed Cancel; how it ends arrives as news."""
        job_id = data.get("cancel") if isinstance(data, dict) else None
        if any(row["id"] == job_id for row in self.rows):
            in_background(lambda: self._post_cancel(str(job_id)), name="stoat-cancel")

    def _post_cancel(self, job_id: str) -> None:
        try:
            self._cancel(job_id)
        except StoatError as refusal:
            sentence = str(refusal)
            self._hub.post(lambda: self._refuse(job_id, sentence))

    def _refuse(self, job_id: str, sentence: str) -> None:
        self.rows = [
            {**row, "notes": sentence} if row["id"] == job_id else row for row in self.rows
        ]
