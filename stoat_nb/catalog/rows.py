"""Rows of any table, in pieces: what frames and exports are made of."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import apsw

from stoat_nb.catalog.column import Column
from stoat_nb.catalog.columns import Table
from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.values import moment_text, texts_of

_CONVERTED = ("datetime64[ns, UTC]", "boolean", "list<string>")

#: Rows held as Python objects at a time.
PIECE = 8192

Row = tuple[Any, ...]


def pieces(
    connection: apsw.Connection, table: Table, ids: Sequence[int] | None = None
) -> Generator[list[Row]]:
    """Yield all rows of a table, or those of some videos in this order."""
    if ids is None:
        cursor = connection.execute(f"{table.select} ORDER BY {table.order}")
        while piece := list(islice(cursor, PIECE)):
            yield piece
        return
    # The number comes first, whichever columns are wanted.
    select = table.select.replace("SELECT", "SELECT v.id,", 1)
    sql = f"{select} WHERE v.id IN (SELECT value FROM json_each(?))"  # noqa: S608 - values are bound
    for at in range(0, len(ids), PIECE):
        some = ids[at : at + PIECE]
        found = {row[0]: row[1:] for row in fetch(connection, sql, (json.dumps(some),))}
        yield [found[video_id] for video_id in some]


def count(connection: apsw.Connection, table: Table) -> int:
    """Return how many rows there are."""
    ((total,),) = fetch(connection, f"SELECT count(*) FROM {table.source}")  # noqa: S608 - of our own words alone
    return int(total)


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
