"""How long jobs that have ended are kept."""

from __future__ import annotations

from functools import partial

import apsw
from msgspec import Struct

from stoat_nb.catalog.database import Database, fetch
from stoat_nb.catalog.workers import GONE, TAKES

#: One that has just ended is kept whatever the count says: somebody may still want its result.
GRACE_S = 3600.0
_DAY_S = 86400.0
#: Jobs looked at, and perhaps forgotten, in one transaction.
_AT_ONCE = 1000


class Retention(Struct, frozen=True, kw_only=True):
    """What is kept of the past. Jobs that wait or run are never touched."""

    count: int = 10_000  #: The newest so many.
    days: float = 90.0  #: Those that ended since.


def forget_old(database: Database, retention: Retention, now: float) -> int:
    """Forget jobs that are more or older than is kept; return how many there were."""
    forgotten, after = 0, 0
    while True:
        piece = partial(_forget_piece, retention=retention, now=now, after=after)
        count, go_on_after = database.write(piece)
        forgotten += count
        if go_on_after is None:
            database.write(partial(_forget_workers, before=now - retention.days * _DAY_S))
            return forgotten
        after = go_on_after


def _forget_piece(
    connection: apsw.Connection, *, retention: Retention, now: float, after: int
) -> tuple[int, int | None]:
    """Forget among the next oldest; return how many, and after which to go on, if at all."""
    rows = fetch(
        connection,
        "SELECT number, finished_at FROM jobs "
        "WHERE number > ? AND status NOT IN ('pending', 'running') ORDER BY number LIMIT ?",
        (after, _AT_ONCE),
    )
    first_kept = _first_kept(connection, retention.count)
    limit, just_ended = now - retention.days * _DAY_S, now - GRACE_S
    old = [
        (number,)
        for number, ended in rows
        if ended is not None and (ended < limit or (number < first_kept and ended < just_ended))
    ]
    connection.executemany("DELETE FROM jobs WHERE number = ?", old)
    is_through = len(rows) < _AT_ONCE or not old
    return len(old), None if is_through else rows[-1][0]


def _forget_workers(connection: apsw.Connection, *, before: float) -> None:
    connection.execute(
        "DELETE FROM workers WHERE entered_at < ? AND (owner NOT LIKE ? OR beat_at = ?) "
        "AND id NOT IN (SELECT worker_id FROM jobs WHERE worker_id IS NOT NULL)",
        (before, f"%{TAKES}", GONE),
    )


def _first_kept(connection: apsw.Connection, count: int) -> int:
    rows = fetch(
        connection, "SELECT number FROM jobs ORDER BY number DESC LIMIT 1 OFFSET ?", (count - 1,)
    )
    return int(rows[0][0]) if rows else 0
