"""The scans whose changes make a difference: from one to another, or since a moment."""

from __future__ import annotations

from datetime import date, datetime
from typing import TypeAlias

import apsw
from msgspec import Struct

from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.filters.checked import comparison
from stoat_nb.catalog.filters.expression import parsed
from stoat_nb.catalog.filters.fields import field_named
from stoat_nb.catalog.filters.tree import Compare
from stoat_nb.catalog.values import LARGEST, as_integer
from stoat_nb.errors import BadArgument, FilterError, UnknownScan

#: Text is a date, or such as ``now - 30d``; a number is seconds since 1970.
Moment: TypeAlias = str | float | date | datetime


class Span(Struct, frozen=True):
    """Some scans, as a condition on the number of one."""

    sql: str  #: With ``{}`` for what yields the number.
    last: int  #: The newest of them, or beyond it.
    bindings: dict[str, int]

    def of(self, number: str) -> str:
        """Return the condition that a number is that of one of these scans."""
        return self.sql.format(number)


def between(connection: apsw.Connection, before: int | None, after: int | None) -> Span:
    """Return the scans after one and up to another; without them the newest two of one root."""
    if after is None:
        ((after,),) = fetch(connection, "SELECT max(id) FROM scans")
    if after is not None and before is None:
        ((before,),) = fetch(connection, _BEFORE, (as_integer(after),))
        if before is None:
            raise UnknownScan(f"before scan {after}")
    if after is None or before is None:
        raise UnknownScan("yet")
    first, last = sorted((as_integer(before), as_integer(after)))
    for scan_id in (first, last):
        if not fetch(connection, "SELECT 1 FROM scans WHERE id = ?", (scan_id,)):
            raise UnknownScan(scan_id)
    return Span("{0} > :first AND {0} <= :last", last, {"first": first, "last": last})


def since(moment: Moment) -> Span:
    """Return the scans that ended after a moment: what they found was so before or after it.

    Of each root that is everything after the last scan that had ended by then.
    """
    return Span(_SINCE, LARGEST, {"moment": _microseconds(moment), "last": LARGEST})


_BEFORE = (
    "SELECT max(b.id) FROM scans a JOIN scans b ON b.root_id = a.root_id AND b.id < a.id "
    "WHERE a.id = ?"
)
_SINCE = (
    "{0} IN (SELECT s.id FROM scans s WHERE s.id > coalesce((SELECT max(b.id) FROM scans b "
    "WHERE b.root_id = s.root_id AND CAST(round(b.finished_at * 1e6) AS INTEGER) <= :moment), 0))"
)


def _microseconds(moment: Moment) -> int:
    try:
        if isinstance(moment, str) and moment.lstrip().startswith(("now", "today")):
            found = parsed(f"mtime > {moment}")
        else:
            found = comparison(field_named("mtime"), ">", moment)
    except FilterError:
        found = None
    if not isinstance(found, Compare) or not isinstance(found.value, int):
        raise BadArgument("since", moment, "a date such as '2026-10-01', or 'now - 30d'")
    return found.value // 1000
