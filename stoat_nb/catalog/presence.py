"""Which files are there: seen, gone, back, moved, out of reach, or to be forgotten."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal

import apsw

from stoat_nb.catalog import identity
from stoat_nb.catalog.changes import note, note_status
from stoat_nb.catalog.database import Database, fetch
from stoat_nb.catalog.facts import FILE_FIELDS, file_cells, path_of
from stoat_nb.catalog.folders import folder_id_of
from stoat_nb.catalog.scans import FencedDatabase, below
from stoat_nb.catalog.values import as_moment_ns
from stoat_nb.media.video import Found

#: Rows that are looked at of one file. Of a backup made of hard links hundreds may be it, and a
#: scan that looked at all of them for each would never end; what was moved is known by its content.
MOST_NAMESAKES = 8

_ONE = "videos.folder_id = (SELECT id FROM folders WHERE path = :folder) AND videos.name = :name"
_BELOW = (
    "videos.folder_id IN (SELECT id FROM folders WHERE path = :folder "
    "OR (path >= :first AND path < :behind))"
)
_NAMESAKES = (
    "SELECT ?, v.id, f.path, v.name FROM videos v JOIN folders f ON f.id = v.folder_id "
    "WHERE v.inode = ? AND v.device = ? AND v.size_bytes = ? AND v.mtime_ns = ? LIMIT ?"
)


class Presence:
    """Where the videos of a catalog are."""

    def __init__(self, database: Database | FencedDatabase) -> None:
        self._database = database

    def mark_seen(self, scan_id: int, folders: Sequence[bytes], *, at: float) -> None:
        """Note folders that were listed completely: their files are there but for those named gone.

        Nothing here changes a status.
        """
        if folders:
            marks = [(scan_id, at, scan_id, folder) for folder in folders]
            self._database.write(
                lambda connection: connection.executemany(
                    "UPDATE folders SET seen_before = "
                    "CASE WHEN seen_scan_id IS ? THEN seen_before ELSE seen_at END, "
                    "seen_at = ?, seen_scan_id = ? WHERE path = ?",
                    marks,
                ).fetchall()
            )

    def mark_gone(self, scan_id: int, gone: Mapping[bytes, Sequence[bytes]], *, at: float) -> int:
        """Mark named files as missing, keeping what is known of them; return how many were not."""

        def update(connection: apsw.Connection) -> int:
            return sum(
                _mark_one_away(connection, scan_id, at, folder, name, status="missing")
                for folder, names in gone.items()
                for name in names
            )

        return self._database.write(update) if gone else 0

    def mark_back(self, scan_id: int, back: Mapping[bytes, Sequence[bytes]], *, at: float) -> int:
        """Mark named files that are as they were when last seen as there again."""

        def update(connection: apsw.Connection) -> int:
            return sum(
                _mark_one_back(connection, scan_id, at, folder, name)
                for folder, names in back.items()
                for name in names
            )

        return self._database.write(update) if back else 0

    def mark_offline(self, scan_id: int, folder: bytes) -> int:
        """Mark all files of a folder and below as out of reach, but not as gone."""
        first, behind = below(folder)
        return self._database.write(
            lambda connection: note_status(
                connection,
                scan_id=scan_id,
                status="offline",
                where=f"{_BELOW} AND videos.status IN ('ok', 'failed')",
                bindings={"folder": folder, "first": first, "behind": behind},
            )
        )

    def mark_some_offline(self, scan_id: int, files: Mapping[bytes, Sequence[bytes]]) -> int:
        """Mark named files as out of reach, but not as gone."""

        def update(connection: apsw.Connection) -> int:
            return sum(
                note_status(
                    connection,
                    scan_id=scan_id,
                    status="offline",
                    where=f"{_ONE} AND videos.status IN ('ok', 'failed')",
                    bindings={"folder": folder, "name": name},
                )
                for folder, names in files.items()
                for name in names
            )

        return self._database.write(update)

    def mark_excluded(
        self, scan_id: int, files: Mapping[bytes, Sequence[bytes]], *, at: float
    ) -> int:
        """Mark named files as left out by a scan's rules: they are there, and are not looked at."""

        def update(connection: apsw.Connection) -> int:
            return sum(
                _mark_one_away(connection, scan_id, at, folder, name, status="excluded")
                for folder, names in files.items()
                for name in names
            )

        return self._database.write(update) if files else 0

    def count_below(self, folder: bytes) -> int:
        """Return how many files of a folder and below are known and not missing."""
        first, behind = below(folder)
        ((count,),) = self._database.read(
            lambda connection: fetch(
                connection,
                f"SELECT count(*) FROM videos WHERE {_BELOW} "  # noqa: S608 - of our own words alone
                "AND status NOT IN ('missing', 'excluded')",
                {"folder": folder, "first": first, "behind": behind},
            )
        )
        return int(count)

    def namesakes(self, files: Sequence[Found]) -> list[list[tuple[int, bytes]]]:
        """Return of each file number and path of some rows that were this very file last time."""
        return self._database.read(lambda connection: _namesakes(connection, files))

    def move(
        self, scan_id: int, moved: Sequence[tuple[int, Found]], *, at: float
    ) -> list[tuple[int, Found]]:
        """Give files that were moved their new place; all else that is known of them stays.

        Return those whose rows were forgotten meanwhile.
        """

        def update(connection: apsw.Connection) -> list[tuple[int, Found]]:
            return [one for one in moved if not _move_one(connection, scan_id, at, *one)]

        return self._database.write(update) if moved else []

    def find_again(self, scan_id: int) -> int:
        """Let new files that are known ones, moved from elsewhere, have the rows of those.

        Returns how many there were. Files are looked for on the disk; that holds up nobody.
        """
        if not self._database.read(lambda one: identity.has_others(one, scan_id)):
            return 0
        found = after = 0
        while new := self._database.read(partial(identity.next_new, scan_id=scan_id, after=after)):
            after = new[-1][0]
            groups = self._database.read(partial(identity.alike, scan_id=scan_id, new=new))
            pairs = list(identity.pairs(groups))
            found += self._database.write(partial(_take_over, scan_id, pairs)) if pairs else 0
        return found

    def forget(self, folder: bytes | None) -> int:
        """Delete the rows of files that are missing or excluded, below a folder or anywhere (None).

        The disk is asked again: what was missing and is there by now keeps its row.
        """
        count = after = 0
        while rows := self._database.read(partial(_next_missing, folder=folder, after=after)):
            after = rows[-1][0]
            gone = [
                row_id
                for row_id, path, name, status in rows
                if status == "excluded" or identity.is_gone(path_of(path, name))
            ]
            count += self._database.write(partial(_delete_missing, gone))
        return count


