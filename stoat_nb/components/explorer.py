"""The explorer: find videos by what they are, see them from several sides, and take Python home."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import panel_material_ui as pmui
import param
from panel.viewable import Viewable, Viewer

from stoat_nb.catalog.query import VideoQuery
from stoat_nb.components import explorer_text as text
from stoat_nb.components.address import follow
from stoat_nb.components.downloads import Downloads
from stoat_nb.components.explorer_state import VIEW, ExplorerState
from stoat_nb.components.explorer_wishes import grant
from stoat_nb.components.filter_bar import FilterBar
from stoat_nb.components.live import LiveHub, first_look, in_background
from stoat_nb.components.looks import Looks
from stoat_nb.components.paged_table import PagedTable
from stoat_nb.errors import StoatError

if TYPE_CHECKING:
    from stoat_nb.library import Library


class Explorer(Viewer):
    """Filters, sorts and shows the videos of a library; in a notebook cell as on a page.

    The rows stay in the database, which filters, sorts and counts them; a page of them is shown.

    Parameters
    ----------
    library
        Whose videos to explore.
    **view
        What is shown to begin with: ``search``, ``where``, ``facets``, ``ranges``, ``sort``,
        ``descending`` and ``columns``, as an ExplorerState has them.

    Raises
    ------
    FilterError
        If there is no such view.

    Examples
    --------
    >>> explorer = Explorer(library, where="height >= 2160")  # doctest: +SKIP
    >>> explorer.df  # everything that matches, on all pages  # doctest: +SKIP
    """

    problem = param.String(default="", doc="Why the last wish could not be met.")

    def __init__(self, library: Library, **view: Any) -> None:
        super().__init__()
        self.state = ExplorerState()
        self.state.narrow(**view)
        follow(self.state)
        self._library, self._hub = library, LiveHub.current()
        self._saved: dict[str, Any] = {}
        self._bar = FilterBar(self._heed, offered=text.OFFERED)
        self.table = PagedTable(library, self.state, selectable=True)
        self.downloads = Downloads(
            library,
            query=lambda: self.query,
            columns=lambda: self.state.columns,
            sizing_mode="stretch_width",
            margin=0,
        )
        self._views = Looks(library.catalog.views.all, self._show_views)
        self.state.param.watch(lambda *_events: self._draw(), list(VIEW))
        self.param.watch(lambda *_events: self._draw(), "problem")
        self._draw()
        self._view = self._lay_out()
        first_look(library.catalog.views.all, self._show_views)

    # -- Python back ---------------------------------------------------------------------------

    @property
    def query(self) -> VideoQuery:
        """What is shown, as ``library.videos(query=...)`` takes it."""
        return self.state.query

    @property
    def df(self) -> pd.DataFrame:
        """Everything that matches, on all pages, with all columns."""
        return self._library.videos(query=self.query)

    @property
    def selection(self) -> pd.DataFrame:
        """The rows that are selected, whatever is filtered, with all columns."""
        # No row has the number 0.
        ids = tuple(self.table.chosen) or (0,)
        order = replace(VideoQuery(), sort=self.state.sort, descending=self.state.descending)
        return self._library.videos(query=replace(order, facets={"video_id": ids}))

    # -- what people ask for -------------------------------------------------------------------

    def _heed(self, wish: Mapping[str, Any]) -> None:
        """Do what somebody asked for, or say why not."""
        try:
            if not grant(self.state, wish):
                self._keep(wish)
        except (StoatError, ValueError) as refusal:
            self.problem = str(refusal)
        else:
            self.problem = ""

    def _keep(self, wish: Mapping[str, Any]) -> None:
        """Save, show or forget a view."""
        views, state = self._library.catalog.views, self.state.view()
        match wish:
            case {"save": str(name)}:
                self._write(lambda: views.save(name, state, at=time.time()))
            case {"delete": str(name)}:
                self._write(lambda: views.delete(name))
            case {"show": str(name)} if name in self._saved:
                self.state.take(self._saved[name])

    def _write(self, action: Callable[[], None]) -> None:
        """Change the saved views, off every loop."""

        def write() -> None:
            try:
                action()
            except StoatError as refusal:
                said = str(refusal)
                self._hub.post(lambda: self.param.update(problem=said))
            self._views.again()

        in_background(write, name="stoat-view")

    def _show_views(self, views: Mapping[str, Any]) -> None:
        self._saved = dict(views)
        self._bar.draw(views=list(views))

    def _draw(self) -> None:
        self._bar.draw(
            search=self.state.search,
            where=self.state.where,
            problem=self.problem,
            chips=text.chips(self.state),
            columns=list(self.state.columns),
        )

    def _lay_out(self) -> Any:
        return pmui.Column(
            self._bar,
            self.table,
            self.downloads,
            sizing_mode="stretch_width",
            margin=(14, 0, 0, 0),
            sx={"gap": "14px"},
        )

    def __panel__(self) -> Viewable:
        view: Viewable = self._view
        return view
