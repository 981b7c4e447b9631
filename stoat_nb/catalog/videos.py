"""Files as rows: what is known, what was found, what is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import apsw

from stoat_nb.catalog.database import Database, fetch
from stoat_nb.catalog.facts import (
    STREAM_FIELDS,
    chapter_cells,
    document_cell,
    file_cells,
    stream_cells,
    tag_cells,
    video_cells,
)
from stoat_nb.catalog.folders import folder_id_of
from stoat_nb.catalog.history import note
from stoat_nb.catalog.scans import below, check_fence
from stoat_nb.catalog.values import as_cell, as_stored_text
from stoat_nb.media.video import Failure, Outcome, Video


class KnownFile(NamedTuple):
    """What a rescan compares a file with: a tuple, since there is one for every file of a disk."""

    video_id: int
    size_bytes: int
    mtime_ns: int
    inode: int
    device: int
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCounts:
    """What a batch of outcomes came to."""

    new: int  #: Rows that were not there before.
    updated: int  #: Rows that were.


KNOWN_FILES = (
    "SELECT name, id, size_bytes, mtime_ns, inode, device, status FROM videos "
    "WHERE folder_id = (SELECT id FROM folders WHERE path = ?)"
)
_FILES_OF_SCAN = (
    "SELECT v.name, v.first_seen >= s.started_at FROM videos v JOIN scans s ON s.id = v.scan_id "
    "WHERE v.scan_id = ? AND v.probed_at >= s.started_at "
    "AND v.folder_id = (SELECT id FROM folders WHERE path = ?)"
)


class Videos:
    """The videos of a catalog."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known_files(self, folder: bytes) -> dict[bytes, KnownFile]:
        """Return every row of exactly that folder, by name."""
        rows = self._database.read(lambda connection: fetch(connection, KNOWN_FILES, (folder,)))
        return {row[0]: KnownFile(*row[1:]) for row in rows}

    def folders_below(self, folder: bytes) -> list[bytes]:
        """Return the folders, itself included, that have files which are not missing."""
        rows = self._database.read(
            lambda connection: fetch(
                connection,
                "SELECT f.path FROM folders f WHERE (f.path = ? OR (f.path >= ? AND f.path < ?)) "
                "AND EXISTS (SELECT 1 FROM videos v "
                "WHERE v.folder_id = f.id AND v.status <> 'missing') ORDER BY f.path",
                (folder, *below(folder)),
            )
        )
        return [path for (path,) in rows]

    def files_of_scan(self, scan_id: int, folder: bytes) -> dict[bytes, bool]:
        """Return the names in exactly that folder which a scan has recorded; True: as new ones."""
        rows = self._database.read(
            lambda connection: fetch(connection, _FILES_OF_SCAN, (scan_id, folder))
        )
        return {name: bool(is_new) for name, is_new in rows}

    def record(
        self,
        scan_id: int,
        outcomes: Sequence[Outcome],
        *,
        at: float,
        attempt: int | None = None,
    ) -> RecordCounts:
        """Write down what came of some files, all of it or nothing."""

        def insert(connection: apsw.Connection) -> RecordCounts:
            if attempt is not None:
                check_fence(connection, scan_id, attempt)
            recorder = _Recorder(connection, scan_id, at)
            known = [recorder.record(outcome) for outcome in outcomes]
            return RecordCounts(new=known.count(False), updated=known.count(True))

        return self._database.write(insert)