def _next_missing(
    connection: apsw.Connection, folder: bytes | None, after: int
) -> list[tuple[int, bytes, bytes, str]]:
    first, behind = (b"", b"") if folder is None else below(folder)
    return fetch(
        connection,
        "SELECT v.id, f.path, v.name, v.status FROM videos v JOIN folders f ON f.id = v.folder_id "
        "WHERE v.status IN ('missing', 'excluded') AND v.id > :after "
        "AND (:folder IS NULL OR f.path = :folder OR (f.path >= :first AND f.path < :behind)) "
        "ORDER BY v.id LIMIT 5000",
        {"folder": folder, "first": first, "behind": behind, "after": after},
    )


def _delete_missing(rows: Sequence[int], connection: apsw.Connection) -> int:
    connection.execute(
        "DELETE FROM videos WHERE status IN ('missing', 'excluded') "
        "AND id IN (SELECT value FROM json_each(?))",
        (json.dumps(rows),),
    )
    return connection.changes()


def _take_over(scan_id: int, pairs: Sequence[identity.Pair], connection: apsw.Connection) -> int:
    return sum(identity.take_over(connection, scan_id, pair) for pair in pairs)


def _namesakes(
    connection: apsw.Connection, files: Sequence[Found]
) -> list[list[tuple[int, bytes]]]:
    keys = (
        (place, one.inode, one.device, one.size_bytes, as_moment_ns(one.mtime_ns), MOST_NAMESAKES)
        for place, one in enumerate(files)
    )
    told: list[list[tuple[int, bytes]]] = [[] for _ in files]
    rows: list[Any] = connection.executemany(_NAMESAKES, keys).fetchall()
    for place, video_id, folder, name in rows:
        told[place].append((video_id, path_of(folder, name)))
    return told


