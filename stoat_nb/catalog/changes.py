"""What scans change of files, written down as it happens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import apsw

#: Old and new value of a column.
Pair = tuple[Any, Any]


def note(
    connection: apsw.Connection,
    *,
    scan_id: int,
    video_id: int,
    path: str,
    facts: Mapping[str, Pair],
) -> None:
    """Write down what a scan changed of a file; nothing if that is nothing."""
    changed = {name: pair for name, pair in facts.items() if pair[0] != pair[1]}
    if changed:
        connection.execute(
            "INSERT INTO changes (scan_id, video_id, path, facts) VALUES (?, ?, ?, ?)",
            (scan_id, video_id, path, json.dumps(changed)),
        )


def note_status(
    connection: apsw.Connection,
    *,
    scan_id: int,
    status: str,
    where: str,
    bindings: Mapping[str, Any],
) -> int:
    """Give some files another status, and write that down; return how many there were."""
    given = {**bindings, "scan": scan_id, "status": status}
    connection.execute(
        "INSERT INTO changes (scan_id, video_id, path, facts) "  # noqa: S608 - of our own words alone
        "SELECT :scan, videos.id, videos.path, "
        "json_object('status', json_array(videos.status, :status)) "
        f"FROM videos WHERE {where}",
        given,
    )
    connection.execute(
        f"UPDATE videos SET status = :status, scan_id = :scan WHERE {where}",  # noqa: S608 - of our own words alone
        given,
    )
    return connection.changes()
