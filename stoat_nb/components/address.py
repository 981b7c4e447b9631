"""The view in the page's address: it can be reloaded, sent to somebody and gone back to."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlencode

import panel as pn
import param

from stoat_nb.components.explorer_state import START, VIEW, ExplorerState
from stoat_nb.components.served_page import served_document
from stoat_nb.errors import FilterError

#: What the parts of a view are called in an address.
NAMES = {"search": "q"}
#: Characters an address may have; longer ones are refused by servers on the way.
LONGEST = 6000


def follow(state: ExplorerState) -> None:
    """Show what the address says, and let the address say what is shown; nothing in a notebook."""
    if served_document() is None or pn.state.location is None:
        return
    location = pn.state.location
    read(state, location.search)

    def write(*_events: param.parameterized.Event) -> None:
        said = address(state)
        if said != location.search:
            location.search = said

    def back(event: param.parameterized.Event) -> None:
        if event.new != address(state):
            read(state, event.new)

    state.param.watch(write, [*VIEW, "page"])
    location.param.watch(back, "search")


def address(state: ExplorerState) -> str:
    """Return the query of an address that shows what is shown; what is usual is left out."""
    view = state.view()
    parts = {
        NAMES.get(name, name): value if isinstance(value, str) else json.dumps(value)
        for name, value in view.items()
        if value != START[name]
    }
    if state.page:
        parts["page"] = str(state.page + 1)
    text = urlencode(parts, errors="replace")
    return f"?{text}" if text and len(text) <= LONGEST else ""


def read(state: ExplorerState, search: str) -> None:
    """Show what an address says; what is no view leaves everything as it is."""
    said = {name: values[-1] for name, values in parse_qs(search.removeprefix("?")).items()}
    try:
        view = {
            name: _value(name, said[NAMES.get(name, name)])
            for name in VIEW
            if NAMES.get(name, name) in said
        }
        page = int(said.get("page", 1)) - 1
        state.take(view, page=min(page, 10**9))
    except (ValueError, RecursionError, FilterError):
        return


def _value(name: str, text: str) -> Any:
    return text if isinstance(START[name], str) else json.loads(text)
