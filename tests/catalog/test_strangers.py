"""A library that a stranger made: nothing in it runs, and a wrong value is one sentence."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.errors import CatalogCorrupt, StoatError
from stoat_nb.library import Library

OURS = "touched_video_removed"
ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


@pytest.fixture
def stored(catalog: Catalog, filling: Any, path: Path) -> Path:
    filling.record(filling.ok(b"/videos/a.mp4"), filling.bad(b"/videos/b.mp4"))
    catalog.close()
    return path


def change(path: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as stranger, stranger:
        stranger.execute("PRAGMA foreign_keys = OFF")
        stranger.execute("PRAGMA legacy_alter_table = ON")
        for one in sql.split(";;"):
            stranger.execute(one, values)


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        (
            f"ALTER TABLE videos RENAME TO v;; CREATE VIEW videos AS {ENDLESS}",
            "related_video_changed",
        ),
        (f"ALTER TABLE views RENAME TO v;; CREATE VIEW Views AS {ENDLESS}", "Views"),
        (f"CREATE TRIGGER t AFTER INSERT ON jobs BEGIN {ENDLESS}; END", "t"),
        (f"CREATE TABLE x (y);; CREATE TRIGGER t AFTER DELETE ON x BEGIN {ENDLESS}; END", "t"),
        (
            f"DROP TRIGGER {OURS};; CREATE TRIGGER {OURS} DELETE ON tags BEGIN {ENDLESS}; END",
            OURS,
        ),
        ("ALTER TABLE tags RENAME TO v;; CREATE TABLE tags AS SELECT * FROM v", "tags"),
        ("ALTER TABLE tags RENAME TO v;; CREATE VIRTUAL TABLE tags USING fts5(name)", "tags"),
    ],
)
def test_what_would_run_in_place_of_ours_is_refused_before_it_does(
    stored: Path, sql: str, named: str
) -> None:
    change(stored, sql)
    before = stored.read_bytes()
    with pytest.raises(CatalogCorrupt, match=rf"'{named}' in it is not as Stoat makes it"):
        Library(stored)
    assert stored.read_bytes() == before


def test_a_view_and_an_index_of_somebodys_own_are_theirs(stored: Path) -> None:
    change(stored, "CREATE VIEW large AS SELECT * FROM videos WHERE size_bytes > 1e9")
    change(stored, "CREATE INDEX by_size ON videos (size_bytes)")
    with Library(stored, take="none") as library:
        assert len(library.videos()) == 2


VERBS: dict[str, Callable[[Library], object]] = {
    "videos": lambda library: library.videos(),
    "where": lambda library: library.videos("size_bytes >= 0"),
    "scans": lambda library: library.scans(),
    "summary": lambda library: library.summary(),
    "detail": lambda library: library.detail(1),
    "history": lambda library: library.history(1),
    "document": lambda library: library.document(1),
    "failures": lambda library: library.failures(),
    "jobs": lambda library: library.job_states(),
}


@pytest.mark.parametrize("cell", [b"", b"no json", b"x\x9c no zlib", b"[" * 100_000])
def test_what_the_reader_said_may_be_nonsense(stored: Path, cell: bytes) -> None:
    change(stored, "INSERT OR REPLACE INTO documents VALUES (1, ?)", cell)
    with (
        Library(stored, take="none") as library,
        pytest.raises(CatalogCorrupt, match="a value in it cannot be read"),
    ):
        library.document(1)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("folder_id", 4711),
        ("first_seen", 1e308),
        ("audio_languages", "no json"),
        ("audio_languages", "[" * 100_000),
        ("audio_languages", '{"a": 1}'),
        ("audio_languages", "[1]"),
        ("mtime_ns", 2**63 - 1),
        ("mtime_ns", -(2**63)),
        ("last_seen", 1e300),
        ("last_seen", -1e300),
        ("created_at", 1e308),
        ("size_bytes", -(2**63)),
        ("duration_s", float("inf")),
        ("width", 2**63 - 1),
    ],
)
def test_a_value_that_stoat_never_wrote_is_shown_or_refused_in_one_sentence(
    stored: Path, column: str, value: object
) -> None:
    change(stored, f"UPDATE videos SET {column} = ?", value)  # noqa: S608 - of our own words
    with Library(stored, take="none") as library:
        for verb in VERBS.values():
            try:
                verb(library)
            except StoatError as refusal:
                assert "a value in it cannot be read" in str(refusal)  # noqa: PT017 - or nothing