def _mark_one_away(
    connection: apsw.Connection,
    scan_id: int,
    at: float,
    folder: bytes,
    name: bytes,
    *,
    status: Literal["missing", "excluded"],
) -> int:
    # This scan's mark on the folder does not count for a file that was not in it.
    connection.execute(
        "UPDATE videos SET missing_since = :at, last_seen = max(last_seen, "  # noqa: S608 - of our own words alone
        "(SELECT coalesce(CASE WHEN seen_scan_id IS :scan THEN seen_before ELSE seen_at END, 0) "
        "FROM folders WHERE id = videos.folder_id)) "
        f"WHERE {_ONE} AND status IN ('ok', 'failed')",
        {"scan": scan_id, "at": at, "folder": folder, "name": name},
    )
    return note_status(
        connection,
        scan_id=scan_id,
        status=status,
        where=f"{_ONE} AND videos.status <> :status",
        bindings={"folder": folder, "name": name},
    )


def _mark_one_back(
    connection: apsw.Connection, scan_id: int, at: float, folder: bytes, name: bytes
) -> int:
    bindings = {"folder": folder, "name": name}
    had_failed = fetch(
        connection,
        f"SELECT 1 FROM videos JOIN failures ON failures.video_id = videos.id WHERE {_ONE}",  # noqa: S608 - of our own words alone
        bindings,
    )
    connection.execute(
        f"UPDATE videos SET missing_since = NULL, last_seen = :at WHERE {_ONE}",  # noqa: S608 - of our own words alone
        {**bindings, "at": at},
    )
    return note_status(
        connection,
        scan_id=scan_id,
        status="failed" if had_failed else "ok",
        where=f"{_ONE} AND videos.status NOT IN ('ok', 'failed')",
        bindings=bindings,
    )


def _move_one(
    connection: apsw.Connection, scan_id: int, at: float, video_id: int, found: Found
) -> bool:
    cells = dict(zip(FILE_FIELDS, file_cells(found), strict=True))
    folder_id = folder_id_of(connection, found.folder, scan_id)
    known = fetch(connection, "SELECT path, status FROM videos WHERE id = ?", (video_id,))
    if not known:
        return False
    ((before, status),) = known
    # Whatever had that place before is no more: its bytes were replaced by those of this one.
    connection.execute(
        "DELETE FROM videos WHERE folder_id = ? AND name = ? AND id <> ?",
        (folder_id, found.name, video_id),
    )
    had_failed = fetch(connection, "SELECT 1 FROM failures WHERE video_id = ?", (video_id,))
    now = "failed" if had_failed else "ok"
    connection.execute(
        "UPDATE videos SET folder_id = ?, name = ?, path = ?, extension = ?, real_path = ?, "
        "status = ?, missing_since = NULL, last_seen = ?, scan_id = ? WHERE id = ?",
        (
            *(folder_id, found.name, cells["path"], cells["extension"], cells["real_path"], now),
            *(at, scan_id, video_id),
        ),
    )
    note(
        connection,
        scan_id=scan_id,
        video_id=video_id,
        path=cells["path"],
        facts={
            "path": (before, cells["path"]),
            "status": (status, now),
        },
    )
    return True
