"""The explorer: find videos by what they are, see them from several sides, and take Python home."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui
import param
from msgspec.structs import asdict, replace
from panel.viewable import Viewable, Viewer

from stoat_nb import words
from stoat_nb.catalog.filters.code import Code
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.components import explorer_counts as counts, explorer_text as text
from stoat_nb.components.address import Address
from stoat_nb.components.downloads import Downloads
from stoat_nb.components.explorer_state import NARROWING, VIEW, ExplorerState
from stoat_nb.components.explorer_wishes import grant
from stoat_nb.components.facet_panel import FacetPanel
from stoat_nb.components.filter_bar import FilterBar
from stoat_nb.components.layout import beside, column
from stoat_nb.components.live import LiveHub, first_look, in_background
from stoat_nb.components.looks import Looks
from stoat_nb.components.paged_table import PagedTable
from stoat_nb.components.plots import Plots
from stoat_nb.components.served_page import served_document
from stoat_nb.components.video_detail import VideoDetail
from stoat_nb.errors import StoatError

if TYPE_CHECKING:
    from stoat_nb.library import Library

#: Pixels a video is shown in, where there are so many.
DETAIL_PX = 620
#: Seconds between two counts while a scan runs.
COUNT_EVERY_S = 5.0

#: Of what slides in; Material draws what lies above a dark page in grey.
_SHEET = {
    "maxWidth": "100vw",
    "backgroundImage": "none",
    "backgroundColor": "background.default",
}


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
        self.state.added = library.catalog.reader.columns_added
        self.state.narrow(**view)
        self._address = None if served_document() is None else Address(self.state)
        self._library, self._hub = library, LiveHub.current()
        self._shows_code = False
        self._saved: dict[str, Any] = {}
        self._bar = FilterBar(
            self._heed, offered=text.OFFERED, remembers=served_document() is not None
        )
        self._facets, self._plots = FacetPanel(self._heed), Plots(self._heed)
        self.detail = VideoDetail(library)
        self.table = PagedTable(
            library, self.state, selectable=True, on_open=self.open, says_total=False
        )
        self._n_all: int | None = None
        self._drawer = self._make_drawer()
        self.downloads = Downloads(
            library,
            query=lambda: self.query,
            columns=lambda: self.state.columns,
            sizing_mode="stretch_width",
            margin=0,
        )
        self._views = Looks(library.views, self._show_views)
        self._counts = self._make_counts()
        self.state.param.watch(lambda *_events: self._draw(), [*VIEW, "pictures"])
        self.state.param.watch(lambda *_events: self._count(), list(NARROWING))
        self._hub.watch(library.subscribe, lambda _states: self._count(), every=COUNT_EVERY_S)
        self.table.param.watch(self._on_total, "total")
        self.table.param.watch(self._on_chosen, "chosen")
        self.param.watch(lambda *_events: self._draw(), "problem")
        if self._address is not None:
            self._address.param.watch(self._on_address, "problem")
            self.problem = self._address.problem
        self._draw()
        self._view = self._lay_out()
        first_look(library.views, self._show_views)
        self._count()

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

    @property
    def code(self) -> Code:
        """What reproduces ``df`` elsewhere: ``code.pandas`` is Python, ``code.sql`` is SQL."""
        return self._library.code(self.query)

    def open(self, video_id: int | None) -> None:
        """Show everything about one video, or none any more."""
        self.detail.video_id = self.table.opened = video_id
        way = "open" if isinstance(self._drawer, pmui.Drawer) else "visible"
        setattr(self._drawer, way, video_id is not None)

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
        library, state = self._library, self.state.view()
        match wish:
            case {"save": str(name)}:
                self._write(lambda: library.save_view(name, state))
            case {"delete": str(name)}:
                self._write(lambda: library.delete_view(name))
            case {"selection": "show"} if self.table.chosen:
                nothing_else = {"search": "", "where": "", "below": "", "ranges": {}}
                self.state.narrow(**nothing_else, facets={"video_id": tuple(self.table.chosen)})
            case {"selection": "copy"}:
                in_background(self._copy_paths)
            case {"selection": "clear"}:
                self.table.chosen = []
            case {"code": bool(is_open)}:
                self._shows_code = is_open
                self._draw()
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

        in_background(write)

    def _show_views(self, views: Mapping[str, Any]) -> None:
        self._saved = dict(views)
        self._bar.draw(views=list(views))

    def _make_counts(self) -> list[Looks[Any]]:
        """Return what looks at counts: several, so that none waits for a slower one."""
        library, state = self._library, self.state
        return [
            Looks(lambda: library.count(VideoQuery()), self._show_all),
            Looks(lambda: counts.groups(library, state), lambda new: self._facets.draw(groups=new)),
            Looks(lambda: counts.plots(library, state), lambda new: self._plots.draw(plots=new)),
            Looks(lambda: counts.ranges(library, state), lambda new: self._facets.draw(ranges=new)),
            Looks(lambda: text.offered(state.added()), lambda new: self._bar.draw(offered=new)),
        ]

    def _on_chosen(self, event: param.parameterized.Event) -> None:
        self._bar.draw(n_chosen=len(event.new))

    def _copy_paths(self) -> None:
        """Hand the paths of what is selected to the page, a line each."""
        paths = "\n".join(self.selection["path"])
        self._hub.post(lambda: self._bar.hand_over(paths))

    def _on_total(self, event: param.parameterized.Event) -> None:
        # The first videos of a new library are there to be counted at once.
        if event.old == 0 and event.new:
            self._count()
        self._say_total()

    def _show_all(self, total: int) -> None:
        self._n_all = total
        self._say_total()

    def _say_total(self) -> None:
        """Say how many match, and of how many: where one filters."""
        total, every = self.table.total, self._n_all
        if total is None or (every is None and self.state.is_narrowed):
            return
        if self.state.is_narrowed:
            # While a scan runs all are counted less often than those that match.
            self._bar.draw(said=f"{total:,} of {words.count(max(total, every or 0), 'video')}")
        else:
            self._bar.draw(said=words.count(total, "video"))

    def _on_address(self, event: param.parameterized.Event) -> None:
        self.problem = event.new

    def _count(self) -> None:
        for looks in self._counts:
            looks.again()

    def _draw(self) -> None:
        self._bar.draw(
            search=self.state.search,
            where=self.state.where,
            problem=self.problem,
            chips=text.chips(self.state),
            columns=list(self.state.columns),
            pictures=self.state.pictures,
            code=asdict(self.code) if self._shows_code else {},
        )

    def _make_drawer(self) -> Any:
        """Return where a video is shown: over the page's side, in a notebook below the table."""
        close = pn.widgets.Button(label="Close", on_click=lambda _event: self.open(None), margin=0)
        if served_document() is None:
            return column(close, self.detail, visible=False)
        sheet = column(close, self.detail, gap=8)
        sheet.styles = {**sheet.styles, "padding": "16px 20px"}
        drawer = pmui.Drawer(sheet, anchor="right", size=DETAIL_PX, open=False, sx=_SHEET)
        # Escape and a click beside it close it, too.
        drawer.param.watch(self._on_drawer, "open")
        return drawer

    def _on_drawer(self, event: param.parameterized.Event) -> None:
        if not event.new and self.table.opened is not None:
            self._hub.post(lambda: self.open(None))

    def _lay_out(self) -> Any:
        shown = column(self._plots, self.table, self._drawer, self.downloads, gap=14)
        view = column(self._bar, beside(self._facets, shown), gap=14, top=14)
        if self._address is not None:
            view.append(self._address)
        return view

    def __panel__(self) -> Viewable:
        view: Viewable = self._view
        return view
