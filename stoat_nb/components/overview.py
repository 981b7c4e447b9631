"""A library at a glance: how many videos, how long, how large, of what, and how it grew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import param
from msgspec import Struct
from panel.viewable import Viewable, Viewer

from stoat_nb import words
from stoat_nb.catalog.filters.facets import Facet
from stoat_nb.catalog.filters.sizes import Growth
from stoat_nb.catalog.query import Summary, VideoQuery
from stoat_nb.components import explorer_text as text
from stoat_nb.components.assets import script, sheets
from stoat_nb.components.layout import column
from stoat_nb.components.live import LiveHub, first_look
from stoat_nb.components.looks import Looks
from stoat_nb.components.part import Part

if TYPE_CHECKING:
    from stoat_nb.library import Library

#: Seconds between two looks at the catalog while a scan runs.
REFRESH_EVERY_S = 2.0
#: Bars a group has; what is rarer is one bar together.
MOST_BARS = 6
#: Scans whose growth is drawn: the last ones.
MOST_SCANS = 40

#: What is counted among the videos that could be read, in order.
GROUPS = ("codec", "resolution", "container", "hdr", "audio_codec", "integrity")


class Glance(Struct, frozen=True, kw_only=True):
    """Everything the overview shows."""

    summary: Summary
    facets: dict[str, Facet]
    growth: Sequence[Growth]


class Figures(Part):
    """Draws cards, bars and the growth; tells which bar was pressed."""

    cards = param.List(default=[], item_type=dict, doc="A label, a value and a note each.")
    groups = param.List(default=[], item_type=dict, doc="A title and its bars each.")
    growth = param.List(default=[], item_type=dict, doc="A height and a text for each scan.")
    opens = param.Boolean(default=False, doc="Whether bars can be pressed.")

    _esm = script("drawing.js", "overview.js")
    _stylesheets: ClassVar[list[str]] = sheets("overview.css")


class Overview(Viewer):
    """Shows a library's counts, total length and size, what its videos are made of, its growth.

    Parameters
    ----------
    library
        The library to sum up.
    on_choose
        Called with a column and a value when a bar is pressed; without it, none can be.

    Examples
    --------
    >>> overview = Overview(library)  # doctest: +SKIP
    """

    summary = param.Parameter(doc="The Summary that is shown; None before the first look.")

    n_videos = param.Integer(default=None, doc="Files in it; None before the first look.")

    def __init__(
        self,
        library: Library,
        *,
        on_choose: Callable[[str, Any], object] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(**params)
        self._library, self._on_choose = library, on_choose
        self._facets: dict[str, Facet] = {}
        #: The figures that everybody looks for first, and what they are made of.
        self.cards = Figures(self._heed)
        self.charts = Figures(self._heed, opens=on_choose is not None)
        looks = Looks(self._read, self._show)
        LiveHub.current().watch(
            library.subscribe, lambda _states: looks.again(), every=REFRESH_EVERY_S
        )
        # Whether there is anything at all is known long before what it is made of: the page that
        # waits to show it need not wait for the rest.
        first_look(lambda: library.count(VideoQuery()), self._show_total)
        first_look(self._read, self._show)

    def _read(self) -> Glance:
        readable = VideoQuery(facets={"status": ("ok",)})
        summary = self._library.summary()
        facets = self._library.facets(readable, GROUPS)
        return Glance(summary=summary, facets=facets, growth=self._library.growth())

    def _show_total(self, total: int) -> None:
        self.n_videos = total

    def _show(self, found: Glance) -> None:
        self._facets = found.facets
        self.cards.draw(cards=_cards(found))
        self.charts.draw(
            groups=[_group(one) for one in found.facets.values() if one.counts],
            growth=_growth(found.growth[-MOST_SCANS:]),
        )
        self.param.update(summary=found.summary, n_videos=found.summary.n_videos)

    def _heed(self, wish: dict[str, Any]) -> None:
        """Pass on which bar was pressed."""
        facet = self._facets.get(str(wish.get("column")))
        values = {text.key_of(value): value for value in facet.counts} if facet else {}
        if self._on_choose is not None and facet is not None and wish.get("key") in values:
            self._on_choose(facet.column, values[wish["key"]])

    def __panel__(self) -> Viewable:
        return column(self.cards, self.charts, gap=12)


def _cards(found: Glance) -> list[dict[str, Any]]:
    summary = found.summary
    counts = {"missing": summary.n_missing, "excluded": summary.n_excluded}
    missing = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
    truncated = found.facets["integrity"].counts.get("truncated", 0)
    readable = "All could be read" if summary.n_videos else ""
    return [
        _card("Videos", f"{summary.n_videos:,}", missing),
        _card("Total length", words.total_length(summary.total_duration_s)),
        _card("Total size", words.size(summary.total_bytes)),
        _card(
            "Unreadable",
            f"{summary.n_failed:,}",
            "" if summary.n_failed else readable,
            bad=summary.n_failed > 0,
        ),
        _card(
            "Truncated",
            f"{truncated:,}",
            "Cut off before their end" if truncated else "None found",
            bad=truncated > 0,
        ),
    ]


def _card(label: str, value: str, note: str = "", *, bad: bool = False) -> dict[str, Any]:
    return {"label": label, "value": value, "note": note, "bad": bad}


def _group(facet: Facet) -> dict[str, Any]:
    ranked = list(facet.counts.items())
    is_whole = len(ranked) <= MOST_BARS and not facet.n_further
    kept = ranked if is_whole else ranked[: MOST_BARS - 1]
    bars = [_bar(facet.column, value, count) for value, count in kept]
    rest = sum(count for _, count in ranked[len(kept) :])
    # Of more kinds than were counted, how many there are is not known either.
    if rest and not facet.n_further:
        bars.append({"name": "others", "count": rest, "key": ""})
    if facet.n_unknown:
        bars.append({"name": "unknown", "count": facet.n_unknown, "key": ""})
    most = max(bar["count"] for bar in bars)
    return {
        "column": facet.column,
        "title": text.heading(facet.column),
        "items": [
            {**bar, "number": f"{bar['count']:,}", "percent": round(100 * bar["count"] / most, 1)}
            for bar in bars
        ],
    }


def _bar(column: str, value: Any, count: int) -> dict[str, Any]:
    return {
        "name": text.value_label(column, value),
        "count": count,
        "key": text.key_of(value),
        "bad": column == "integrity" and value in ("truncated", "suspect"),
    }


def _growth(scans: Sequence[Growth]) -> list[dict[str, Any]]:
    if len(scans) < 2:  # noqa: PLR2004 - one scan has not grown
        return []
    most = max(1, *(one.total_bytes for one in scans))
    return [
        {
            "percent": round(100 * one.total_bytes / most, 2),
            "when": words.moment(one.finished_at.timestamp()),
            "text": f"{words.count(one.n_videos, 'video')}, {words.size(one.total_bytes)}",
        }
        for one in scans
    ]
