"""The page: scan a folder, watch its progress, see what the library holds."""

from __future__ import annotations

import html
from typing import Any

import panel as pn
import panel_material_ui as pmui
from panel.viewable import Viewable, Viewer
from panel_material_ui.template.base import Page

from stoat_nb.api.admission import Denial, verdict
from stoat_nb.components.assets import sheets
from stoat_nb.components.changes import Changes
from stoat_nb.components.connection import Connection
from stoat_nb.components.explorer import Explorer
from stoat_nb.components.failure_list import FailureList
from stoat_nb.components.job_list import JobList
from stoat_nb.components.notice import Notice
from stoat_nb.components.overview import Overview
from stoat_nb.components.scan_form import ScanForm
from stoat_nb.components.theme import THEME
from stoat_nb.components.theme_memory import UNTIL_KNOWN, ThemeMemory, known_theme
from stoat_nb.errors import StoatError
from stoat_nb.library import Library
from stoat_nb.names import shown

#: Jobs that have ended, listed before somebody asks for all of them.
FEW_JOBS = 3


def create_dashboard(library: Library) -> Viewable:
    """Return the page for one session over a library that many may share.

    Parameters
    ----------
    library
        The library that is shown and scanned into.

    Examples
    --------
    >>> from stoat_nb import Library
    >>> create_dashboard(Library("videos.db")).servable()  # doctest: +SKIP
    """
    if (denial := _denied(library.settings.allow_hosts)) is not None:
        return _turned_away(denial)
    pn.extension()
    _begin_in_its_theme()
    form, jobs, holdings = ScanForm(library), JobList(library, limit=FEW_JOBS), _Holdings(library)
    nothing = Notice(
        tone="calm",
        title="Nothing here yet",
        text="Name a folder that holds videos, or browse to it, and press Scan. "
        "Stoat only reads your files; it never changes them.",
        visible=pn.bind(_is_bare, holdings.overview.param.n_videos, jobs.param.n_jobs),
    )
    running = _section("Jobs", jobs)
    running.visible = pn.bind(bool, jobs.param.n_jobs)
    return _page(_title(library), _card(form), running, nothing, holdings)


def _is_bare(n_videos: int | None, n_jobs: int | None) -> bool:
    return n_videos == 0 and n_jobs == 0


def explain_refusal(refusal: StoatError) -> Viewable:
    """Return a page that says why there is no dashboard."""
    _begin_in_its_theme()
    notice = Notice(title="The library cannot be opened", text=str(refusal))
    return _page(_heading("h1", "Stoat"), notice)


def _turned_away(denial: Denial) -> Viewable:
    """Return a page that says why in its style: nothing else reaches those who get no websocket."""
    said = f'body::before {{content: "{denial.message}"; display: block; padding: 2em}}'
    return _page(css=said)


def _denied(allowed: tuple[str, ...]) -> Denial | None:
    """Judge the request that a session is for, whatever server it came to; None in a notebook."""
    document = pn.state.curdoc
    request = getattr(document and document.session_context, "request", None)
    if request is None:
        return None
    headers = [(name.lower().encode(), text.encode()) for name, text in request.headers.items()]
    host = dict(headers).get(b"host", b"").decode("latin-1")
    port = host.rpartition(":")[2]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": headers,
        # Neither end is known of each server; a name is what no other page can have.
        "client": (getattr(request, "remote_ip", None) or "127.0.0.1", 0),
        "server": ("", int(port) if port.isdigit() else 80),
        "scheme": getattr(request, "protocol", "http"),
    }
    return verdict(scope, allowed)


def _begin_in_its_theme() -> None:
    """Have all that is made from here on in the theme that this browser had last."""
    theme = "dark" if known_theme() == "dark" else "default"
    # Panel keeps it for the session, though it says that it cannot be set.
    pn.config.theme = theme  # type: ignore[misc]


