"""Rows as typed columns: Arrow first, then pandas. No cell's type is ever guessed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from stoat_nb.catalog.column import Column
from stoat_nb.catalog.columns import Table
from stoat_nb.catalog.rows import Row
from stoat_nb.catalog.values import texts_of

_ARROW: dict[str, Any] = {
    "string": pa.string(),
    "Int64": pa.int64(),
    "Float64": pa.float64(),
    "boolean": pa.bool_(),
    "category": pa.dictionary(pa.int32(), pa.string()),
    "datetime64[ns, UTC]": pa.timestamp("ns", "UTC"),
    "list<string>": pa.list_(pa.string()),
}
_PANDAS = {
    pa.string(): pd.StringDtype("pyarrow"),
    pa.large_string(): pd.StringDtype("pyarrow"),
    pa.int64(): pd.Int64Dtype(),
    pa.float64(): pd.Float64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
    pa.list_(pa.string()): pd.ArrowDtype(pa.list_(pa.string())),
}


def schema(table: Table) -> pa.Schema:
    """Return a table's columns as Arrow knows them."""
    return pa.schema([(column.name, _ARROW[column.dtype]) for column in table.columns])


def arrow(table: Table, rows: Sequence[Row]) -> pa.Table:
    """Return rows as one typed Arrow table."""
    cells: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else [()] * len(table.columns)
    columns = [array(column, values) for column, values in zip(table.columns, cells, strict=True)]
    return pa.Table.from_arrays(columns, schema=schema(table))


def frame(table: Table, parts: Iterable[Sequence[Row]]) -> pd.DataFrame:
    """Return rows as a typed DataFrame; its columns and dtypes are the same when it is empty."""
    return frame_of(table, arrow_pieces(table, parts))


def frame_of(table: Table, columns: pa.Table) -> pd.DataFrame:
    """Return some columns of a table as a typed DataFrame."""
    made: pd.DataFrame = columns.unify_dictionaries().to_pandas(
        types_mapper=_PANDAS.get, split_blocks=True
    )
    for column in table.columns:
        if column.dtype == "category" and column.name in made:
            made[column.name] = _by_name(made[column.name].array)
    return made


def _by_name(values: Any) -> pd.Categorical:
    """Return the same words with those that occur as categories, in the order of the alphabet.

    The order of the rows, which Arrow keeps, means nothing to who groups by it.
    """
    words = values.categories.tolist()
    used = np.bincount(values.codes[values.codes >= 0], minlength=len(words))
    order = sorted(np.flatnonzero(used), key=words.__getitem__)
    places = np.full(len(words) + 1, -1)  # the last is that of -1, no word
    places[order] = np.arange(len(order))
    # Of none, Arrow knows no kind.
    names = pd.Index([words[at] for at in order], dtype="str")
    dtype: Any = pd.CategoricalDtype(names)
    return pd.Categorical.from_codes(places[values.codes], dtype=dtype)


def arrow_pieces(table: Table, parts: Iterable[Sequence[Row]]) -> pa.Table:
    """Return rows that come in pieces as one typed Arrow table."""
    tables = [arrow(table, rows) for rows in parts] or [arrow(table, ())]
    return pa.concat_tables(tables).unify_dictionaries()


def frame_of_result(table: pa.Table) -> pd.DataFrame:
    """Return an Arrow table of any columns as a DataFrame that knows null in all of them."""
    made: pd.DataFrame = table.to_pandas(types_mapper=_any_dtype)
    return made


def _any_dtype(kind: pa.DataType) -> Any:
    if kind in _PANDAS:
        return _PANDAS[kind]
    if pa.types.is_integer(kind):
        return pd.Int64Dtype()
    if pa.types.is_floating(kind):
        return pd.Float64Dtype()
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pd.StringDtype("pyarrow")
    return pd.ArrowDtype(kind) if pa.types.is_nested(kind) else None


def array(column: Column, values: Sequence[Any]) -> pa.Array:
    """Return the cells of one column, typed."""
    kind = _ARROW[column.dtype]
    if column.dtype == "category":
        return pa.array(values, pa.string()).dictionary_encode().cast(kind)
    if column.dtype == "boolean":
        return pa.array(values, pa.int64()).cast(kind)
    if column.dtype == "list<string>":
        return pa.array([value and texts_of(value) for value in values], kind)
    return pa.array(values, kind)
