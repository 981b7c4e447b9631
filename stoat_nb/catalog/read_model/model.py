"""The read model: the rows of a table as Arrow columns, which follow the catalog.

A state is a file that all processes map and, in memory, what changed since it was made. To follow,
only the rows that were added, changed or removed since the last look are read: the library itself
says which (``touched``), whoever changed them. There is one rule: a state is of a place in the
order of changes and of the highest number of a video.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from typing import Any, NamedTuple

import apsw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from stoat_nb.catalog.column import Column, moment
from stoat_nb.catalog.columns import TABLES, Table
from stoat_nb.catalog.database import Database, fetch
from stoat_nb.catalog.read_model.kept_file import KeptFiles
from stoat_nb.catalog.read_model.packing import FOLDER, Fetching
from stoat_nb.errors import StoatError

#: What changed is kept in memory up to so many rows, or a quarter of those in the file.
LEAST_ROWS = 5_000
#: The order of the tables, by columns.
ORDER = ("path", "video_id", "idx")
#: Pieces of what changed, before they are made one.
MOST_PIECES = 16

_NOW = (
    "SELECT coalesce((SELECT max(place) FROM touched), 0), "
    "coalesce((SELECT max(id) FROM videos), 0), coalesce((SELECT max(id) FROM folders), 0)"
)
_EVERY = "SELECT v.id FROM videos v ORDER BY v.path, v.id"
_ADDED = "SELECT id FROM videos WHERE id > ?"
_TOUCHED = "SELECT video_id FROM touched WHERE place > ?"
_MARKS = (
    "SELECT id, CAST(round(seen_at * 1e6) AS INTEGER) * 1000 FROM folders "
    "WHERE seen_at IS NOT NULL ORDER BY id"
)
_OWN_LAST_SEEN = "own_last_seen"
#: What ``touched`` says where a mark on a folder changed.
_OF_FOLDERS = 0


def _kept_table(table: Table) -> Table:
    """Return a table with what ``last_seen`` is made of in its place.

    A scan marks a folder as seen, not each of its files: no row changes by that.
    """
    if table.name != "videos":
        return table
    own = moment(_OWN_LAST_SEEN, "", basis="catalog", sql="v.last_seen")
    folder = Column(FOLDER, "Int64", "", sql="v.folder_id")
    columns = [own if one.name == "last_seen" else one for one in table.columns]
    return replace(table, columns=(*columns, folder))


class Now(NamedTuple):
    """A moment of a library, as far as its videos go."""

    place: int  #: In the order of changes.
    last: int  #: The highest number of a video.
    last_folder: int  #: That of a folder: no trigger tells of one that is added as seen.


class State(Struct, frozen=True, dict=True):
    """The rows as they were after one change and before the next."""

    table: Table
    kept: pa.Table  #: Mapped, in the order of the table; some of its rows may be dead.
    newer: pa.Table  #: What was added or changed since; some may be dead, too.
    dead: NDArray[np.bool_]  #: Of all rows: changed or removed since.
    marks: tuple[NDArray[np.int64], NDArray[np.int64]]  #: Folders, and when they were seen last.
    now: Now
    added: pa.Table | None = None  #: What analyses found, row by row.

    @cached_property
    def is_as_kept(self) -> bool:
        """Whether all rows are those of the file, in its order."""
        return not self.newer.num_rows and not self.dead.any()

    @cached_property
    def rows(self) -> pa.Table:
        """All columns but ``last_seen``, and where a row is; ``alive`` says whether it counts."""
        rows = self.kept if not self.newer.num_rows else pa.concat_tables([self.kept, self.newer])
        rows = rows.append_column("position", pa.array(np.arange(rows.num_rows, dtype=np.int32)))
        rows = rows.append_column("alive", pa.array(~self.dead))
        if self.added is not None:
            for name in self.added.column_names:
                rows = rows.append_column(name, self.added[name])
        return rows

    @cached_property
    def whole(self) -> pa.Table:
        """The same with ``last_seen``: a file that is there was seen when its folder was."""
        if FOLDER not in self.rows.column_names:
            return self.rows
        folders, times = self.marks
        own = self.rows[_OWN_LAST_SEEN].cast(pa.int64()).to_numpy()
        of = self.rows[FOLDER].to_numpy()
        at = np.searchsorted(folders, of).clip(max=max(len(folders) - 1, 0))
        seen = np.where(folders[at] == of, times[at], 0) if len(folders) else np.int64(0)
        status = self.rows["status"].cast(pa.string())
        is_there = pc.is_in(status, pa.array(["ok", "failed"])).to_numpy()
        last = np.where(is_there, np.maximum(own, seen), own)
        return self.rows.append_column("last_seen", pa.array(last).cast(pa.timestamp("ns", "UTC")))

    @cached_property
    def answers(self) -> dict[Any, Any]:
        """What was asked of this very state."""
        return {}

    @cached_property
    def beside(self) -> dict[Any, tuple[Any, State]]:
        """The same with columns of analyses, as they were last."""
        return {}

    def take(
        self, positions: NDArray[np.int64] | None = None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Return some rows in this order; None: all that count, in the order of the table."""
        names = [one.name for one in self.table.columns] if columns is None else [*columns]
        rows = (self.whole if "last_seen" in names else self.rows).select(names)
        if positions is None:
            return rows if self.is_as_kept else rows.filter(pa.array(~self.dead))
        pieces = rows.to_batches()
        starts = np.cumsum([0, *(piece.num_rows for piece in pieces)])
        in_piece = np.searchsorted(starts, positions, side="right") - 1
        found = [
            piece.take(pa.array(positions[in_piece == at] - starts[at]))
            for at, piece in enumerate(pieces)
            if (in_piece == at).any()
        ]
        order = np.argsort(np.argsort(in_piece, kind="stable"), kind="stable")
        whole = pa.Table.from_batches(found, rows.schema).unify_dictionaries().combine_chunks()
        return whole if len(found) <= 1 else whole.take(pa.array(order))