def _page(*parts: Viewable | Viewer, css: str = "") -> Viewable:
    page = Page(
        title="Stoat",
        raw_css=[css or UNTIL_KNOWN] if css or known_theme() is None else [],
        main=[
            pmui.Column(
                ThemeMemory(styles={"position": "absolute"}),
                Connection(styles={"position": "absolute"}),
                *parts,
                sizing_mode="stretch_width",
                margin=0,
                sx={
                    "gap": "28px",
                    "px": {"xs": "16px", "md": "24px"},
                    "pt": {"xs": "20px", "md": "36px"},
                    "pb": "64px",
                },
            )
        ],
        main_width=1600,
        app_bar_width=1600,
        sidebar_variant="temporary",
        sidebar_open=False,
        theme_config=THEME,
        sx={
            "& main": {"backgroundColor": "background.default"},
            # It keeps a space free; to a screen reader it is a heading of nothing.
            "& main .MuiToolbar-root > .MuiTypography-h5": {"visibility": "hidden"},
            "& header": {
                "backgroundColor": "background.paper",
                "backgroundImage": "none",
                "color": "text.primary",
                "boxShadow": "none",
                "borderBottom": "1px solid",
                "borderColor": "divider",
            },
            # A bar without a name, which followed whatever anybody did on any page.
            "& header .MuiLinearProgress-root": {"display": "none"},
            "& header .MuiTypography-root, & header .MuiIconButton-root": {"color": "text.primary"},
        },
    )
    _tell_nothing_of_others(page)
    return page


def _tell_nothing_of_others(page: Page) -> None:
    """Cut what tells each page, for as long as the server runs, whatever is done on any other."""
    for watcher in list(pn.state.param.watchers.get("busy", {}).get("value", [])):
        if getattr(getattr(watcher.fn, "__self__", None), "self", None) is page:
            pn.state.param.unwatch(watcher)


def _title(library: Library) -> Viewable:
    return _heading("h1", "What is in your video folders", f"Library: {shown(library.path)}")


def _heading(tag: str, text: str, below: str = "") -> Viewable:
    words = f"<{tag}>{html.escape(text)}</{tag}>"
    if below:
        words += f"<p>{html.escape(below)}</p>"
    return pn.pane.HTML(
        words, stylesheets=sheets("headings.css"), sizing_mode="stretch_width", margin=0
    )


def _section(title: str, *parts: Any) -> Any:
    return pmui.Column(
        _heading("h2", title), *parts, sizing_mode="stretch_width", margin=0, sx={"gap": "14px"}
    )


def _card(form: ScanForm) -> Viewable:
    return pmui.Paper(
        form,
        variant="outlined",
        sizing_mode="stretch_width",
        margin=0,
        sx={"p": {"xs": "16px", "md": "24px"}, "borderRadius": "14px"},
    )


class _Holdings(Viewer):
    """The part of the page that is there once the library holds something."""

    def __init__(self, library: Library) -> None:
        super().__init__()
        self.overview = Overview(library, on_choose=self._explore)
        self._explorer = Explorer(library)
        self._tabs = pmui.Tabs(
            ("Explore", self._explorer),
            ("At a glance", _spaced(self.overview.charts)),
            ("What changed", Changes(library)),
            ("Could not be read", _spaced(FailureList(library))),
            dynamic=True,
            sizing_mode="stretch_width",
            margin=0,
        )
        self._view = pmui.Column(
            _section("Library", self.overview.cards),
            self._tabs,
            sizing_mode="stretch_width",
            margin=0,
            visible=pn.bind(bool, self.overview.param.n_videos),
            sx={"gap": "20px"},
        )

    def _explore(self, column: str, value: Any) -> None:
        """Show in the explorer what somebody pressed in the overview."""
        self._explorer.state.clear()
        self._explorer.state.toggle(column, value)
        self._tabs.active = 0

    def __panel__(self) -> Viewable:
        view: Viewable = self._view
        return view


def _spaced(part: Viewable | Viewer) -> Viewable:
    view: Viewable = pmui.Column(part, sizing_mode="stretch_width", margin=(14, 0, 0, 0))
    return view
