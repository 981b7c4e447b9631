"""Columns in the form that pandas keeps them in, so that a frame is made without copying a cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
from msgspec import Struct
from numpy.typing import NDArray

from stoat_nb.catalog.column import Column
from stoat_nb.catalog.columns import Table
from stoat_nb.catalog.packing import Fetched, Shared
from stoat_nb.catalog.values import texts_of

#: What pandas takes for no time.
_NO_TIME = np.iinfo(np.int64).min
_LISTS = pa.list_(pa.string())


class Numbers(Struct, frozen=True):
    """Numbers, truths or times, and which of them are not known; times say that themselves."""

    data: NDArray[Any]
    unknown: NDArray[np.bool_] | None


class Codes(Struct, frozen=True):
    """Which of some words each row has; -1 is none."""

    codes: NDArray[Any]
    words: tuple[str, ...]  #: In the order of the alphabet.


#: The last is an Arrow array, of texts or of lists.
Kept: TypeAlias = Numbers | Codes | Any


def kept(column: Column, fetched: Fetched) -> Kept:
    """Return a column that was fetched as pandas keeps it."""
    if isinstance(fetched, Shared):
        return _of_shared(column, fetched)
    if column.dtype == "string":
        return fetched
    if column.dtype == "datetime64[ns, UTC]":
        return Numbers(np.array(fetched.fill_null(_NO_TIME)), None)
    unknown = np.array(fetched.is_null())
    return Numbers(np.array(fetched.fill_null(0)), unknown)


def frame_of(table: Table, columns: Mapping[str, Kept]) -> pd.DataFrame:
    """Return columns as a typed DataFrame, without copying them."""
    arrays = {column.name: _array(column, columns[column.name]) for column in table.columns}
    return pd.DataFrame(arrays, copy=False)


def n_rows(columns: Mapping[str, Kept]) -> int:
    """Return how many rows the columns have."""
    first: Any = next(iter(columns.values()))
    if isinstance(first, Numbers):
        return len(first.data)
    return len(first.codes if isinstance(first, Codes) else first)


def arrow_of(table: Table, columns: Mapping[str, Kept]) -> pa.Table:
    """Return columns as a typed Arrow table; texts and lists are not copied."""
    return pa.table({column.name: _arrow(column, columns[column.name]) for column in table.columns})


def _arrow(column: Column, kept: Kept) -> Any:
    if isinstance(kept, Codes):
        codes = pa.array(kept.codes, mask=kept.codes < 0)
        return pa.DictionaryArray.from_arrays(codes, pa.array(kept.words, pa.string()))
    if not isinstance(kept, Numbers):
        return kept
    if column.dtype == "datetime64[ns, UTC]":
        return pa.array(kept.data.view("M8[ns]"), pa.timestamp("ns", "UTC"))
    return pa.array(kept.data, mask=kept.unknown)


def _of_shared(column: Column, shared: Shared) -> Kept:
    values, places = shared.cells, shared.places
    if column.dtype == "category":
        return _codes(values, places)
    if column.dtype == "string":
        return pa.array(values, pa.large_string()).take(pa.array(places))
    if column.dtype == "list<string>":
        lists = [value and texts_of(value) for value in values]
        return pa.array(lists, _LISTS).take(pa.array(places))
    if column.dtype == "datetime64[ns, UTC]":
        times = [_NO_TIME if value is None else value for value in values]
        return Numbers(np.array(times, np.int64)[places], None)
    unknown: NDArray[np.bool_] = np.array([value is None for value in values], np.bool_)
    data: NDArray[Any] = np.array([value or 0 for value in values], _NUMPY[column.dtype])
    return Numbers(data[places], unknown[places])


_NUMPY: dict[str, Any] = {"boolean": np.bool_, "Int64": np.int64, "Float64": np.float64}


def _codes(values: tuple[str | None, ...], places: NDArray[np.int32]) -> Codes:
    words = tuple(sorted({value for value in values if value is not None}))
    number = {word: at for at, word in enumerate(words)}
    codes = np.array([-1 if value is None else number[value] for value in values])
    return Codes(codes.astype(np.min_scalar_type(-max(1, len(words))))[places], words)


def _array(column: Column, kept: Kept) -> Any:
    if isinstance(kept, Codes):
        words: Any = pd.CategoricalDtype(pd.Index(kept.words, dtype="str"))
        return pd.Categorical.from_codes(kept.codes, dtype=words, validate=False)
    if isinstance(kept, Numbers):
        if column.dtype == "datetime64[ns, UTC]":
            return pd.DatetimeIndex(kept.data.view("M8[ns]"), tz="UTC", copy=False).array
        return _MASKED[column.dtype](kept.data, kept.unknown)
    if column.dtype == "string":
        return pd.arrays.ArrowStringArray(pa.chunked_array([kept]))
    return pd.arrays.ArrowExtensionArray(pa.chunked_array([kept]))


_MASKED: dict[str, Any] = {
    "boolean": pd.arrays.BooleanArray,
    "Int64": pd.arrays.IntegerArray,
    "Float64": pd.arrays.FloatingArray,
}