class ReadModel:
    """The rows of one table. Blocking; any thread may call any of it."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._table = TABLES[name]
        self._kept_table = _kept_table(self._table)
        self._files = KeptFiles(database.path, self._kept_table)
        self._lock = threading.Lock()
        self._state: State | None = None
        self._saving: threading.Thread | None = None
        self._closed = False

    def at(self, connection: apsw.Connection) -> State:
        """Return the rows as a transaction sees them, which has read nothing before.

        The lock is held while it takes its first look: no transaction is older than the state.
        """
        with self._lock:
            now = Now(*fetch(connection, _NOW)[0])
            state = self._state
            if state is None or now.place < state.now.place:  # another file was put in its place
                state = self._loaded(connection, now) or self._made(connection, now)
            if now[:2] != state.now[:2]:
                state = self._followed(connection, state, now)
            self._state = state
            self._save_soon(state)
            return state

    def settle(self) -> None:
        """Wait until a file that is being written is there."""
        with self._lock:
            saving = self._saving
        if saving is not None:
            saving.join()

    def close(self) -> None:
        """Write no more files. May be called again."""
        self._closed = True
        self.settle()

    def _loaded(self, connection: apsw.Connection, now: Now) -> State | None:
        """Return the newest file that is true."""
        rows = fetch(
            connection,
            "SELECT token, place, last_video_id FROM read_models "
            "WHERE name = ? AND place <= ? ORDER BY place DESC",
            (self._table.name, now.place),
        )
        for token, place, last in rows:
            if (kept := self._files.load(str(token))) is not None:
                return self._state_of(connection, kept, Now(place, last, now.last_folder))
        return None

    def _made(self, connection: apsw.Connection, now: Now) -> State:
        kept = self._fetched(connection, _numbers(connection, _EVERY))
        state = self._state_of(connection, kept, now)
        # In memory alone, all of it is newer than any file.
        return replace(state, kept=kept.slice(0, 0), newer=kept)

    def _state_of(self, connection: apsw.Connection, kept: pa.Table, now: Now) -> State:
        dead = np.zeros(kept.num_rows, np.bool_)
        return State(self._table, kept, kept.slice(0, 0), dead, self._marks(connection), now)

    def _marks(self, connection: apsw.Connection) -> Any:
        rows = fetch(connection, _MARKS) if self._table.name == "videos" else []
        ids, times = zip(*rows, strict=True) if rows else ((), ())
        return np.array(ids, np.int64), np.array(times, np.int64)

    def _followed(self, connection: apsw.Connection, state: State, now: Now) -> State:
        touched = _numbers(connection, _TOUCHED, state.now.place)
        added = _numbers(connection, _ADDED, state.now.last)
        fresh = self._fetched(connection, np.union1d(touched, added))
        dead = state.dead
        if touched.size:
            of = pa.concat_tables([state.kept, state.newer], promote_options="none")["video_id"]
            dead = dead | np.isin(of.to_numpy(), touched)
        newer = pa.concat_tables([state.newer, fresh]) if state.newer.num_rows else fresh
        if newer.column(0).num_chunks > MOST_PIECES:
            newer = newer.unify_dictionaries().combine_chunks()
        is_marked = _OF_FOLDERS in touched or now.last_folder != state.now.last_folder
        return State(
            self._table,
            state.kept,
            newer,
            np.concatenate([dead, np.zeros(fresh.num_rows, np.bool_)]),
            self._marks(connection) if is_marked else state.marks,
            now,
        )

    def _fetched(self, connection: apsw.Connection, ids: NDArray[np.int64]) -> pa.Table:
        """Return the rows of some videos; of many, another thread fetches its share."""
        fetching = Fetching(self._kept_table, ids)
        if fetching.is_long:
            now = fetch(connection, _NOW)

            def help_out(other: apsw.Connection) -> None:
                if fetch(other, _NOW) == now:  # else somebody has written since
                    fetching.work(other)

            with ThreadPoolExecutor(1, "stoat-read-model") as pool:
                pool.submit(self._database.read, help_out)
                fetching.work(connection)
        return fetching.columns(connection)

    def _save_soon(self, state: State) -> None:
        """Write a file once much has changed since the last; the next look follows from there."""
        n_changed = state.newer.num_rows + int(state.dead[: state.kept.num_rows].sum())
        if (
            n_changed < max(LEAST_ROWS, state.kept.num_rows // 4)
            or self._saving is not None
            or self._closed
            or self._database.is_read_only
        ):
            return
        self._saving = threading.Thread(
            target=self._save, args=(state,), name="stoat-read-model", daemon=True
        )
        self._saving.start()

    def _save(self, state: State) -> None:
        kept = None
        # It was closed, its disk is full, or it is too large: it is not missed.
        with suppress(StoatError, pa.ArrowException, MemoryError):
            kept = self._saved(state)
        with self._lock:
            self._saving = None
            if kept is not None:
                self._state = replace(
                    state,
                    kept=kept,
                    newer=kept.slice(0, 0),
                    dead=np.zeros(kept.num_rows, np.bool_),
                )

    def _saved(self, state: State) -> pa.Table | None:
        rows = pa.concat_tables([state.kept, state.newer]).unify_dictionaries()
        if state.dead.any():
            rows = rows.filter(pa.array(~state.dead))
        if not _is_in_order(rows):
            by = [(name, "ascending") for name in ORDER if name in rows.column_names]
            rows = rows.take(pc.sort_indices(rows, by))
        token = secrets.token_hex(16)
        if not self._files.save(token, rows):
            return None
        known = (token, self._table.name, state.now.place, state.now.last)
        self._database.write(lambda connection: _know(connection, known))
        return self._files.load(token)


def _numbers(connection: apsw.Connection, sql: str, *bindings: int) -> NDArray[np.int64]:
    rows = connection.execute(sql, bindings)
    return np.fromiter((number for (number,) in rows), np.int64)


def _is_in_order(rows: pa.Table) -> bool:
    """Whether all paths differ and are in order, as they are when all were fetched at once."""
    paths = rows["path"].combine_chunks()
    return bool(pc.all(pc.less(paths.slice(0, max(len(paths) - 1, 0)), paths.slice(1))).as_py())


def _know(connection: apsw.Connection, known: tuple[str, str, int, int]) -> None:
    connection.execute("DELETE FROM read_models WHERE name = ?", (known[1],))
    connection.execute("INSERT INTO read_models VALUES (?, ?, ?, ?)", known)
