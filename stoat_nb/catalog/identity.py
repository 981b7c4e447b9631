"""Files known again by what they hold: moved to another disk, or restored from a copy.

The walk knows a renamed file by its inode. Elsewhere it has another one; size and quick hash tell
then, where they leave no doubt: one new file, and one row whose file is gone.
"""

from __future__ import annotations

import json
import os
import stat
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import apsw
from msgspec import Struct

from stoat_nb.catalog.changes import note
from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.facts import path_of

#: New rows looked at in one go: where very many files have one size, each go looks at all of them.
_CHUNK = 5000
#: Files of one content; among more than these nobody can tell which one was moved.
_MOST_ALIKE = 50

#: What is known of a video outside its own row.
PARTS = ("streams", "failures", "chapters", "tags", "documents", "changes")
#: What a row keeps when it becomes that of a file found again.
_KEPT = ("id", "first_seen", "first_scan_id")

_NEW = (
    "SELECT id, size_bytes, quick_hash FROM videos WHERE first_scan_id = :scan AND id > :after "
    "AND status = 'ok' AND quick_hash IS NOT NULL ORDER BY id LIMIT :most"
)
# By their size, which has an index; what has the same size and no other content is rare.
_ALIKE = (
    "SELECT v.id, v.size_bytes, v.quick_hash, v.first_scan_id IS :scan AND v.status = 'ok', "
    "v.status, v.device, f.path, v.name FROM videos v JOIN folders f ON f.id = v.folder_id "
    "WHERE v.size_bytes IN (SELECT value FROM json_each(:sizes)) "
    "AND v.quick_hash IN (SELECT value FROM json_each(:hashes))"
)
_OTHERS = (
    "SELECT EXISTS (SELECT 1 FROM videos WHERE first_scan_id < :scan) "
    "OR EXISTS (SELECT 1 FROM videos WHERE first_scan_id > :scan) "
    "OR EXISTS (SELECT 1 FROM videos WHERE first_scan_id IS NULL)"
)


class Pair(NamedTuple):
    """A new row, and the older one that is of the same file."""

    new_id: int
    old_id: int


def is_gone(path: bytes) -> bool:
    """Whether a path names no file; one that cannot be looked at may be there. Blocking."""
    try:
        return not stat.S_ISREG(os.lstat(path).st_mode)
    except OSError as problem:
        return isinstance(problem, FileNotFoundError | NotADirectoryError)


class _Row(Struct, frozen=True):
    video_id: int
    is_new: bool
    status: str
    device: int
    path: bytes

    def is_gone(self) -> bool:
        """Whether its file is known to be gone, and not only out of reach."""
        try:
            os.lstat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            return self.status == "missing" or _device_above(self.path) == self.device
        except OSError:
            return False
        return False


def has_others(connection: apsw.Connection, scan_id: int) -> bool:
    """Whether there are rows that a scan did not add."""
    ((others,),) = fetch(connection, _OTHERS, {"scan": scan_id})
    return bool(others)


def next_new(connection: apsw.Connection, scan_id: int, after: int) -> list[tuple[int, int, str]]:
    """Return number, size and quick hash of the next rows that a scan added."""
    return fetch(connection, _NEW, {"scan": scan_id, "after": after, "most": _CHUNK})


def alike(
    connection: apsw.Connection, scan_id: int, new: Sequence[tuple[int, int, str]]
) -> list[list[_Row]]:
    """Return all rows that have the content of just one of these, by content."""
    counts = Counter((size, content) for _id, size, content in new)
    alone = [both for both, count in counts.items() if count == 1]
    sizes = json.dumps(sorted({size for size, _content in alone}))
    hashes = json.dumps([content for _size, content in alone])
    found: defaultdict[tuple[int, str], list[_Row]] = defaultdict(list)
    bindings: dict[str, int | str] = {"scan": scan_id, "sizes": sizes, "hashes": hashes}
    for video_id, size, content, is_new, status, device, folder, name in fetch(
        connection, _ALIKE, bindings
    ):
        row = _Row(video_id, bool(is_new), status, device, path_of(folder, name))
        found[size, content].append(row)
    return [rows for rows in found.values() if 1 < len(rows) <= _MOST_ALIKE]


def pairs(groups: Sequence[Sequence[_Row]]) -> Iterator[Pair]:
    """Look on the disk which of these were moved; yield those that leave no doubt."""
    for rows in groups:
        new = [row for row in rows if row.is_new]
        gone = [row for row in rows if not row.is_new and row.is_gone()] if len(new) == 1 else []
        if len(gone) == 1:
            yield Pair(new[0].video_id, gone[0].video_id)


def take_over(connection: apsw.Connection, scan_id: int, pair: Pair) -> bool:
    """Let the older row be that of the file found again; tell whether both were still there."""
    rows = fetch(
        connection,
        "SELECT id, path, status, name FROM videos WHERE id IN (?, ?) ORDER BY id = ?",
        (*pair, pair.new_id),
    )
    if len(rows) < len(pair):
        return False
    (_, path_before, status_before, _), (_, path, status, name) = rows
    _replace(connection, pair, name)
    facts = {"path": (path_before, path), "status": (status_before, status)}
    note(connection, scan_id=scan_id, video_id=pair.old_id, path=path, facts=facts)
    return True


def _replace(connection: apsw.Connection, pair: Pair, name: bytes) -> None:
    # No two rows may have one place, not even for a moment; no file has a name with a slash.
    connection.execute("UPDATE videos SET name = x'2f' WHERE id = ?", (pair.new_id,))
    names = [row[1] for row in fetch(connection, "PRAGMA table_info(videos)")]
    columns = ", ".join(column for column in names if column not in (*_KEPT, "name"))
    connection.execute(
        f"UPDATE videos SET name = ?, ({columns}) = "  # noqa: S608 - of our own words alone
        f"(SELECT {columns} FROM videos WHERE id = ?) WHERE id = ?",
        (name, *pair),
    )
    for table in PARTS:
        if table != "changes":  # what became of it before is still true
            connection.execute(f"DELETE FROM {table} WHERE video_id = ?", (pair.old_id,))  # noqa: S608 - of our own words alone
        connection.execute(
            f"UPDATE {table} SET video_id = ? WHERE video_id = ?",  # noqa: S608 - of our own words alone
            (pair.old_id, pair.new_id),
        )
    connection.execute("DELETE FROM videos WHERE id = ?", (pair.new_id,))


def _device_above(path: bytes) -> int | None:
    """Return the device of the nearest folder above a path that is there."""
    while path not in (b"/", b""):
        path = os.path.dirname(path)  # noqa: PTH120 - bytes
        try:
            return os.lstat(path).st_dev
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return None
    return None
