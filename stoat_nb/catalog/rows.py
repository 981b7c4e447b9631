"""Rows of any table as SQLite has them: in pieces, or as JSON objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import apsw

from stoat_nb.catalog.column import Column
from stoat_nb.catalog.columns import Table
from stoat_nb.catalog.values import moment_text, texts_of

_CONVERTED = ("datetime64[ns, UTC]", "boolean", "list<string>")

#: Rows held as Python objects at a time.
PIECE = 8192

Row = tuple[Any, ...]


def pieces(connection: apsw.Connection, table: Table) -> Iterator[list[Row]]:
    """Yield all rows of a table; what is left half read would keep the catalog's log growing."""
    cursor = connection.execute(f"{table.select} ORDER BY {table.order}")
    while piece := list(islice(cursor, PIECE)):
        yield piece


def plain(column: Column, value: Any) -> Any:
    """Return a cell in JSON's own types: a time is ISO 8601."""
    if value is None:
        return None
    if column.dtype == "datetime64[ns, UTC]":
        return moment_text(value)
    if column.dtype == "boolean":
        return bool(value)
    if column.dtype == "list<string>":
        return texts_of(value)
    return value


def as_objects(table: Table, rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Return rows as JSON objects."""
    names = [column.name for column in table.columns]
    # Most columns are in JSON's own types already, and there may be many millions of cells.
    to_convert = [(at, one) for at, one in enumerate(table.columns) if one.dtype in _CONVERTED]
    for row in rows:
        cells = list(row)
        for at, column in to_convert:
            cells[at] = plain(column, cells[at])
        yield dict(zip(names, cells, strict=True))
