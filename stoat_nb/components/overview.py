"""A library at a glance: how many videos, how long, how large, in what."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import param
from panel.custom import JSComponent
from panel.viewable import Viewable, Viewer

from stoat_nb import words
from stoat_nb.components.assets import script, sheets
from stoat_nb.components.live import LiveHub, first_look
from stoat_nb.jobs.state import JobState
from stoat_nb.names import shown

if TYPE_CHECKING:
    from stoat_nb.catalog.query import Summary
    from stoat_nb.library import Library

#: Seconds between two looks at the catalog while a scan runs.
REFRESH_EVERY_S = 2.0
#: Bars a group has; what is rarer is one bar together.
MOST_BARS = 6


class Figures(JSComponent):
    """Draws the cards and the bars."""

    cards = param.List(default=[], item_type=dict, doc="A label, a value and a note each.")
    groups = param.List(default=[], item_type=dict, doc="A title and its bars each.")

    _esm = script("overview.js")
    _stylesheets: ClassVar[list[str]] = sheets("overview.css")


class Overview(Viewer):
    """Shows a library's counts, total length and size, and what its videos are made of.

    Parameters
    ----------
    library
        The library to sum up.

    Examples
    --------
    >>> overview = Overview(library)  # doctest: +SKIP
    """

    summary = param.Parameter(doc="The Summary that is shown; None before the first look.")

    n_videos = param.Integer(default=None, doc="Files in it; None before the first look.")

    def __init__(self, library: Library, **params: Any) -> None:
        super().__init__(**params)
        self._library = library
        self._figures = Figures(sizing_mode="stretch_width")
        self._hub = LiveHub.current()
        self._hub.watch(library.subscribe, self._on_news, every=REFRESH_EVERY_S)
        first_look(library.summary, self._show)

    async def refresh(self) -> None:
        """Look at the catalog again."""
        summary = await asyncio.to_thread(self._library.summary)
        self._hub.post(lambda: self._show(summary))

    async def _on_news(self, _states: list[JobState]) -> None:
        await self.refresh()

    def _show(self, summary: Summary) -> None:
        self.param.update(summary=summary, n_videos=summary.n_videos)
        self._figures.param.update(cards=_cards(summary), groups=_groups(summary))

    def __panel__(self) -> Viewable:
        return self._figures


def _cards(summary: Summary) -> list[dict[str, Any]]:
    missing = f"{summary.n_missing:,} no longer there" if summary.n_missing else ""
    readable = "All could be read" if summary.n_videos else ""
    return [
        _card("Videos", f"{summary.n_videos:,}", missing),
        _card("Total length", words.total_length(summary.total_duration_s)),
        _card("Total size", words.size(summary.total_bytes)),
        _card(
            "Could not be read",
            f"{summary.n_failed:,}",
            "" if summary.n_failed else readable,
            bad=summary.n_failed > 0,
        ),
    ]


def _card(label: str, value: str, note: str = "", *, bad: bool = False) -> dict[str, Any]:
    return {"label": label, "value": value, "note": note, "bad": bad}


def _groups(summary: Summary) -> list[dict[str, Any]]:
    groups = {
        "Codecs": summary.codecs,
        "Resolutions": {
            name.replace("x", f" {words.TIMES} "): number
            for name, number in summary.resolutions.items()
        },
        "Containers": summary.containers,
    }
    return [{"title": title, "items": _bars(counts)} for title, counts in groups.items() if counts]


def _bars(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    kept = ranked if len(ranked) <= MOST_BARS else ranked[: MOST_BARS - 1]
    rest = sum(number for _, number in ranked[len(kept) :])
    bars = [(shown(name), number) for name, number in kept] + ([("others", rest)] if rest else [])
    longest = max(number for _, number in bars)
    return [
        {"name": name, "number": f"{number:,}", "percent": round(100 * number / longest, 1)}
        for name, number in bars
    ]
