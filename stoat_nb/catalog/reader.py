"""Reading a catalog: pages, frames, counts and spreads of its videos, all from the read model."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import apsw
import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from stoat_nb.catalog.analyses import analyses, of_analysis, tables_of
from stoat_nb.catalog.column import Column
from stoat_nb.catalog.columns import TABLES, Table
from stoat_nb.catalog.database import Database, fetch
from stoat_nb.catalog.filters import sizes
from stoat_nb.catalog.filters.axis import without_range
from stoat_nb.catalog.filters.facets import FACETS, Facet, facets
from stoat_nb.catalog.filters.fields import columns_added
from stoat_nb.catalog.filters.histogram import Heatmap, Histogram, heatmap, histogram
from stoat_nb.catalog.filters.sql import where
from stoat_nb.catalog.filters.summary import summarize
from stoat_nb.catalog.filters.tree import AllOf
from stoat_nb.catalog.query import Summary, VideoQuery, analyses_in, condition, order
from stoat_nb.catalog.read_model.added import AddedColumns
from stoat_nb.catalog.read_model.engine import Ask, Engine
from stoat_nb.catalog.read_model.model import ORDER, ReadModel, State
from stoat_nb.catalog.rows import pieces

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")

#: Values of a column that can be named one by one.
FEW_VALUES = 200
#: Answers kept of a state.
KEPT = 256
#: Seconds for which pages share a state while a scan changes the library all the time.
SHARED_S = 0.5
#: Tables that follow the catalog; the others are read anew each time.
FOLLOWED = ("videos", "streams")
EVERYTHING = AllOf(())

_is_shared: ContextVar[bool] = ContextVar("is_shared", default=False)


@contextmanager
def shared_looks() -> Iterator[None]:
    """In here, answers may be a moment old while a scan writes.

    Twenty pages that watch one scan want to see the same again and again: it is looked up once for
    all of them. When no scan runs any more, every answer is exact again.
    """
    token = _is_shared.set(True)
    try:
        yield
    finally:
        _is_shared.reset(token)


class Selection(Struct, frozen=True):
    """Rows of a table, all as they were at one moment."""

    n_rows: int
    take: Callable[[int, int], pa.Table]  #: From one of them on so many.
    ask: Ask  #: Answers questions about all videos.


class Reader:
    """What a catalog says. Blocking; any thread may call any of it.

    Parameters
    ----------
    database
        The catalog's file.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._models = {name: ReadModel(database, name) for name in FOLLOWED}
        self._engine = Engine(database.path)
        self._added = AddedColumns()
        self._lock = threading.Lock()
        self._seen: State | None = None
        self._version, self._since = -1, float("-inf")

    def close(self) -> None:
        """Let go of everything. May be called again."""
        for model in self._models.values():
            model.close()
        self._engine.close()

    def settle(self) -> None:
        """Wait until files that are being written are there."""
        for model in self._models.values():
            model.settle()

    def count(self, query: VideoQuery) -> int:
        """Return how many videos match."""
        clause, bindings = where(condition(query))
        return self._answer(
            ("count", clause, bindings),
            lambda ask: int(ask(f"SELECT count(*) FROM v {clause}", bindings)[0][0]),  # noqa: S608 - values are bound
            query,
        )

    def facets(
        self, query: VideoQuery, columns: Sequence[str] | None, most: int
    ) -> dict[str, Facet]:
        """Return how often each value of some columns occurs."""
        wanted = FACETS if columns is None else tuple(columns)
        return self._answer(
            ("facets", condition(query), wanted, most),
            lambda ask: facets(ask, query, wanted, most),
            query,
            wanted,
        )

    def few_values(self, columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the values of columns that have few, the most frequent first."""
        found = self.facets(VideoQuery(), columns, FEW_VALUES)
        return {name: tuple(one.counts) for name, one in found.items() if not one.n_further}

    def histogram(self, query: VideoQuery, column: str, bins: int) -> Histogram:
        """Return how many videos have their value in which bin."""
        return self._answer(
            ("histogram", condition(without_range(query, column)), column, bins),
            lambda ask: histogram(ask, query, column, bins),
            query,
            [column],
        )

    def heatmap(self, query: VideoQuery, x: str, y: str, bins: int) -> Heatmap:
        """Return how many videos have their two values in which field."""
        return self._answer(
            ("heatmap", condition(without_range(query, x, y)), x, y, bins),
            lambda ask: heatmap(ask, query, x, y, bins),
            query,
            [x, y],
        )

    def sizes_by_folder(self, query: VideoQuery, below: str | None) -> tuple[sizes.FolderSize, ...]:
        """Return what the folders below one hold."""
        return self._answer(
            ("sizes", condition(query), below),
            lambda ask: sizes.sizes_by_folder(ask, query, below),
            query,
        )

    def growth(self) -> tuple[sizes.Growth, ...]:
        """Return the library after each scan."""
        further = self._answer(("further",), sizes.further_names)
        return self._database.read(lambda connection: sizes.growth(connection, further))

    def summary(self) -> Summary:
        """Return the library at a glance."""
        return self._answer(("summary",), summarize)

    def page(self, query: VideoQuery) -> pa.Table:
        """Return one page of the videos that match; nothing is counted for it."""
        state = self._state_for(query)
        key = ("page", condition(query), order(query), query.limit, query.offset, *query.with_)
        return self._kept(
            state,
            key,
            lambda: state.take(
                self._places(state, condition(query), _sort_of(query), query.limit, query.offset),
                _shown(state, query.with_),
            ),
        )

    def videos(
        self,
        query: VideoQuery | None = None,
        columns: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> pa.Table:
        """Return all videos that a query matches, in its order, on whichever page."""
        query = query or VideoQuery()
        state = self._state_for(query, columns or ())
        places = self._places(state, condition(query), _sort_of(query), limit)
        return state.take(places, _shown(state, query.with_) if columns is None else columns)

    def streams(
        self,
        chosen: AllOf,
        columns: Sequence[str] | None = None,
        sort: str | None = None,
        limit: int | None = None,
    ) -> pa.Table:
        """Return all streams of which something is true."""
        state = self._database.read(self._models["streams"].at)
        return state.take(self._places(state, chosen, sort, limit), columns)

    def table(self, name: str) -> pa.Table:
        """Return a whole table as Arrow columns."""
        return self.tables([name])[name]

    def tables(self, names: Sequence[str], with_: Sequence[str] = ()) -> dict[str, pa.Table]:
        """Return whole tables as Arrow columns, all as they were at one moment.

        Those of analyses are among them; ``with_`` names analyses that videos come with.
        """
        from stoat_nb.catalog.frames import arrow_pieces  # noqa: PLC0415 - loads pandas

        def load(connection: apsw.Connection) -> dict[str, Any]:
            # First: a state is of a transaction that has read nothing else.
            found: dict[str, Any] = {
                name: self._models[name].at(connection) for name in names if name in FOLLOWED
            }
            if with_ and "videos" in found:
                found["videos"] = self._added.beside(connection, found["videos"], with_)
            tables = TABLES | tables_of(connection)
            return found | {
                name: arrow_pieces(tables[name], pieces(connection, tables[name]))
                for name in names
                if name not in found
            }

        found = self._database.read(load)
        return {
            name: self._whole(one) if isinstance(one, State) else one for name, one in found.items()
        }

    def _whole(self, state: State) -> pa.Table:
        return state.take(self._places(state, EVERYTHING), _shown(state))

    def selection(
        self,
        connection: apsw.Connection,
        table: Table,
        query: VideoQuery | None,
        limit: int | None,
    ) -> Selection:
        """Return some columns as a transaction sees them, which has read nothing before."""
        limit = None if limit is None else min(limit, sys.maxsize)
        if table.name not in FOLLOWED:
            from stoat_nb.catalog.frames import arrow_pieces  # noqa: PLC0415 - loads pandas

            whole = arrow_pieces(table, pieces(connection, table)).slice(0, limit)
            return Selection(whole.num_rows, whole.slice, lambda *_: [])
        state = self._models[table.name].at(connection)
        asked = query or VideoQuery()
        names = [one.name for one in table.columns]
        with columns_added(self.columns_added):  # it may be asked on a thread of its own
            if table.name == "videos":
                state = self._beside(connection, state, asked, names)
            places = self._places(state, condition(asked), _sort_of(asked))
        ask = partial(self._engine.fetch, state)
        if places is None:
            whole = state.take(None, names).slice(0, limit)
            return Selection(whole.num_rows, whole.slice, ask)
        chosen = places[:limit]
        return Selection(
            len(chosen), lambda at, size: state.take(chosen[at : at + size], names), ask
        )

    # -- analyses ------------------------------------------------------------------------------

    def ids_of(self, query: VideoQuery) -> list[int]:
        """Return the numbers of the videos that match."""
        with columns_added(self.columns_added):
            state = self._state_for(query)
            clause, bindings = where(condition(query))
        sql = f"SELECT video_id FROM v {clause}"  # noqa: S608 - values are bound
        found: list[int] = self._engine.numbers(state, sql, bindings).tolist()
        return found

    def columns_added(self) -> dict[str, tuple[Column, ...]]:
        """Return the columns that each analysis adds to videos."""
        found = self._database.read(analyses)
        return {name: one.of_videos for name, one in found.items()}

    def known_tables(
        self, query: VideoQuery | None = None, columns: Sequence[str] = ()
    ) -> dict[str, Table]:
        """Return every table that there is, those of analyses included.

        That of videos has what comes along with a query, or is named.
        """
        added = [
            column
            for name, found in self.columns_added().items()
            for column in found
            if column.name in columns or (query is not None and name in query.with_)
        ]
        videos = TABLES["videos"]
        extended = replace(videos, columns=(*videos.columns, *added))
        return TABLES | self._database.read(tables_of) | {"videos": extended}

    def _places(
        self,
        state: State,
        chosen: AllOf,
        sort: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> NDArray[np.int64] | None:
        """Return where some rows are, in an order or the table's own; None: all, as they lie."""
        clause, bindings = where(chosen)
        if sort is None and state.is_as_kept:
            if not clause and limit is None and not offset:
                return None
            sort = "position"
        by = [f'"{name}"' for name in ORDER if state.table.column(name)]
        sql = f"SELECT position FROM v {clause} ORDER BY {sort or ', '.join(by)} LIMIT ? OFFSET ?"  # noqa: S608 - values are bound
        return self._engine.numbers(state, sql, (*bindings, limit, offset))

    def _answer(
        self,
        key: Hashable,
        question: Callable[[Ask], T],
        query: VideoQuery | None = None,
        columns: Sequence[str] = (),
    ) -> T:
        state = self._state() if query is None else self._state_for(query, columns)
        return self._kept(state, key, lambda: question(partial(self._engine.fetch, state)))

    def _kept(self, state: State, key: Hashable, answer: Callable[[], T]) -> T:
        """Return an answer about a state; who asks while it is looked up waits for that."""
        with self._lock:
            found: Future[T] | None = state.answers.get(key)
            if found is not None:
                mine = None
            else:
                if len(state.answers) >= KEPT:
                    state.answers.clear()
                found = mine = state.answers[key] = Future()
        if mine is not None:
            try:
                mine.set_result(answer())
            except BaseException as problem:  # noqa: BLE001 - it is raised below
                state.answers.pop(key, None)
                mine.set_exception(problem)
        return found.result()

    def _state_for(self, query: VideoQuery, columns: Sequence[str] = ()) -> State:
        """Return the videos as they are now, with what analyses found as far as it is asked for."""
        state = self._state()
        if not analyses_in(query, columns):
            return state
        return self._database.read(
            lambda connection: self._beside(connection, state, query, columns)
        )

    def _beside(
        self,
        connection: apsw.Connection,
        state: State,
        query: VideoQuery,
        columns: Sequence[str],
    ) -> State:
        names = analyses_in(query, columns)
        return self._added.beside(connection, state, names) if names else state

    def _state(self) -> State:
        """Return the videos as they are now."""
        with self._lock:
            seen, version, since = self._seen, self._version, self._since
        is_young = time.monotonic() - since <= SHARED_S
        if seen is not None and _is_shared.get() and is_young and self._database.read(_is_scanned):
            return seen
        # Asked before the state is: at worst that is newer than it is taken for.
        newest = self._database.version()
        if seen is None or newest != version:
            seen = self._database.read(self._models["videos"].at)
            with self._lock:
                self._seen, self._version, self._since = seen, newest, time.monotonic()
        return seen


def _sort_of(query: VideoQuery) -> str | None:
    """Return what follows ORDER BY; None: the order of the table."""
    return None if query.sort == "path" and not query.descending else order(query)


def _is_scanned(connection: apsw.Connection) -> bool:
    return bool(fetch(connection, "SELECT 1 FROM scans WHERE status = 'running' LIMIT 1"))


def _shown(state: State, with_: Collection[str] | None = None) -> list[str]:
    """Return the columns of a table, and those of the analyses that come along; None: all."""
    added = [] if state.added is None else state.added.column_names
    return [
        *(one.name for one in state.table.columns),
        *(one for one in added if with_ is None or of_analysis(one) in with_),
    ]
