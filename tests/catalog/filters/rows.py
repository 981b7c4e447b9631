"""A catalog whose rows hold everything that a row can hold, and much that no file should."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path
from typing import Any

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.columns import TABLES
from stoat_nb.media.video import Failure, Found, Outcome, Stream, Video

NAMES = (
    *("a.mp4", "it's.mkv", 'say "hi".mov', "two\nlines.mp4", "100%_[x]*?.mp4", "\\back\\.mp4"),
    *("Été.mp4", "E\u0301cole.mp4", "ΟΔΟΣ.mp4", "Straße.mp4", "\u202eevil.mp4", "😀.webm"),
    *("\N{KELVIN SIGN}elvin.mp4", "한글.mp4", "STRASSE", "-.mp4"),
)
FOLDERS = (b"/videos", b"/videos/2023", b"/videos/2023/june", b"/videos/caf\xe9", b"/other")
TEXTS = (
    *("", "h264", "hevc", "it's", 'a"b', "x\ny", "nul\0nul", "\0", "é", "e\u0301", "\\ud800"),
    *("%_", "\u202eevil", "😀", "H264", "?", "--", "'; DROP TABLE videos; --"),
)
NUMBERS = (0.0, 1.0, -1.5, 0.1 + 0.2, 29.97, 24000 / 1001, 12.5, 1e300, -1e300, 5e-324, 2.0**60)
WHOLES = (0, 1, -1, 2, 1080, 1920, 2160, 3840, 2**53 + 1, 2**63 - 1, -(2**63))
SECONDS = (0.0, -0.5, 1e9, 1714521600.0, 1703980799.9999998, 1703980800.25, -5e9, 4e9)
#: No NUL: the SQLite of older Pythons reads none in JSON.
LISTS = ("[]", '["eng"]', '["eng", "deu"]', '["it\'s"]', '["a\\nb", "é"]')
POOLS: dict[str, tuple[Any, ...]] = {
    "string": TEXTS,
    "category": TEXTS,
    "Int64": WHOLES,
    "Float64": NUMBERS,
    "boolean": (0, 1),
    "list<string>": LISTS,
}
#: What must stay as it is for the row to be one, or has its own pool below.
FORM = {"container": "mp4", "format_name": "mov", "tool": "test 1"}
KEPT = ("video_id", "path", "status", "device", "inode", "scan_id")
TIMES = ("first_seen", "last_seen", "missing_since", "probed_at", "created_at")


def filled(path: Path) -> None:
    """Make a library file of some eighty rows."""
    catalog = Catalog(path)
    for root in (b"/videos", b"/other"):
        begun = catalog.scans.begin(job_id=str(root), folder=root, recursive=True, started_at=1e9)
        folders = [folder for folder in FOLDERS if folder.startswith(root)]
        catalog.videos.record(begun.scan_id, [*_outcomes(folders)], at=1e9)
    catalog.close()
    with sqlite3.connect(path) as connection:
        _scatter(connection)
    connection.close()


def _outcomes(folders: list[bytes]) -> Any:
    for at, (folder, name) in enumerate((f, n) for f in folders for n in NAMES):
        found = Found(
            folder=folder, name=name.encode(), size_bytes=at, mtime_ns=at, inode=at, device=1
        )
        if at % 7 == 3:
            why = Failure(error_class="damaged", error="It's cut off.", tool="t", elapsed_ms=1)
            yield Outcome(found=found, failure=why)
        else:
            stream = Stream(idx=0, kind="video", codec="h264")
            yield Outcome(found=found, video=Video(streams=(stream,), **FORM))


def _scatter(connection: sqlite3.Connection) -> None:
    chance = random.Random(7)  # noqa: S311 - as random as it should be: always alike
    may_be_null = {
        name
        for _, name, _, not_null, *_ in connection.execute("PRAGMA table_info(videos)")
        if not not_null
    }
    pools = {
        column.name: POOLS[column.dtype]
        for column in TABLES["videos"].columns
        if column.sql == f"v.{column.name}" and column.name not in KEPT
    }
    pools |= dict.fromkeys(TIMES, SECONDS) | {"mtime_ns": (0, -1, 5, 1714521600 * 10**9, 2**62)}
    for (video_id,) in connection.execute("SELECT id FROM videos").fetchall():
        values = {
            name: None if name in may_be_null and chance.random() < 0.3 else chance.choice(pool)
            for name, pool in pools.items()
        }
        assigned = ", ".join(f"{name} = ?" for name in values)
        connection.execute(
            f"UPDATE videos SET {assigned} WHERE id = ?",  # noqa: S608 - names of our columns
            (*values.values(), video_id),
        )
