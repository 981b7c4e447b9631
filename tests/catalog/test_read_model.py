"""The read model: it says what the tables say, whoever changed them, and whenever it was kept."""

from __future__ import annotations

import os
import pwd
import shutil
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.frames import frame
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.catalog.read_model import model, packing
from stoat_nb.catalog.read_model.kept_file import cache_folder
from stoat_nb.catalog.reader import FOLLOWED
from stoat_nb.catalog.rows import pieces
from stoat_nb.errors import CatalogClosed
from stoat_nb.media.video import Stream

from .conftest import Filling
from .looking import frame_of_table, frame_of_videos


@pytest.fixture(autouse=True)
def _of_any_size(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(model, "LEAST_ROWS", 1)
    monkeypatch.setattr(packing, "PIECE", 2)
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


def of_tables(catalog: Catalog, name: str) -> pd.DataFrame:
    """Return a frame that was made of the tables themselves."""
    table = TABLES[name]
    return catalog._database.read(lambda connection: frame(table, pieces(connection, table)))


def agrees(catalog: Catalog) -> None:
    for name in FOLLOWED:
        pd.testing.assert_frame_equal(frame_of_table(catalog, name), of_tables(catalog, name))
    videos = of_tables(catalog, "videos")
    assert catalog.reader.count(VideoQuery()) == len(videos)
    facet = catalog.reader.facets(VideoQuery(), ["status"], 5)["status"]
    assert facet.counts == videos["status"].value_counts().to_dict()
    by_size = VideoQuery(where="status == 'ok'", sort="size_bytes", descending=True)
    chosen = videos[videos["status"] == "ok"]
    in_order = chosen.sort_values(["size_bytes", "video_id"], ascending=False)["video_id"]
    assert frame_of_videos(catalog, by_size)["video_id"].tolist() == in_order.tolist()


def files(name: str = "videos") -> list[Path]:
    return sorted(cache_folder().glob(f"*-{name}/*"))


def is_mapped(path: Path) -> bool:
    return str(path) in Path("/proc/self/maps").read_text("utf-8")


@pytest.fixture
def kept(filled: Catalog) -> Catalog:
    """The same, of which there is a file."""
    agrees(filled)
    filled.settle()
    agrees(filled)
    return filled


def test_what_is_read_is_what_the_tables_say_before_and_after_it_is_kept(kept: Catalog) -> None:
    [file] = files()
    assert is_mapped(file)
    agrees(kept)
    assert files() == [file]


@pytest.mark.parametrize("read_only", [False, True])
def test_another_catalog_maps_the_file_and_reads_no_row(kept: Catalog, read_only: bool) -> None:
    if read_only:
        kept.close()
    with closing(Catalog(kept.path, read_only=read_only)) as other:
        asked: list[str] = []

        def look(connection: Any) -> Any:
            connection.exec_trace = lambda _cursor, sql, _bindings: asked.append(sql) or True
            state = other.reader._models["videos"].at(connection)
            connection.exec_trace = None
            return state

        assert other._database.read(look).is_as_kept
        assert not [sql for sql in asked if "json_array" in sql]
        agrees(other)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE videos SET title = 'new' WHERE id = 2",
        "DELETE FROM videos WHERE id = 4",
        """INSERT INTO videos (folder_id, name, path, extension, size_bytes, mtime_ns, device,
        inode, status, first_seen, last_seen, probed_at, scan_id)
        SELECT id, CAST('z' AS BLOB), path_text || '/z', '', 1, 1, 1, 1, 'ok', 1, 1, 1, 1
        FROM folders WHERE path_text = '/videos'""",
        "UPDATE failures SET error = 'another'",
        "DELETE FROM failures",
        "UPDATE streams SET codec = 'new'",
        "DELETE FROM streams WHERE idx = 1",
        "UPDATE folders SET seen_at = 2e9",
        """UPDATE folders SET path_text = '/v' WHERE path_text = '/videos';
        UPDATE videos SET path = replace(path, '/videos/b', '/v/b')""",
        "UPDATE roots SET path_text = '/vid' WHERE path_text = '/videos'",
    ],
)
def test_a_change_by_another_program_is_in_the_next_answer(kept: Catalog, change: str) -> None:
    with closing(sqlite3.connect(kept.path)) as shell, shell:
        shell.executescript(change)
    agrees(kept)
    with closing(Catalog(kept.path)) as other:
        agrees(other)
    kept.settle()
    agrees(kept)


