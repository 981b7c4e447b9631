"""Outcomes on their way into the tables: a batch at a time, a table at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from operator import itemgetter
from typing import Any

import apsw
from msgspec import Struct

from stoat_nb.catalog import values
from stoat_nb.catalog.changes import note
from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.facts import (
    CHAPTER_FIELDS,
    FILE_FIELDS,
    IS_CURRENT,
    STREAM_FIELDS,
    TAG_FIELDS,
    VIDEO_FIELDS,
    Cells,
    chapter_rows,
    document_cell,
    file_cells,
    stream_cells,
    tag_rows,
    video_cells,
)
from stoat_nb.catalog.folders import folder_id_of
from stoat_nb.media.structure.verdict import PACKETS
from stoat_nb.media.video import FACTS_VERSION, Failure, Outcome


class RecordCounts(Struct, frozen=True, kw_only=True):
    """What a batch of outcomes came to."""

    new: int  #: Rows that were not there before.
    updated: int  #: Rows that were.


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
    "facts_version",
    *VIDEO_FIELDS,
)
#: What two scans are compared by; which reader told it, and what follows from others, is no change.
COMPARED = (
    "status",
    "size_bytes",
    "mtime_ns",
    *(name for name in VIDEO_FIELDS if name not in {"integrity_reason", "quick_hash"}),
)
_BYTES = ("size_bytes", "mtime_ns")
_compared = itemgetter(*(WRITTEN.index(name) for name in COMPARED))
_PATH = WRITTEN.index("path")

_KNOWN = (
    f"SELECT ?, id, {IS_CURRENT}, {', '.join(COMPARED)} FROM videos "  # noqa: S608 - of our own words alone
    "WHERE folder_id = ? AND name = ?"
)
_INSERT = (
    f"INSERT INTO videos (id, first_seen, first_scan_id, {', '.join(WRITTEN)}) "  # noqa: S608 - of our own words alone
    f"VALUES (?, ?, ?{', ?' * len(WRITTEN)})"
)
_UPDATE = f"UPDATE videos SET {', '.join(f'{name} = ?' for name in WRITTEN)} WHERE id = ?"  # noqa: S608 - of our own words alone
#: The other tables, and what is written to each.
_PARTS = {
    "streams": ("video_id", *STREAM_FIELDS),
    "chapters": ("video_id", *CHAPTER_FIELDS),
    "tags": ("video_id", "place", *TAG_FIELDS),
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


def record(
    connection: apsw.Connection,
    outcomes: Sequence[Outcome],
    *,
    scan_id: int,
    at: float,
    mend: bool = False,
) -> RecordCounts:
    """Write a batch down, within the transaction that is open.

    Without ``mend`` SQLite refuses cells that it cannot hold, with an error of Python.
    """
    batch = _Batch(connection, scan_id, at, mend=mend)
    known = sum(batch.write(some) for some in _apart(outcomes))
    return RecordCounts(new=len(outcomes) - known, updated=known)


def _apart(outcomes: Sequence[Outcome]) -> Iterator[list[Outcome]]:
    """Yield the outcomes in turn, no file twice in one list."""
    some: dict[tuple[bytes, bytes], Outcome] = {}
    for outcome in outcomes:
        key = (outcome.found.folder, outcome.found.name)
        if key in some:
            yield [*some.values()]
            some = {}
        some[key] = outcome
    yield [*some.values()]


class _Batch:
    """Writes outcomes of different files, a statement for all of them at a time."""

    def __init__(self, connection: apsw.Connection, scan_id: int, at: float, *, mend: bool) -> None:
        self._connection = connection
        self._scan_id, self._at, self._mend = scan_id, at, mend
        self._folders: dict[bytes, int] = {}

    def write(self, outcomes: Sequence[Outcome]) -> int:
        """Write them all; return how many were known."""
        known = self._known(outcomes)
        new = count(self._last_number() + 1)
        numbers = [known[at][0] if at in known else next(new) for at in range(len(outcomes))]
        inserts, updates = [], []
        for place, (number, outcome) in enumerate(zip(numbers, outcomes, strict=True)):
            cells = self._cells(outcome)
            if place in known:
                updates.append((*cells, number))
                self._note(known[place], cells)
            else:
                inserts.append((number, self._at, self._scan_id, *cells))
        self._forget([(found[0],) for found in known.values()])
        self._many(_UPDATE, updates)
        self._many(_INSERT, inserts)
        self._attach([*zip(numbers, outcomes, strict=True)])
        # The other rows of these folders may be parts of what these are parts of.
        self._many(
            "UPDATE folders SET related = 0 WHERE id = ? AND related",
            [(folder_id,) for folder_id in self._folders.values()],
        )
        return len(known)

    def _known(self, outcomes: Sequence[Outcome]) -> dict[int, Cells]:
        """Return number and facts of the files that have a row, by their place."""
        keys = [
            (place, self._folder_id(outcome.found.folder), outcome.found.name)
            for place, outcome in enumerate(outcomes)
        ]
        rows: list[Any] = self._connection.executemany(_KNOWN, keys).fetchall() if keys else []
        return {int(row[0]): tuple(row[1:]) for row in rows}

    def _last_number(self) -> int:
        ((last,),) = fetch(self._connection, "SELECT coalesce(max(id), 0) FROM videos")
        return int(last)

    def _folder_id(self, folder: bytes) -> int:
        if folder not in self._folders:
            self._folders[folder] = folder_id_of(self._connection, folder, self._scan_id)
        return self._folders[folder]

    def _cells(self, outcome: Outcome) -> Cells:
        """Return what is written of a file, in the order of WRITTEN."""
        video, at = outcome.video, self._at
        tool = video.tool if video is not None else (outcome.failure or _UNTOLD).tool
        status = "failed" if video is None else "ok"
        return (
            self._folders[outcome.found.folder],
            *file_cells(outcome.found),
            *(tool, status, at, None, outcome.read_at or at, self._scan_id),
            None if video is not None and video.integrity_level == PACKETS else FACTS_VERSION,
            *video_cells(video),
        )

    def _many(self, sql: str, rows: Sequence[Cells]) -> None:
        if rows:
            mended = map(values.mended, rows) if self._mend else rows
            self._connection.executemany(sql, mended).fetchall()

    def _forget(self, numbers: Sequence[Cells]) -> None:
        """What was known is of the old bytes."""
        for table in _PARTS:
            self._many(f"DELETE FROM {table} WHERE video_id = ?", numbers)  # noqa: S608 - of our own words alone

    def _note(self, before: Cells, cells: Cells) -> None:
        video_id, is_current, *old = before
        after = _compared(cells)
        if tuple(old) == after:
            return
        pairs = dict(zip(COMPARED, zip(old, values.mended(after), strict=True), strict=True))
        if not is_current and all(pairs[name][0] == pairs[name][1] for name in _BYTES):
            pairs = {"status": pairs["status"]}  # the same bytes: only what reads them is newer
        note(
            self._connection,
            scan_id=self._scan_id,
            video_id=video_id,
            path=cells[_PATH],
            facts=pairs,
        )

    def _attach(self, numbered: Sequence[tuple[int, Outcome]]) -> None:
        videos = [(number, one.video) for number, one in numbered if one.video is not None]
        rows: dict[str, list[Cells]] = {
            "streams": [
                (number, *stream_cells(stream))
                for number, video in videos
                for stream in video.streams
            ],
            "chapters": [cells for one in videos for cells in chapter_rows(*one)],
            "tags": [cells for one in videos for cells in tag_rows(*one)],
            "documents": [
                (number, document_cell(video.document))
                for number, video in videos
                if video.document is not None
            ],
            "failures": [
                self._failure(number, one.failure or _UNTOLD)
                for number, one in numbered
                if one.video is None
            ],
        }
        for table, some in rows.items():
            self._many(_INSERT_PART[table], some)

    def _failure(self, number: int, failure: Failure) -> Cells:
        why = failure.error or _UNTOLD.error
        told = (failure.error_class, why, failure.tool, failure.elapsed_ms)
        return (number, *told, self._scan_id, self._at)
