"""Frames of a large library that has not changed: files of Arrow that are mapped, not read.

The library itself says whether a file still tells the truth (``unchanged``). A file is named after
the token of the state that it holds.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import apsw
import numpy as np
import pandas as pd
import pyarrow as pa
from msgspec import Struct

from stoat_nb.catalog.columns import Table
from stoat_nb.catalog.database import Database
from stoat_nb.catalog.kept import Codes, Kept, Numbers, frame_of, kept, n_rows
from stoat_nb.catalog.packing import fetch_columns
from stoat_nb.catalog.unchanged import leaving_token, token_of
from stoat_nb.errors import CatalogError

#: Tables whose frames are kept: what they are made of is guarded.
GUARDED = frozenset({"videos", "streams"})
#: Smaller frames are made anew in a moment.
LEAST_ROWS = 20_000
#: All files together, of all libraries of this user.
LARGEST_BYTES = 8 << 30
_FORMAT = 1
_UNKNOWN = "?"
_WORDS = b"words"
_SECOND_NS = 10**9


def whole_frame(database: Database, table: Table) -> pd.DataFrame:
    """Return all rows of a table of videos or streams: from a file that is still true, or anew."""
    whole = database.read(lambda connection: whole_table(connection, database.path, table))
    made = frame_of(table, whole.columns)
    keep(database, whole)
    return made


class Whole(Struct, frozen=True):
    """All rows of a table, as they were at one moment."""

    table: Table
    columns: Mapping[str, Kept]
    token: str | None  #: Of the state they are of; None where nobody has left one.
    is_kept: bool  #: Whether they come from a file.


def whole_table(connection: apsw.Connection, library: Path, table: Table) -> Whole:
    """Read a table of videos or streams: map its file if that is still true, or fetch it."""
    token = token_of(connection, table.name)
    if token is not None and (loaded := _Snapshots(library, table).load(token)) is not None:
        return Whole(table, loaded, token, is_kept=True)
    fetched = fetch_columns(connection, table)
    columns = {one.name: kept(one, fetched[one.name]) for one in table.columns}
    return Whole(table, columns, token, is_kept=False)


def keep(database: Database, whole: Whole) -> None:
    """Keep a large table in a file once it is asked for twice and nothing has changed."""
    if whole.is_kept or n_rows(whole.columns) < LEAST_ROWS:
        return
    if whole.token is None:
        with suppress(CatalogError):  # a full disk is no reason to hand out no rows
            database.write(leaving_token(whole.table.name))
    else:
        _Snapshots(database.path, whole.table).save(whole.token, whole.columns)


def cache_folder() -> Path:
    """Return where snapshots of all libraries are; RuntimeError if this user has no home."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(given) if os.path.isabs(given) else Path.home() / ".cache"  # noqa: PTH117 - text
    return base / "stoat-nb" / "frames"


class _Snapshots:
    """The files of one table of one library."""

    def __init__(self, library: Path, table: Table) -> None:
        place = hashlib.blake2b(os.fsencode(library), digest_size=12).hexdigest()
        self._name = f"{place}-{table.name}"
        self._table = table
        # A file of another version of Stoat may have other columns.
        shape = repr((_FORMAT, [(one.name, one.dtype, one.sql) for one in table.columns]))
        self._shape = hashlib.blake2b(shape.encode(), digest_size=8).hexdigest()

    def load(self, token: str) -> dict[str, Kept] | None:
        """Return the columns of that state; None if there is no such file, or a damaged one."""
        try:
            with self._file(token).open("rb") as file:
                if os.fstat(file.fileno()).st_mtime_ns % _SECOND_NS != _mark(token):
                    return None
                # Who changes a cell of the frame changes a page of their own.
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
            return _columns(self._table, mapped)
        except Exception:  # noqa: BLE001 - whatever is wrong with it, it can be made anew
            return None

    def save(self, token: str, columns: Mapping[str, Kept]) -> None:
        """Write a file, and remove those of other states; what cannot be written is left."""
        with suppress(OSError, RuntimeError):
            folder = self._folder
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            partial = folder / f".{secrets.token_hex(8)}.part"
            try:
                _write(partial, columns, _mark(token))
                partial.replace(self._file(token))
            finally:
                partial.unlink(missing_ok=True)
            _remove_old(folder, self._file(token))

    @property
    def _folder(self) -> Path:
        return cache_folder() / self._name

    def _file(self, token: str) -> Path:
        return self._folder / f"{token}-{self._shape}.arrow"


def _remove_old(folder: Path, newest: Path) -> None:
    """Remove what is no longer true of this library, and the oldest of others above the limit."""
    for path in folder.iterdir():
        if path != newest:
            path.unlink(missing_ok=True)
    others = sorted(folder.parent.glob("*/*.arrow"), key=lambda path: -path.stat().st_ctime_ns)
    room = LARGEST_BYTES
    for path in others:
        room -= path.stat().st_size
        if room < 0:
            path.unlink(missing_ok=True)


def _write(path: Path, columns: Mapping[str, Kept], mark: int) -> None:
    arrays: dict[str, pa.Array] = {}
    words: dict[str, tuple[str, ...]] = {}
    for name, column in columns.items():
        if isinstance(column, Numbers):
            arrays[name] = pa.array(_plain(column.data))
            if column.unknown is not None:
                arrays[name + _UNKNOWN] = pa.array(_plain(column.unknown))
        elif isinstance(column, Codes):
            arrays[name], words[name] = pa.array(column.codes), column.words
        else:
            arrays[name] = column
    batch = pa.record_batch(arrays)
    schema = batch.schema.with_metadata({_WORDS: json.dumps(words)})
    with path.open("xb") as file:
        with pa.ipc.new_file(file, schema) as writer:
            writer.write_batch(batch)
        file.flush()
        written_ns = os.fstat(file.fileno()).st_mtime_ns // _SECOND_NS * _SECOND_NS + mark
        os.utime(file.fileno(), ns=(written_ns, written_ns))
        os.fsync(file.fileno())  # a file that is there must be whole, also after a power cut


def _mark(token: str) -> int:
    """Return the part of a second that a file's time has: who changes the file sets another.

    So a file that was changed is told from one that was not without being read.
    """
    return int(token[:7], 16)


def _plain(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    # Arrow packs truths into bits, which would have to be unpacked.
    return values.view(np.uint8) if values.dtype == np.bool_ else values


def _columns(table: Table, mapped: mmap.mmap) -> dict[str, Kept]:
    whole = pa.py_buffer(mapped)
    with pa.ipc.open_file(pa.BufferReader(whole)) as file:
        batch, metadata = file.get_batch(0), file.schema.metadata
    words = json.loads(metadata[_WORDS])

    def data(name: str) -> np.ndarray[Any, Any]:
        array = batch.column(name)
        buffer = array.buffers()[1]
        kind = np.dtype(array.type.to_pandas_dtype())
        return np.frombuffer(mapped, kind, len(array), buffer.address - whole.address)

    def column(name: str, dtype: str) -> Kept:
        if name in words:
            return Codes(data(name), tuple(words[name]))
        if dtype in ("string", "list<string>"):
            return batch.column(name)
        if dtype == "datetime64[ns, UTC]":
            return Numbers(data(name), None)
        numbers = data(name)
        unknown = data(name + _UNKNOWN).view(np.bool_)
        return Numbers(numbers.view(np.bool_) if dtype == "boolean" else numbers, unknown)

    return {one.name: column(one.name, one.dtype) for one in table.columns}
