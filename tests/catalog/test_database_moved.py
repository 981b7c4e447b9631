"""The library's file moved, deleted, replaced, cut off or written over while it is open."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import apsw
import pytest

from stoat_nb.catalog.database import Database, fetch
from stoat_nb.errors import CatalogMoved

INSERT = "INSERT INTO roots (path, path_text) VALUES (?, '')"
COUNT = "SELECT count(*) FROM roots"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder" / "library.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    opened = Database(path)
    fill(opened, "row ")
    yield opened
    with suppress(CatalogMoved):
        opened.close()


def fill(database: Database, name: str, rows: int = 20) -> None:
    for number in range(rows):
        path = f"{name}{number}".encode()
        database.write(lambda one, path=path: fetch(one, INSERT, (path,)))  # type: ignore[misc]


def count(connection: apsw.Connection) -> int:
    ((rows,),) = fetch(connection, COUNT)
    return int(rows)


def beside(path: Path, name: str = "") -> Path:
    return path.with_name(path.name + name)


def another(path: Path, rows: int) -> Path:
    """Make another library, whole in its one file."""
    other = path.with_name("other.db")
    made = Database(other)
    fill(made, "other ", rows)
    made.close()
    return other


def move(path: Path) -> None:
    path.rename(path.with_name("elsewhere.db"))


def move_its_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


def delete(path: Path) -> None:
    path.unlink()


def delete_all(path: Path) -> None:
    shutil.rmtree(path.parent)


def replace(path: Path) -> None:
    another(path, 3).replace(path)


def replace_the_folder(path: Path) -> None:
    other = another(path, 3)
    move_its_folder(path)
    path.parent.mkdir()
    (path.parent.with_name("elsewhere") / other.name).rename(path)


def restore_in_place(path: Path) -> None:
    shutil.copy(another(path, 3), path)


def restore_a_copy_of_itself(path: Path) -> None:
    copy = beside(path, ".copy")
    copy.write_bytes(path.read_bytes())
    shutil.copy2(copy, path)


def cut_off(path: Path) -> None:
    path.open("wb").close()


def halve(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def delete_the_log(path: Path) -> None:
    beside(path, "-wal").unlink()


def cut_off_the_log(path: Path) -> None:
    os.truncate(beside(path, "-wal"), 0)


def replace_the_log(path: Path) -> None:
    log = beside(path, "-wal")
    log.unlink()
    log.write_bytes(b"")


def delete_the_index(path: Path) -> None:
    beside(path, "-shm").unlink()


def cut_off_the_index(path: Path) -> None:
    os.truncate(beside(path, "-shm"), 0)


EVENTS = {
    move: "library.db' was moved or deleted",
    move_its_folder: "was moved or deleted",
    delete: "was moved or deleted",
    delete_all: "was moved or deleted",
    replace: "another file is in the place of 'library.db'",
    replace_the_folder: "another file is in the place of 'library.db'",
    restore_in_place: "another program has written over it",
    restore_a_copy_of_itself: "another program has written over it",
    cut_off: "another program has written over it",
    halve: "another program has written over it",
    delete_the_log: "library.db-wal' was moved or deleted",
    cut_off_the_log: "library.db-wal' was cut off",
    replace_the_log: "another file is in the place of 'library.db-wal'",
    delete_the_index: "library.db-shm' was moved or deleted",
    cut_off_the_index: "library.db-shm' was cut off",
}


@pytest.mark.parametrize("happen", EVENTS, ids=lambda event: event.__name__)
def test_the_next_statement_says_what_became_of_the_file(
    database: Database, path: Path, happen: Callable[[Path], None]
) -> None:
    database.read(count)
    database.version()
    happen(path)
    left = {one: one.read_bytes() for one in path.parent.glob("*")} if path.parent.exists() else {}
    for statement in (
        lambda: database.read(count),
        lambda: database.write(count),
        database.version,
        database.close,
    ):
        with pytest.raises(CatalogMoved, match=EVENTS[happen]):
            statement()
    found = {one: one.read_bytes() for one in path.parent.glob("*")} if path.parent.exists() else {}
    assert found == left, "a file of somebody else's was written or deleted"


def test_a_library_put_in_its_place_keeps_what_others_write_to_it(
    database: Database, path: Path
) -> None:
    for one in (path, beside(path, "-wal"), beside(path, "-shm")):
        one.rename(one.with_name(f"old-{one.name}"))
    other = Database(path)
    fill(other, "new ", 7)
    with pytest.raises(CatalogMoved):
        database.write(count)
    with pytest.raises(CatalogMoved):
        database.close()
    fill(other, "newer ", 7)
    assert counted_elsewhere(path) == 14
    other.close()
    assert counted_elsewhere(path) == 14
    old = path.with_name(f"old-{path.name}")
    assert counted_elsewhere(old) == 20, "what was committed before is with the file that was moved"


def counted_elsewhere(path: Path) -> int:
    code = (
        f"import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute('{COUNT}').fetchone())"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    return int(said.stdout)


def test_what_other_programs_do_through_sqlite_is_no_offence(
    database: Database, path: Path
) -> None:
    other = sqlite3.connect(path)
    for number in range(3):
        other.execute(INSERT, (f"theirs {number}".encode(),))
        other.commit()
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        assert database.read(count) == 21 + number
        database.write(count)
    other.execute("VACUUM")
    other.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    assert database.read(count) == 23
    other.close()
    elsewhere = (
        "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\n"
        f"c.execute(\"{INSERT}\", (b'x',)); c.commit()\n"
        "c.execute('PRAGMA wal_checkpoint(RESTART)').fetchall()\n"
    )
    subprocess.run([sys.executable, "-c", elsewhere, str(path)], check=True)
    assert database.read(count) == 24
    fill(database, "again ", 3)
    assert database.read(count) == 27


def test_after_a_process_was_killed_the_next_one_still_notices(path: Path) -> None:
    code = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from stoat_nb.catalog.database import Database\n"
        "database = Database(Path(sys.argv[1]))\n"
        f"database.write(lambda one: one.execute(\"{INSERT}\", (b'x',)).fetchall())\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    database = Database(path)
    assert database.read(count) == 1
    restore_in_place(path)
    with pytest.raises(CatalogMoved, match="written over"):
        database.read(count)
    with pytest.raises(CatalogMoved):
        database.close()


def test_a_link_to_a_library_may_be_moved(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(path)
    Database(path).close()
    database = Database(link)
    fill(database, "row ")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["folder", "link.db"]
    before = database.log_mark()
    fill(database, "another ", 1)
    assert database.log_mark() != before
    link.unlink()
    assert database.read(count) == 21
    database.close()
