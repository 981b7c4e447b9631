"""Rows as Arrow columns, fetched with few objects: cells that many rows share travel together.

Most columns of a library hold few different values, and the same ones come in company: a codec with
its profile, its pixel format and its frame rate. SQLite writes such cells of a row into one JSON
text; each text is taken apart once, however many rows have it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import count, islice
from typing import Any

import apsw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from numpy.typing import NDArray

from stoat_nb.catalog.column import Column
from stoat_nb.catalog.columns import Table
from stoat_nb.catalog.values import texts_of

#: Rows held as Python objects at a time: too few for Python to look through all its objects for
#: garbage, which takes a third of the time otherwise.
ROWS = 512
#: Cells of a column that are turned into Arrow at a time.
PIECE = 16_384
_SHARED_DTYPES = ("category", "boolean", "list<string>", "Int64")
#: Texts that most rows lack, or have in common.
_SHARED_TEXTS = frozenset({"encoder", "error", "integrity_reason", "folder"})
#: Numbers of which nearly every row has one of its own. What is missing here costs time, no more.
_OWN = frozenset(
    {
        *("video_id", "size_bytes", "mtime_ns", "inode", "bitrate", "frame_count"),
        *("video_bitrate", "audio_bitrate", "idx", "place", "n", "elapsed_ms", "year"),
    }
)
#: What scans wrote about many files at a time; by itself, since it goes with no codec.
_OF_SCANS = frozenset({"first_seen", "last_seen", "missing_since", "probed_at", "scan_id"})


#: Where files are: of a folder's files all have the same, and their paths are made of it.
_OF_FOLDERS = frozenset({"folder", "root", "top_folder"})
_MADE = frozenset({"path", "relative_path"})


class Plan(Struct, frozen=True):
    """Which cells of a table are fetched one by one, and which together."""

    own: dict[str, Column]  #: By what yields it; some columns say the same in two ways.
    shared: tuple[tuple[Column, ...], ...]

    @property
    def fields(self) -> str:
        """What follows SELECT."""
        texts = [f"json_array({', '.join(one.sql for one in pack)})" for pack in self.shared]
        return ", ".join([*self.own, *texts])


def plan(table: Table) -> Plan:
    """Return how a table is fetched."""
    made = _MADE if _has_places(table) else frozenset()
    packs: dict[str, list[Column]] = {}
    own: dict[str, Column] = {}
    for column in table.columns:
        if (name := _pack_of(column, is_placed=bool(made))) is not None:
            packs.setdefault(name, []).append(column)
        elif column.name not in made:
            own[column.sql] = column
    return Plan(own, tuple(map(tuple, packs.values())))


def _pack_of(column: Column, *, is_placed: bool) -> str | None:
    if column.name in _OF_SCANS:
        return "scans"
    if is_placed and column.name in _OF_FOLDERS:
        return "folders"
    if column.name in _SHARED_TEXTS or (column.dtype in _SHARED_DTYPES and column.name not in _OWN):
        return "facts"
    return None


def _has_places(table: Table) -> bool:
    names = {column.name for column in table.columns}
    return names >= {"name", *_OF_FOLDERS, *_MADE}


def fetch_columns(
    connection: apsw.Connection, table: Table, where: str = "", bindings: apsw.Bindings = ()
) -> pa.Table:
    """Return all columns of a table, or of some of its rows, in its order."""
    planned = plan(table)
    sql = f"SELECT {planned.fields} FROM {table.source} {where} ORDER BY {table.order}"  # noqa: S608 - values are bound
    own: list[list[pa.Array]] = [[] for _ in planned.own]
    packs = [_Pack(columns) for columns in planned.shared]
    cursor = connection.execute(sql, bindings)
    for cells in _pieces(cursor, len(own) + len(packs)):
        for column, chunks, values in zip(planned.own.values(), own, cells, strict=False):
            chunks.append(pa.array(values, _KINDS[column.dtype]))
        for pack, texts in zip(packs, cells[len(own) :], strict=True):
            pack.take(texts)
    arrays = {
        key: pa.chunked_array(chunks, _KINDS[column.dtype]).combine_chunks()
        for (key, column), chunks in zip(planned.own.items(), own, strict=True)
    }
    found = {
        one.name: arrays[one.sql].cast(ARROW[one.dtype])
        for one in table.columns
        if one.sql in arrays
    }
    found |= {name: array for pack in packs for name, array in pack.columns()}
    if _has_places(table):
        found |= _paths(found, packs)
    return pa.table({one.name: found[one.name] for one in table.columns})


def _paths(found: dict[str, pa.Array], packs: Sequence[_Pack]) -> dict[str, pa.Array]:
    """Return the columns that are made of a folder and a name."""
    cells, places = next(one.cells("folder", "root") for one in packs if one.has("folder"))
    if any(folder is None for folder, _ in cells):
        raise ValueError("a video lies in no folder")
    stems = [f"{folder.rstrip('/')}/" for folder, _ in cells]
    below = [
        None if root is None else stem[len(root.rstrip("/")) + 1 :]
        for stem, (_, root) in zip(stems, cells, strict=True)
    ]
    return {
        name: pc.binary_join_element_wise(
            pa.array(texts, pa.large_string()).take(places),
            found["name"],
            pa.scalar("", pa.large_string()),
        )
        for name, texts in (("path", stems), ("relative_path", below))
    }


#: Columns as the read model keeps them.
ARROW: dict[str, pa.DataType] = {
    "string": pa.large_string(),
    "category": pa.dictionary(pa.int32(), pa.string()),
    "Int64": pa.int64(),
    "Float64": pa.float64(),
    "boolean": pa.bool_(),
    "datetime64[ns, UTC]": pa.timestamp("ns", "UTC"),
    "list<string>": pa.list_(pa.string()),
}
#: Cells as SQLite has them.
_KINDS = {
    **ARROW,
    "datetime64[ns, UTC]": pa.int64(),
    "boolean": pa.int64(),
    "category": pa.string(),
}


def _pieces(cursor: apsw.Cursor, width: int) -> Iterator[list[list[Any]]]:
    """Yield the cells of each column, a good many at a time."""
    cells: list[list[Any]] = [[] for _ in range(width)]
    while rows := list(islice(cursor, ROWS)):
        for column, values in zip(cells, zip(*rows, strict=True), strict=True):
            column.extend(values)
        if len(cells[0]) >= PIECE:
            yield cells
            cells = [[] for _ in range(width)]
    yield cells


class _Pack:
    """Columns whose cells come as one text a row."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._number: defaultdict[str, int] = defaultdict(count().__next__)
        self._places: list[NDArray[np.int32]] = []

    def has(self, name: str) -> bool:
        """Whether it has a column."""
        return any(one.name == name for one in self._columns)

    def take(self, texts: Sequence[str]) -> None:
        """Take the texts of some more rows."""
        numbers = map(self._number.__getitem__, texts)
        self._places.append(np.fromiter(numbers, np.int32, len(texts)))

    def cells(self, *names: str) -> tuple[list[list[Any]], pa.Array]:
        """Return the different cells of some columns, and which of them each row has."""
        at = [[one.name for one in self._columns].index(name) for name in names]
        rows = map(json.loads, self._number)
        places = np.concatenate(self._places) if self._places else np.empty(0, np.int32)
        return [[row[place] for place in at] for row in rows], pa.array(places)

    def columns(self) -> Iterator[tuple[str, pa.Array]]:
        """Yield each column by its name."""
        names = [one.name for one in self._columns]
        rows, places = self.cells(*names)
        cells = zip(*rows, strict=True) if rows else [()] * len(names)
        for column, values in zip(self._columns, cells, strict=True):
            yield column.name, _spread(column, values, places)


def _spread(column: Column, values: Sequence[Any], places: pa.Array) -> pa.Array:
    """Return each row's cell of those that there are."""
    if column.dtype == "category":
        words = pa.array(sorted({value for value in values if value is not None}), pa.string())
        number = {word: at for at, word in enumerate(words.to_pylist())}
        codes = pa.array([number.get(value) for value in values], pa.int32())
        return pa.DictionaryArray.from_arrays(codes.take(places), words)
    if column.dtype == "list<string>":
        values = [value and texts_of(value) for value in values]
    cells = pa.array(values, _KINDS[column.dtype]).cast(ARROW[column.dtype])
    return cells.take(places)
