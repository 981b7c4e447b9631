"""Scans as rows, and the roots they belong to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import apsw
from msgspec import Struct

from stoat_nb.catalog.database import Database, fetch
from stoat_nb.catalog.values import as_cell
from stoat_nb.errors import JobTakenOver
from stoat_nb.names import as_text

T = TypeVar("T")

_COUNTS = (
    "scanned",
    "new",
    "updated",
    "skipped",
    "failed",
    "removed",
    "moved",
    "returned",
    "offline",
    "bytes_scanned",
    "elapsed_s",
)


#: The scans of one job: several, where others came between its attempts.
PARTS_OF_SCAN = "SELECT id FROM scans WHERE job_id = (SELECT job_id FROM scans WHERE id = ?)"


class BegunScan(Struct, frozen=True):
    """A scan under way."""

    scan_id: int
    started_at: float
    goes_on: bool  #: Whether it was begun by an earlier attempt of its job.


def check_fence(connection: apsw.Connection, scan_id: int, attempt: int) -> None:
    """Refuse to write for an attempt that is no more: its job was taken over, or has ended."""
    holds = fetch(
        connection,
        "SELECT 1 FROM scans JOIN jobs ON jobs.id = scans.job_id "
        "WHERE scans.id = ? AND jobs.status = 'running' AND jobs.attempt = ?",
        (scan_id, attempt),
    )
    if not holds:
        raise JobTakenOver(f"Scan {scan_id}")


class FencedDatabase:
    """A database that one attempt of a scan writes to for as long as it is the newest one."""

    def __init__(self, database: Database, scan_id: int, attempt: int) -> None:
        self._database, self._scan_id, self._attempt = database, scan_id, attempt
        self.read = database.read

    def write(self, change: Callable[[apsw.Connection], T]) -> T:
        """Make a change in one transaction, or raise JobTakenOver."""

        def fenced(connection: apsw.Connection) -> T:
            check_fence(connection, self._scan_id, self._attempt)
            return change(connection)

        return self._database.write(fenced)


class Scans:
    """The scans of a catalog."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, *, job_id: str, folder: bytes, recursive: bool, started_at: float) -> BegunScan:
        """Write down that a scan starts, or goes on if its job had begun one before.

        Where others have looked at its folders since, it goes on as a scan of its own: what scans
        changed is told in the order of their numbers.
        """

        def insert(connection: apsw.Connection) -> BegunScan:
            before = fetch(
                connection,
                "SELECT id, started_at FROM scans WHERE job_id = ? AND status = 'running'",
                (job_id,),
            )
            if before and not _was_overtaken(connection, before[0][0], folder):
                return BegunScan(before[0][0], before[0][1], goes_on=True)
            if before:
                _end_part(connection, before[0][0], started_at)
            root_id = _root_of(connection, folder)
            ((scan_id,),) = fetch(
                connection,
                "INSERT INTO scans (job_id, root_id, folder, folder_text, recursive, started_at) "
                "VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
                (job_id, root_id, folder, as_text(folder), int(recursive), started_at),
            )
            return BegunScan(int(scan_id), started_at, goes_on=bool(before))

        return self._database.write(insert)

    def failures_of(self, scan_id: int, folder: bytes) -> dict[bytes, tuple[str, str]]:
        """Return error and class of the files in exactly that folder that a scan found to fail."""
        rows = self._database.read(
            lambda connection: fetch(
                connection,
                "SELECT v.name, x.error, x.error_class FROM videos v "  # noqa: S608 - of our own words alone
                "JOIN failures x ON x.video_id = v.id "
                f"AND x.scan_id IN ({PARTS_OF_SCAN}) "
                "WHERE v.folder_id = (SELECT id FROM folders WHERE path = ?)",
                (scan_id, folder),
            )
        )
        return {name: (error, kind) for name, error, kind in rows}

    def finish(
        self,
        scan_id: int,
        *,
        status: str,
        at: float,
        report: Mapping[str, Any],
        attempt: int | None = None,
    ) -> None:
        """Write down how a scan ended."""
        one = self._database
        database = one if attempt is None else FencedDatabase(one, scan_id, attempt)
        counts = [as_cell(report.get(name)) for name in _COUNTS]
        settings = ", ".join(f"{name} = ?" for name in _COUNTS)
        database.write(
            lambda connection: fetch(
                connection,
                f"UPDATE scans SET status = ?, finished_at = ?, report = ?, {settings} "  # noqa: S608 - of our own words alone
                "WHERE id = ?",
                (status, at, json.dumps(report), *counts, scan_id),
            )
        )


def _was_overtaken(connection: apsw.Connection, scan_id: int, folder: bytes) -> bool:
    """Whether a later scan has looked at the same folder, at one inside it or at one around it."""
    later = fetch(connection, "SELECT DISTINCT folder FROM scans WHERE id > ?", (scan_id,))
    return any(
        folder == other or folder.startswith(below(other)[0]) or other.startswith(below(folder)[0])
        for (other,) in later
    )


def _end_part(connection: apsw.Connection, scan_id: int, at: float) -> None:
    connection.execute(
        "UPDATE scans SET status = 'cancelled', finished_at = ? WHERE id = ?", (at, scan_id)
    )


def below(folder: bytes) -> tuple[bytes, bytes]:
    """Return the range of all paths below a folder: from the first, before the second."""
    stem = folder.rstrip(b"/")
    return stem + b"/", stem + b"0"  # in ASCII, 0 is what follows /


def _root_of(connection: apsw.Connection, folder: bytes) -> int:
    """Return the root a folder belongs to. Roots never nest, so that a file has only one."""
    for root_id, path in fetch(connection, "SELECT id, path FROM roots"):
        if folder == path or folder.startswith(below(path)[0]):
            return int(root_id)
    inner = fetch(connection, "SELECT id FROM roots WHERE path >= ? AND path < ?", below(folder))
    ((root_id,),) = fetch(
        connection,
        "INSERT INTO roots (path, path_text) VALUES (?, ?) RETURNING id",
        (folder, as_text(folder)),
    )
    for (inner_id,) in inner:
        for table in ("folders", "scans"):
            connection.execute(
                f"UPDATE {table} SET root_id = ? WHERE root_id = ?",  # noqa: S608 - of our own words alone
                (root_id, inner_id),
            )
        connection.execute("DELETE FROM roots WHERE id = ?", (inner_id,))
    return int(root_id)
