"""Files as rows: what is known, what was found, what is gone."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import apsw

from stoat_nb.catalog.database import Database, fetch
from stoat_nb.catalog.facts import IS_CURRENT
from stoat_nb.catalog.recording import RecordCounts, record
from stoat_nb.catalog.scans import PARTS_OF_SCAN, check_fence
from stoat_nb.media.video import Outcome


class KnownFile(NamedTuple):
    """What a rescan compares a file with: a tuple, since there is one for every file of a disk."""

    video_id: int
    size_bytes: int
    mtime_ns: int
    inode: int
    device: int
    status: str
    is_current: bool = True  #: No reader since the one that read it tells more.


KNOWN_FILES = (
    f"SELECT name, id, size_bytes, mtime_ns, inode, device, status, {IS_CURRENT} FROM videos "  # noqa: S608 - of our own words alone
    "WHERE folder_id = (SELECT id FROM folders WHERE path = ?)"
)
_FILES_OF_SCAN = (
    "SELECT v.name, v.first_seen >= s.started_at FROM videos v "  # noqa: S608 - of our own words alone
    f"JOIN scans s ON s.id = v.scan_id WHERE v.scan_id IN ({PARTS_OF_SCAN}) "
    "AND v.probed_at >= s.started_at AND v.folder_id = (SELECT id FROM folders WHERE path = ?)"
)

# Between the job's submission and now: should the clock have been set back, what seems to be read
# after now may be older than the job.
_READ_SINCE_ASKED = (
    "SELECT v.name FROM videos v JOIN scans s ON s.id = v.scan_id "
    "JOIN jobs reader ON reader.id = s.job_id LEFT JOIN failures x ON x.video_id = v.id "
    "JOIN jobs asked ON asked.id = (SELECT job_id FROM scans WHERE id = :scan) "
    "WHERE v.folder_id = (SELECT id FROM folders WHERE path = :folder) "
    "AND reader.id <> asked.id AND v.probed_at BETWEEN asked.submitted_at AND :now "
    "AND :mode IN ('', reader.payload ->> '$.mode') "
    "AND coalesce(x.error_class, '') NOT IN (SELECT value FROM json_each(:unsettled))"
)


class Videos:
    """The videos of a catalog."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known_files(self, folder: bytes) -> dict[bytes, KnownFile]:
        """Return every row of exactly that folder, by name."""
        rows = self._database.read(lambda connection: fetch(connection, KNOWN_FILES, (folder,)))
        return {row[0]: KnownFile(*row[1:]) for row in rows}

    def files_of_scan(self, scan_id: int, folder: bytes) -> dict[bytes, bool]:
        """Return the names in exactly that folder which a scan has recorded; True: as new ones."""
        rows = self._database.read(
            lambda connection: fetch(connection, _FILES_OF_SCAN, (scan_id, folder))
        )
        return {name: bool(is_new) for name, is_new in rows}

    def read_since_asked(
        self, scan_id: int, folder: bytes, *, mode: str, unsettled: Iterable[str]
    ) -> set[bytes]:
        """Return the names in exactly that folder which others read after a scan was submitted.

        Only those that scans of a mode read ('': of any), and did not fail for an unsettled reason.
        """
        bindings: dict[str, int | float | str | bytes] = {
            "scan": scan_id,
            "folder": folder,
            "mode": mode,
            "now": time.time(),
            "unsettled": json.dumps([*unsettled]),
        }
        rows = self._database.read(lambda one: fetch(one, _READ_SINCE_ASKED, bindings))
        return {name for (name,) in rows}

    def failed_files(self, folder: bytes, error_class: str) -> set[bytes]:
        """Return the names in exactly that folder which could not be probed, for that reason."""
        rows = self._database.read(
            lambda connection: fetch(
                connection,
                "SELECT v.name FROM videos v JOIN failures x ON x.video_id = v.id "
                "WHERE v.folder_id = (SELECT id FROM folders WHERE path = ?) "
                "AND v.status = 'failed' AND x.error_class = ?",
                (folder, error_class),
            )
        )
        return {name for (name,) in rows}

    def failed_roots(self, error_class: str) -> list[bytes]:
        """Return the folders that were scanned and hold files which failed; '': for any reason."""
        rows = self._database.read(
            lambda connection: fetch(
                connection,
                "SELECT DISTINCT r.path FROM failures x JOIN videos v ON v.id = x.video_id "
                "JOIN folders f ON f.id = v.folder_id JOIN roots r ON r.id = f.root_id "
                "WHERE v.status = 'failed' AND ?1 IN ('', x.error_class) ORDER BY r.path",
                (error_class,),
            )
        )
        return [path for (path,) in rows]

    def record(
        self,
        scan_id: int,
        outcomes: Sequence[Outcome],
        *,
        at: float,
        attempt: int | None = None,
    ) -> RecordCounts:
        """Write down what came of some files, all of it or nothing."""

        def write(mend: bool) -> RecordCounts:
            def insert(connection: apsw.Connection) -> RecordCounts:
                if attempt is not None:
                    check_fence(connection, scan_id, attempt)
                return record(connection, outcomes, scan_id=scan_id, at=at, mend=mend)

            return self._database.write(insert)

        try:
            return write(mend=False)
        except (UnicodeEncodeError, OverflowError):
            return write(mend=True)  # a batch with such cells is rare: only then look at each
