"""The kinds of videos there are, and how many of each: a million videos are some hundred kinds."""

from __future__ import annotations

import re
import threading
from typing import Any

import apsw

from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.filters.sql import Clause

#: What the index ``videos_summary`` begins with: few different values each. Videos that are alike
#: in all of it lie together there, so that counting them sorts nothing.
KINDS = (
    *("status", "codec", "container", "display_width", "display_height", "hdr", "audio_codec"),
    *("integrity", "fps", "audio_languages"),
)
#: Of more kinds than this, counting the videos anew costs little more than counting the kinds.
MOST_KINDS = 20_000


class Kinds:
    """A table in memory with a row for each kind of videos, and their number as ``n``.

    What a facet asks of the whole library, and of what other facets leave, is counted off this.

    Parameters
    ----------
    columns
        The name and the type of each of KINDS.
    rows
        A value of each, and how many videos have them.
    """

    #: What follows FROM, and how many videos some of the rows stand for.
    TABLE, SUM = "known_kinds v", "sum(v.n)"

    def __init__(self, columns: list[str], rows: list[Any]) -> None:
        self._lock = threading.Lock()
        self._memory = apsw.Connection(":memory:")
        self._memory.execute(f"CREATE TABLE known_kinds ({', '.join(columns)}, n)").fetchall()
        places = ", ".join("?" * (len(columns) + 1))
        with self._memory:
            self._memory.executemany(f"INSERT INTO known_kinds VALUES ({places})", rows).fetchall()  # noqa: S608 - of question marks alone

    @classmethod
    def of(cls, connection: apsw.Connection) -> Kinds | None:
        """Count the kinds of a catalog; None if there are too many of them."""
        places = ", ".join(str(at + 1) for at in range(len(KINDS)))
        rows = fetch(
            connection,
            f"SELECT {', '.join(KINDS)}, count(*) FROM videos GROUP BY {places} LIMIT ?",  # noqa: S608 - of our own words alone
            (MOST_KINDS + 1,),
        )
        if len(rows) > MOST_KINDS:
            return None
        types = {name: of for _, name, of, *_ in fetch(connection, "PRAGMA table_info(videos)")}
        return cls([f"{name} {types[name]}" for name in KINDS], rows)

    def fetch(self, sql: str, bindings: tuple[Any, ...] = ()) -> list[Any]:
        """Return the rows of a statement."""
        with self._lock:
            return fetch(self._memory, sql, bindings)

    def count(self, where: Clause) -> int:
        """Return how many videos meet a condition that speaks of nothing but KINDS."""
        clause = f"WHERE {where[0]}" if where[0] else ""
        sql = f"SELECT coalesce({self.SUM}, 0) FROM {self.TABLE} {clause}"  # noqa: S608 - values are bound
        ((total,),) = self.fetch(sql, where[1])
        return int(total)


def tells(sql: str) -> bool:
    """Whether the kinds alone tell what a part of a statement about videos asks."""
    return named(sql) <= {*KINDS}


def named(sql: str) -> set[str]:
    """Return the columns that SQL speaks of; those of other tables together with their table."""
    return {
        name if table == "v" else f"{table}.{name}"
        for table, name in re.findall(r"\b([a-z])\.(\w+)", sql)
    }
