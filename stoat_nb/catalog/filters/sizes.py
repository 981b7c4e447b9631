"""Where the bytes are, and how they grew: sizes by folder, and the library after each scan."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import accumulate
from typing import NamedTuple

import apsw

from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.filters.sql import where
from stoat_nb.catalog.filters.tree import AllOf
from stoat_nb.catalog.query import VideoQuery, condition
from stoat_nb.catalog.read_model.engine import Ask
from stoat_nb.catalog.values import as_stored_text


class FolderSize(NamedTuple):
    """What a folder holds, everything below it included."""

    folder: str  #: Absolute path.
    total_bytes: int  #: Of files with several names once, where the first of them is.
    n_videos: int
    has_folders: bool  #: Whether there are videos further below.


class Growth(NamedTuple):
    """The library as a scan left it."""

    scan_id: int
    finished_at: datetime
    n_videos: int
    total_bytes: int


#: Files with several names: what their further names add, by folder. A hard link, or a link that
#: was followed, has the same file system, number, size and time.
_EXTRA = (
    "several AS (SELECT device, inode FROM m GROUP BY ALL HAVING count(*) > 1), "
    "again AS (SELECT folder, size_bytes FROM m JOIN several USING (device, inode) "
    "QUALIFY row_number() OVER "
    "(PARTITION BY device, inode, mtime_ns, size_bytes ORDER BY video_id) > 1), "
    "extra AS (SELECT folder, sum(size_bytes) AS n_bytes FROM again GROUP BY 1)"
)


def bytes_by_folder(ask: Ask, chosen: AllOf) -> list[tuple[str, str, int, int]]:
    """Return folder, root, bytes and videos; a file with several names counts its bytes once."""
    clause, bindings = where(chosen)
    return ask(
        ", m AS MATERIALIZED (SELECT video_id, folder, root, size_bytes, device, inode, mtime_ns "  # noqa: S608 - values are bound
        f"FROM v {clause}), {_EXTRA} "
        "SELECT folder, any_value(root), "
        "sum(size_bytes) - coalesce(any_value(n_bytes), 0), count(*) "
        "FROM m LEFT JOIN extra USING (folder) GROUP BY 1",
        bindings,
    )


def sizes_by_folder(ask: Ask, query: VideoQuery, below: str | None) -> tuple[FolderSize, ...]:
    """Return the folders directly below one, largest first, and that one for files right in it.

    Without one these are the roots; a root that is alone is opened.
    """
    rows = bytes_by_folder(ask, condition(query))
    roots = {root for _, root, _, _ in rows}
    if below is None and len(roots) != 1:
        return _summed((root, size, n, folder != root) for folder, root, size, n in rows)
    parent = (as_stored_text(below) if below is not None else roots.pop()).rstrip("/")
    inside = [row for row in rows if f"{row[0].rstrip('/')}/".startswith(f"{parent}/")]
    return _summed(
        (child, size, n, is_deeper)
        for folder, _, size, n in inside
        for child, is_deeper in (_child(parent, folder),)
    )


def _child(parent: str, folder: str) -> tuple[str, bool]:
    """Return the folder below the parent that this one is or is in, and whether it is in."""
    name, slash, _ = folder.rstrip("/")[len(parent) + 1 :].partition("/")
    return (f"{parent}/{name}" if name else parent or "/"), bool(slash)


def _summed(rows: Iterable[tuple[str, int, int, bool]]) -> tuple[FolderSize, ...]:
    sizes: dict[str, tuple[int, int, bool]] = defaultdict(lambda: (0, 0, False))
    for folder, n_bytes, n_videos, is_deeper in rows:
        before = sizes[folder]
        sizes[folder] = (before[0] + n_bytes, before[1] + n_videos, before[2] or is_deeper)
    made = [FolderSize(folder, *found) for folder, found in sizes.items()]
    return tuple(sorted(made, key=lambda one: (-one.total_bytes, one.folder)))


#: A file that is gone counts until the first scan that ended after it was missed. The further names
#: of a file are videos, but no bytes.
_ARRIVED = """
WITH further AS MATERIALIZED (SELECT value AS id FROM json_each(?)),
v AS (SELECT first_scan_id, status, missing_since,
    iif(id IN (SELECT id FROM further), 0, size_bytes) AS n_bytes FROM videos)
SELECT first_scan_id, count(*), sum(n_bytes) FROM v WHERE first_scan_id IS NOT NULL GROUP BY 1
UNION ALL
SELECT (SELECT min(s.id) FROM scans s WHERE s.finished_at >= v.missing_since),
    -count(*), -sum(n_bytes)
FROM v WHERE status IN ('missing', 'excluded') AND missing_since IS NOT NULL GROUP BY 1
"""
_FINISHED = "SELECT id, finished_at FROM scans WHERE finished_at IS NOT NULL ORDER BY id"


def further_names(ask: Ask) -> list[int]:
    """Return the videos that are a further name of a file which another video is a name of."""
    rows = ask(
        ", several AS (SELECT device, inode FROM v GROUP BY ALL HAVING count(*) > 1) "
        "SELECT video_id FROM v JOIN several USING (device, inode) QUALIFY row_number() OVER "
        "(PARTITION BY device, inode, mtime_ns, size_bytes "
        # One that is gone takes no bytes with it while another is there.
        "ORDER BY status IN ('missing', 'excluded'), video_id) > 1"
    )
    return [video_id for (video_id,) in rows]


def growth(connection: apsw.Connection, further: Iterable[int]) -> tuple[Growth, ...]:
    """Return how many videos there were after each scan that ended, oldest first.

    As far as the catalog still knows: with the sizes of today, and without what was forgotten.
    ``further`` are videos whose bytes another one has counted.
    """
    arrived: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    scans = fetch(connection, _FINISHED)
    for scan_id, n_videos, n_bytes in fetch(connection, _ARRIVED, (json.dumps([*further]),)):
        # What a scan that never ended has found was there when the next one ended.
        ended = next((one for one, _ in scans if scan_id is not None and one >= scan_id), None)
        if ended is not None:
            arrived[ended] = (arrived[ended][0] + n_videos, arrived[ended][1] + n_bytes)
    totals = accumulate(
        (arrived[scan_id] for scan_id, _ in scans), lambda a, b: (a[0] + b[0], a[1] + b[1])
    )
    return tuple(
        Growth(scan_id, datetime.fromtimestamp(at, UTC), *total)
        for (scan_id, at), total in zip(scans, totals, strict=True)
    )