def test_a_row_that_took_the_number_of_one_that_is_gone_is_told_from_it(
    kept: Catalog, filling: Any
) -> None:
    def remove_last() -> None:
        with closing(sqlite3.connect(kept.path)) as shell, shell:
            shell.execute("PRAGMA foreign_keys = ON")
            shell.execute("DELETE FROM videos WHERE id = (SELECT max(id) FROM videos)")

    remove_last()
    filling.record(filling.ok(b"/videos/instead.mp4"))
    agrees(kept)
    remove_last()
    agrees(kept)
    filling.record(filling.ok(b"/videos/once more.mp4"))
    agrees(kept)


def test_a_folder_may_be_seen_before_its_files_are_known(kept: Catalog, filling: Any) -> None:
    with closing(sqlite3.connect(kept.path)) as shell, shell:
        shell.execute(
            "INSERT INTO folders (root_id, path, path_text, seen_at) "
            "SELECT root_id, CAST('/videos/new' AS BLOB), '/videos/new', 2e9 FROM folders LIMIT 1"
        )
    filling.record(filling.ok(b"/videos/new/a.mp4"))
    agrees(kept)


def test_a_copy_that_is_put_back_does_not_know_files_of_later_times(
    kept: Catalog, filling: Any, tmp_path: Path
) -> None:
    filling.record(filling.ok(b"/videos/1.mp4"))
    kept.close()
    shutil.copy(kept.path, tmp_path / "copy")
    with closing(Catalog(kept.path)) as later, closing(sqlite3.connect(kept.path)) as shell:
        with shell:
            shell.execute("UPDATE videos SET title = 'later'")
        agrees(later)
        later.settle()
    shutil.copy(tmp_path / "copy", kept.path)
    with closing(Catalog(kept.path)) as restored:
        with closing(sqlite3.connect(kept.path)) as shell, shell:
            shell.execute("UPDATE videos SET title = 'otherwise'")
        agrees(restored)
        assert "later" not in set(frame_of_videos(restored)["title"].dropna())


