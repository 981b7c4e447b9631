"""The page: scan a folder, watch its progress, see what the library holds."""

from __future__ import annotations

import html
import time
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from panel.viewable import Viewable, Viewer
from panel_material_ui.template.base import Page

from stoat_nb.api.admission import Denial, verdict
from stoat_nb.components.address import InAddress
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

#: Jobs that ended while the page was open, listed beside those at work.
FEW_JOBS = 3
#: Jobs that have ended, listed before somebody asks for all of them.
MANY_JOBS = 20
#: Where one can go, as the address has it.
PLACES = ("videos", "problems", "changes", "overview", "activity")


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
    shell = _Shell(library)
    return _page(*shell.parts, header=[shell.scan])


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


def _page(*parts: Viewable | Viewer, css: str = "", header: Sequence[Viewable] = ()) -> Viewable:
    page = Page(
        title="Stoat",
        raw_css=[css or UNTIL_KNOWN] if css or known_theme() is None else [],
        header=list(header),
        main=[
            pmui.Column(
                ThemeMemory(styles={"position": "absolute"}),
                Connection(styles={"position": "absolute"}),
                *parts,
                sizing_mode="stretch_width",
                margin=0,
                sx={
                    "gap": "14px",
                    "px": {"xs": "16px", "md": "24px"},
                    "pt": {"xs": "12px", "md": "16px"},
                    "pb": "64px",
                },
            )
        ],
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


def _heading(tag: str, text: str, below: str = "") -> Viewable:
    words = f"<{tag}>{html.escape(text)}</{tag}>"
    if below:
        words += f"<p>{html.escape(below)}</p>"
    return pn.pane.HTML(
        words, stylesheets=sheets("headings.css"), sizing_mode="stretch_width", margin=0
    )


class _Shell:
    """One session's page: what is at work, the places to go to, and the one that is shown."""

    def __init__(self, library: Library) -> None:
        self._form = ScanForm(library)
        self._jobs = JobList(library, limit=FEW_JOBS, since=time.time())
        self._history = JobList(library, limit=MANY_JOBS)
        self._overview = Overview(library, on_choose=self._explore)
        self._explorer = Explorer(library)
        self._tabs = pmui.Tabs(
            ("Videos", self._explorer),
            ("Problems", _spaced(FailureList(library, on_open=self._open))),
            ("Changes", _spaced(Changes(library, on_open=self._open))),
            ("Overview", _spaced(self._overview)),
            ("Activity", _spaced(self._history)),
            dynamic=True,
            sizing_mode="stretch_width",
            margin=0,
        )
        self._place = InAddress(part="hash")
        self.scan = pmui.Button(
            label="Scan",
            icon="add",
            on_click=self._on_scan,
            margin=(0, 12),
            height=36,
            theme_config=THEME,
        )
        self._opened = self._lay_out_form()
        name = shown(library.path)
        title = _heading("h1", PurePath(name).stem or "Videos", name)
        self.parts = (title, self._opened, *self._lay_out())
        self._place.param.watch(self._on_place, "said")
        self._tabs.param.watch(self._on_tab, "active")
        self._form.param.watch(self._on_submitted, "job")
        self._overview.param.watch(self._on_first_look, "n_videos")

    def _lay_out_form(self) -> Any:
        close = pmui.Button(label="Close", variant="text", on_click=self._on_close, margin=0)
        return pmui.Paper(
            self._form,
            close,
            variant="outlined",
            sizing_mode="stretch_width",
            margin=0,
            visible=False,
            sx={"p": {"xs": "16px", "md": "20px"}, "borderRadius": "14px"},
        )

    def _lay_out(self) -> list[Any]:
        n_videos, n_jobs = self._overview.param.n_videos, self._history.param.n_jobs
        nothing = Notice(
            tone="calm",
            title="Nothing here yet",
            text="Name a folder that holds videos, or browse to it, and press Start scan. "
            "Stoat only reads your files; it never changes them.",
            visible=pn.bind(_is_bare, n_videos, n_jobs),
        )
        beside = pn.bind(_is_beside, self._jobs.param.n_jobs, self._tabs.param.active)
        filled = pn.bind(_is_filled, n_videos, n_jobs)
        wide: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": 0}
        return [
            pmui.Column(self._jobs, visible=beside, **wide),
            nothing,
            pmui.Column(self._tabs, visible=filled, **wide),
            self._place,
        ]

    def _on_scan(self, _event: object) -> None:
        self._opened.visible = True

    def _on_close(self, _event: object) -> None:
        self._opened.visible = False

    def _on_first_look(self, event: param.parameterized.Event) -> None:
        # Without videos there is nothing else to do.
        if event.old is None and not event.new:
            self._opened.visible = True

    def _on_submitted(self, _event: object) -> None:
        # What is said of a scan that was at work before is still to be read.
        if not self._form.joined:
            self._opened.visible = False

    def _on_tab(self, event: param.parameterized.Event) -> None:
        self._place.said = f"#{PLACES[event.new]}" if event.new else ""

    def _on_place(self, event: param.parameterized.Event) -> None:
        place = event.new.removeprefix("#")
        self._tabs.active = PLACES.index(place) if place in PLACES else 0

    def _open(self, video_id: int) -> None:
        """Show a video of another place; Back leads there again."""
        self._explorer.open(video_id)
        self._tabs.active = 0

    def _explore(self, column: str, value: Any) -> None:
        """Show in the explorer what somebody pressed in the overview."""
        self._explorer.state.clear()
        self._explorer.state.toggle(column, value)
        self._tabs.active = 0


def _is_bare(n_videos: int | None, n_jobs: int | None) -> bool:
    return n_videos == 0 and n_jobs == 0


def _is_filled(n_videos: int | None, n_jobs: int | None) -> bool:
    return bool(n_videos or n_jobs)


def _is_beside(n_jobs: int | None, active: int) -> bool:
    """Whether jobs are listed above the place that is shown: activity lists them itself."""
    return bool(n_jobs) and PLACES[active] != "activity"


def _spaced(part: Viewable | Viewer) -> Viewable:
    view: Viewable = pmui.Column(part, sizing_mode="stretch_width", margin=(14, 0, 0, 0))
    return view
