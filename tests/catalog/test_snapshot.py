"""Whole frames: fetched with cells that travel together, and kept for as long as they are true."""

from __future__ import annotations

import pwd
import re
import sqlite3
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from stoat_nb.catalog import snapshot
from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.frames import frame
from stoat_nb.catalog.kept import frame_of, kept
from stoat_nb.catalog.packing import fetch_columns
from stoat_nb.catalog.rows import pieces
from stoat_nb.catalog.snapshot import GUARDED, cache_folder
from stoat_nb.media.video import Stream


@pytest.fixture(autouse=True)
def _of_any_size(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(snapshot, "LEAST_ROWS", 1)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def filled(catalog: Catalog, filling: Any) -> Catalog:
    """A few files with every kind of cell: known, unknown, alike, odd."""
    sound = Stream(idx=0, kind="audio", codec="mp3", language='["a\u2028"]', start_s=-0.1)
    odd = Stream(idx=1, kind="video", codec="", width=1, height=3, sar=1 / 3, level=-99)
    filling.record(
        filling.ok(b"/videos/b.mp4"),
        filling.ok(b"/videos/deep/a\xff.mp4", filling.video(sound, odd, title="\ud800")),
        filling.ok(b"/videos/deep/c\n.mkv", filling.video(odd, created_at="2021-05-06T07:08:09Z")),
        filling.ok(b"/videos/b'.mp4", filling.video(odd, bitrate=2**70, duration_s=1 / 7)),
        filling.bad(b"/videos/bad.avi", error='"Nothing" \\ of it\0.'),
    )
    filling.scan(b"/")
    filling.record(filling.ok(b"/top.mp4", filling.video(sound)), at=1.7e9 + 1 / 3)
    catalog.presence.mark_gone(filling.scan_id, {b"/videos": [b"b.mp4"]}, at=200.0)
    return catalog


def slowly(catalog: Catalog, name: str) -> pd.DataFrame:
    table = TABLES[name]
    return catalog._database.read(lambda connection: frame(table, pieces(connection, table)))


def files() -> list[Path]:
    return sorted(cache_folder().glob("*/*"))


def is_mapped(path: Path) -> bool:
    return str(path) in Path("/proc/self/maps").read_text("utf-8")


@pytest.mark.parametrize("name", TABLES)
def test_cells_that_travel_together_arrive_as_those_that_travel_alone(
    filled: Catalog, name: str
) -> None:
    table = TABLES[name]
    fetched = filled._database.read(lambda connection: fetch_columns(connection, table))
    columns = {column.name: kept(column, fetched[column.name]) for column in table.columns}
    pd.testing.assert_frame_equal(frame_of(table, columns), slowly(filled, name))


@pytest.mark.parametrize("name", sorted(GUARDED))
def test_an_unchanged_library_is_mapped_from_the_third_time_on(filled: Catalog, name: str) -> None:
    expected = slowly(filled, name)
    whole = getattr(filled, name)
    pd.testing.assert_frame_equal(whole(), expected)
    assert files() == []  # a library that changes all the time is not written twice
    pd.testing.assert_frame_equal(whole(), expected)
    [file] = files()
    assert not is_mapped(file)
    third = whole()
    assert is_mapped(file)
    pd.testing.assert_frame_equal(third, expected)


def test_who_changes_a_frame_changes_that_one_alone(filled: Catalog) -> None:
    filled.videos()
    second = filled.videos()
    third = filled.videos()
    for made in (second, third):
        made.loc[0, "size_bytes"] = 77
        made.loc[0, "codec"] = None
        made.loc[0, "path"] = "/mine"
        made.loc[0, "mtime"] = pd.Timestamp("2030-01-01", tz="UTC")
        made.loc[0, "has_cover"] = True
    pd.testing.assert_frame_equal(filled.videos(), slowly(filled, "videos"))


_NEW_VIDEO = """
    INSERT INTO videos (folder_id, name, path, extension, size_bytes, mtime_ns, device, inode,
        status, first_seen, last_seen, probed_at, scan_id)
    SELECT folder_id, x'78', '/videos/x', '', 1, 1, 1, 1, 'ok', 1, 1, 1, 1
    FROM videos WHERE path = '/videos/b.mp4'
"""
CHANGES = {
    "a video is added": _NEW_VIDEO,
    "a video changes": "UPDATE videos SET title = 'new' WHERE id = 1",
    "a video is removed": "DELETE FROM videos WHERE id = 1",
    "a stream changes": "UPDATE streams SET codec = 'new' WHERE video_id = 1",
    "a stream is removed": "DELETE FROM streams WHERE video_id = 1",
    "a failure changes": "UPDATE failures SET error = 'new'",
    "a failure is removed": "DELETE FROM failures",
    "a folder is seen": "UPDATE folders SET seen_at = 1e9",
    "a root changes": "UPDATE roots SET path_text = '//'",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_change_by_anybody_is_seen_at_once(filled: Catalog, path: Path, change: str) -> None:
    for name in sorted(GUARDED):
        for _ in range(2):
            getattr(filled, name)()
    before = len(files())
    other = sqlite3.connect(path)
    with other:
        other.execute(change)
    other.close()
    for name in sorted(GUARDED):
        for _ in range(2):
            pd.testing.assert_frame_equal(getattr(filled, name)(), slowly(filled, name))
    assert len(files()) == before == len(GUARDED)  # those of the old state are gone


def test_what_a_scan_writes_is_seen_at_once(filled: Catalog, filling: Any) -> None:
    for outcome in (filling.ok(b"/new.mp4"), filling.bad(b"/new.mp4"), filling.ok(b"/new.mp4")):
        for name in sorted(GUARDED):
            for _ in range(2):
                getattr(filled, name)()
        filling.record(outcome)
        for name in sorted(GUARDED):
            pd.testing.assert_frame_equal(getattr(filled, name)(), slowly(filled, name))


def test_every_table_that_a_kept_frame_is_made_of_is_guarded(filled: Catalog) -> None:
    rows = filled._database.read(
        lambda connection: connection.execute(
            "SELECT tbl_name FROM sqlite_schema WHERE type = 'trigger' AND sql LIKE '%snapshots%'"
        ).fetchall()
    )
    guarded = {name for (name,) in rows}
    for name in GUARDED:
        made_of = re.findall(r"(?:^|JOIN )(\w+)", TABLES[name].source)
        assert set(made_of) <= guarded
        inner = " ".join(column.sql for column in TABLES[name].columns)
        assert "SELECT" not in inner.upper()


@pytest.mark.parametrize("damage", [b"", b"no arrow", None])
def test_a_damaged_file_is_written_anew(filled: Catalog, damage: bytes | None) -> None:
    expected = [filled.videos(), filled.videos()][0]
    [file] = files()
    file.write_bytes(file.read_bytes()[:-100] if damage is None else damage)
    pd.testing.assert_frame_equal(filled.videos(), expected)
    again = filled.videos()
    assert is_mapped(file)
    pd.testing.assert_frame_equal(again, expected)


def test_a_file_with_a_changed_value_is_written_anew(filled: Catalog) -> None:
    """Nothing in it tells that one letter was another."""
    expected = [filled.videos(), filled.videos()][0]
    [file] = files()
    changed = file.read_bytes().replace(b"deep", b"dEEp")
    with file.open("r+b") as there:
        there.write(changed)
    pd.testing.assert_frame_equal(filled.videos(), expected)
    again = filled.videos()
    assert is_mapped(file)
    pd.testing.assert_frame_equal(again, expected)


@pytest.mark.parametrize("token", ["{folder}/evil", "../evil", "A" * 32, "0" * 31, "", "0" * 33])
def test_a_token_of_a_strangers_library_names_no_file(
    filled: Catalog, path: Path, tmp_path: Path, token: str
) -> None:
    [filled.videos(), filled.videos()]
    [file] = files()
    other = sqlite3.connect(path)
    with other:
        other.execute("UPDATE snapshots SET token = ?", (token.format(folder=tmp_path),))
    other.close()
    for _ in range(2):
        filled.videos()
    assert all(re.match("[0-9a-f]{32}-", one.name) for one in files())
    assert list(tmp_path.rglob("*evil*")) == []
    assert file not in files()


def test_a_library_that_cannot_keep_frames_still_makes_them(
    filled: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    for _ in range(3):
        pd.testing.assert_frame_equal(filled.videos(), slowly(filled, "videos"))


def test_a_user_without_a_home_has_frames_and_no_cache(
    filled: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_: int) -> object:
        raise KeyError  # as of a container's user that no file of users names

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for _ in range(3):
        pd.testing.assert_frame_equal(filled.videos(), slowly(filled, "videos"))


def test_the_oldest_files_make_room(filled: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    [filled.streams(), filled.streams()]
    [old] = files()
    monkeypatch.setattr(snapshot, "LARGEST_BYTES", old.stat().st_size * 3 // 2)
    [filled.videos(), filled.videos()]
    assert old not in files()
    assert filled.streams() is not None
