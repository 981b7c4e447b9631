"""One page of the catalog as a table: the rows stay in the database, SQL sorts and counts them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui
import param
from panel.viewable import Viewable, Viewer

from stoat_nb import words
from stoat_nb.catalog.query import Page, VideoQuery
from stoat_nb.components.assets import script
from stoat_nb.components.live import LiveHub, first_look
from stoat_nb.components.notice import Notice
from stoat_nb.jobs.state import JobState

if TYPE_CHECKING:
    from stoat_nb.library import Library

#: Seconds between two looks at the catalog while a scan runs.
REFRESH_EVERY_S = 2.0
#: Seconds to wait for the next key before searching.
TYPING_S = 0.25

#: Text that explains a table.
SMALL = {"fontSize": "14px"}

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column as it is shown. ``field`` is also what the catalog sorts by."""

    field: str
    title: str
    text: Callable[[Row], str]
    grow: int = 0  #: Its share of the room that is left.
    width: int = 90  #: Pixels it has at least.
    right: bool = False  #: Whether it is aligned to the right, as numbers are.


class PagedTable(Viewer):
    """Shows what matches a query, a page at a time; the cells are plain text.

    Parameters
    ----------
    library
        Where the rows are.
    columns
        What is shown of each.
    """

    page = param.Integer(default=0, bounds=(0, None), doc="The page that is shown, from 0.")
    page_size = param.Integer(default=25, bounds=(1, 500), doc="Rows on a page.")
    sort = param.String(default="path", doc="The column the rows are sorted by.")
    descending = param.Boolean(default=False, doc="Whether the largest come first.")
    total = param.Integer(default=0, doc="Rows that match, on all pages.")

    #: What one row is called.
    noun = "video"

    def __init__(self, library: Library, columns: Sequence[Column], **params: Any) -> None:
        super().__init__(**params)
        self._library = library
        self._columns = columns
        self._looks = 0
        self._empty = Notice(tone="calm", sizing_mode="stretch_width")
        self._count = pmui.StaticText(value="", margin=(8, 0), sx=SMALL)
        self._pager = pmui.Pagination(count=1, value=0, size="small", visible=False, margin=(6, 0))
        self.table = self._make_table()
        # Either the table or what stands for it: Tabulator must not be drawn while it is hidden.
        self._body = pmui.Column(sizing_mode="stretch_width", margin=0)
        self.table.param.watch(self._on_sort, "sorters")
        self._pager.param.watch(self._on_page, "value")
        self._hub = LiveHub.current()
        self._hub.watch(library.subscribe, self._on_news, every=REFRESH_EVERY_S)
        first_look(self._read, self._show)

    def query(self) -> VideoQuery:
        """Return what is shown, as the catalog is asked for it."""
        return VideoQuery(
            sort=self.sort,
            descending=self.descending,
            limit=self.page_size,
            offset=self.page * self.page_size,
        )

    def empty_text(self) -> str:
        """Return what stands there while no row matches."""
        raise NotImplementedError

    async def refresh(self) -> None:
        """Look at the catalog again. Of several looks under way only the last is shown."""
        self._looks += 1
        this = self._looks
        page = await asyncio.to_thread(self._read)
        if this == self._looks:
            self._hub.post(lambda: self._show(page))

    def _read(self) -> Page:
        found = self._library.page(self.query())
        if found.total and self.page * self.page_size >= found.total:
            # Fewer rows match than before: the last page there is.
            with param.parameterized.discard_events(self):
                self.page = (found.total - 1) // self.page_size
            found = self._library.page(self.query())
        return found

    def _show(self, page: Page) -> None:
        n_pages = max(1, -(-page.total // self.page_size))
        self.total = page.total
        self.table.value = self._cells(page.frame)
        self._pager.param.update(count=n_pages, visible=n_pages > 1)
        self._pager.value = self.page
        self._count.value = words.count(page.total, self.noun) if page.total else ""
        self._empty.text = "" if page.total else self.empty_text()
        body = self.table if page.total else self._empty
        if list(self._body.objects) != [body]:
            self._body.objects = [body]

    def _cells(self, frame: pd.DataFrame) -> pd.DataFrame:
        rows = _plain(frame)
        return pd.DataFrame(
            {column.field: [column.text(row) for row in rows] for column in self._columns},
            dtype=object,
        )

    def _make_table(self) -> Any:
        return _Plain(
            self._cells(pd.DataFrame()),
            pagination=None,
            disabled=True,
            selectable=False,
            show_index=False,
            layout="fit_columns",
            titles={column.field: column.title for column in self._columns},
            text_align={column.field: "right" for column in self._columns if column.right},
            header_align={column.field: "right" for column in self._columns if column.right},
            configuration={"columns": [_layout(column) for column in self._columns]},
            stylesheets=[script("paged_table.css")],
            sizing_mode="stretch_width",
            margin=0,
        )

    def _footer(self) -> Any:
        return pmui.FlexBox(
            self._count,
            self._pager,
            justify_content="space-between",
            align_items="center",
            sizing_mode="stretch_width",
            margin=0,
        )

    async def _on_news(self, _states: list[JobState]) -> None:
        await self.refresh()

    async def _on_sort(self, event: param.parameterized.Event) -> None:
        known = {column.field for column in self._columns}
        sorters = [sorter for sorter in event.new if sorter["field"] in known]
        field, direction = ("path", "asc")
        if sorters:
            field, direction = sorters[-1]["field"], sorters[-1]["dir"]
        self.param.update(sort=field, descending=direction == "desc", page=0)
        await self.refresh()

    async def _on_page(self, event: param.parameterized.Event) -> None:
        if event.new is not None and event.new != self.page:
            self.page = event.new
            await self.refresh()

    def __panel__(self) -> Viewable:
        return pmui.Column(
            self._body, self._footer(), sizing_mode="stretch_width", margin=(14, 0, 0, 0)
        )


class _Plain(pn.widgets.Tabulator):
    """A table whose cells have no styles of their own, so that news of it are its rows alone.

    With every change of the rows Panel sends the styles as well. Before Panel 1.10 those end in an
    error, in the page, if they come while the table is known there but not drawn yet: a reload on a
    busy machine during a scan is enough.
    """

    def _get_style_data(self, recompute: bool = True) -> dict[str, Any]:  # noqa: ARG002 - Panel's own name and signature
        return {}


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows in which nothing but None stands for what is unknown."""
    plain = frame.astype(object)
    return [
        {str(name): value for name, value in row.items()}
        for row in plain.where(frame.notna(), None).to_dict("records")
    ]


def _layout(column: Column) -> dict[str, Any]:
    # "exists" finds every cell equal, so that the page keeps the order the database gave it.
    layout: dict[str, Any] = {"field": column.field, "sorter": "exists", "minWidth": column.width}
    return layout | ({"widthGrow": column.grow} if column.grow else {"width": column.width})
