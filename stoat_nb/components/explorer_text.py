"""What filters are called: columns, their values and bounds, as people read them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from stoat_nb import words
from stoat_nb.catalog.column import Column
from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.filters.fields import FIELDS
from stoat_nb.components.explorer_state import ExplorerState, Value
from stoat_nb.components.video_cells import STATUSES, title_of
from stoat_nb.names import shown

_TITLES = {
    "resolution": "Resolution",
    "fps_class": "Frame rate",
    "year": "Year recorded",
    "top_folder": "Folder",
    "audio_languages": "Audio language",
    "subtitle_languages": "Subtitle language",
    "camera_model": "Camera",
    "display_height": "Height",
}
#: What a value is called where its own word says too little.
_VALUES = {
    "status": STATUSES,
    "fps_mode": {"cfr": "Constant", "vfr": "Variable"},
    "hdr": {
        "sdr": "SDR",
        "hdr10": "HDR10",
        "hdr10plus": "HDR10+",
        "hlg": "HLG",
        "dolby_vision": "Dolby Vision",
    },
    "integrity": {
        "complete": "OK",
        "truncated": "Truncated",
        "suspect": "Possibly damaged",
        "unknown": "Unknown",
    },
}
#: How numbers of a column read; the page has the same words for them.
FORMATS = {
    "duration_s": "length",
    "size_bytes": "size",
    "bitrate": "rate",
    "created_at": "date",
    "mtime": "date",
    "display_height": "pixels",
}


def heading(column: str) -> str:
    """Return what a column is called above its facet or in a chip."""
    return _TITLES.get(column) or (title_of(column) if TABLES["videos"].column(column) else column)


def value_label(column: str, value: Value) -> str:
    """Return what a facet's value is called."""
    if value is None:
        return "Unknown"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if column == "fps_class":
        return f"{value} fps"
    if column == "top_folder":
        return shown(str(value).rstrip("/").rpartition("/")[2] or value)
    return _VALUES.get(column, {}).get(str(value)) or shown(value) or "(empty)"


def bound_label(column: str, value: float) -> str:
    """Return an end of a range."""
    how = {
        "length": words.length,
        "size": words.size,
        "rate": words.bit_rate,
        "date": lambda moment: words.moment(moment).partition(",")[0],
        "pixels": lambda number: f"{number:,.0f} px",
    }.get(FORMATS.get(column, ""))
    return how(value) if how else f"{value:,.2f}".rstrip("0").rstrip(".")


def range_label(column: str, low: float | None, high: float | None) -> str:
    """Return both ends of a range, as far as there are any."""
    if low is None or high is None:
        word, end = ("at least", low) if high is None else ("at most", high)
        return "" if end is None else f"{word} {bound_label(column, end)}"
    return f"{bound_label(column, low)} to {bound_label(column, high)}"


def key_of(value: Value) -> str:
    """Return a value as a page can hand it back."""
    return json.dumps(value)


def chips(state: ExplorerState) -> list[dict[str, Any]]:
    """Return every filter that is set: what it is called, and the key that takes it away."""
    found = []
    if state.search:
        found.append(_chip(["search"], f"Search: {shown(state.search)}"))
    if state.where:
        found.append(_chip(["where"], shown(state.where)))
    if state.below:
        found.append(_chip(["below"], f"In: {shown(state.below)}"))
    for column, values in state.facets.items():
        if column == "video_id":  # chosen row by row: they have no names of their own
            found.append(
                _chip(["facets", column], f"Selection: {words.count(len(values), 'video')}")
            )
            continue
        found += [
            _chip(["facet", column, one], f"{heading(column)}: {value_label(column, one)}")
            for one in values
        ]
    for column, (low, high) in state.ranges.items():
        text = range_label(column, low, high)
        found.append(_chip(["range", column], f"{heading(column)}: {text}"))
    return found


def _chip(key: list[Any], label: str) -> dict[str, Any]:
    return {"key": json.dumps(key), "label": label}


def drop(state: ExplorerState, key: str) -> None:
    """Take away the filter of a chip."""
    if key not in {chip["key"] for chip in chips(state)}:
        return
    match json.loads(key):
        case ["facet", column, value]:
            state.toggle(column, value)
        case ["range", column]:
            state.bound(column, None, None)
        case ["facets", column]:
            state.narrow(
                facets={name: held for name, held in state.facets.items() if name != column}
            )
        case [name]:
            state.narrow(**{name: ""})


#: Every column that can be shown, for the menu.
OFFERED: list[dict[str, Any]] = [
    {"field": column.name, "title": title_of(column.name), "doc": column.doc}
    for column in TABLES["videos"].columns
]


def offered(added: Mapping[str, Sequence[Column]]) -> list[dict[str, Any]]:
    """Return the same with the columns that analyses added."""
    found = (column for columns in added.values() for column in columns)
    return [*OFFERED, *({"field": one.name, "title": one.name, "doc": one.doc} for one in found)]


#: What can be asked for as a facet.
KNOWN = frozenset(FIELDS)
