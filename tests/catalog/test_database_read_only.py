"""A library that may only be read: another user's, on a read-only disk, with a log or without."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.database import Database, fetch
from stoat_nb.catalog.read_only import ReadOnlyDatabase
from stoat_nb.errors import CatalogError, CatalogMoved, CatalogNotWritable, CatalogReadOnly

INSERT = "INSERT INTO roots (path, path_text) VALUES (?, '')"


def insert(name: bytes) -> Callable[[apsw.Connection], object]:
    return lambda connection: fetch(connection, INSERT, (name,))


def names(database: Database) -> list[bytes]:
    return [name for (name,) in database.read(lambda one: fetch(one, "SELECT path FROM roots"))]


def files(path: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in path.parent.iterdir() if one.is_file()}


def test_a_closed_library_is_read_and_nothing_is_made_beside_it(path: Path) -> None:
    made = Database(path)
    made.write(insert(b"a"))
    made.close()
    before = files(path)
    database = ReadOnlyDatabase(path)
    assert names(database) == [b"a"]
    assert database.version() == database.version()
    for change in (database.write, database.start):
        with pytest.raises(CatalogReadOnly, match="open for reading only"):
            change(insert(b"b"))
    with pytest.raises(CatalogNotWritable):
        database.read(insert(b"b"))
    database.close()
    assert files(path) == before


def test_a_library_that_others_write_to_is_read_as_it_is_by_now(path: Path) -> None:
    database = None
    for n_open in range(2):
        writer = Database(path)
        database = database or ReadOnlyDatabase(path)
        for number in range(3):
            version = database.version()
            writer.write(insert(b"%d %d" % (n_open, number)))
            assert database.version() != version
            assert names(database)[-1] == b"%d %d" % (n_open, number)
        writer.close()
        assert len(names(database)) == 3 * n_open + 3


def test_what_a_killed_process_left_in_the_log_is_read_without_its_index(
    path: Path, tmp_path: Path
) -> None:
    writer = Database(path)
    writer.write(insert(b"in the log"))
    (tmp_path / "copy").mkdir()
    for one in (path, Path(f"{path}-wal")):
        shutil.copy(one, tmp_path / "copy")
    writer.close()
    copy = tmp_path / "copy" / path.name
    before = files(copy)
    database = ReadOnlyDatabase(copy)
    assert names(database) == [b"in the log"]
    assert files(copy) == before


def test_what_is_changed_while_it_is_read_without_locks_is_not_believed(path: Path) -> None:
    Database(path).close()
    database = ReadOnlyDatabase(path)

    def read(connection: apsw.Connection) -> None:
        fetch(connection, "SELECT 1 FROM roots")
        other = Database(path)
        other.write(insert(b"meanwhile"))
        other.close()

    with pytest.raises(CatalogError, match="changed by another process while it was read"):
        database.read(read)
    assert names(database) == [b"meanwhile"]


def test_an_older_schema_is_refused_with_what_to_do(path: Path) -> None:
    Database(path).close()
    older = apsw.Connection(str(path))
    older.execute("PRAGMA user_version = 1")
    older.close()
    with pytest.raises(CatalogError, match="Open it once where it may be written"):
        ReadOnlyDatabase(path)


def test_a_job_whose_process_is_gone_is_not_said_to_run(path: Path) -> None:
    code = (
        "import os, signal, sys\nfrom stoat_nb import Library\n"
        "library = Library(sys.argv[1])\n"
        "async def handler(context):\n"
        "    print(context.job_id, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "library.register_handler('die', handler)\n"
        "library.submit('die', {}).wait()\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True, check=False
    )
    catalog = Catalog(path, read_only=True)
    state = catalog.job_store.load(said.stdout.strip())
    assert state is not None
    assert str(state.status) == "pending"
    assert catalog.jobs()["status"].tolist() == ["pending"]
    catalog.close()


def test_a_file_that_was_moved_or_replaced_is_not_read_any_more(path: Path) -> None:
    Database(path).close()
    other = path.with_name("other.db")
    shutil.copy(path, other)
    database = ReadOnlyDatabase(path)
    other.replace(path)
    for ask in (lambda: names(database), database.version):
        with pytest.raises(CatalogMoved, match="another file is in its place"):
            ask()
    path.unlink()
    with pytest.raises(CatalogMoved, match="No such file"):
        names(database)
