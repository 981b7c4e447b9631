"""What an export is to hold: which table, which rows in which order, which columns; all checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from stoat_nb import words
from stoat_nb.catalog.columns import TABLES, Table
from stoat_nb.catalog.query import VideoQuery, condition
from stoat_nb.errors import ExportError
from stoat_nb.names import shown


class Wanted(Struct, frozen=True, kw_only=True):
    """What was asked for, in the catalog's own terms."""

    table: Table  #: With the columns that were chosen, in the order they were chosen in.
    query: VideoQuery | None
    are_columns_chosen: bool
    is_redacted: bool  #: Whether the way to each root is left out.
    limit: int | None  #: Rows at most.


def wanted(
    name: str,
    *,
    tables: Mapping[str, Table] = TABLES,
    query: VideoQuery | None = None,
    columns: Sequence[str] | None = None,
    redact: bool = False,
    limit: int | None = None,
) -> Wanted:
    """Check what is asked for."""
    if name not in tables:
        raise ExportError(f"There is no table '{shown(name)}'. Choose one of: {', '.join(tables)}.")
    if query is not None and name != "videos":
        raise ExportError(f"Only videos can be filtered, not {name}. Leave the query out.")
    if query is not None:
        condition(query)  # refuses what there is not
    table = tables[name]
    return Wanted(
        table=table if columns is None else _with_columns(table, columns),
        query=query,
        are_columns_chosen=columns is not None,
        is_redacted=redact,
        limit=limit,
    )


def _with_columns(table: Table, names: Sequence[str]) -> Table:
    if isinstance(names, str):
        raise ExportError(f"Columns are a list of names: write ['{shown(names)}'].")
    known = {column.name: column for column in table.columns}
    if not names:
        raise ExportError("No column is chosen. Name some, or leave columns out for all of them.")
    for name in names:
        if name not in known:
            raise ExportError(
                f"There is no column '{shown(name)}' in {table.name}. {words.choice(name, known)}"
            )
        if list(names).count(name) > 1:
            raise ExportError(f"The column '{shown(name)}' is chosen twice. Name each once.")
    return replace(table, columns=tuple(known[name] for name in names))
