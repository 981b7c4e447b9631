"""A fact is declared once; database, frames and readers are held to the declaration."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import apsw
import pandas as pd
import pytest
from msgspec import Struct

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.database import Database, fetch
from stoat_nb.catalog.migrations import APPLICATION_ID, steps
from stoat_nb.catalog.recording import WRITTEN
from stoat_nb.catalog.video_columns import RELATED
from stoat_nb.media.demo_clips import make_samples
from stoat_nb.media.fact import Fact, facts_of
from stoat_nb.media.outcome import outcome
from stoat_nb.media.probe import probe
from stoat_nb.media.video import Chapter, Stream, Tag, Video

from .looking import frame_of_table, frame_of_videos

SQL_TYPES = {
    "Int64": "INTEGER",
    "boolean": "INTEGER",
    "Float64": "REAL",
    "datetime64[ns, UTC]": "REAL",
    "string": "TEXT",
    "category": "TEXT",
    "list<string>": "TEXT",
}
#: One of these passes any check.
CANDIDATES: tuple[Any, ...] = (
    *(90, 1.5, True, "2026-01-02T03:04:05Z", "0123456789abcdef" * 2, "video", "tt", "hdr10"),
    *("vfr", "header", "complete", "structure", "mdpm", ["eng", "deu"]),
)


def stated(fact: Fact) -> Any:
    return next(value for value in CANDIDATES if fact.check(value) is not None)


def columns(database: Database, table: str) -> dict[str, str]:
    rows = database.read(
        lambda one: fetch(one, "SELECT name, type FROM pragma_table_info(?)", (table,))
    )
    return dict(rows)


@pytest.mark.parametrize(
    ("table", "struct", "own"),
    [
        ("streams", Stream, {"video_id", "external", "external_path"}),
        ("chapters", Chapter, {"video_id"}),
        ("tags", Tag, {"video_id", "place"}),
        ("videos", Video, None),
    ],
)
def test_a_migrated_library_has_the_columns_that_are_declared(
    path: Path, table: str, struct: type[Struct], own: set[str] | None
) -> None:
    database = Database(path)
    found = columns(database, table)
    database.close()
    declared = {name: SQL_TYPES[fact.dtype] for name, fact in facts_of(struct).items()}
    if own is None:
        own = {"id", "first_seen", "first_scan_id", *WRITTEN, *RELATED} - declared.keys()
        for fact in facts_of(Stream).values():
            declared |= dict.fromkeys({fact.video, fact.audio} - {""}, SQL_TYPES[fact.dtype])
    assert {name: kind for name, kind in found.items() if name in declared} == declared
    assert found.keys() == declared.keys() | own


def test_every_declared_fact_that_a_reader_states_arrives_in_the_frames(
    catalog: Catalog, filling: Any
) -> None:
    stream, video = (
        {name: stated(fact) for name, fact in facts_of(struct).items()}
        for struct in (Stream, Video)
    )
    streams = [{**stream, "is_cover": False, "kind": kind} for kind in ("video", "audio")]
    told = outcome(filling.found(), {"video": {**video, "streams": streams}})
    filling.record(told)
    streams_row, videos_row = (
        frame_of_table(catalog, "streams").iloc[0],
        frame_of_videos(catalog).iloc[0],
    )
    for name, fact in facts_of(Stream).items():
        value = 0 if name == "idx" else streams[0][name]
        assert streams_row[name] == value, name
        assert all(videos_row[column] == value for column in (fact.video, fact.audio) if column), (
            name
        )
    for name, fact in facts_of(Video).items():
        is_moment = fact.dtype == "datetime64[ns, UTC]"
        assert videos_row[name] == (pd.Timestamp(video[name]) if is_moment else video[name]), name


def test_readers_state_nothing_that_nobody_declared(tmp_path: Path, filling: Any) -> None:
    for clip in make_samples(tmp_path):
        seen = clip.stat()
        item = {"root": str(clip.parent), "relative": clip.name, "size_bytes": seen.st_size}
        for ask_libav in (False, True):
            answer = probe({**item, "mtime_ns": seen.st_mtime_ns, "ask_libav": ask_libav})
            video = outcome(filling.found(os.fsencode(clip)), answer).video
            assert video is None or "undeclared" not in json.loads(video.document or "{}")


RECIPE = """
import sys
from pathlib import Path
from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.columns import page
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.media.outcome import outcome
from stoat_nb.media.video import Found

found = Found(folder=b"/v", name=b"a.mkv", size_bytes=1, mtime_ns=1, inode=1, device=1)
streams = [{"kind": "video", "grain": 7}]  # as a reader states it
catalog = Catalog(Path(sys.argv[1]))
scan = catalog.scans.begin(job_id="1", folder=b"/v", recursive=True, started_at=1.0)
catalog.videos.record(scan.scan_id, [outcome(found, {"video": {"streams": streams}})], at=2.0)
assert catalog.reader.table("streams")["grain"].to_pylist() == [7]
assert catalog.reader.videos(VideoQuery(where="grain >= 7"))["grain"].to_pylist() == [7]
assert page().count("| `grain` | Int64 | um |") == 2
catalog.close()
"""


def test_a_column_costs_its_declaration_its_reader_and_a_migration(
    repository: Path, tmp_path: Path
) -> None:
    """The recipe of docs/architecture.md, followed."""
    package = shutil.copytree(
        repository / "stoat_nb", tmp_path / "stoat_nb", ignore=shutil.ignore_patterns("__pycache__")
    )
    declaration, migration = package / "media/stream.py", package / "catalog/sql/0007_facts.sql"
    text = declaration.read_text()
    fact = '    grain: Annotated[int | None, Fact("Grain.", count, "um", video="grain")] = None\n'
    declaration.write_text(text.replace("    is_default:", f"{fact}    is_default:"))
    with migration.open("a") as file:
        file.writelines(
            f"ALTER TABLE {table} ADD COLUMN grain INTEGER;\n" for table in ("streams", "videos")
        )
    subprocess.run(
        [sys.executable, "-c", RECIPE, str(tmp_path / "library.db")], cwd=tmp_path, check=True
    )


COLUMNS = """(folder_id, name, path, extension, size_bytes, mtime_ns, device, inode, status,
first_seen, last_seen, probed_at, scan_id, integrity_level)
SELECT 1, randomblob(8), '', '', 1, 1, 1, 1, 'ok', 1, 1, 1, 1, level FROM (SELECT """


def test_of_a_library_of_before_all_is_outdated_but_what_all_packets_told(path: Path) -> None:
    connection = apsw.Connection(str(path))
    for step in steps()[:6]:
        connection.execute(step)
    for statement in (
        "INSERT INTO roots (path, path_text) VALUES (x'2f76', '/v')",
        "INSERT INTO folders (root_id, path, path_text) VALUES (1, x'2f76', '/v')",
        f"INSERT INTO videos {COLUMNS} 'structure' AS level)",
        f"INSERT INTO videos {COLUMNS} 'packets' AS level)",
        f"PRAGMA application_id = {APPLICATION_ID}",
        "PRAGMA user_version = 6",
    ):
        connection.execute(statement)
    connection.close()
    catalog = Catalog(path)
    known = {file.video_id: file.is_current for file in catalog.videos.known_files(b"/v").values()}
    assert known == {1: False, 2: True}
    catalog.close()
