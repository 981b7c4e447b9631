"""An axis: the values of one column in a few bins, whatever lies between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from stoat_nb.catalog.filters.facets import facets, without_facet
from stoat_nb.catalog.filters.fields import Field, field_named
from stoat_nb.catalog.filters.sql import Clause, where
from stoat_nb.catalog.query import VideoQuery, condition
from stoat_nb.catalog.read_model.engine import Ask
from stoat_nb.errors import FilterError
from stoat_nb.names import shown

MOST_BINS = 200
#: Where the greatest value is so much further away than the usual one, bins grow with the values.
FAR = 20
_SECOND = 1_000_000_000


class Axis(Struct, frozen=True, kw_only=True):
    """One column in bins. Times are seconds since 1970."""

    column: str
    #: One more than there are bins, each bin from its edge up to the next; of the last one, that
    #: edge is included. Nothing at all where nothing is known.
    edges: tuple[float, ...] = ()
    names: tuple[str, ...] = ()  #: Of a column of text, its most frequent values instead.

    @property
    def n_bins(self) -> int:
        """How many bins there are."""
        return len(self.names) or max(0, len(self.edges) - 1)

    def between(self, first: int, last: int) -> tuple[float, float]:
        """Return the range, for a query, of exactly the values from one bin to another.

        Examples
        --------
        >>> Axis(column="height", edges=(0.0, 720.0, 1440.0)).between(0, 0)
        (0.0, 719.0)
        """
        end = self.edges[last + 1]
        if last + 1 == len(self.edges) - 1:
            return self.edges[first], end
        kind = field_named(self.column).kind
        if kind == "whole":
            return self.edges[first], math.ceil(end) - 1.0
        return self.edges[first], end - 1e-6 if kind == "moment" else math.nextafter(end, -math.inf)


def axis(ask: Ask, query: VideoQuery, column: str, bins: int) -> Axis:
    """Choose the bins for the values of the videos that match."""
    field = field_named(column)
    if not 1 <= bins <= MOST_BINS:
        raise FilterError(f"'{shown(bins)}' bins cannot be made. Choose from 1 to {MOST_BINS}.")
    if field.kind == "text":
        return Axis(column=column, names=tuple(facets(ask, query, [column], bins)[column].counts))
    if field.kind not in ("whole", "number", "moment"):
        raise FilterError(f"'{column}' has no bins: it is no number, date or text. Use a facet.")
    clause, bindings = where(condition(query))
    value = number_of(field)
    ((least, greatest, mean),) = ask(
        f"SELECT min({value}), max({value}), avg(CAST({value} AS DOUBLE)) FROM v {clause}",  # noqa: S608 - values are bound
        bindings,
    )
    if least is None:
        return Axis(column=column)
    return Axis(column=column, edges=_edges(field, least, greatest, mean, bins))


def number_of(field: Field) -> str:
    """Return SQL for a value as a number; of times, nanoseconds."""
    return f"epoch_ns({field.sql})" if field.kind == "moment" else field.sql


def without_range(query: VideoQuery, *columns: str) -> VideoQuery:
    """Return a query that does not care where in these columns a value lies."""
    for column in columns:
        query = without_facet(query, column)
    kept = {name: ends for name, ends in query.ranges.items() if name not in columns}
    return replace(query, ranges=kept)


def _edges(field: Field, least: Any, greatest: Any, mean: float, bins: int) -> tuple[float, ...]:
    scale = _SECOND if field.kind == "moment" else 1
    low, high, middle = least / scale, greatest / scale, mean / scale
    if field.kind == "moment":
        low, high = float(math.floor(low)), float(math.floor(high) + 1)
    elif field.kind == "whole" and greatest - least < bins:
        return tuple(least + step - 0.5 for step in range(greatest - least + 2))
    if low == high:
        return (low - 0.5, high + 0.5)
    made = [low + _part(step / bins, high - low, middle - low) for step in range(bins)]
    if field.kind == "moment":
        made = [float(math.floor(edge)) for edge in made]  # no range can tell less apart
    return tuple(sorted({*made, high}))


def _part(part: float, span: float, usual: float) -> float:
    if span <= FAR * usual or usual <= 0:
        return part * span
    return usual * math.expm1(part * math.log1p(span / usual))


def bin_of(chosen: Axis) -> Clause:
    """Return SQL for the number of a row's bin, or NULL where it is in none."""
    field = field_named(chosen.column)
    if field.kind == "text":
        cases = " ".join(f"WHEN ? THEN {at}" for at in range(len(chosen.names)))
        return (f"CASE {field.sql} {cases} END", chosen.names) if cases else ("NULL", ())
    scale = _SECOND if field.kind == "moment" else 1
    return _halved(number_of(field), [edge * scale for edge in chosen.edges[1:-1]], 0)


def _halved(value: str, edges: Sequence[float], first: int) -> Clause:
    """Find the bin in as few comparisons as there are halvings."""
    if not edges:
        return str(first), ()
    at = len(edges) // 2
    below, low = _halved(value, edges[:at], first)
    above, high = _halved(value, edges[at + 1 :], first + at + 1)
    return f"CASE WHEN {value} < ? THEN {below} ELSE {above} END", (edges[at], *low, *high)