@pytest.mark.parametrize("damage", ["cut", "gone", "changed"])
def test_a_damaged_file_is_made_anew(kept: Catalog, damage: str) -> None:
    kept.close()
    [file] = files()
    content = file.read_bytes()
    if damage == "gone":
        file.unlink()
    else:
        cut = content[: len(content) // 2]
        file.write_bytes(cut if damage == "cut" else content.replace(b"h264", b"h265"))
    with closing(Catalog(kept.path)) as other:
        agrees(other)


def test_who_has_no_cache_folder_reads_nevertheless(
    filled: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("in its place")
    agrees(filled)
    filled.settle()
    agrees(filled)
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", lambda _uid: {}[_uid])
    with closing(Catalog(filled.path)) as other:
        agrees(other)
        other.settle()
        agrees(other)


def test_a_library_that_may_only_be_read_is_read_without_a_file(kept: Catalog) -> None:
    kept.close()
    for file in files():
        file.unlink()
    with closing(Catalog(kept.path, read_only=True)) as other:
        agrees(other)
        assert not files()


def test_marks_on_folders_are_read_only_when_one_changed(kept: Catalog) -> None:
    agrees(kept)
    with closing(sqlite3.connect(kept.path)) as shell, shell:
        shell.execute("UPDATE videos SET title = 'new' WHERE id = 2")
    asked: list[str] = []

    def look(connection: Any) -> None:
        connection.exec_trace = lambda _cursor, sql, _bindings: asked.append(sql) or True
        kept.reader._models["videos"].at(connection)
        connection.exec_trace = None

    kept._database.read(look)
    assert [sql for sql in asked if "json_array" in sql]
    assert not [sql for sql in asked if "FROM folders WHERE seen_at" in sql]
    agrees(kept)


def test_what_came_in_any_order_is_kept_in_the_order_of_the_tables(
    catalog: Catalog, filling: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "LEAST_ROWS", 4)
    for names in (b"z", b"am", b"b"):
        filling.record(*(filling.ok(b"/videos/%c.mp4" % name) for name in names))
        agrees(catalog)
    catalog.settle()
    agrees(catalog)
    assert len(files()) == 1


def test_frames_are_the_callers_own(kept: Catalog) -> None:
    made = frame_of_videos(kept)
    made.loc[:, "size_bytes"] = 0
    made.loc[0, "codec"] = made["codec"].iloc[1]
    agrees(kept)


CHANGES = st.sampled_from(["DELETE FROM videos", "UPDATE videos SET title = id"])


class Followed(RuleBasedStateMachine):
    """A catalog that is changed and asked in any order, and another that looks on."""

    place: Path

    def __init__(self) -> None:
        super().__init__()
        self.place.mkdir(exist_ok=True)
        path = self.place / f"{len([*self.place.iterdir()])}.db"
        self.catalog = Catalog(path)
        self.onlooker = Catalog(path)
        self.filling = Filling(self.catalog)

    @rule(names=st.lists(st.sampled_from("abcdef"), max_size=4, unique=True))
    def record(self, names: list[str]) -> None:
        made = [self.filling.ok(f"/videos/{name}.mp4".encode()) for name in names]
        self.filling.record(*made)

    @rule(name=st.sampled_from("abcdef"))
    def fail(self, name: str) -> None:
        self.filling.record(self.filling.bad(f"/videos/{name}.mp4".encode()))

    @rule(number=st.integers(1, 8), sql=CHANGES)
    def change(self, number: int, sql: str) -> None:
        with closing(sqlite3.connect(self.catalog.path)) as shell, shell:
            shell.execute("PRAGMA foreign_keys = ON")
            shell.execute(f"{sql} WHERE id = ?", (number,))

    @rule()
    def see(self) -> None:
        with closing(sqlite3.connect(self.catalog.path)) as shell, shell:
            shell.execute("UPDATE folders SET seen_at = coalesce(seen_at, 1e9) + 1")

    @rule()
    def settle(self) -> None:
        self.catalog.settle()

    @rule()
    def reopen(self) -> None:
        self.onlooker.close()
        self.onlooker = Catalog(self.catalog.path)

    @invariant()
    def everybody_agrees(self) -> None:
        agrees(self.onlooker)

    @rule()
    def ask(self) -> None:
        agrees(self.catalog)

    def teardown(self) -> None:
        self.onlooker.close()
        self.catalog.close()


@pytest.mark.slow
def test_it_follows_any_changes_in_any_order(tmp_path: Path) -> None:
    Followed.place = tmp_path / "libraries"
    run_state_machine_as_test(
        Followed,
        settings=settings(
            max_examples=int(os.environ.get("STOAT_TEST_EXAMPLES", "60")) // 4,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=[*HealthCheck],
        ),
    )


def test_who_asks_while_a_library_is_closed_is_answered_or_told_so(filled: Catalog) -> None:
    began = threading.Event()

    def ask() -> None:
        with suppress(CatalogClosed):
            while True:
                filled.reader._state().answers.clear()
                filled.reader.facets(VideoQuery(), None, 5)
                began.set()

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        assert began.wait(60)
        filled.close()
        for one in asking:
            one.result(60)
