"""Histograms and heatmaps: how many videos have their value in which bin."""

from __future__ import annotations

from msgspec import Struct

from stoat_nb.catalog.filters.axis import Axis, axis, bin_of, without_range
from stoat_nb.catalog.filters.fields import field_named
from stoat_nb.catalog.filters.sql import Clause, where
from stoat_nb.catalog.query import VideoQuery, condition
from stoat_nb.catalog.read_model.engine import Ask


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


def histogram(ask: Ask, query: VideoQuery, column: str, bins: int) -> Histogram:
    """Count the values of a column; what the query wants of this very column does not count."""
    query = without_range(query, column)
    chosen = axis(ask, query, column, bins)
    counts = [0] * chosen.n_bins
    n_unknown = 0
    for (at,), n_videos in _counted(ask, query, chosen):
        if at is None:
            n_unknown = n_videos
        else:
            counts[at] = n_videos
    return Histogram(axis=chosen, counts=tuple(counts), n_unknown=n_unknown)


def heatmap(ask: Ask, query: VideoQuery, x: str, y: str, bins: int) -> Heatmap:
    """Count pairs of values; what the query wants of these very columns does not count."""
    query = without_range(query, x, y)
    across, up = (axis(ask, query, column, bins) for column in (x, y))
    counts = [[0] * across.n_bins for _ in range(up.n_bins)]
    n_unknown = 0
    for (column, row), n_videos in _counted(ask, query, across, up):
        if column is None or row is None:
            n_unknown += n_videos
        else:
            counts[row][column] = n_videos
    return Heatmap(x=across, y=up, counts=tuple(map(tuple, counts)), n_unknown=n_unknown)


def _counted(ask: Ask, query: VideoQuery, *axes: Axis) -> list[tuple[tuple[int | None, ...], int]]:
    clause, bindings = where(condition(query))
    bins = [_bin_or_null(one) for one in axes]
    fields = ", ".join(sql for sql, _ in bins)
    rows = ask(
        f"SELECT {fields}, count(*) FROM v {clause} GROUP BY ALL",  # noqa: S608 - values are bound
        (*(value for _, values in bins for value in values), *bindings),
    )
    return [(row[:-1], row[-1]) for row in rows]


def _bin_or_null(chosen: Axis) -> Clause:
    if not chosen.n_bins:
        return "NULL", ()
    sql, bindings = bin_of(chosen)
    return f"CASE WHEN {field_named(chosen.column).sql} IS NOT NULL THEN {sql} END", bindings
