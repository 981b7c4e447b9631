"""Facets: how often each value occurs among the videos that match everything else."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import apsw
from msgspec import Struct
from msgspec.structs import replace

from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.filters.fields import Field, field_named
from stoat_nb.catalog.filters.kinds import KINDS, Kinds, named, tells
from stoat_nb.catalog.filters.sql import Clause
from stoat_nb.catalog.orders import is_there
from stoat_nb.catalog.query import VideoQuery, matching, tables_for

#: What to offer where nobody says what else.
FACETS = (
    "status",
    "codec",
    "container",
    "resolution",
    "fps_class",
    "hdr",
    "audio_codec",
    "audio_languages",
    "integrity",
    "year",
    "top_folder",
)
#: What the index of KINDS has beside them: what filters ask of this costs no look at a row either.
_BESIDE = ("size_bytes", "duration_s", "bitrate", "created_at")


class Facet(Struct, frozen=True, kw_only=True):
    """The values of one column, as far as the rest of a query leaves them."""

    column: str
    counts: dict[Any, int]  #: Value to videos; most frequent first, then by value.
    n_unknown: int  #: Videos of which it is not known; of lists also those with nothing in it.
    n_further: int  #: Values left out of ``counts``.


class _Source(Struct, frozen=True):
    """Rows that stand for videos."""

    tables: str  #: What follows FROM.
    n_videos: str = "count(*)"  #: How many videos some of the rows stand for.


def facet(connection: apsw.Connection, query: VideoQuery, column: str, most: int) -> Facet:
    """Count the values of one column; what the query wants of this very facet does not count."""
    return facets(connection, without_facet(query, column), (column,), most)[column]


def facets(
    connection: apsw.Connection,
    query: VideoQuery,
    columns: Sequence[str],
    most: int,
    *,
    kinds: Callable[[], Kinds | None] = lambda: None,
) -> dict[str, Facet]:
    """Count the values of several columns among the same videos, most of them in one pass.

    What the kinds of all videos tell is counted off those, if ``kinds`` returns them.
    """
    fields = [field_named(column) for column in columns]
    where = matching(query)
    is_told = named(where[0]) <= {*KINDS, *_BESIDE}
    together = [one for one in fields if is_told and named(one.sql) <= {*KINDS}]
    known = kinds() if together and tells(where[0]) else None
    found: dict[str, Facet] = {}
    if known is not None:
        found = _of_known(known, together, where, most)
    elif together and (where[0] or not _has_own_index(connection, together)):
        found = _of_kinds(connection, together, where, most)
    for field in fields:
        if field.name not in found:
            tables = f"{tables_for(f'{field.sql} {where[0]}')} {_clause(where)}"
            rows = fetch(connection, _ranked(field, _Source(tables)), (*where[1], most + 1))
            found[field.name] = _facet(field, rows, most)
    return {column: found[column] for column in columns}


def without_facet(query: VideoQuery, column: str) -> VideoQuery:
    """Return a query that does not care for a facet."""
    return replace(
        query, facets={name: values for name, values in query.facets.items() if name != column}
    )


def _has_own_index(connection: apsw.Connection, fields: Sequence[Field]) -> bool:
    """Tell whether what is to be counted can be read off the shortest index there is."""
    return len(fields) == 1 and is_there(connection, fields[0].name)


def _of_known(kinds: Kinds, fields: Sequence[Field], where: Clause, most: int) -> dict[str, Facet]:
    source, bindings = _Source(f"{kinds.TABLE} {_clause(where)}", kinds.SUM), (*where[1], most + 1)
    return {
        one.name: _facet(one, kinds.fetch(_ranked(one, source), bindings), most) for one in fields
    }


def _of_kinds(
    connection: apsw.Connection, fields: Sequence[Field], where: Clause, most: int
) -> dict[str, Facet]:
    """Count the kinds of videos off the index, and of those the values of each column."""
    told = set().union(*(named(one.sql) for one in fields))
    # The index is in this order only from its beginning on.
    columns = KINDS[: 1 + max(KINDS.index(name) for name in told)]
    kinds = (
        f"SELECT {', '.join(f'v.{name} AS {name}' for name in columns)}, count(*) AS n "  # noqa: S608 - values are bound
        f"FROM videos v {_clause(where)} "
        f"GROUP BY {', '.join(str(at + 1) for at in range(len(columns)))}"
    )
    source = _Source("kinds v", "sum(v.n)")
    parts = [f"SELECT {at}, * FROM ({_ranked(one, source)})" for at, one in enumerate(fields)]  # noqa: S608 - of our own words alone
    rows = fetch(
        connection,
        f"WITH kinds AS MATERIALIZED ({kinds}) {' UNION ALL '.join(parts)}",
        (*where[1], *[most + 1] * len(fields)),
    )
    return {
        one.name: _facet(one, [row for number, *row in rows if number == at], most)
        for at, one in enumerate(fields)
    }


def _clause(where: Clause) -> str:
    return f"WHERE {where[0]}" if where[0] else ""


def _facet(field: Field, rows: list[Any], most: int) -> Facet:
    n_unknown = rows.pop(0)[1] if rows and rows[0][0] is None else 0
    n_values = rows[0][2] if rows else 0
    return Facet(
        column=field.name,
        counts={_value(field, value): count for value, count, _ in rows[:most]},
        n_unknown=n_unknown,
        n_further=n_values - min(most, len(rows)),
    )


def _ranked(field: Field, source: _Source) -> str:
    return (
        f"SELECT value, n, count(value) OVER () FROM ({_groups(field, source)}) "  # noqa: S608 - values are bound
        "ORDER BY value IS NOT NULL, n DESC, value LIMIT ?"
    )


def _groups(field: Field, source: _Source) -> str:
    # What many rows share is worked out once for all that share it.
    if field.kind == "list":
        # A list that holds nothing becomes one row without a value, as one that is not known does.
        value, grouped = "e.value", _counted(field.sql, source)
        joined = "LEFT JOIN json_each(g.value) e"
    elif set(re.findall(r"\b([a-z])\.", field.sql)) <= {"f", "r"}:
        value, grouped = field.sql, _counted("v.folder_id", source)
        joined = "JOIN folders f ON f.id = g.value JOIN roots r ON r.id = f.root_id"
    else:
        return _counted(field.sql, source)
    return f"SELECT {value} AS value, sum(g.n) AS n FROM ({grouped}) g {joined} GROUP BY 1"  # noqa: S608 - values are bound


def _counted(value: str, source: _Source) -> str:
    return f"SELECT {value} AS value, {source.n_videos} AS n FROM {source.tables} GROUP BY 1"  # noqa: S608 - values are bound


def _value(field: Field, value: Any) -> Any:
    if field.kind == "moment":
        return value / 1e9
    return bool(value) if field.kind == "flag" else value
