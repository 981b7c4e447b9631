"""Locks of jobs in the library's file: who may begin, who waits for whom, and who joins whom.

Each is asked within the transaction that acts on the answer, so it holds for all processes.
"""

from __future__ import annotations

from typing import Final

import apsw

from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.job_rows import SELECT, state_of
from stoat_nb.catalog.values import as_stored_text
from stoat_nb.jobs.locks import Covers, joined
from stoat_nb.jobs.state import JobState

#: Running jobs whose lock overlaps that of a row of ``jobs``; both end with a slash.
_HOLDERS: Final = (
    "FROM jobs AS held WHERE held.status = 'running' AND held.lock IS NOT NULL AND ("
    "substr(jobs.lock, 1, length(held.lock)) = held.lock "
    "OR substr(held.lock, 1, length(jobs.lock)) = jobs.lock)"
)
#: Of a row of ``jobs``: that no job runs which keeps it from running.
IS_FREE: Final = f"(jobs.lock IS NULL OR NOT EXISTS (SELECT 1 {_HOLDERS}))"
_HOLDER: Final = f"(SELECT held.id {_HOLDERS} LIMIT 1)"
# Spelled as in the index on locks.
_LIVE: Final = "jobs.lock IS NOT NULL AND jobs.status IN ('pending', 'running')"
_SAY_WHO_WAITS: Final = (
    f"UPDATE jobs SET waits_for = {_HOLDER}, revision = ?, changed_by = NULL "  # noqa: S608 - of our own words alone
    f"WHERE {_LIVE} AND jobs.status = 'pending' AND jobs.waits_for IS NOT {_HOLDER}"
)


def twin_of(connection: apsw.Connection, state: JobState, covers: Covers | None) -> JobState | None:
    """Return the live job that a new one is to join, if there is one."""
    if covers is None or state.lock is None:
        return None
    rows = fetch(
        connection,
        f"{SELECT} WHERE {_LIVE} AND jobs.lock = ? ORDER BY jobs.number",
        (as_stored_text(state.lock),),
    )
    return joined(state, map(state_of, rows), covers)


def say_who_waits(connection: apsw.Connection, revision: int) -> None:
    """Write down of each pending job which running one it waits for; that is news to everybody."""
    connection.execute(_SAY_WHO_WAITS, (revision,))
