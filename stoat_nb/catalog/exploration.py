"""What exploring asks of a catalog; answers are kept for as long as nothing in the file changes."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from functools import partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import apsw

from stoat_nb.catalog.database import Database, fetch
from stoat_nb.catalog.filters.axis import without_range
from stoat_nb.catalog.filters.facets import FACETS, Facet, facets, without_facet
from stoat_nb.catalog.filters.histogram import Heatmap, Histogram, heatmap, histogram
from stoat_nb.catalog.filters.kinds import Kinds, tells
from stoat_nb.catalog.filters.sizes import FolderSize, Growth, growth, sizes_by_folder
from stoat_nb.catalog.filters.tree import AllOf
from stoat_nb.catalog.known_paths import KnownPaths
from stoat_nb.catalog.query import VideoQuery, condition, matching, selection
from stoat_nb.errors import FilterError
from stoat_nb.names import shown

T = TypeVar("T")

#: Answers kept at a time.
KEPT = 256
#: Values a facet may list.
MOST_COUNTS = 1000
#: Seconds for which pages share an answer while a scan changes the library all the time.
SHARED_S = 1.5

#: What pages wait for. Of the rest one is looked up at a time, so that these, and the pages
#: themselves, need not wait for a processor until everything is counted.
_QUICK = frozenset({"rows", "count", "scans"})

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


class Exploration:
    """Counts of a catalog. Blocking; any thread may call any of it."""

    def __init__(self, database: Database, paths: KnownPaths) -> None:
        self._database = database
        self._paths = paths
        self._lock = threading.Lock()
        self._answers: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._version, self._since = -1, float("-inf")
        self._kinds: tuple[int, Kinds | None] = (-1, None)
        self._counting = threading.Lock()
        self._turns: WeakValueDictionary[Any, threading.Lock] = WeakValueDictionary()

    def looked(self, key: tuple[Any, ...], question: Callable[[apsw.Connection], T]) -> T:
        """Return the answer to a question; kept for pages alone, which change nothing in it."""
        if not _is_shared.get():
            return self._database.read(question)
        return self._asked(key, question)

    def count(self, query: VideoQuery) -> int:
        """Return how many videos match."""
        chosen = selection(query)

        def counted(connection: apsw.Connection) -> int:
            where = matching(query)
            known = self._known_kinds() if tells(where[0]) else None
            if known:
                return known.count(where)
            return self._paths.narrowed(connection, chosen, query.search).count(connection)

        return self._asked(("count", chosen.where, chosen.bindings), counted)

    def facets(
        self, query: VideoQuery, columns: Sequence[str] | None, most: int
    ) -> dict[str, Facet]:
        """Return how often each value of some columns occurs."""
        if not 1 <= most <= MOST_COUNTS:
            raise FilterError(
                f"'{shown(most)}' values cannot be listed. Choose from 1 to {MOST_COUNTS:,}."
            )
        wanted = FACETS if columns is None else tuple(columns)
        # So that choosing a value of a facet does not count the facet again.
        queries = {column: without_facet(query, column) for column in wanted}
        alike: dict[AllOf, list[str]] = {}
        for column, narrowed in queries.items():
            alike.setdefault(condition(narrowed), []).append(column)
        found: dict[str, Facet] = {}
        for chosen, some in alike.items():
            found |= self._facets(queries[some[0]], chosen, some, most)
        return {column: found[column] for column in wanted}

    def histogram(self, query: VideoQuery, column: str, bins: int) -> Histogram:
        """Return how many videos have their value in which bin."""
        query = without_range(query, column)
        return self._asked(
            ("histogram", condition(query), column, bins),
            lambda connection: histogram(connection, query, column, bins),
        )

    def heatmap(self, query: VideoQuery, x: str, y: str, bins: int) -> Heatmap:
        """Return how many videos have their two values in which field."""
        query = without_range(query, x, y)
        return self._asked(
            ("heatmap", condition(query), x, y, bins),
            lambda connection: heatmap(connection, query, x, y, bins),
        )

    def sizes_by_folder(self, query: VideoQuery, below: str | None) -> tuple[FolderSize, ...]:
        """Return what the folders below one hold."""
        return self._asked(
            ("sizes", condition(query), below),
            lambda connection: sizes_by_folder(connection, query, below),
        )

    def growth(self) -> tuple[Growth, ...]:
        """Return the library after each scan."""
        return self._asked(("growth",), growth)

    def _facets(
        self, query: VideoQuery, chosen: AllOf, columns: Sequence[str], most: int
    ) -> dict[str, Facet]:
        """Return facets that are counted among the same videos."""
        return self._all_asked(
            {column: ("facet", chosen, column, most) for column in columns},
            lambda connection, missing: facets(
                connection, query, missing, most, kinds=partial(self._kinds_of, connection)
            ),
        )

    def _kinds_of(self, connection: apsw.Connection) -> Kinds | None:
        """Count the kinds of videos, unless nothing has changed since that was done."""
        # Asked before they are counted: at worst they are newer than they are taken for.
        version = self._database.version()
        if self._kinds[0] != version:
            self._kinds = version, Kinds.of(connection)
        return self._kinds[1]

    def _known_kinds(self) -> Kinds | None:
        version, kinds = self._kinds
        return kinds if version == self._database.version() else None

    def _asked(self, key: tuple[Any, ...], question: Callable[[apsw.Connection], T]) -> T:
        return self._all_asked({"": key}, lambda connection, _: {"": question(connection)})[""]

    def _all_asked(
        self,
        keys: Mapping[str, tuple[Any, ...]],
        question: Callable[[apsw.Connection, Sequence[str]], Mapping[str, T]],
    ) -> dict[str, T]:
        """Return an answer to each key; those that are not known are asked for together."""
        if not _is_shared.get():
            return self._told(keys, question)
        with self._lock:
            turn = self._turns.setdefault(tuple(keys.values()), threading.Lock())
        is_quick = {key[0] for key in keys.values()} <= _QUICK
        # Who comes while the same is being looked up finds it done.
        with turn, nullcontext() if is_quick else self._counting:
            return self._told(keys, question)

    def _told(
        self,
        keys: Mapping[str, tuple[Any, ...]],
        question: Callable[[apsw.Connection, Sequence[str]], Mapping[str, T]],
    ) -> dict[str, T]:
        # Asked for before the answers are made: at worst they are newer than they are taken for.
        version = self._current()
        answers: dict[str, T] = {}
        with self._lock:
            if version != self._version:
                self._answers.clear()
                self._version, self._since = version, time.monotonic()
            for name, key in keys.items():
                if key in self._answers:
                    self._answers.move_to_end(key)
                    answers[name] = self._answers[key]
        missing = [name for name in keys if name not in answers]
        if missing:
            answers |= self._database.read(lambda connection: question(connection, missing))
            self._keep(version, {keys[name]: answers[name] for name in missing})
        return answers

    def _current(self) -> int:
        """Return the version whose answers will do."""
        with self._lock:
            known, is_young = self._version, time.monotonic() - self._since <= SHARED_S
        if is_young and _is_shared.get() and self._database.read(_is_scanned):
            return known
        return self._database.version()

    def _keep(self, version: int, answers: Mapping[tuple[Any, ...], Any]) -> None:
        with self._lock:
            if version == self._version:
                self._answers |= answers
            while len(self._answers) > KEPT:
                self._answers.popitem(last=False)


def _is_scanned(connection: apsw.Connection) -> bool:
    return bool(fetch(connection, "SELECT 1 FROM scans WHERE status = 'running' LIMIT 1"))
