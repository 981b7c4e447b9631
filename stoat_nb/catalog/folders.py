"""Folders as rows."""

from __future__ import annotations

import apsw

from stoat_nb.catalog.database import fetch
from stoat_nb.names import as_text


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
