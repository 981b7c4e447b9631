"""One page of the catalog as a table: the rows stay in the database, SQL sorts and counts them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import param
from panel.viewable import Viewable, Viewer

from stoat_nb import words
from stoat_nb.catalog.query import SORTABLE
from stoat_nb.components.explorer_state import NARROWING, ExplorerState
from stoat_nb.components.layout import column
from stoat_nb.components.live import LiveHub, first_look
from stoat_nb.components.looks import Looks
from stoat_nb.components.notice import Notice
from stoat_nb.components.pager import Pager
from stoat_nb.components.row_grid import RowGrid
from stoat_nb.components.row_pictures import RowPictures
from stoat_nb.components.video_cells import Column, Row, column_of
from stoat_nb.errors import FilterError

if TYPE_CHECKING:
    from stoat_nb.library import Library

#: Seconds between two looks at the catalog while a scan runs.
REFRESH_EVERY_S = 2.0

#: What of a state is another page of rows.
_ROWS = [*NARROWING, "columns", "sort", "descending", "page", "page_size"]


class PagedTable(Viewer):
    """Shows what a state asks for, a page at a time; the cells are plain text.

    Parameters
    ----------
    library
        Where the rows are.
    state
        Which rows, in which order and columns; it may be shared with others.
    on_open
        Called with the id of a row that is opened; without it, none can be.
    says_total
        Whether the number of rows that match stands below them.

    Examples
    --------
    >>> table = PagedTable(library, ExplorerState(search="holiday"))  # doctest: +SKIP
    """

    total = param.Integer(default=None, doc="Rows that match, on all pages; None: not yet known.")
    chosen = param.List(default=[], item_type=int, doc="Ids of the rows that are selected.")
    opened = param.Integer(default=None, doc="Id of the row that is open.")

    #: What one row is called.
    noun = "video"

    def __init__(
        self,
        library: Library,
        state: ExplorerState,
        *,
        selectable: bool = False,
        on_open: Callable[[int], object] | None = None,
        says_total: bool = True,
        **params: Any,
    ) -> None:
        super().__init__(**params)
        self._library, self.state, self._on_open = library, state, on_open
        self._says_total = says_total
        self._rows: Sequence[Row] = ()
        self._empty = Notice(tone="calm", visible=False)
        self._pager = Pager(self._heed)
        self.grid = RowGrid(
            self._heed,
            label=self.noun.capitalize() + "s",
            selectable=selectable,
            opens=on_open is not None,
            visible=False,
        )
        self._pictures = RowPictures(library, self.grid._send_msg)  # noqa: SLF001 - its only way
        # All from the start: what comes to a page later is sent back whole with its first word.
        self._view = column(self.grid, self._empty, self._pager)
        # A count may take longer than a page: the page does not wait for it.
        self._looks = Looks(self._read, self._show)
        self._counting = Looks(self._count, self._show_count)
        state.param.watch(lambda *_events: self._looks.again(), _ROWS)
        state.param.watch(lambda *_events: self._counting.again(), list(NARROWING))
        state.param.watch(lambda *_events: self._draw(), ["columns", "pictures"])
        self.param.watch(lambda *_events: self._mark(), ["chosen", "opened"])
        LiveHub.current().watch(
            library.subscribe, lambda _states: self.refresh(), every=REFRESH_EVERY_S
        )
        first_look(self._read, self._show)
        first_look(self._count, self._show_count)

    def empty_text(self) -> str:
        """Return what stands there while no row matches."""
        if self.state.is_narrowed:
            return "No videos match. Remove a filter or clear all."
        return "No videos yet. Scan a folder and they appear here."

    def refresh(self) -> None:
        """Look at the catalog again, soon."""
        self._looks.again()
        self._counting.again()

    def _read(self) -> Sequence[Row]:
        found = self._library.records(self.state.query)
        return found if found or not self.state.page else self._last_page()

    def _last_page(self) -> Sequence[Row]:
        """Return the last page there is: fewer rows match than before."""
        total = self._library.count(self.state.query)
        with param.parameterized.discard_events(self.state):
            self.state.page = max(0, (total - 1) // self.state.page_size)
        return self._library.records(self.state.query)

    def _show(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        if self._empty.text != (said := "" if rows else self.empty_text()):
            self._empty.param.update(text=said, visible=bool(said))
        self._turn()
        self._draw()

    def _count(self) -> int:
        return self._library.count(self.state.query)

    def _show_count(self, total: int) -> None:
        if self._says_total:
            self._pager.draw(said=words.count(total, self.noun) if total else "")
        self.total = total
        self._turn()

    def _turn(self) -> None:
        """Show the pager at the page that is shown, whether or not it is known how many follow."""
        n_pages = max(-(-(self.total or 0) // self.state.page_size), self.state.page + 1)
        self._pager.draw(count=n_pages, page=self.state.page)

    def _draw(self) -> None:
        self.grid.draw(
            columns=[column_of(field).layout() for field in self.state.columns],
            rows=_drawn(self._rows, tuple(self.state.columns)),
            sort=self.state.sort,
            descending=self.state.descending,
            pictures=self.state.pictures,
            visible=bool(self._rows),
        )

    def _mark(self) -> None:
        self.grid.draw(chosen=list(self.chosen), opened=self.opened)

    def _heed(self, data: Mapping[str, Any]) -> None:
        """Do what somebody asked of the table, if it can be meant."""
        ids = {row["id"] for row in self.grid.rows}
        if data.get("sort") in {*SORTABLE, *self.state.columns}:
            with suppress(FilterError):  # lists have no order
                self.state.order(data["sort"])
        if isinstance(data.get("choose"), list):
            # Those of other pages stay selected.
            elsewhere = [one for one in self.chosen if one not in ids]
            self.chosen = [*elsewhere, *(one for one in data["choose"] if one in ids)]
        if data.get("open") in ids and self._on_open is not None:
            self._on_open(data["open"])
        if data.get("picture") in ids and self.state.pictures:
            self._pictures.ask(data["picture"])
        page = data.get("page")
        if type(page) is int and 0 <= page < self._pager.count:
            self.state.page = page

    def __panel__(self) -> Viewable:
        view: Viewable = self._view
        return view


#: The rows that were drawn last for some columns, and as what. Most pages show the same columns.
_drawn_last: OrderedDict[tuple[str, ...], tuple[Sequence[Row], list[dict[str, Any]]]]
_drawn_last = OrderedDict()
MOST_KEPT = 8


def _drawn(rows: Sequence[Row], fields: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return rows as a page draws them; of one look that many pages share, they are made once."""
    known, drawn = _drawn_last.get(fields, ((), []))
    if known is not rows:
        columns = [column_of(field) for field in fields]
        drawn = [_row(row, columns) for row in rows]
        _drawn_last[fields] = rows, drawn
        while len(_drawn_last) > MOST_KEPT:
            _drawn_last.popitem(last=False)
    return drawn


def _row(row: Row, columns: Sequence[Column]) -> dict[str, Any]:
    tones = {column.field: column.tone(row) for column in columns}
    return {
        "id": int(row["video_id"]),
        # Of another content there is another picture.
        "mark": f"{row['size_bytes']} {row['mtime']}",
        "cells": [column.text(row) for column in columns],
        "tones": {field: tone for field, tone in tones.items() if tone},
    }
