"""Files with several names: in a total, the bytes of one file count once.

Two rows are one file where file system, number, size and time are the same: a hard link, or a link
that was followed. Each has its row; what is counted again is only its size.
"""

from __future__ import annotations

from collections import Counter

import apsw

from stoat_nb.catalog.database import fetch

#: The rows of such files; found on an index, of most libraries none.
_SEVERAL = (
    "SELECT x.id FROM (SELECT inode, device FROM videos GROUP BY inode, device "
    "HAVING count(*) > 1) s CROSS JOIN videos x ON x.inode = s.inode AND x.device = s.device"
)
PRESENT = "v.status IN ('ok', 'failed')"


def extra_bytes(
    connection: apsw.Connection,
    tables: str = "videos v",
    where: str = PRESENT,
    bindings: apsw.Bindings = (),
) -> Counter[int]:
    """Return the bytes that further names add to a sum over some videos, by folder number."""
    extra: Counter[int] = Counter()
    last: object = None
    for folder_id, *identity in fetch(
        connection,
        "SELECT v.folder_id, v.size_bytes, v.mtime_ns, v.inode, v.device "  # noqa: S608 - of our own words alone
        f"FROM {tables} WHERE ({where}) AND v.id IN ({_SEVERAL}) "
        "ORDER BY v.inode, v.device, v.mtime_ns, v.size_bytes, v.id",
        bindings,
    ):
        if identity == last:
            extra[folder_id] += identity[0]
        last = identity
    return extra
