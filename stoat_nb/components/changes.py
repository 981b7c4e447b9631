"""What is different after one scan from what was after another."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd
import param
from msgspec import Struct
from panel.viewable import Viewable, Viewer

from stoat_nb import words
from stoat_nb.catalog.columns import TABLES
from stoat_nb.components.assets import script, sheets
from stoat_nb.components.layout import column
from stoat_nb.components.live import LiveHub, first_look
from stoat_nb.components.looks import Looks
from stoat_nb.components.notice import Notice
from stoat_nb.components.part import Part
from stoat_nb.components.row_grid import RowGrid
from stoat_nb.components.video_cells import title_of, value_text
from stoat_nb.names import shown

if TYPE_CHECKING:
    from stoat_nb.library import Library

#: Seconds between two looks at the scans while one runs.
REFRESH_EVERY_S = 2.0
#: Files that are listed; a frame holds all of them.
MOST_ROWS = 200

#: What each kind of change is called, and how it looks in the list.
KINDS = {
    "added": ("Added", "good"),
    "removed": ("Missing", "bad"),
    "changed": ("Changed", "warn"),
    "moved": ("Moved", ""),
    "returned": ("Found again", "good"),
    "offline": ("Drive offline", "quiet"),
    "excluded": ("Excluded", "quiet"),
}

_COLUMNS = [
    {
        "field": field,
        "title": title,
        "width": width,
        "grow": grow,
        "right": False,
        "sortable": False,
    }
    for field, title, width, grow in (
        ("change", "Change", 120, 0),
        ("name", "File", 200, 1),
        ("folder", "Folder", 200, 1),
        ("told", "What changed", 320, 2),
    )
]
#: What people ask for first when a file has changed.
_FIRST = ("path", "size_bytes", "duration_s", "codec", "display_width", "fps", "audio_codec")
#: Columns of a changed file that are told; the others are counted.
MOST_TOLD = 6


class Found(Struct, frozen=True, kw_only=True):
    """Two scans, and what lies between them."""

    scans: list[dict[str, Any]]  #: Those that have ended, newest first: an id and a label each.
    before: int | None = None
    after: int | None = None
    rows: pd.DataFrame | None = None  #: As ``library.diff`` returns it, a row a file.


class ChangesHead(Part):
    """Draws the choice of two scans and a count for each kind of change."""

    scans = param.List(default=[], item_type=dict, doc="An id and a label each, newest first.")
    before = param.Integer(default=None, doc="The earlier scan.")
    after = param.Integer(default=None, doc="The later scan.")
    kinds = param.List(default=[], item_type=dict, doc="A kind, its label and its count each.")
    kind = param.String(default="", doc="The only kind that is listed; empty: all.")
    more = param.String(default="", doc="What is said of changes that are not listed.")

    _esm = script("drawing.js", "changes.js")
    _stylesheets: ClassVar[list[str]] = sheets("changes.css")


class Changes(Viewer):
    """Shows what changed between two scans: the last two, unless others are chosen.

    Parameters
    ----------
    library
        Whose scans to compare.
    on_open
        Called with the id of a video whose row is opened; without it, none can be.

    Examples
    --------
    >>> changes = Changes(library, before=1, after=3)  # doctest: +SKIP
    """

    before = param.Integer(default=None, doc="The earlier scan; None: the last but one.")
    after = param.Integer(default=None, doc="The later scan; None: the last one.")
    kind: Any = param.Selector(default="", objects=["", *KINDS], doc="Only this kind; empty: all.")
    counts = param.Dict(default={}, doc="How many files of each kind there are.")

    def __init__(
        self,
        library: Library,
        *,
        on_open: Callable[[int], object] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(**params)
        self._library, self._on_open = library, on_open
        self._found = Found(scans=[])
        self._head = ChangesHead(self._heed)
        self._grid = RowGrid(
            self._open, columns=_COLUMNS, label="Changes", opens=on_open is not None, visible=False
        )
        self._empty = Notice(tone="calm")
        self._looks = Looks(self._read, self._show)
        LiveHub.current().watch(
            library.subscribe, lambda _states: self._looks.again(), every=REFRESH_EVERY_S
        )
        self.param.watch(lambda *_events: self._looks.again(), ["before", "after"])
        self.param.watch(lambda *_events: self._draw(), "kind")
        first_look(self._read, self._show)

    def _read(self) -> Found:
        scans = self._library.scans()
        ended = [int(one) for one in scans.loc[scans["finished_at"].notna(), "scan_id"]]
        labels = [_label(row) for row in reversed(scans.to_dict("records"))]
        offered = [one for one in labels if one["id"] in ended]
        before = self.before if self.before in ended else next(iter(ended[-2:-1]), None)
        after = self.after if self.after in ended else next(iter(ended[-1:]), None)
        if before is None or after is None:
            return Found(scans=offered)
        rows = self._library.diff(before, after, by="file")
        return Found(scans=offered, before=before, after=after, rows=rows)

    def _show(self, found: Found) -> None:
        self._found = found
        counts = {} if found.rows is None else found.rows["change"].value_counts().to_dict()
        self.counts = {kind: int(counts.get(kind, 0)) for kind in KINDS}
        self._draw()

    def _draw(self) -> None:
        found, total = self._found, sum(self.counts.values())
        listed = _listed(found.rows, self.kind)
        self._head.draw(
            scans=found.scans,
            before=found.before,
            after=found.after,
            kind=self.kind,
            kinds=[
                {"name": kind, "label": label, "count": count, "number": f"{count:,}"}
                for kind, (label, _tone) in KINDS.items()
                for count in [self.counts.get(kind, 0)]
            ]
            if total
            else [],
            more=_more(len(listed), found),
        )
        first = listed.head(MOST_ROWS).to_dict("records")
        rows = [_row(place, row) for place, row in enumerate(first)]
        self._grid.draw(rows=rows, visible=bool(total))
        self._empty.param.update(**_nothing(found, total))

    def _open(self, data: Mapping[str, Any]) -> None:
        known = {row["id"] for row in self._grid.rows if row["id"] > 0}
        match data:
            case {"open": int(wanted)} if self._on_open is not None and wanted in known:
                self._on_open(wanted)

    def _heed(self, data: Mapping[str, Any]) -> None:
        for side in ("before", "after"):
            if type(data.get(side)) is int:
                # What is not touched stays as it is shown, even if a new scan ends.
                shown_now = {"before": self._found.before, "after": self._found.after}
                self.param.update(**{**shown_now, side: data[side]})
        if data.get("kind") in ("", *KINDS):
            self.kind = data["kind"]

    def __panel__(self) -> Viewable:
        return column(self._head, self._grid, self._empty, gap=14, top=14)


def _listed(rows: pd.DataFrame | None, kind: str) -> pd.DataFrame:
    if rows is None:
        return pd.DataFrame()
    return rows[rows["change"] == kind] if kind else rows


def _more(n_listed: int, found: Found) -> str:
    if n_listed <= MOST_ROWS:
        return ""
    return (
        f"The first {MOST_ROWS} of {n_listed:,} files are listed. "
        f"library.diff({found.before}, {found.after}) returns all of them."
    )


def _nothing(found: Found, total: int) -> dict[str, str]:
    """Return what is said while there is nothing to list."""
    if total:
        return {"title": "", "text": ""}
    if found.rows is None:
        return {
            "title": "Nothing to compare yet",
            "text": "Scan a folder a second time, and what changed in between appears here.",
        }
    text = "Every file is as it was. Choose other scans to look further back."
    return {"title": "Nothing changed between these scans", "text": text}


def _label(scan: Mapping[Any, Any]) -> dict[str, Any]:
    when = words.moment(scan["started_at"].timestamp())
    return {"id": int(scan["scan_id"]), "label": f"{when} · {shown(scan['folder'])}"}


def _row(place: int, row: Mapping[Any, Any]) -> dict[str, Any]:
    label, tone = KINDS.get(str(row["change"]), (str(row["change"]), ""))
    path = PurePath(row["path"])
    cells = [label, shown(path.name), shown(path.parent), _told(row)]
    # A row that was forgotten since has no number, and nothing to be shown.
    number = -1 - place if pd.isna(row["video_id"]) else int(row["video_id"])
    return {"id": number, "cells": cells, "tones": {"change": tone}}


def _told(row: Mapping[Any, Any]) -> str:
    """Return what changed of a file: what people ask for first, and how much there is besides."""
    columns = [] if row["changed"] is None else [str(one) for one in row["changed"]]
    before, after = (json.loads(row[side] or "{}") for side in ("before", "after"))
    columns.sort(key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))
    told = [
        f"{title_of(name) if name != 'path' else 'Path'}: "
        f"{_value(name, before.get(name))} \N{RIGHTWARDS ARROW} {_value(name, after.get(name))}"
        for name in columns[:MOST_TOLD]
    ]
    if len(columns) > MOST_TOLD:
        told.append(f"{len(columns) - MOST_TOLD} more")
    return " \N{MIDDLE DOT} ".join(told)


def _value(name: str, text: str | None) -> str:
    fact = TABLES["videos"].column(name)
    if text is None or fact is None or fact.dtype not in ("Int64", "Float64"):
        return words.UNKNOWN if text is None else shown(text)
    return value_text(fact, float(text) if fact.dtype == "Float64" else int(text))
