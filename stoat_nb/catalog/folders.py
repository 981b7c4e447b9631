"""Folders as rows: what each was like when a scan last listed it, and what is known in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import apsw

from stoat_nb.catalog.database import Database, fetch
from stoat_nb.catalog.facts import IS_CURRENT
from stoat_nb.catalog.scans import FencedDatabase
from stoat_nb.names import as_text

#: Rows of a page: a reader that is slow must not hold a state of the file for long.
_PAGE = 1000

#: Name, size, time, file number and device of a file, as a walk sees it.
File = tuple[bytes, int, int, int, int]


class ListedFolder(NamedTuple):
    """A folder that was listed completely."""

    path: bytes
    mtime_ns: int | None  #: None: its times must not be relied on.
    ctime_ns: int | None
    n_files: int
    n_bytes: int
    rules: int  #: A number for what was looked for in it.


class KnownFolder(ListedFolder):
    """A folder that some scan came to; without times, it has to be listed."""


class Folders:
    """The folders of a catalog."""

    def __init__(self, database: Database | FencedDatabase) -> None:
        self._database = database

    def present_files(self, folder: bytes) -> list[File]:
        """Return the files of exactly that folder which were there, in the order of their names.

        What has to be read again for newer readers is left out.
        """
        return self._database.read(lambda connection: fetch(connection, _PRESENT, (folder,)))

    def mark_listed(self, scan_id: int, folders: Sequence[ListedFolder], *, at: float) -> None:
        """Note folders that were listed completely; nothing changes a status here.

        What is noted counts once the scan is complete: until then some of it is not recorded.
        """
        rows = [
            (one.path, as_text(one.path), at, *one[1:], scan_id)
            for one in folders
        ]  # fmt: skip
        if rows:
            self._database.write(
                lambda connection: connection.executemany(_MARK_LISTED, rows).fetchall()
            )

    def mark_sidecars(self, scan_id: int, names: Mapping[bytes, Sequence[str]]) -> None:
        """Note which subtitle files lie in some folders beside their videos."""
        some = [
            (folder, as_text(folder), json.dumps(names[folder]), scan_id)
            for folder in names
            if names[folder]
        ]
        none = [(folder,) for folder in names if not names[folder]]

        def mark(connection: apsw.Connection) -> None:
            connection.executemany(_MARK_SIDECARS, some).fetchall()
            connection.executemany(_MARK_NO_SIDECARS, none).fetchall()

        if names:
            self._database.write(mark)

    def known_below(self, scan_id: int, folder: bytes) -> Iterator[KnownFolder]:
        """Yield a folder and all known ones below it that a scan has not seen yet, parents first.

        Times are told only where they were taken by a complete scan.
        """
        for row in self._pages(_KNOWN, folder, scan_id):
            yield KnownFolder(*row)

    def are_known(self, folders: Iterable[bytes]) -> set[bytes]:
        """Return those of some folders that some scan came to."""

        def select(connection: apsw.Connection) -> set[bytes]:
            return {
                folder
                for folder in folders
                if fetch(connection, "SELECT 1 FROM folders WHERE path = ?", (folder,))
            }

        return self._database.read(select)

    def not_seen(self, scan_id: int, folder: bytes) -> Iterator[bytes]:
        """Yield the folder and those below that have files, and that a scan did not see."""
        for (path,) in self._pages(_NOT_SEEN, folder, scan_id):
            yield path

    def begin_again(self, scan_id: int) -> None:
        """Have a scan see its folders anew: an earlier attempt of it saw them as they were then."""
        self._database.write(
            lambda connection: fetch(
                connection,
                "UPDATE folders SET seen_scan_id = NULL WHERE seen_scan_id = ?",
                (scan_id,),
            )
        )

    def distrust(self, folders: Iterable[bytes]) -> None:
        """Have folders listed again, whatever their times say."""
        rows = [(folder,) for folder in folders]
        if rows:
            self._database.write(
                lambda connection: connection.executemany(
                    "UPDATE folders SET mtime_ns = NULL WHERE path = ?", rows
                ).fetchall()
            )

    def distrust_below(self, folder: bytes) -> None:
        """Have a folder and all below it listed again."""
        self._database.write(
            lambda connection: fetch(
                connection,
                "UPDATE folders SET mtime_ns = NULL WHERE path = ? OR (path > ? AND path < ?)",
                (folder, folder.rstrip(b"/") + b"/", _behind(folder)),
            )
        )

    def _pages(self, sql: str, folder: bytes, *bindings: int) -> Iterator[tuple[Any, ...]]:
        """Yield what ``sql`` says of a folder, and then of those below, page by page."""
        stem = folder.rstrip(b"/")
        yield from self._page(sql, *bindings, folder, folder + b"\0")
        page = self._page(sql, *bindings, stem + b"/\0", _behind(folder))
        while page:
            yield from page
            page = self._page(sql, *bindings, page[-1][0] + b"\0", _behind(folder))

    def _page(self, sql: str, *bindings: int | bytes) -> list[tuple[Any, ...]]:
        return self._database.read(lambda connection: fetch(connection, sql, bindings))


def folder_id_of(connection: apsw.Connection, folder: bytes, scan_id: int) -> int:
    """Return the number of a folder that a scan has come to."""
    # The scan's root is asked for each time: another scan may have taken it over.
    connection.execute(
        "INSERT INTO folders (root_id, path, path_text) "
        "SELECT root_id, ?, ? FROM scans WHERE id = ? ON CONFLICT (path) DO NOTHING",
        (folder, as_text(folder), scan_id),
    )
    ((folder_id,),) = fetch(connection, "SELECT id FROM folders WHERE path = ?", (folder,))
    return int(folder_id)


def _behind(folder: bytes) -> bytes:
    """Return what comes after all paths below a folder: in ASCII, 0 is what follows /."""
    return folder.rstrip(b"/") + b"0"


_PRESENT = (
    "SELECT name, size_bytes, mtime_ns, inode, device FROM videos "  # noqa: S608 - of our own words alone
    "WHERE folder_id = (SELECT id FROM folders WHERE path = ?) "
    f"AND status IN ('ok', 'failed') AND {IS_CURRENT} ORDER BY name"
)
_BETWEEN = f"f.path >= ? AND f.path < ? ORDER BY f.path LIMIT {_PAGE}"
_KNOWN = (
    "SELECT f.path, CASE WHEN f.listed_scan_id IN "  # noqa: S608 - of our own words alone
    "(SELECT id FROM scans WHERE status = 'complete') THEN f.mtime_ns END, "
    "f.ctime_ns, f.n_files, f.n_bytes, f.rules FROM folders f "
    f"WHERE f.seen_scan_id IS NOT ? AND {_BETWEEN}"
)
_NOT_SEEN = (
    "SELECT f.path FROM folders f WHERE f.seen_scan_id IS NOT ? AND "  # noqa: S608 - of our own words alone
    "EXISTS (SELECT 1 FROM videos v WHERE v.folder_id = f.id "
    f"AND v.status NOT IN ('missing', 'excluded')) AND {_BETWEEN}"
)
_MARK_SIDECARS = (
    "INSERT INTO folders (root_id, path, path_text, sidecars) "
    "SELECT root_id, ?, ?, ? FROM scans WHERE id = ? ON CONFLICT (path) DO UPDATE "
    "SET sidecars = excluded.sidecars, related = 0 WHERE sidecars IS NOT excluded.sidecars"
)
_MARK_NO_SIDECARS = (
    "UPDATE folders SET sidecars = NULL, related = 0 WHERE path = ? AND sidecars IS NOT NULL"
)
_MARK_LISTED = (
    "INSERT INTO folders (root_id, path, path_text, seen_at, seen_scan_id, listed_scan_id, "
    "mtime_ns, ctime_ns, n_files, n_bytes, rules) "
    "SELECT root_id, ?1, ?2, ?3, ?9, ?9, ?4, ?5, ?6, ?7, ?8 FROM scans WHERE id = ?9 "
    "ON CONFLICT (path) DO UPDATE SET seen_before = CASE WHEN seen_scan_id IS "
    "excluded.seen_scan_id THEN seen_before ELSE seen_at END, seen_at = excluded.seen_at, "
    "seen_scan_id = excluded.seen_scan_id, listed_scan_id = excluded.listed_scan_id, "
    "rules = excluded.rules, mtime_ns = excluded.mtime_ns, ctime_ns = excluded.ctime_ns, "
    "n_files = excluded.n_files, n_bytes = excluded.n_bytes"
)