class _Recorder:
    """Writes the outcomes of one batch."""

    def __init__(self, connection: apsw.Connection, scan_id: int, at: float) -> None:
        self._connection = connection
        self._scan_id, self._at = scan_id, at
        self._folders: dict[bytes, int] = {}

    def record(self, outcome: Outcome) -> bool:
        """Write one outcome; tell whether the file was known."""
        folder_id = self._folder_id(outcome.found.folder)
        cells = self._cells(outcome, folder_id)
        known = fetch(self._connection, _KNOWN, (folder_id, cells["name"]))
        if known:
            video_id = int(known[0][0])
            self._forget(video_id)
            self._connection.execute(_UPDATE, {**cells, "id": video_id})
            pairs = zip(COMPARED, known[0][1:], strict=True)
            note(
                self._connection,
                scan_id=self._scan_id,
                video_id=video_id,
                path=cells["path"],
                facts={name: (before, cells[name]) for name, before in pairs},
            )
        else:
            self._connection.execute(_INSERT, {**cells, "first_seen": self._at})
            video_id = self._connection.last_insert_rowid()
        self._attach(video_id, outcome)
        return bool(known)

    def _cells(self, outcome: Outcome, folder_id: int) -> dict[str, Any]:
        cells = {
            **file_cells(outcome.found),
            **video_cells(outcome.video),
            "folder_id": folder_id,
            "status": "failed" if outcome.video is None else "ok",
            "last_seen": self._at,
            "missing_since": None,
            "probed_at": self._at,
            "scan_id": self._scan_id,
        }
        if outcome.failure is not None:
            cells["tool"] = as_stored_text(outcome.failure.tool)
        return cells

    def _forget(self, video_id: int) -> None:
        """What was known is of the old bytes."""
        for table in ("streams", "failures", "chapters", "tags", "documents"):
            self._connection.execute(f"DELETE FROM {table} WHERE video_id = ?", (video_id,))  # noqa: S608 - of our own words alone

    def _attach(self, video_id: int, outcome: Outcome) -> None:
        if outcome.video is not None:
            rows = [(video_id, *stream_cells(stream)) for stream in outcome.video.streams]
            self._connection.executemany(_INSERT_STREAM, rows).fetchall()
            self._attach_words(video_id, outcome.video)
        else:
            failure = outcome.failure or _UNTOLD
            self._connection.execute(
                "INSERT INTO failures VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    video_id,
                    as_stored_text(failure.error_class),
                    as_stored_text(failure.error) or _UNTOLD.error,
                    as_stored_text(failure.tool),
                    as_cell(failure.elapsed_ms),
                    self._scan_id,
                    self._at,
                ),
            )

    def _attach_words(self, video_id: int, video: Video) -> None:
        """Write what the file says of itself."""
        for table, rows in (("chapters", chapter_cells(video)), ("tags", tag_cells(video))):
            if rows:
                self._connection.executemany(
                    f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?)",  # noqa: S608 - of our own words alone
                    [(video_id, *row) for row in rows],
                ).fetchall()
        document = document_cell(video)
        if document is not None:
            self._connection.execute("INSERT INTO documents VALUES (?, ?)", (video_id, document))

    def _folder_id(self, folder: bytes) -> int:
        if folder not in self._folders:
            self._folders[folder] = folder_id_of(self._connection, folder, self._scan_id)
        return self._folders[folder]


_UNTOLD = Failure(error_class="internal", error="No reason was given.", tool="stoat")

_WRITTEN = (
    "folder_id",
    "name",
    "path",
    "extension",
    "size_bytes",
    "mtime_ns",
    "device",
    "inode",
    "status",
    "last_seen",
    "missing_since",
    "probed_at",
    "scan_id",
    *video_cells(None),
)
_INSERT = (
    f"INSERT INTO videos (first_seen, first_scan_id, {', '.join(_WRITTEN)}) "  # noqa: S608 - of our own words alone
    f"VALUES (:first_seen, :scan_id, {', '.join(f':{name}' for name in _WRITTEN)})"
)
#: What two scans are compared by; which reader told it, and what follows from others, is no change.
COMPARED = (
    "status",
    "size_bytes",
    "mtime_ns",
    *(name for name in video_cells(None) if name not in {"tool", "integrity_reason"}),
)
_KNOWN = f"SELECT id, {', '.join(COMPARED)} FROM videos WHERE folder_id = ? AND name = ?"  # noqa: S608 - of our own words alone
_UPDATE = f"UPDATE videos SET {', '.join(f'{name} = :{name}' for name in _WRITTEN)} WHERE id = :id"  # noqa: S608 - of our own words alone
_INSERT_STREAM = (
    f"INSERT INTO streams (video_id, {', '.join(STREAM_FIELDS)}) "  # noqa: S608 - of our own words alone
    f"VALUES (?{', ?' * len(STREAM_FIELDS)})"
)
