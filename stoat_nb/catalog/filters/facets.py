"""Facets: how often each value occurs among the videos that match everything else."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import apsw

from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.filters.fields import Field, field_named
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """The values of one column, as far as the rest of a query leaves them."""

    column: str
    counts: dict[Any, int]  #: Value to videos; most frequent first, then by value.
    n_unknown: int  #: Videos of which it is not known; of lists also those with nothing in it.
    n_further: int  #: Values left out of ``counts``.


def facet(connection: apsw.Connection, query: VideoQuery, column: str, most: int) -> Facet:
    """Count the values of one column; what the query wants of this very facet does not count."""
    field = field_named(column)
    where, bindings = matching(without_facet(query, column))
    rows = fetch(connection, _statement(field, where), (*bindings, most + 1))
    n_unknown = rows.pop(0)[1] if rows and rows[0][0] is None else 0
    n_values = rows[0][2] if rows else 0
    return Facet(
        column=column,
        counts={_value(field, value): count for value, count, _ in rows[:most]},
        n_unknown=n_unknown,
        n_further=n_values - min(most, len(rows)),
    )


def without_facet(query: VideoQuery, column: str) -> VideoQuery:
    """Return a query that does not care for a facet."""
    return replace(
        query, facets={name: values for name, values in query.facets.items() if name != column}
    )


def _statement(field: Field, where: str) -> str:
    return (
        f"SELECT value, n, count(value) OVER () FROM ({_groups(field, where)}) "  # noqa: S608 - values are bound
        "ORDER BY value IS NOT NULL, n DESC, value LIMIT ?"
    )


def _groups(field: Field, where: str) -> str:
    # What many rows share is worked out once for all that share it.
    if field.kind == "list":
        # A list that holds nothing becomes one row without a value, as one that is not known does.
        value, grouped = "e.value", _counted(field.sql, where)
        joined = "LEFT JOIN json_each(g.value) e"
    elif set(re.findall(r"\b([a-z])\.", field.sql)) <= {"f", "r"}:
        value, grouped = field.sql, _counted("v.folder_id", where)
        joined = "JOIN folders f ON f.id = g.value JOIN roots r ON r.id = f.root_id"
    else:
        return _counted(field.sql, where)
    return f"SELECT {value} AS value, sum(g.n) AS n FROM ({grouped}) g {joined} GROUP BY 1"  # noqa: S608 - values are bound


def _counted(value: str, where: str) -> str:
    tables = tables_for(f"{value} {where}")
    clause = f"WHERE {where}" if where else ""
    return f"SELECT {value} AS value, count(*) AS n FROM {tables} {clause} GROUP BY 1"  # noqa: S608 - values are bound


def _value(field: Field, value: Any) -> Any:
    if field.kind == "moment":
        return value / 1e9
    return bool(value) if field.kind == "flag" else value
