"""Facets: how often each value occurs among the videos that match everything else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from stoat_nb.catalog.filters.fields import Field, field_named
from stoat_nb.catalog.filters.sql import where
from stoat_nb.catalog.filters.tree import AllOf
from stoat_nb.catalog.query import VideoQuery, condition
from stoat_nb.catalog.read_model.engine import Ask
from stoat_nb.errors import FilterError
from stoat_nb.names import shown

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
#: Values a facet may list.
MOST_COUNTS = 1000


class Facet(Struct, frozen=True, kw_only=True):
    """The values of one column, as far as the rest of a query leaves them."""

    column: str
    counts: dict[Any, int]  #: Value to videos; most frequent first, then by value.
    n_unknown: int  #: Videos of which it is not known; of lists also those with nothing in it.
    n_further: int  #: Values left out of ``counts``.


def facets(ask: Ask, query: VideoQuery, columns: Sequence[str], most: int) -> dict[str, Facet]:
    """Count the values of some columns; what the query wants of a facet does not count for it."""
    if not 1 <= most <= MOST_COUNTS:
        raise FilterError(
            f"'{shown(most)}' values cannot be listed. Choose from 1 to {MOST_COUNTS:,}."
        )
    alike: defaultdict[AllOf, list[Field]] = defaultdict(list)
    for column in columns:
        alike[condition(without_facet(query, column))].append(field_named(column))
    found: dict[str, Facet] = {}
    for chosen, fields in alike.items():
        found |= _counted(ask, chosen, fields, most)
    return {column: found[column] for column in columns}


def without_facet(query: VideoQuery, column: str) -> VideoQuery:
    """Return a query that does not care for a facet."""
    return replace(
        query, facets={name: values for name, values in query.facets.items() if name != column}
    )


def _counted(ask: Ask, chosen: AllOf, fields: Sequence[Field], most: int) -> dict[str, Facet]:
    """Count the values of several columns among the same videos, which are looked for once."""
    clause, bindings = where(chosen)
    names = ", ".join(dict.fromkeys(field.sql for field in fields))
    parts = [f"({_ranked(at, field, most + 1)})" for at, field in enumerate(fields)]
    rows = ask(
        f", m AS MATERIALIZED (SELECT {names} FROM v {clause}) {' UNION ALL '.join(parts)}",  # noqa: S608 - values are bound
        bindings,
    )
    return {
        field.name: _facet(field, [row[1:] for row in rows if row[0] == at], most)
        for at, field in enumerate(fields)
    }


def _ranked(at: int, field: Field, most: int) -> str:
    # A list that holds nothing becomes one row without a value, as one that is not known does.
    value = (
        f"unnest(coalesce(nullif({field.sql}, []), [NULL]))" if field.kind == "list" else field.sql
    )
    told = "epoch_ns(value)" if field.kind == "moment" else "value"
    return (
        f"SELECT {at}, CAST({told} AS VARCHAR), n, further "  # noqa: S608 - of our own words alone
        "FROM (SELECT value, n, count(value) OVER () AS further "
        f"FROM (SELECT {value} AS value, count(*) AS n FROM m GROUP BY 1) "
        f"ORDER BY value IS NOT NULL, n DESC, value LIMIT {most})"
    )


def _facet(field: Field, rows: list[Any], most: int) -> Facet:
    n_unknown = sum(n for value, n, _ in rows if value is None)
    known = [row for row in rows if row[0] is not None]
    n_values = rows[0][2] if rows else 0
    return Facet(
        column=field.name,
        counts={_value(field, value): count for value, count, _ in known[:most]},
        n_unknown=n_unknown,
        n_further=n_values - min(most, len(known)),
    )


def _value(field: Field, text: str) -> Any:
    match field.kind:
        case "whole":
            return int(text)
        case "number":
            return float(text)
        case "flag":
            return text == "true"
        case "moment":
            return int(text) / 1e9
    return text
