"""Rows as Arrow columns, fetched with few objects: SQLite hands over thousands of them at a time.

Each column of many different values comes as one JSON list for some thousand rows. Most columns
hold few different values, and the same ones come in company: a codec with its profile, its pixel
format and its frame rate. SQLite writes such cells of a row into one JSON text; each text is taken
apart once, however many rows have it. What all files of a folder have in common is fetched once for
each folder.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

import apsw
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from numpy.typing import NDArray

from stoat_nb.catalog.column import Column
from stoat_nb.catalog.columns import Table
from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.values import texts_of

#: Videos whose rows are fetched at a time.
PIECE = 8192
#: The number of a video's folder, as the read model keeps it.
FOLDER = "folder_number"

_SHARED_DTYPES = ("category", "boolean", "list<string>", "Int64")
#: Texts that most rows lack, or have in common.
_SHARED_TEXTS = frozenset({"encoder", "error", "integrity_reason"})
#: Numbers of which nearly every row has one of its own. What is missing here costs time, no more.
_OWN = frozenset(
    {
        *("video_id", "size_bytes", "mtime_ns", "inode", "bitrate", "frame_count", "group_id"),
        *("video_bitrate", "audio_bitrate", "idx", "place", "n", "elapsed_ms", "year", FOLDER),
    }
)
#: What scans wrote about many files at a time; by itself, since it goes with no codec.
_OF_SCANS = frozenset({"first_seen", "own_last_seen", "missing_since", "probed_at", "scan_id"})
#: Of a folder's files all have the same of these, and the others are made of it.
_OF_FOLDERS = ("folder", "root", "top_folder")
_MADE = ("path", "relative_path")
#: Stands between texts of JSON, which never hold it.
_BREAK = "\x1e"

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


class Plan(Struct, frozen=True):
    """Which cells of a table are fetched one by one, which together, and which by folder."""

    own: dict[str, Column]  #: By what yields it; some columns say the same in two ways.
    shared: tuple[tuple[Column, ...], ...]
    of_folders: tuple[Column, ...]

    @property
    def fields(self) -> str:
        """What follows SELECT."""
        packs = [f"json_array({', '.join(one.sql for one in pack)})" for pack in self.shared]
        return ", ".join(
            [f"json_group_array({sql})" for sql in self.own]
            + [f"group_concat({pack}, char({ord(_BREAK)}))" for pack in packs]
        )


def plan(table: Table) -> Plan:
    """Return how a table is fetched."""
    by_folder = _OF_FOLDERS if table.column(FOLDER) else ()
    packs: dict[str, list[Column]] = {}
    own: dict[str, Column] = {}
    for column in table.columns:
        if by_folder and column.name in (*by_folder, *_MADE):
            continue
        if (name := _pack_of(column)) is None:
            own[column.sql] = column
        else:
            packs.setdefault(name, []).append(column)
    of_folders = tuple(column for column in table.columns if column.name in by_folder)
    return Plan(own, tuple(map(tuple, packs.values())), of_folders)


def _pack_of(column: Column) -> str | None:
    if column.name in _OF_SCANS:
        return "scans"
    if column.name in _SHARED_TEXTS or (column.dtype in _SHARED_DTYPES and column.name not in _OWN):
        # A picture and a sound of few kinds each come in many pairs.
        return column.basis if column.basis.startswith("main ") else "facts"
    return None


class Fetching:
    """All columns of some videos' rows, in this order; threads may share the work.

    Each reads on a connection of its own, all of them one state of the library.
    """

    def __init__(self, table: Table, ids: NDArray[np.int64]) -> None:
        self._table, self._plan = table, plan(table)
        self._pieces = [ids[at : at + PIECE] for at in range(0, len(ids), PIECE)] or [ids]
        self._left = deque(range(len(self._pieces)))
        self._found: dict[int, pa.Table] = {}

    @property
    def is_long(self) -> bool:
        """Whether there is work for several threads."""
        return len(self._pieces) > 1

    def work(self, connection: apsw.Connection) -> None:
        """Fetch pieces that nobody has taken, until there are no more."""
        sql = (
            f"SELECT {self._plan.fields} FROM json_each(?) j CROSS JOIN {self._table.source} "  # noqa: S608 - values are bound
            "WHERE v.id = j.value"
        )
        while (at := self._next()) is not None:
            try:
                [cells] = fetch(connection, sql, (json.dumps(self._pieces[at].tolist()),))
                self._found[at] = self._as_arrow(cells)
            except BaseException:
                self._left.append(at)  # for another thread, or to fail there as well
                raise

    def columns(self, connection: apsw.Connection) -> pa.Table:
        """Return the columns; what no other thread has fetched is fetched here."""
        self.work(connection)
        pieces = [self._found[at] for at in range(len(self._pieces))]
        whole = pa.concat_tables(pieces).unify_dictionaries().combine_chunks()
        arrays = [column.chunk(0) for column in whole.columns]
        by_sql = dict(zip(self._plan.own, arrays, strict=False))
        found = {
            one.name: by_sql[one.sql].cast(ARROW[one.dtype])
            for one in self._table.columns
            if one.sql in by_sql
        }
        for columns, pack in zip(self._plan.shared, arrays[len(by_sql) :], strict=True):
            rows = map(_decode, pack.dictionary.to_pylist())
            found |= _spread(columns, [*rows], pack.indices)
        if self._plan.of_folders:
            found |= self._of_folders(connection, found)
        return pa.table({one.name: found[one.name] for one in self._table.columns})

    def _next(self) -> int | None:
        try:
            return self._left.popleft()
        except IndexError:
            return None

    def _as_arrow(self, cells: Sequence[Any]) -> pa.Table:
        own = [
            pa.array(_decode(text), _KINDS[column.dtype])
            for column, text in zip(self._plan.own.values(), cells, strict=False)
        ]
        packs = [
            pa.array([] if text is None else text.split(_BREAK), pa.string()).dictionary_encode()
            for text in cells[len(own) :]
        ]
        return pa.table([*own, *packs], names=[str(at) for at in range(len(cells))])

    def _of_folders(self, connection: apsw.Connection, found: dict[str, pa.Array]) -> Any:
        """Return the columns that follow from the folder, and those made of it and of a name."""
        numbers, places = np.unique(found[FOLDER].to_numpy(), return_inverse=True)
        columns = self._plan.of_folders
        rows = fetch(
            connection,
            f"SELECT {', '.join(one.sql for one in columns)} FROM folders f "  # noqa: S608 - values are bound
            "LEFT JOIN roots r ON r.id = f.root_id "
            "WHERE f.id IN (SELECT value FROM json_each(?)) ORDER BY f.id",
            (json.dumps(numbers.tolist()),),
        )
        if len(rows) != len(numbers):
            raise ValueError("a video lies in no folder")
        of = pa.array(places, pa.int32())
        made = _spread(columns, rows, of)
        at = [[one.name for one in columns].index(name) for name in ("folder", "root")]
        stems = [f"{row[at[0]].rstrip('/')}/" for row in rows]
        below = [
            None if row[at[1]] is None else stem[len(row[at[1]].rstrip("/")) + 1 :]
            for stem, row in zip(stems, rows, strict=True)
        ]
        for name, texts in zip(_MADE, (stems, below), strict=True):
            made[name] = pc.binary_join_element_wise(
                pa.array(texts, pa.large_string()).take(of),
                found["name"],
                pa.scalar("", pa.large_string()),
            )
        return made


_decode = msgspec.json.Decoder(list[Any]).decode


def _spread(
    columns: Sequence[Column], rows: Sequence[Sequence[Any]], places: pa.Array
) -> dict[str, pa.Array]:
    """Return each row's cells of those that there are, by column."""
    cells: Iterator[Sequence[Any]] = zip(*rows, strict=True) if rows else iter([()] * len(columns))
    found = {}
    for column, values in zip(columns, cells, strict=True):
        if values and values.count(None) == len(values):
            found[column.name] = pa.nulls(len(places), ARROW[column.dtype])
        else:
            found[column.name] = _cells(column, values).take(places)
    return found


def _cells(column: Column, values: Sequence[Any]) -> pa.Array:
    if column.dtype == "category":
        words = pa.array(sorted({*values} - {None}), pa.string())
        return pa.DictionaryArray.from_arrays(
            pc.index_in(pa.array(values, pa.string()), words), words
        )
    if column.dtype == "list<string>":
        values = [value and texts_of(value) for value in values]
    return pa.array(values, _KINDS[column.dtype]).cast(ARROW[column.dtype])
