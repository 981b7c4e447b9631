"""What Stoat uses of Panel, Bokeh and Jupyter beyond their public faces: few places, all listed.

A release of theirs that moves one of these fails here, by name, before a page misbehaves.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import panel as pn
import pytest
from bokeh.document import Document
from bokeh.document.events import ModelChangedEvent
from bokeh.models import Div
from bokeh.server.contexts import ApplicationContext, BokehServerContext, BokehSessionContext
from panel.custom import JSComponent

PACKAGE = Path(__file__).parents[2] / "stoat_nb"

#: Files that reach into what upstream calls its own.
PLACES = {
    "api/panel_server.py",
    "components/notebook_page.py",
    "components/paged_table.py",
    "components/part.py",
    "components/served_page.py",
    "notebook.py",
    "server.py",
}


def test_no_other_file_reaches_into_upstream() -> None:
    marks = ("noqa: SLF001", "def _server_event", ".find_handler = ")
    found = {
        path.relative_to(PACKAGE).as_posix()
        for folder in ("", "api", "components")
        for path in (PACKAGE / folder).glob("*.py")
        if any(mark in path.read_text("utf-8") for mark in marks)
    }
    assert found == PLACES


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("bokeh.server.tornado", "BokehTornado.find_handler"),
        ("panel.io.notebook", "send"),
        ("panel.io.state", "set_curdoc"),
        ("panel.viewable", "MimeRenderMixin._on_msg"),
        ("pyviz_comms", "JupyterCommJS._handle_open"),
    ],
)
def test_what_is_replaced_or_called_is_still_called_so(module: str, names: str) -> None:
    found: Any = import_module(module)
    for name in names.split("."):
        found = getattr(found, name)
    assert callable(found)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("_server_event", ["doc", "event"]),
        ("_process_event", ["event"]),
        ("_handle_msg", ["data"]),
        ("_send_msg", ["data"]),
        ("_update_properties", ["events", "doc"]),
        ("_update_model", ["events", "msg", "root", "model", "doc", "comm"]),
    ],
)
def test_a_component_of_panel_s_is_told_and_tells_in_the_way_that_ours_override(
    name: str, parameters: list[str]
) -> None:
    method: Callable[..., Any] = getattr(JSComponent, name)
    assert list(inspect.signature(method).parameters)[1:] == parameters


def test_a_held_change_of_a_page_says_who_made_it() -> None:
    document, part = Document(), Div(text="")
    document.add_root(part)
    document.hold("combine")
    part.text = "new"
    (event,) = document.callbacks._held_events
    assert isinstance(event, ModelChangedEvent)
    assert hasattr(event, "callback_invoker")
    assert document.callbacks.hold_value == "combine"


def test_a_session_leads_to_the_loop_that_serves_it() -> None:
    assert isinstance(inspect.getattr_static(ApplicationContext, "io_loop"), property)
    assert isinstance(inspect.getattr_static(BokehServerContext, "application_context"), property)
    assert "server_context" in dir(BokehSessionContext)


def test_panel_says_whether_it_is_loaded_and_who_watches_whether_it_is_busy() -> None:
    assert pn.extension._loaded in (True, False)
    assert "busy" in pn.state.param
    assert isinstance(pn.state.param.watchers, dict)


def test_panel_s_asgi_servers_ask_for_a_login_in_the_way_that_rest_asks_them() -> None:
    asgi = pytest.importorskip("panel.io.asgi", reason="this Panel has no ASGI server of its own")
    assert list(inspect.signature(asgi.PanelASGI._authenticate).parameters) == ["self", "request"]
    assert list(inspect.signature(asgi.PanelASGI._request).parameters)[:2] == ["self", "scope"]
    middleware = import_module("panel.io.fastapi").PanelDispatchMiddleware
    assert "panel_apps" in inspect.signature(middleware.__init__).parameters
