"""Other programs on the library's file: in this process, in others, and in forked children."""

from __future__ import annotations

import platform
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import apsw
import pandas as pd
import pytest

from stoat_nb.catalog import file_locks, forked
from stoat_nb.catalog.database import Database, fetch
from stoat_nb.library import Library

INSERT = "INSERT INTO roots (path, path_text) VALUES (?, '')"
COUNT = "SELECT count(*) FROM roots"
READ_WRITE = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE

pytestmark = pytest.mark.skipif(not file_locks.are_kept(), reason="not on this machine: fallback")


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    opened = Database(path)
    yield opened
    opened.close()


def fill(database: Database, name: str, rows: int = 20) -> None:
    for number in range(rows):
        path = f"{name}{number}".encode()
        database.write(lambda one, path=path: fetch(one, INSERT, (path,)))  # type: ignore[misc]


def elsewhere(path: Path, code: str) -> str:
    """Run code in another process, with a connection ``c`` to the file of its own SQLite."""
    program = f"import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], timeout=0)\n{code}\n"
    command = [sys.executable, "-c", program, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def count_elsewhere(path: Path) -> int:
    return int(elsewhere(path, f"print(c.execute('{COUNT}').fetchone()[0]); c.close()"))


def files_of(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}*"))


# In this process ----------------------------------------------------------------------------------


def with_sqlite3(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute(COUNT).fetchall()
    other.close()


def with_pandas(path: Path) -> None:
    other = sqlite3.connect(path)
    assert len(pd.read_sql("SELECT path_text FROM roots", other)) > 0
    other.close()


def with_a_copy(path: Path) -> None:
    for file in files_of(path):
        shutil.copy(file, file.with_suffix(".copy"))


def with_open(path: Path) -> None:
    for file in files_of(path):
        file.open("rb").close()


@pytest.mark.parametrize("look", [with_sqlite3, with_pandas, with_a_copy, with_open])
def test_whoever_else_opens_the_file_in_this_process_costs_no_row(
    database: Database, path: Path, look: Callable[[Path], None]
) -> None:
    fill(database, "before ")
    look(path)
    assert len(files_of(path)) >= 3, "somebody has deleted the log"
    assert count_elsewhere(path) == 20  # and as the last to close, for all that it sees
    fill(database, "after ")
    assert count_elsewhere(path) == 40


def test_a_scan_after_a_query_by_pandas_is_seen_by_all(tmp_path: Path) -> None:
    path, clips = tmp_path / "library.db", tmp_path / "clips"
    with Library(path) as library:
        for name in ("first", "second"):
            (clips / name).mkdir(parents=True)
            (clips / name / "clip.mp4").write_bytes(b"no video")
            assert library.scan(clips / name).result().scanned == 1
            other = sqlite3.connect(path)
            pd.read_sql("SELECT * FROM videos", other)
            other.close()
        assert elsewhere(path, "print(*c.execute('SELECT count(*) FROM videos').fetchone())") == "2"


def test_another_sqlite_in_this_process_waits_for_a_write_of_ours(
    database: Database, path: Path
) -> None:
    def try_beside(_: apsw.Connection) -> None:
        other = sqlite3.connect(path, timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()
        refused = "try: c.execute('BEGIN IMMEDIATE')\nexcept sqlite3.Error as no: print(no)"
        assert elsewhere(path, refused) == "database is locked"

    database.write(try_beside)


STRESS = """
INSERT = "INSERT INTO roots (path, path_text) VALUES (?, '')"
import sqlite3, sys, threading
from pathlib import Path
from stoat_nb.catalog.database import Database

path, name = Path(sys.argv[1]), sys.argv[2]
database, over, looked = Database(path), threading.Event(), threading.Semaphore(0)

def meddle():
    while not over.is_set():
        looked.release()
        other = sqlite3.connect(path, timeout=60)
        other.execute("SELECT count(*) FROM roots").fetchall()
        other.close()
        for file in path.parent.glob(path.name + "*"):
            try:
                file.open("rb").close()
            except FileNotFoundError:
                pass

thread = threading.Thread(target=meddle)
thread.start()
for number in range(150):
    looked.acquire()
    row = (f"{name}{number}".encode(),)
    database.write(lambda one: one.execute(INSERT, row).fetchall())
over.set()
thread.join()
database.close()
"""


def test_two_processes_that_write_while_others_look_lose_nothing(path: Path) -> None:
    Database(path).close()
    programs = [
        subprocess.Popen([sys.executable, "-c", STRESS, str(path), name]) for name in ("a", "b")
    ]
    assert [program.wait(timeout=120) for program in programs] == [0, 0]
    assert count_elsewhere(path) == 300
    assert elsewhere(path, "print(*c.execute('PRAGMA integrity_check').fetchone())") == "ok"


def test_connections_that_open_and_close_at_once_do_not_wait_for_each_other(
    tmp_path: Path,
) -> None:
    def open_and_close(name: str) -> None:
        for _ in range(150):
            connection = file_locks.connect(tmp_path / name, READ_WRITE)
            connection.set_busy_timeout(10_000)
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            file_locks.disconnect(connection)

    threads = [threading.Thread(target=open_and_close, args=(name,)) for name in "aab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads)


def test_what_other_users_of_apsw_have_open_keeps_its_locks_as_they_were(
    database: Database, tmp_path: Path
) -> None:
    fill(database, "row ", 1)
    one, two = (apsw.Connection(str(tmp_path / "other.db")) for _ in range(2))
    one.execute("CREATE TABLE t (x)")
    for connection in (one, two):
        connection.execute("BEGIN")
        connection.execute("SELECT * FROM t").fetchall()
    for connection in (one, two):
        connection.execute("COMMIT")
    one.execute("BEGIN EXCLUSIVE")
    refused = "try: c.execute('SELECT * FROM t')\nexcept sqlite3.Error as no: print(no)"
    assert elsewhere(tmp_path / "other.db", refused) == "database is locked"
    one.execute("COMMIT")
    one.close()
    two.close()


# Descriptors --------------------------------------------------------------------------------------


def open_files(folder: Path) -> list[str]:
    targets = []
    for link in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # others of this process close theirs meanwhile
            targets.append(str(link.readlink()))
    return [target for target in targets if target.startswith(str(folder))]


def test_with_the_last_database_of_a_file_every_descriptor_goes(path: Path) -> None:
    for _ in range(5):
        first, second = Database(path), Database(path)
        for database in (first, second, first):
            database.read(lambda connection: fetch(connection, COUNT))
        first.close()
        assert files_of(path) != [path], "the log went while somebody had the file open"
        second.close()
        assert open_files(path.parent) == []
        assert files_of(path) == [path]


def test_a_connection_of_somebody_else_keeps_our_locks_until_it_is_closed(path: Path) -> None:
    database = Database(path)
    fill(database, "row ")
    other = apsw.Connection(str(path))
    other.execute(COUNT).fetchall()
    database.close()
    assert count_elsewhere(path) == 20
    assert len(files_of(path)) == 3, "another process took itself for the last"
    other.execute(INSERT, (b"one more",))
    other.close()
    Database(path).close()
    assert count_elsewhere(path) == 21
    assert open_files(path.parent) == []


# Forked children ----------------------------------------------------------------------------------

FORK = """
import os, subprocess, sys
from pathlib import Path
from stoat_nb.catalog.database import Database

OTHER = ("import sqlite3, sys; c = sqlite3.connect(sys.argv[1], timeout=0)\\n"
    "try: c.execute('BEGIN IMMEDIATE'); print('free')\\n"
    "except sqlite3.Error as no: print(no)")
database = Database(Path(sys.argv[1]))

def fork(connection):
    connection.execute("INSERT INTO roots (path, path_text) VALUES (x'61', '')")
    child = os.fork()
    if not child:
        try:
            connection.execute("ROLLBACK")
            connection.close()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    subprocess.run([sys.executable, "-c", OTHER, sys.argv[1]])

database.write(fork)
database.close()
"""


def test_a_forked_child_drops_no_lock_of_its_parent(path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", FORK, str(path)], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "database is locked", said.stderr
    assert count_elsewhere(path) == 1


# The system call ----------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("as") is None, reason="no assembler here")
@pytest.mark.skipif(platform.machine() not in file_locks.LISTINGS, reason="no code for it")
@pytest.mark.parametrize("listings", [file_locks.LISTINGS, forked.LISTINGS])
def test_the_machine_code_is_what_its_listing_says(
    tmp_path: Path, listings: dict[str, str]
) -> None:
    lines = listings[platform.machine()].strip().splitlines()
    code, source = zip(*(line.split(maxsplit=1) for line in lines), strict=True)
    syntax = ".intel_syntax noprefix\n" if platform.machine() == "x86_64" else ""
    text = "\n".join((*source, "first: .quad 0", "second: .quad 0", ""))
    (tmp_path / "code.s").write_text(syntax + text)
    subprocess.run(["as", "-o", tmp_path / "code.o", tmp_path / "code.s"], check=True)
    assembled = (tmp_path / "code.o").read_bytes()
    assert bytes.fromhex("".join(code)) + bytes(16) in assembled


NO_PROC = """
import os, sqlite3, sys
from pathlib import Path
from stoat_nb.catalog.database import Database

assert not os.path.exists("/proc/self")
database = Database(Path(sys.argv[1]))
insert = "INSERT INTO roots (path, path_text) VALUES (x'61', '')"
database.write(lambda one: one.execute(insert).fetchall())
other = sqlite3.connect(sys.argv[1])
other.execute("SELECT * FROM roots").fetchall()
other.close()
print(os.path.exists(sys.argv[1] + "-wal"))
database.close()
"""


def test_locks_are_kept_where_proc_is_not_mounted(path: Path) -> None:
    command = ["unshare", "--mount", "sh", "-c", 'umount -l /proc && exec "$0" -c "$1" "$2"']
    said = subprocess.run(
        [*command, sys.executable, NO_PROC, str(path)], capture_output=True, text=True, check=False
    )
    if "unshare" in said.stderr or "umount" in said.stderr:
        pytest.skip("nothing may be unmounted here")
    assert said.stdout == "True\n", said.stderr


def test_where_no_memory_may_be_made_executable_the_library_works_all_the_same(path: Path) -> None:
    code = (
        "import ctypes, sys\n"
        "from pathlib import Path\n"
        "set_mdwe, refuse_exec_gain = 65, 1\n"
        "if ctypes.CDLL(None).prctl(set_mdwe, refuse_exec_gain, 0, 0, 0): sys.exit(9)\n"
        "from stoat_nb.catalog import file_locks\n"
        "from stoat_nb.catalog.database import Database, fetch\n"
        "database = Database(Path(sys.argv[1]))\n"
        f"print(file_locks.are_kept(), *database.read(lambda one: fetch(one, '{COUNT}')))\n"
        "database.close()\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    if said.returncode == 9:
        pytest.skip("this kernel cannot refuse it")
    assert said.stdout == "False (0,)\n", said.stderr
