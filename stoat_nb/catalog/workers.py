"""The queues that run jobs, one a process, and whether they still do."""

from __future__ import annotations

import time
from collections.abc import Callable

import apsw
from msgspec import Struct

from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.owner import Owner

#: Seconds without a sign of life after which a process that seems to be there is taken for dead: it
#: was stopped, or hangs. One that has ended is known at once.
LEASE_S = 30.0
#: What a worker that has said goodbye leaves as its last sign of life.
GONE = float("-inf")
#: What follows the process of a worker that takes jobs; others only submit some.
TAKES = "/takes"
#: What became of such a worker, should jobs of its be under way all the same.
CLOSED = "closed the library before it ended"


def owner_lives(owner: Owner) -> bool | None:
    """Tell whether a process is there; None where that cannot be seen."""
    return owner.lives


class Surroundings(Struct, frozen=True, kw_only=True):
    """What a store knows of the world; a test may have another world."""

    owner: Owner  #: The process this is.
    now: Callable[[], float] = time.time
    ticks: Callable[[], float] = time.monotonic  #: Not while the machine sleeps, alike everywhere.
    lives: Callable[[Owner], bool | None] = owner_lives

    def fate(self, owner: str | None, beat_at: float | None) -> str | None:
        """Say what became of a worker that has lost its jobs; None of one that may still write.

        It goes on with "the process that ran it ...", and claims no more than was looked at.
        """
        if owner is None or beat_at is None:
            return "is not known any more"
        if beat_at == GONE:
            return CLOSED
        if self.lives(Owner.parse(owner)) is False:
            return "ended before it did"
        if self.ticks() - beat_at > LEASE_S:
            return f"has not been heard of for {LEASE_S:g} s"
        return None


def enter(connection: apsw.Connection, around: Surroundings, *, takes: bool) -> int:
    """Write down a new worker, and whether it takes jobs; return its number."""
    ((number,),) = fetch(
        connection,
        "INSERT INTO workers (owner, entered_at, beat_at) VALUES (?, ?, ?) RETURNING id",
        (f"{around.owner}{TAKES if takes else ''}", around.now(), around.ticks()),
    )
    return int(number)


def others_take(connection: apsw.Connection, around: Surroundings, me: int | None) -> bool:
    """Whether a worker that takes jobs may be there, other than the one asked for."""
    rows = fetch(
        connection,
        "SELECT owner FROM workers WHERE owner LIKE ? AND beat_at > ? AND id IS NOT ?",
        (f"%{TAKES}", GONE, me),
    )
    return any(around.lives(Owner.parse(owner)) is not False for (owner,) in rows)


def beat(connection: apsw.Connection, number: int, at: float) -> None:
    """Write down a sign of life."""
    connection.execute("UPDATE workers SET beat_at = ? WHERE id = ?", (at, number))
