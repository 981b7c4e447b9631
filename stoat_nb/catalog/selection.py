"""Some videos in some order, as SQL: how many they are, and a page of them in the quickest way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import apsw
from msgspec import Struct
from msgspec.structs import replace

from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.orders import is_there

#: Steps of SQLite's machine: a hundred rows looked at or two, some ten thousand.
AT_ONCE, SOON = 2_000, 200_000
#: What videos can always be read in the order of; of other columns: ``orders``.
INDEXED = ("v.id", "v.path", "v.size_bytes", "v.duration_s", "v.mtime_ns")


class Page(NamedTuple):
    """The ids of the videos on a page, and whether every video had to be looked at for them."""

    ids: tuple[int, ...]
    took_all: bool


class Selection(Struct, frozen=True, kw_only=True):
    """A query as SQL, checked."""

    source: str  #: The tables that order and conditions need; fewer let an index alone answer.
    counted: str  #: The tables that conditions need.
    where: str  #: With the word WHERE, or empty.
    few: str  #: The same where few rows meet it, so that an index may find them.
    counting: str  #: The same where rows are only counted.
    order: str  #: What follows ORDER BY; no two rows are ever equal in it.
    bindings: tuple[Any, ...]
    sort: str  #: The column that ``order`` is the order of,
    by: str  #: and what yields its place.
    is_few: bool = False  #: Whether what can match is few videos, told by their numbers.

    def count(self, connection: apsw.Connection) -> int:
        """Return how many videos match."""
        ((total,),) = fetch(
            connection,
            f"SELECT count(*) FROM {self.counted} {self.counting}",  # noqa: S608 - values are bound
            self.bindings,
        )
        return int(total)

    def page(self, connection: apsw.Connection, limit: int, offset: int) -> Page:
        """Return the ids of the videos on a page, in order."""
        bindings = (*self.bindings, limit, offset)
        *quick, last = self.ways(self.has_index(connection))
        for sql, steps in quick:
            rows = _within(connection, steps, sql, bindings)
            if rows is not None:
                return Page(tuple(video_id for (video_id,) in rows), took_all=False)
        rows = fetch(connection, last[0], bindings)
        # In an order that tells what matches, the search goes on to the end for what is not there.
        took_all = bool(quick) or (bool(self.where) and not self.is_few and len(rows) < limit)
        return Page(tuple(video_id for (video_id,) in rows), took_all)

    def has_index(self, connection: apsw.Connection) -> bool:
        """Tell whether the rows can be read in this order."""
        return self.by in INDEXED or is_there(connection, self.sort)

    def among(self, ids: Sequence[int]) -> Selection:
        """Return the same of a few videos alone, in which all that match are."""
        where = f"WHERE v.id IN (SELECT value FROM json_each(?)) AND ({self.where[6:]})"  # noqa: S608 - values are bound
        bindings = (json.dumps(ids), *self.bindings)
        return replace(self, where=where, few=where, counting=where, bindings=bindings, is_few=True)

    @property
    def filtered(self) -> tuple[str, ...]:
        """The columns of videos that conditions speak of, without those that have an index."""
        named = dict.fromkeys(re.findall(r"\bv\.\w+", self.few))
        return tuple(name.removeprefix("v.") for name in named if name not in INDEXED)

    @property
    def may_have_index(self) -> bool:
        """Whether a row of videos alone tells its place in this order."""
        return set(re.findall(r"\b([a-z])\.", self.by)) == {"v"}

    def ways(self, has_index: bool) -> Iterator[tuple[str, int]]:
        """Yield statements for a page and how many steps each may take; 0: as many as it needs."""
        in_order = self._page(self.where, self.order)
        if self.is_few:
            yield self._page(self.where, f"+{self.order}"), 0
            return
        if not self.where or (has_index and self._is_told_by_order):
            yield in_order, 0  # no other way looks at less
            return
        yield self._page(self.few, f"+{self.order}"), AT_ONCE
        if has_index:
            yield in_order, SOON
        # Where the rows lie far apart: by looking at each of them once.
        yield self._page(self.where, f"+{self.order}"), 0

    @property
    def _is_told_by_order(self) -> bool:
        return set(re.findall(r"\bv\.\w+", self.where)) == {self.by}

    def _page(self, where: str, order: str) -> str:
        return f"SELECT v.id FROM {self.source} {where} ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608 - values are bound


def _within(
    connection: apsw.Connection, steps: int, sql: str, bindings: tuple[Any, ...]
) -> list[Any] | None:
    """Return what a query finds within so many steps of SQLite's machine, or None."""
    connection.set_progress_handler(lambda: True, steps)
    try:
        return fetch(connection, sql, bindings)
    except apsw.InterruptError:
        return None
    finally:
        connection.set_progress_handler(None)
