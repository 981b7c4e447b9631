"""The catalog: what is known of every file, scan and job, in one SQLite file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import apsw

import stoat_nb.catalog.forked  # noqa: F401 - protects the file from forked children
from stoat_nb.catalog.analyses import found_of
from stoat_nb.catalog.analysis_results import AnalysisResults
from stoat_nb.catalog.columns import DIFF, DIFF_BY_FILE, HISTORY, TABLES
from stoat_nb.catalog.database import Database, fetch
from stoat_nb.catalog.facts import document_of
from stoat_nb.catalog.folders import Folders
from stoat_nb.catalog.history import by_file, difference, life
from stoat_nb.catalog.jobs import CatalogJobStore
from stoat_nb.catalog.presence import Presence
from stoat_nb.catalog.read_only import ReadOnlyDatabase
from stoat_nb.catalog.recording import RecordCounts
from stoat_nb.catalog.related import relate_some
from stoat_nb.catalog.retention import Retention
from stoat_nb.catalog.rows import as_objects
from stoat_nb.catalog.scans import FencedDatabase, Scans
from stoat_nb.catalog.span import Span
from stoat_nb.catalog.values import as_integer, as_stored_text
from stoat_nb.catalog.videos import KnownFile, Videos
from stoat_nb.catalog.views import Views
from stoat_nb.catalog.whereabouts import Whereabouts, whereabouts
from stoat_nb.errors import CatalogError, UnknownVideo

if TYPE_CHECKING:
    import pandas as pd

    from stoat_nb.catalog.exports.export import Export
    from stoat_nb.catalog.exports.stream import Stream
    from stoat_nb.catalog.reader import Reader

__all__ = ["Catalog", "KnownFile", "RecordCounts"]


class ScanTables(NamedTuple):
    """What a scan writes down of places."""

    presence: Presence
    folders: Folders


class Catalog:
    """An open catalog. Blocking; any thread may call any of it; several processes may have it open.

    Parameters
    ----------
    path
        The file, made when missing.
    retention
        How many jobs that have ended are kept, and for how long.
    read_only
        Only look at it; see ReadOnlyDatabase.
    takes
        Whether jobs are to be taken from it, which others are told.

    Raises
    ------
    CatalogError
        If the file cannot be made, written or understood; nothing was changed then.
    """

    def __init__(
        self,
        path: Path,
        *,
        retention: Retention | None = None,
        read_only: bool = False,
        takes: bool = False,
    ) -> None:
        self.path = path.absolute()
        self._database = (ReadOnlyDatabase if read_only else Database)(self.path)
        self._reader: Reader | None = None
        self._lock = Lock()
        self.videos = Videos(self._database)
        self.scans = Scans(self._database)
        self.presence = Presence(self._database)
        self.folders = Folders(self._database)
        self.views = Views(self._database)
        self.analysis_results = AnalysisResults(self._database)
        self.job_store = CatalogJobStore(self._database, retention=retention, takes=takes)
        try:
            self.job_store.tend()
        except BaseException:
            self.close()
            raise

    @property
    def reader(self) -> Reader:
        """What the catalog says of its videos."""
        from stoat_nb.catalog.reader import Reader  # noqa: PLC0415 - no scan needs DuckDB

        with self._lock:
            if self._reader is None:
                self._reader = Reader(self._database)
            return self._reader

    def close(self) -> None:
        """Finish what is being written and let go of the file. May be called again."""
        with self._lock:
            reader = self._reader
        if reader is not None:
            reader.close()
        self._database.close()

    def is_usable(self) -> bool:
        """Whether the file is open, and where it was opened."""
        try:
            self._database.version()
        except CatalogError:
            return False
        return True

    def settle(self) -> None:
        """Wait until what reading has had written is there."""
        self.reader.settle()

    def of_attempt(self, scan_id: int, attempt: int) -> ScanTables:
        """Return what one attempt of a scan's job writes to; once it is over: JobTakenOver."""
        fenced = FencedDatabase(self._database, scan_id, attempt)
        return ScanTables(Presence(fenced), Folders(fenced))

    # -- reading --------------------------------------------------------------------------------

    def relate_some(self) -> bool:
        """Tell groups and sidecars anew of some folders that changed; return whether any had."""
        return relate_some(self._database)

    def document(self, video_id: int) -> dict[str, Any] | None:
        """Return what the reader said of a file in its own words; None if that was not kept."""

        def select(connection: apsw.Connection) -> dict[str, Any] | None:
            if not fetch(connection, "SELECT 1 FROM videos WHERE id = ?", (as_integer(video_id),)):
                raise UnknownVideo(video_id)
            rows = fetch(
                connection,
                "SELECT document FROM documents WHERE video_id = ?",
                (as_integer(video_id),),
            )
            return document_of(rows[0][0]) if rows else None

        return self._database.read(select)

    def jobs(self) -> pd.DataFrame:
        """Return every job, newest first."""
        from stoat_nb.catalog.frames import frame_of  # noqa: PLC0415 - pandas only for frames

        frame = frame_of(TABLES["jobs"], self.reader.table("jobs"))
        if self._database.is_read_only and "running" in set(frame["status"]):
            # Nothing has written down yet what became of those that were lost.
            states = {state.job_id: str(state.status) for state in self.job_store.states()}
            frame["status"] = frame["job_id"].map(states).astype("category")
        return frame

    def job_ids(self, beginning: str, limit: int) -> list[str]:
        """Return ids of jobs that begin so, newest first; only those are looked at."""
        sql = "SELECT id FROM jobs WHERE id >= :a AND id < :a || char(0x10ffff) ORDER BY 1 DESC"
        given: dict[str, str | int] = {"a": as_stored_text(beginning), "n": as_integer(limit)}
        return self._database.read(
            lambda connection: [row[0] for row in fetch(connection, f"{sql} LIMIT :n", given)]
        )

    def diff(
        self, span: Callable[[apsw.Connection], Span], *, is_by_file: bool = False
    ) -> pd.DataFrame:
        """Return what is different after some scans from what was before them."""
        from stoat_nb.catalog.frames import frame  # noqa: PLC0415 - pandas only for frames

        rows = self._database.read(lambda connection: difference(connection, span(connection)))
        return frame(DIFF_BY_FILE, [by_file(rows)]) if is_by_file else frame(DIFF, [rows])

    def history(self, video_id: int) -> pd.DataFrame:
        """Return what became of one file, oldest first."""
        from stoat_nb.catalog.frames import frame  # noqa: PLC0415 - pandas only for frames

        return self._database.read(lambda connection: frame(HISTORY, [life(connection, video_id)]))

    def whereabouts(self, video_id: int) -> Whereabouts:
        """Return where the file of a row lies."""
        return self._database.read(lambda connection: whereabouts(connection, video_id))

    def video(self, video_id: int) -> dict[str, Any]:
        """Return the facts and the streams of one file, in JSON's own types."""
        return self._object(video_id, "streams")

    def detail(self, video_id: int) -> dict[str, Any]:
        """Return ``video`` with chapters and tags, in JSON's own types."""
        return self._object(video_id, "streams", "chapters", "tags")

    def found_of(self, video_id: int) -> dict[str, Any]:
        """Return what analyses found of one file, by column, in JSON's own types."""
        return self._database.read(lambda connection: found_of(connection, video_id))

    def _object(self, video_id: int, *parts: str) -> dict[str, Any]:
        def select(connection: apsw.Connection) -> dict[str, Any]:
            facts = _one(connection, "videos", video_id)
            if not facts:
                raise UnknownVideo(video_id)
            return facts[0] | {name: _one(connection, name, video_id) for name in parts}

        return self._database.read(select)

    def export(
        self,
        path: Path,
        *,
        format: str | None = None,  # noqa: A002 - the word users know
        manifest: bool = False,
        **chosen: Any,
    ) -> Path:
        """Write a table, or all videos that a query matches, to a file.

        ``chosen`` is what ``exports.wanted`` is given. Of a query, ``limit`` and ``offset`` do not
        count here: an export is always complete.
        """
        return self._export(**chosen).to_path(path, format, manifest=manifest)

    def export_into(
        self,
        file: BinaryIO,
        *,
        format: str | None = None,  # noqa: A002 - as above
        **chosen: Any,
    ) -> None:
        """Write the same to an open binary file."""
        self._export(**chosen).to_file(file, format)

    def export_stream(self, format: str, **chosen: Any) -> Stream:  # noqa: A002 - as above
        """Return the bytes of an export as they come; what cannot be written is refused here."""
        return self._export(**chosen).stream(format)

    def _export(self, *, table: str = "videos", **chosen: Any) -> Export:
        from stoat_nb.catalog.exports.export import Export  # noqa: PLC0415 - only for exports
        from stoat_nb.catalog.exports.wanted import wanted  # noqa: PLC0415

        tables = self.reader.known_tables(chosen.get("query"), chosen.get("columns") or ())
        return Export(self._database, self.reader, wanted(table, tables=tables, **chosen))


def _one(connection: apsw.Connection, name: str, video_id: int) -> list[dict[str, Any]]:
    table = TABLES[name]
    rows = fetch(
        connection, f"{table.select} WHERE v.id = ? ORDER BY {table.order}", (as_integer(video_id),)
    )
    return list(as_objects(table, rows))
