"""Outcomes on their way into the tables: cells first, then a batch at a time, a table at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from operator import itemgetter
from typing import Any, NamedTuple

import apsw

from stoat_nb.catalog import values
from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.facts import (
    FILE_FIELDS,
    STREAM_FIELDS,
    VIDEO_FIELDS,
    Cells,
    chapter_cells,
    document_cell,
    file_cells,
    stream_cells,
    tag_cells,
    video_cells,
)
from stoat_nb.catalog.folders import folder_id_of
from stoat_nb.catalog.history import note
from stoat_nb.media.video import Failure, Outcome, Video


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCounts:
    """What a batch of outcomes came to."""

    new: int  #: Rows that were not there before.
    updated: int  #: Rows that were.


class Entry(NamedTuple):
    """What is written of one file, but for the numbers of its row and of its folder."""

    folder: bytes
    cells: Cells  #: In the order of WRITTEN, without the folder's number.
    parts: dict[str, list[Cells]]  #: Rows of other tables, without the video's number.

    @property
    def name(self) -> bytes:
        return bytes(self.cells[0])

    def mended(self) -> Entry:
        """Return it with every cell as SQLite takes it."""
        parts = {table: [*map(values.mended, rows)] for table, rows in self.parts.items()}
        return Entry(self.folder, values.mended(self.cells), parts)


#: The columns of ``videos`` that are written whenever a file was probed.
WRITTEN = (
    "folder_id",
    *FILE_FIELDS,
    "tool",
    "status",
    "last_seen",
    "missing_since",
    "probed_at",
    "scan_id",
    *VIDEO_FIELDS,
)
#: What two scans are compared by; which reader told it, and what follows from others, is no change.
COMPARED = (
    "status",
    "size_bytes",
    "mtime_ns",
    *(name for name in VIDEO_FIELDS if name not in {"integrity_reason", "quick_hash"}),
)
_compared = itemgetter(*(WRITTEN.index(name) for name in COMPARED))
_PATH = WRITTEN.index("path")

_KNOWN = f"SELECT ?, id, {', '.join(COMPARED)} FROM videos WHERE folder_id = ? AND name = ?"  # noqa: S608 - of our own words alone
_INSERT = (
    f"INSERT INTO videos (id, first_seen, first_scan_id, {', '.join(WRITTEN)}) "  # noqa: S608 - of our own words alone
    f"VALUES (?, ?, ?{', ?' * len(WRITTEN)})"
)
_UPDATE = f"UPDATE videos SET {', '.join(f'{name} = ?' for name in WRITTEN)} WHERE id = ?"  # noqa: S608 - of our own words alone
#: The other tables, and what is written to each.
_PARTS = {
    "streams": ("video_id", *STREAM_FIELDS),
    "chapters": ("video_id", "n", "start_s", "end_s", "title"),
    "tags": ("video_id", "place", "idx", "key", "value"),
    "documents": ("video_id", "document"),
    "failures": (
        *("video_id", "error_class", "error", "tool", "elapsed_ms", "scan_id", "failed_at"),
    ),
}
_INSERT_PART = {
    table: f"INSERT INTO {table} ({', '.join(names)}) VALUES (?{', ?' * (len(names) - 1)})"  # noqa: S608 - of our own words alone
    for table, names in _PARTS.items()
}
_UNTOLD = Failure(error_class="internal", error="No reason was given.", tool="stoat")


def entry_of(outcome: Outcome, scan_id: int, at: float) -> Entry:
    """Return what is to be written of an outcome."""
    video = outcome.video
    failure = None if video is not None else outcome.failure or _UNTOLD
    tool = video.tool if video is not None else failure.tool if failure is not None else None
    status = "ok" if failure is None else "failed"
    return Entry(
        outcome.found.folder,
        (
            *file_cells(outcome.found),
            *(tool, status, at, None, at, scan_id),
            *video_cells(video),
        ),
        _parts(video, failure, scan_id, at),
    )


def _parts(
    video: Video | None, failure: Failure | None, scan_id: int, at: float
) -> dict[str, list[Cells]]:
    if failure is not None:
        why = failure.error or _UNTOLD.error
        cells = (failure.error_class, why, failure.tool, failure.elapsed_ms, scan_id, at)
        return {"failures": [cells]}
    assert video is not None  # noqa: S101 - one of the two is there
    document = document_cell(video)
    return {
        "streams": [stream_cells(stream) for stream in video.streams],
        "chapters": chapter_cells(video),
        "tags": tag_cells(video),
        "documents": [] if document is None else [(document,)],
    }


def record(
    connection: apsw.Connection, entries: Sequence[Entry], *, scan_id: int, at: float
) -> RecordCounts:
    """Write a batch down, within the transaction that is open."""
    batch = _Batch(connection, scan_id, at)
    known = sum(batch.write(some) for some in _apart(entries))
    return RecordCounts(new=len(entries) - known, updated=known)


def _apart(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Yield the entries in turn, no file twice in one list."""
    some: dict[tuple[bytes, bytes], Entry] = {}
    for entry in entries:
        key = (entry.folder, entry.name)
        if key in some:
            yield [*some.values()]
            some = {}
        some[key] = entry
    yield [*some.values()]


