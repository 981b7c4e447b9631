"""Histograms and heatmaps: how many videos have their value in which bin."""

from __future__ import annotations

import apsw
from msgspec import Struct

from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.filters.axis import Axis, axis, bin_of, without_range
from stoat_nb.catalog.filters.fields import field_named
from stoat_nb.catalog.filters.sql import Clause
from stoat_nb.catalog.query import VideoQuery, matching, tables_for


class Histogram(Struct, frozen=True, kw_only=True):
    """How many videos are in each bin of an axis."""

    axis: Axis
    counts: tuple[int, ...]
    n_unknown: int  #: Videos of which the value is not known; of text also what has no bin.

    @property
    def edges(self) -> tuple[float, ...]:
        """The ends of the bins."""
        return self.axis.edges


class Heatmap(Struct, frozen=True, kw_only=True):
    """How many videos are in each field of two axes."""

    x: Axis
    y: Axis
    counts: tuple[tuple[int, ...], ...]  #: A row for each bin of y, a number for each of x.
    n_unknown: int  #: Videos in none of them.


def histogram(connection: apsw.Connection, query: VideoQuery, column: str, bins: int) -> Histogram:
    """Count the values of a column; what the query wants of this very column does not count."""
    query = without_range(query, column)
    chosen = axis(connection, query, column, bins)
    counts = [0] * chosen.n_bins
    n_unknown = 0
    for (at,), n_videos in _counted(connection, query, chosen):
        if at is None:
            n_unknown = n_videos
        else:
            counts[at] = n_videos
    return Histogram(axis=chosen, counts=tuple(counts), n_unknown=n_unknown)


def heatmap(connection: apsw.Connection, query: VideoQuery, x: str, y: str, bins: int) -> Heatmap:
    """Count pairs of values; what the query wants of these very columns does not count."""
    query = without_range(query, x, y)
    across, up = (axis(connection, query, column, bins) for column in (x, y))
    counts = [[0] * across.n_bins for _ in range(up.n_bins)]
    n_unknown = 0
    for (column, row), n_videos in _counted(connection, query, across, up):
        if column is None or row is None:
            n_unknown += n_videos
        else:
            counts[row][column] = n_videos
    return Heatmap(x=across, y=up, counts=tuple(map(tuple, counts)), n_unknown=n_unknown)


def _counted(
    connection: apsw.Connection, query: VideoQuery, *axes: Axis
) -> list[tuple[tuple[int | None, ...], int]]:
    where, bindings = matching(query)
    bins = [_bin_or_null(one) for one in axes]
    fields = ", ".join(sql for sql, _ in bins)
    places = ", ".join(str(at + 1) for at in range(len(axes)))
    clause = f"WHERE {where}" if where else ""
    rows = fetch(
        connection,
        f"SELECT {fields}, count(*) FROM {tables_for(f'{fields} {where}')} "  # noqa: S608 - values are bound
        f"{clause} GROUP BY {places}",
        (*(value for _, values in bins for value in values), *bindings),
    )
    return [(row[:-1], row[-1]) for row in rows]


def _bin_or_null(chosen: Axis) -> Clause:
    if not chosen.n_bins:
        return "NULL", ()
    sql, bindings = bin_of(chosen)
    return f"CASE WHEN {field_named(chosen.column).sql} IS NOT NULL THEN {sql} END", bindings
