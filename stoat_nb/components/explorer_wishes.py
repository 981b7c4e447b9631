"""What somebody asks of an explorer by click and key, as changes of its state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stoat_nb.components import explorer_text as text
from stoat_nb.components.explorer_state import ExplorerState


def grant(state: ExplorerState, wish: Mapping[str, Any]) -> bool:
    """Change the state as a message asks for; tell whether it was one of these.

    Raises
    ------
    FilterError
        If that cannot be; nothing has changed then.
    """
    match wish:
        case {"search": str(words)}:
            state.narrow(search=words)
        case {"where": str(expression)}:
            state.narrow(where=expression.strip())
        case {"toggle": str(column), "key": str(key)}:
            state.toggle(column, json.loads(key))
        case {"bounds": dict(bounds)}:
            _bound(state, bounds)
        case {"folder": str(folder)}:
            state.narrow(below=folder)
        case {"drop": str(key)}:
            text.drop(state, key)
        case {"clear": True}:
            state.clear()
        case {"pictures": bool(wanted)}:
            state.pictures = wanted
        case {"column": str(column), "shown": bool(is_shown)}:
            _show(state, column, is_shown=is_shown)
        case _:
            return False
    return True


def _bound(state: ExplorerState, bounds: Mapping[str, Any]) -> None:
    """Set several ranges at once: what is brushed in two directions is one filter."""
    kept = {column: ends for column, ends in state.ranges.items() if column not in bounds}
    given = {column: ends for column, ends in bounds.items() if ends not in ([None, None], None)}
    state.narrow(ranges={**kept, **given})


def _show(state: ExplorerState, column: str, *, is_shown: bool) -> None:
    kept = [one for one in state.columns if one != column]
    # A table without any column would have nothing to say and no way back.
    state.narrow(columns=[*kept, column] if is_shown else kept or state.columns)
