"""Indexes that people ask for: of columns of a large library that they sort or filter by.

A scan that kept an index on every column would take half as long again to write what it finds, for
orders that hardly anybody asks for. Made in one go, when it is asked for, an index on a million
videos takes a second: the first page in a new order is sorted, and later ones are read off it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import apsw

from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.database import Database, fetch

#: Fewer videos are sorted in a moment.
LEAST_VIDEOS = 50_000
#: Indexes of this kind at a time: each costs a scan a little, and the oldest gives way.
MOST_ORDERS = 8

_PREFIX = "videos_by_"
_MADE = (
    "SELECT name FROM sqlite_schema WHERE type = 'index' AND name LIKE 'videos!_by!_%' ESCAPE '!'"
)


def index_of(column: str) -> str:
    """Return what the index for the order of a column is called."""
    return _PREFIX + column


def is_there(connection: apsw.Connection, column: str) -> bool:
    """Tell whether videos can be read in the order of a column off an index of its own."""
    return bool(fetch(connection, f"{_MADE} AND name = ?", (index_of(column),)))


def is_worth_it(connection: apsw.Connection) -> bool:
    """Tell whether a library is large, and no scan changes what would be made for it."""
    ((last, is_busy),) = fetch(
        connection,
        "SELECT coalesce((SELECT max(id) FROM videos), 0), "
        "EXISTS (SELECT 1 FROM scans WHERE status = 'running')",
    )
    return last >= LEAST_VIDEOS and not is_busy


class Orders:
    """The indexes of a catalog that are made when they are asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._wanted: set[str] = set()

    def want(self, connection: apsw.Connection, column: str, sql: str) -> None:
        """Have an index made soon for what SQL yields of a row, where it is worth it.

        Not while a scan writes: it would wait for it.
        """
        if column in self._wanted or not is_worth_it(connection) or is_there(connection, column):
            return
        self._wanted.add(column)
        self._database.write_soon(_making(column, re.sub(r"\bv\.", "", sql)))

    def want_one_of(self, connection: apsw.Connection, columns: Iterable[str]) -> None:
        """Have an index made soon for the first of some columns that has none.

        If it is of no help the same question takes as long once more, and the next one is made.
        """
        for column in columns:
            known = TABLES["videos"].column(column)
            # Only what is called in SQL as it is called elsewhere: indexes go by that name.
            if known is None or known.sql != f"v.{column}" or is_there(connection, column):
                continue
            self.want(connection, column, known.sql)
            return


def _making(column: str, sql: str) -> Callable[[apsw.Connection], None]:
    def make(connection: apsw.Connection) -> None:
        made = [name for (name,) in fetch(connection, f"{_MADE} ORDER BY rowid")]
        for name in made[: max(0, len(made) + 1 - MOST_ORDERS)]:
            connection.execute(f'DROP INDEX "{name}"')
        connection.execute(f'CREATE INDEX IF NOT EXISTS "{index_of(column)}" ON videos ({sql})')

    return make
