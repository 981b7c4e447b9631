"""What the videos of one folder are to each other, and to the files beside them.

Groups and sidecar subtitles follow from the rows and names of a folder alone. So they are told
anew of each folder in which something came, went or changed, when a scan ends.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import apsw

from stoat_nb.catalog.database import Database, fetch
from stoat_nb.catalog.facts import STREAM_FIELDS, stream_cells
from stoat_nb.catalog.video_columns import RELATED
from stoat_nb.media.groups import Part, groups_of
from stoat_nb.media.sidecars import beside, stream_of
from stoat_nb.names import as_text

#: Folders that are looked at in one transaction.
_MOST = 100
_NEXT = "SELECT id, path_text, sidecars FROM folders WHERE NOT related ORDER BY id LIMIT ?"
_ROWS = (
    "SELECT id, name, status, size_bytes, mtime_ns, duration_s, created_at, n_streams, "  # noqa: S608 - of our own words alone
    f"container, codec, width, height, audio_codec, {', '.join(RELATED)} "
    "FROM videos WHERE folder_id = ? ORDER BY id"
)
_SET = f"UPDATE videos SET {', '.join(f'{name} = ?' for name in RELATED)} WHERE id = ?"  # noqa: S608 - of our own words alone
#: Streams are added to a row that need not change; see 0010_read_model.sql.
_TOUCH = "UPDATE videos SET id = id WHERE id = ?"
_REMOVE = "DELETE FROM streams WHERE video_id = ? AND external"
_ADD = (
    f"INSERT INTO streams (video_id, external, external_path, {', '.join(STREAM_FIELDS)}) "  # noqa: S608 - of our own words alone
    f"VALUES (?, 1, ?{', ?' * len(STREAM_FIELDS)})"
)


class _Row(NamedTuple):
    """What is known of one video of the folder."""

    part: Part
    is_ok: bool
    n_streams: int
    related: tuple[Any, ...]  #: As it was told last.

    @classmethod
    def of(cls, cells: Sequence[Any]) -> _Row:
        video_id, name, status, size, mtime_ns, duration_s, created_s, n_streams, *more = cells
        form, related = tuple(more[: -len(RELATED)]), tuple(more[-len(RELATED) :])
        part = Part(video_id, as_text(name), size, mtime_ns / 1e9, duration_s, created_s, form)
        return cls(part, status == "ok", n_streams or 0, related)


def relate_some(database: Database) -> bool:
    """Tell it anew of some folders that changed; return whether there were any."""
    if not database.read(lambda connection: fetch(connection, _NEXT, (1,))):
        return False
    database.write(_relate)
    return True


def _relate(connection: apsw.Connection) -> None:
    for folder_id, folder, names in fetch(connection, _NEXT, (_MOST,)):
        rows = [_Row.of(cells) for cells in fetch(connection, _ROWS, (folder_id,))]
        _relate_folder(connection, folder, rows, json.loads(names or "[]"))
        connection.execute("UPDATE folders SET related = 1 WHERE id = ?", (folder_id,))


def _relate_folder(
    connection: apsw.Connection, folder: str, rows: Sequence[_Row], names: Sequence[str]
) -> None:
    present = [row for row in rows if row.is_ok]
    grouped = {
        part.video_id: (group.parts[0][1].video_id, number, group.kind)
        for group in groups_of(folder, [row.part for row in present])
        for number, part in group.parts
    }
    sidecars = beside([row.part.name for row in present], names) if names else {}
    for row in rows:
        video_id, name = row.part.video_id, row.part.name
        streams = [
            stream_of(name, sidecar, row.n_streams + place)
            for place, sidecar in enumerate(sidecars.get(name, ()) if row.is_ok else ())
        ]
        languages = dict.fromkeys(one.language for one in streams if one.language)
        told = (
            *grouped.get(video_id, (None, None, None)),
            *(len(streams), json.dumps([*languages])),
        )
        if told != row.related:
            connection.execute(_SET, (*told, video_id))
        elif streams:
            connection.execute(_TOUCH, (video_id,))
        if streams or row.related[-2]:
            connection.execute(_REMOVE, (video_id,))
            paths = [f"{folder.rstrip('/')}/{sidecar}" for sidecar in sidecars.get(name, ())]
            for stream, path in zip(streams, paths, strict=False):
                connection.execute(_ADD, (video_id, path, *stream_cells(stream)))
