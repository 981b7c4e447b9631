"""What is kept in memory of all paths, so that text that hardly any path holds is found at once.

An index of text in the catalog (SQLite's FTS5) would cost every scan more than all other indexes
together. This is made when somebody has searched a large library in vain.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import apsw

from stoat_nb.catalog.database import Database, fetch
from stoat_nb.catalog.orders import is_worth_it
from stoat_nb.catalog.selection import Selection
from stoat_nb.catalog.text_search import GROUP, search_clause
from stoat_nb.catalog.unchanged import leaving_token, token_of
from stoat_nb.errors import StoatError

if TYPE_CHECKING:
    from stoat_nb.catalog.trigrams import Span, Trigrams

#: Of more videos than this that hold a text, a page is found as if nothing were known.
MOST_FOUND = 5_000

_TOKEN = "paths"  # noqa: S105 - what it is left for


class KnownPaths:
    """What is known of the paths of a catalog, for as long as no video changes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._known: tuple[str, Trigrams] | None = None
        self._maker: threading.Thread | None = None
        self._stop = threading.Event()

    def narrowed(self, connection: apsw.Connection, chosen: Selection, search: str) -> Selection:
        """Return a choice of those few videos that can match, if they can be told."""
        with self._lock:
            known = self._known
        if known is None or not search:
            return chosen
        if token_of(connection, _TOKEN) != known[0]:
            with self._lock:
                self._known = None
            return chosen
        spans = known[1].spans(search)
        return chosen if spans is None else _among(connection, chosen, search, spans)

    def want(self, connection: apsw.Connection, search: str) -> None:
        """Have it made soon, after a search that had to look at every path."""
        if len(search) < GROUP:
            return  # it would not have helped
        with self._lock:
            if self._maker is not None or self._known is not None or not is_worth_it(connection):
                return
            self._maker = threading.Thread(target=self._make, name="stoat-paths", daemon=True)
            self._maker.start()

    def settle(self) -> None:
        """Wait until what is being made is there."""
        with self._lock:
            maker = self._maker
        if maker is not None:
            maker.join()

    def close(self) -> None:
        """Make no more. May be called again."""
        self._stop.set()
        self.settle()

    def _make(self) -> None:
        made = None
        try:
            with suppress(StoatError):  # it was closed, or cannot be read: nobody misses it
                made = self._made()
        finally:
            with self._lock:
                self._known, self._maker = made, None

    def _made(self) -> tuple[str, Trigrams] | None:
        if self._database.read(lambda connection: token_of(connection, _TOKEN)) is None:
            self._database.write(leaving_token(_TOKEN))

        from stoat_nb.catalog.trigrams import Trigrams  # noqa: PLC0415 - numpy: no scan needs it

        def make(connection: apsw.Connection) -> tuple[str, Trigrams] | None:
            token = token_of(connection, _TOKEN)
            if token is None:
                return None
            rows = connection.execute("SELECT path FROM videos ORDER BY path")
            trigrams = Trigrams.of((str(path) for (path,) in rows), self._stop)
            return None if trigrams is None else (token, trigrams)

        return self._database.read(make)


def _among(
    connection: apsw.Connection,
    chosen: Selection,
    search: str,
    spans: list[Span],
) -> Selection:
    clause, bindings = search_clause(search)
    found: list[int] = []
    for first, end in spans:
        before, last = ("", ()) if end is None else ("AND v.path < ?", (end,))
        sql = f"SELECT v.id FROM videos v WHERE v.path >= ? {before} AND {clause}"  # noqa: S608 - values are bound
        found.extend(one for (one,) in fetch(connection, sql, (first, *last, *bindings)))
        if len(found) > MOST_FOUND:
            return chosen
    return chosen.among(found)