class _Batch:
    """Writes entries of different files, a statement for all of them at a time."""

    def __init__(self, connection: apsw.Connection, scan_id: int, at: float) -> None:
        self._connection = connection
        self._scan_id, self._at = scan_id, at
        self._folders: dict[bytes, int] = {}

    def write(self, entries: Sequence[Entry]) -> int:
        """Write them all; return how many were known."""
        rows = [(self._folder_id(entry.folder), *entry.cells) for entry in entries]
        known = self._known(rows)
        ids = [known[place][0] if place in known else None for place in range(len(rows))]
        self._update([(*rows[place], found[0]) for place, found in known.items()])
        numbers = self._insert([row for row, at in zip(rows, ids, strict=True) if at is None])
        for place, before in known.items():
            self._note(before, rows[place])
        self._attach(entries, [next(numbers) if at is None else at for at in ids])
        return len(known)

    def _folder_id(self, folder: bytes) -> int:
        if folder not in self._folders:
            self._folders[folder] = folder_id_of(self._connection, folder, self._scan_id)
        return self._folders[folder]

    def _many(self, sql: str, rows: Sequence[Cells]) -> list[Any]:
        return self._connection.executemany(sql, rows).fetchall() if rows else []

    def _known(self, rows: Sequence[Cells]) -> dict[int, Cells]:
        """Return id and facts of those that have a row, by their place."""
        keys = [(place, row[0], row[1]) for place, row in enumerate(rows)]
        return {found[0]: found[1:] for found in self._many(_KNOWN, keys)}

    def _insert(self, rows: Sequence[Cells]) -> Iterator[int]:
        """Write new rows; return the numbers they have, in order."""
        ((last,),) = fetch(self._connection, "SELECT coalesce(max(id), 0) FROM videos")
        head = (self._at, self._scan_id)
        self._many(_INSERT, [(at, *head, *row) for at, row in enumerate(rows, start=last + 1)])
        return count(last + 1)

    def _update(self, rows: Sequence[Cells]) -> None:
        """Write known rows anew; what else was known is of the old bytes."""
        ids = [row[-1:] for row in rows]
        for table in _PARTS:
            self._many(f"DELETE FROM {table} WHERE video_id = ?", ids)  # noqa: S608 - of our own words alone
        self._many(_UPDATE, rows)

    def _note(self, before: Cells, row: Cells) -> None:
        after = _compared(row)
        if before[1:] == after:
            return
        pairs = zip(before[1:], values.mended(after), strict=True)
        note(
            self._connection,
            scan_id=self._scan_id,
            video_id=before[0],
            path=row[_PATH],
            facts=dict(zip(COMPARED, pairs, strict=True)),
        )

    def _attach(self, entries: Sequence[Entry], ids: Sequence[int]) -> None:
        for table, sql in _INSERT_PART.items():
            numbered = [
                (at, *part)
                for at, entry in zip(ids, entries, strict=True)
                for part in entry.parts.get(table, ())
            ]
            self._many(sql, numbered)
