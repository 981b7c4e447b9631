"""Cells of Arrow columns as files have them: in JSON's own types, or for a spreadsheet."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

#: What makes a spreadsheet take text for a formula, after any blanks (full-width signs do too), and
#: the mark itself: so that one mark taken away from all that has one gives back what there was.
_MARKED = r"\A('|[\pZ\pC]*[=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]|[\pZ]*[\t\r])"


def plain(column: pa.ChunkedArray) -> list[Any]:
    """Return cells in JSON's own types: a time is ISO 8601, what JSON does not know is text."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        whole = column.unify_dictionaries().combine_chunks()
        words = plain(pa.chunked_array([whole.dictionary]))
        return [None if at is None else words[at] for at in _objects(whole.indices)]
    cells = _objects(_moments(column) if pa.types.is_timestamp(kind) else column)
    return cells if is_plain(kind) else [cell if cell is None else str(cell) for cell in cells]


def csv_columns(rows: pa.Table) -> pa.Table:
    """Return rows as CSV has them; text that a spreadsheet would run is marked by an apostrophe."""
    return pa.table([_csv(column) for column in rows.columns], names=rows.column_names)


def texts(column: pa.ChunkedArray) -> list[str | None]:
    """Return lists of texts as JSON."""
    return [None if cell is None else _json((*cell,)) for cell in column.to_pylist()]


def is_plain(kind: pa.DataType) -> bool:
    """Whether JSON has such values, a time as text among them."""
    return any(
        (
            pa.types.is_integer(kind),
            pa.types.is_floating(kind),
            pa.types.is_boolean(kind),
            pa.types.is_timestamp(kind),
            is_text(kind),
            is_texts(kind),
        )
    )


def is_text(kind: pa.DataType) -> bool:
    """Whether a column holds text, each different one once or each cell by itself."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def is_texts(kind: pa.DataType) -> bool:
    """Whether a column holds lists of texts."""
    return bool(pa.types.is_list(kind) and pa.types.is_string(kind.value_type))


def _objects(column: pa.Array | pa.ChunkedArray) -> list[Any]:
    """Return cells as Python has them; NumPy makes numbers ten times as fast as Arrow."""
    n_unknown, cells = column.null_count, [None] * len(column)
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        if n_unknown < len(column):
            cells = column.fill_null(0).to_numpy().tolist()
        if 0 < n_unknown < len(column):
            known = column.is_valid().to_numpy(zero_copy_only=False)
            cells = [cell if one else None for cell, one in zip(cells, known, strict=True)]
    elif n_unknown < len(column):
        cells = column.to_pylist()
    return cells


def _csv(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        whole = column.unify_dictionaries().combine_chunks()
        return pa.chunked_array([_marked(whole.dictionary).take(whole.indices)])
    if pa.types.is_timestamp(kind):
        return _moments(column)
    if is_texts(kind):
        return pa.chunked_array([pa.array(texts(column), pa.string())])
    if is_text(kind):
        return _marked(column)
    if is_plain(kind):
        return column
    return _marked(pa.chunked_array([pa.array(plain(column), pa.string())]))


def _marked(found: Any) -> Any:
    """Return texts with an apostrophe before each that a spreadsheet would run."""
    marked = pc.replace_substring_regex(found, pattern=_MARKED, replacement=r"'\1")
    return marked.cast(pa.string())


def _moments(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return times as ISO 8601 text in UTC, to the microsecond."""
    whole = pc.floor_temporal(column, unit="microsecond").cast(pa.timestamp("us", column.type.tz))
    told = whole.cast("int64").cast(pa.timestamp("us")).cast(pa.string())
    return pc.binary_join_element_wise(pc.replace_substring(told, " ", "T"), "Z", "")


@lru_cache(4096)
def _json(found: tuple[str | None, ...]) -> str:
    return json.dumps(found, ensure_ascii=False)
