"""The view in the page's address: it can be reloaded, sent to somebody and gone back to.

``?codec=hevc&codec=h264&height=1080..&sort=-size_bytes``: a column and a value, or the bounds of
its values; a column without a value asks for what is unknown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any
from urllib.parse import parse_qsl, urlencode

import panel as pn
import param
from panel.custom import JSComponent

from stoat_nb.catalog.columns import TABLES
from stoat_nb.components.assets import script
from stoat_nb.components.explorer_state import START, VIEW, ExplorerState, Value
from stoat_nb.errors import FilterError
from stoat_nb.names import shown

#: What is no column, and what it is called in a view.
NAMES = {"q": "search", "where": "where", "below": "below"}
#: Characters an address may have; longer ones are refused by servers on the way.
LONGEST = 6000
#: Between two bounds.
TO = ".."


class InAddress(JSComponent):
    """Draws nothing; a part of the address that changes with what is shown, and by going back."""

    part: Any = param.Selector(objects=["search", "hash"], constant=True, doc="Which part.")
    said = param.String(default="", doc="What it says, with its mark: ``?page=2``, ``#activity``.")

    _esm = script("address.js")

    def __init__(self, **params: Any) -> None:
        super().__init__(styles={"position": "absolute"}, **params)


class Address(InAddress):
    """Keeps the address and what is shown in step.

    Parameters
    ----------
    state
        What is shown.
    """

    problem = param.String(default="", doc="Why what the address asks for cannot be shown.")

    def __init__(self, state: ExplorerState) -> None:
        location = pn.state.location
        super().__init__(said="" if location is None else location.search)
        self._state, self._is_read = state, False
        self._read()
        state.param.watch(self._write, [*VIEW, "page"])
        self.param.watch(self._read, "said")

    def _write(self, *_events: param.parameterized.Event) -> None:
        # What is being read may be written in another way; somebody may go forward again.
        if not self._is_read:
            self.said, self.problem = address(self._state), ""

    def _read(self, *_events: param.parameterized.Event) -> None:
        if self.said == address(self._state):
            return
        self._is_read = True
        try:
            read(self._state, self.said)
        except FilterError as refusal:
            self.problem = str(refusal)
        else:
            self.problem = ""
        finally:
            self._is_read = False


def address(state: ExplorerState) -> str:
    """Return the query of an address that shows what is shown; what is usual is left out."""
    text = urlencode(list(_parts(state)), errors="replace", safe="/,.:")
    return f"?{text}" if text and len(text) <= LONGEST else ""


def _parts(state: ExplorerState) -> Iterator[tuple[str, str]]:
    for name, of_view in NAMES.items():
        if said := getattr(state, of_view):
            yield name, said
    for column, values in state.facets.items():
        yield from ((column, _written(value)) for value in values)
    for column, bounds in state.ranges.items():
        yield column, TO.join("" if one is None else repr(one) for one in bounds)
    if (state.sort, state.descending) != (START["sort"], START["descending"]):
        yield "sort", f"{'-' if state.descending else ''}{state.sort}"
    if state.columns != START["columns"]:
        yield "columns", ",".join(state.columns)
    if state.page:
        yield "page", str(state.page + 1)


def read(state: ExplorerState, search: str) -> None:
    """Show what an address says.

    Raises
    ------
    FilterError
        If that is no view; what is shown stays as it is.
    """
    view: dict[str, Any] = {"facets": {}, "ranges": {}}
    page = 1
    for name, said in parse_qsl(search.removeprefix("?"), keep_blank_values=True):
        match name:
            case "page" if said.isdecimal():
                page = int(said[:10])
            case "sort":
                view["sort"], view["descending"] = said.removeprefix("-"), said.startswith("-")
            case "columns":
                view["columns"] = said.split(",")
            case _ if name in NAMES:
                view[NAMES[name]] = said
            case _:
                _add(view, name, said)
    state.take(view, page=page - 1)


def _add(view: Mapping[str, Any], name: str, said: str) -> None:
    """Ask for a value of a column, or for what lies between two."""
    column = TABLES["videos"].column(name)
    if column is None:
        raise _refusal(name, said)
    try:
        if not column.is_text and TO in said:
            low, _, high = said.partition(TO)
            view["ranges"][name] = [_number(one) for one in (low, high)]
        else:
            view["facets"].setdefault(name, []).append(_value(said, column.dtype))
    except (ValueError, RecursionError):
        raise _refusal(name, said) from None


def _written(value: Value) -> str:
    """Return a value as an address has it; in quotes if it could be taken for another."""
    if isinstance(value, str):
        return json.dumps(value) if not value or value.startswith('"') else value
    return "" if value is None else json.dumps(value)


def _value(said: str, dtype: str) -> Value:
    if not said:
        return None
    is_text = dtype not in ("boolean", "Int64", "Float64")
    value: Value = said if is_text and not said.startswith('"') else json.loads(said)
    if is_text != isinstance(value, str) or (isinstance(value, float) and not isfinite(value)):
        raise ValueError(said)
    return value


def _number(said: str) -> float | None:
    if not said:
        return None
    value = float(said)
    if not isfinite(value):
        raise ValueError(said)
    return int(said) if said.lstrip("-").isdecimal() else value


def _refusal(name: str, said: str) -> FilterError:
    return FilterError(
        f"The page's address asks for {shown(name)!r} {shown(said)!r}, which nothing has. "
        "Clear the filters."
    )
