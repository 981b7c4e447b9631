"""The file itself: one writer, many readers, and what cannot be opened."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import apsw
import pytest

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.database import IDLE_READERS, Database, fetch
from stoat_nb.catalog.migrations import APPLICATION_ID, steps
from stoat_nb.catalog.place import file_system_of, refuse_network
from stoat_nb.errors import (
    CatalogClosed,
    CatalogCorrupt,
    CatalogError,
    CatalogNotWritable,
    CatalogTooNew,
)

INSERT = "INSERT INTO roots (path, path_text) VALUES (?, '')"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    opened = Database(path)
    yield opened
    opened.close()


def insert(name: bytes) -> Callable[[apsw.Connection], None]:
    return lambda connection: connection.execute(INSERT, (name,)) and None


def names(database: Database) -> list[bytes]:
    rows = database.read(lambda connection: fetch(connection, "SELECT path FROM roots ORDER BY 1"))
    return [name for (name,) in rows]


def open_files(path: Path) -> list[str]:
    targets = []
    for link in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # others of this process close theirs meanwhile
            targets.append(str(link.readlink()))
    return [target for target in targets if target.startswith(str(path))]


def run(code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *(str(argument) for argument in arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def said_by(*programs: subprocess.Popen[str]) -> list[str]:
    outputs = [program.communicate(timeout=60)[0] for program in programs]
    assert [program.returncode for program in programs] == [0] * len(programs)
    return outputs


# Writing and reading ------------------------------------------------------------------------------


def test_what_was_written_is_read(database: Database) -> None:
    database.write(insert(b"a"))
    assert names(database) == [b"a"]


def test_a_write_that_raises_is_rolled_back_whole(database: Database) -> None:
    def fail(connection: apsw.Connection) -> None:
        insert(b"a")(connection)
        raise LookupError("no")

    with pytest.raises(LookupError, match="no"):
        database.write(fail)
    assert names(database) == []
    database.write(insert(b"b"))
    assert names(database) == [b"b"]


def test_only_durable_writes_wait_for_the_disk(database: Database) -> None:
    def level(connection: apsw.Connection) -> object:
        return fetch(connection, "PRAGMA synchronous")[0][0]

    full, normal = 2, 1
    assert database.write(level, durable=True) == full
    assert database.write(level) == normal
    assert database.write(level, durable=True) == full


def test_every_connection_is_set_up(database: Database) -> None:
    def settings(connection: apsw.Connection) -> list[object]:
        pragmas = ("journal_mode", "trusted_schema", "cell_size_check", "busy_timeout")
        return [fetch(connection, f"PRAGMA {name}")[0][0] for name in pragmas]

    assert database.write(settings) == database.read(settings) == ["wal", 0, 1, 15000]
    assert database.write(lambda writer: fetch(writer, "PRAGMA foreign_keys")) == [(1,)]


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(CatalogNotWritable):
        database.read(insert(b"a"))
    assert names(database) == []


def test_a_reader_sees_one_state_however_long_it_reads(database: Database) -> None:
    def count_twice(connection: apsw.Connection) -> list[int]:
        counts = []
        for name in (b"a", b"b"):
            counts.append(len(fetch(connection, "SELECT 1 FROM roots")))
            database.write(insert(name))
        return counts

    assert database.read(count_twice) == [0, 0]
    assert names(database) == [b"a", b"b"]


def test_many_threads_write_and_nothing_is_lost(database: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        for number in range(200):
            threads.submit(database.write, insert(b"%03d" % number))
    assert names(database) == [b"%03d" % number for number in range(200)]


def test_readers_at_once_leave_few_connections_behind(database: Database) -> None:
    together = threading.Barrier(12)

    def read(connection: apsw.Connection) -> None:
        fetch(connection, "SELECT 1 FROM roots")
        together.wait(timeout=30)

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(database.read, [read] * 12))
    assert len(database._idle) == IDLE_READERS


def test_closing_lets_go_of_every_file_and_folds_the_log_in(database: Database, path: Path) -> None:
    database.write(insert(b"a"))
    names(database)
    database.close()
    database.close()
    assert open_files(path) == []
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_after_closing_nothing_works_and_all_says_so(database: Database) -> None:
    database.close()
    with pytest.raises(CatalogClosed, match="is closed"):
        database.write(insert(b"a"))
    with pytest.raises(CatalogClosed, match="is closed"):
        names(database)


def test_a_full_disk_is_said_and_everything_works_again_after_it(database: Database) -> None:
    def fill(connection: apsw.Connection) -> None:
        connection.execute("PRAGMA max_page_count = 1").fetchall()  # as many as there are
        insert(b"x" * 100_000)(connection)

    database.write(insert(b"a"))
    with pytest.raises(CatalogError, match=r"is full. Nothing of this was written"):
        database.write(fill)
    assert names(database) == [b"a"]
    database.write(lambda connection: fetch(connection, "PRAGMA max_page_count = 100000"))
    database.write(insert(b"b"))
    assert names(database) == [b"a", b"b"]


def test_a_library_opened_on_a_full_disk_is_not_called_damaged(path: Path) -> None:
    first = Database(path)
    first.write(insert(b"a"))
    first.close()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))  # no room for the log's index
    try:
        with pytest.raises(CatalogError, match=r"is full\. Nothing of this was written"):
            Database(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    again = Database(path)
    assert names(again) == [b"a"]
    again.close()


# What cannot be opened ----------------------------------------------------------------------------


def test_a_folder_a_pipe_and_a_dangling_link_are_no_library(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name, reason in (("", "is a folder"), ("pipe", "a pipe"), ("link", "a link to something")):
        with pytest.raises(CatalogNotWritable, match=reason):
            Database(tmp_path / name)


def test_a_missing_parent_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogNotWritable, match=f"there is no folder '{tmp_path}/not'"):
        Database(tmp_path / "not" / "library.db")
    (tmp_path / "file").write_text("")
    with pytest.raises(CatalogNotWritable, match="Not a directory"):
        Database(tmp_path / "file" / "library.db")


def test_a_path_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogNotWritable, match="not valid UTF-8"):
        Database(tmp_path / os.fsdecode(b"caf\xe9.db"))


def test_a_place_this_user_may_not_write_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        folder.chmod(folder.stat().st_mode | 0o055)
    Database(tmp_path / "old.db").close()
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from stoat_nb.catalog.database import Database\n"
        "from stoat_nb.errors import CatalogNotWritable\n"
        "if os.getuid() == 0:\n"
        "    os.setuid(65534)\n"
        "else:\n"
        "    os.chmod(sys.argv[1], 0o555)\n"
        "    os.chmod(sys.argv[1] + '/old.db', 0o444)\n"
        "for name in ('new.db', 'old.db'):\n"
        "    try:\n"
        "        Database(Path(sys.argv[1], name))\n"
        "    except CatalogNotWritable as refused:\n"
        "        print(refused)\n"
    )
    (said,) = said_by(run(code, tmp_path))
    assert said.count("cannot be written") == 2


def test_a_text_file_is_refused_and_left_as_it_is(path: Path) -> None:
    path.write_text("Dear diary, this is no database. " * 100)
    before = path.read_bytes()
    with pytest.raises(CatalogCorrupt, match="not a healthy Stoat library"):
        Database(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_another_programs_database_is_refused_and_left_as_it_is(path: Path) -> None:
    other = apsw.Connection(str(path))
    other.execute("CREATE TABLE songs (title)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(CatalogCorrupt, match="not a Stoat library"):
        Database(path)
    assert path.read_bytes() == before


def test_what_another_program_left_half_written_is_refused_and_left_as_it_is(
    path: Path, tmp_path: Path
) -> None:
    other = apsw.Connection(str(tmp_path / "other.db"))
    other.execute("CREATE TABLE songs (title); INSERT INTO songs VALUES ('one')")
    other.execute("PRAGMA cache_size = 1; BEGIN")
    other.execute("INSERT INTO songs SELECT zeroblob(100000)")  # more than it keeps in memory
    files = {path: "other.db", Path(f"{path}-journal"): "other.db-journal"}
    before = {copy: (tmp_path / name).read_bytes() for copy, name in files.items()}
    other.close()
    for copy, content in before.items():
        copy.write_bytes(content)
    with pytest.raises(CatalogCorrupt, match="half-written"):
        Database(path)
    assert {copy: copy.read_bytes() for copy in files} == before


def test_a_newer_schema_is_refused_and_left_as_it_is(path: Path) -> None:
    Database(path).close()
    newer = apsw.Connection(str(path))
    newer.execute(f"PRAGMA user_version = {len(steps()) + 7}")
    newer.close()
    before = path.read_bytes()
    with pytest.raises(CatalogTooNew, match=f"schema version {len(steps()) + 7}; this Stoat knows"):
        Database(path)
    assert path.read_bytes() == before


def test_an_empty_file_becomes_a_library(path: Path) -> None:
    path.touch()
    database = Database(path)
    marks = database.read(
        lambda connection: [
            fetch(connection, f"PRAGMA {name}")[0][0] for name in ("application_id", "user_version")
        ]
    )
    database.close()
    assert marks == [APPLICATION_ID, len(steps())]


def test_damage_found_while_reading_is_told_as_damage(path: Path) -> None:
    catalog = Catalog(path)
    begun = catalog.scans.begin(job_id="job", folder=b"/v", recursive=True, started_at=1.0)
    catalog.scans.finish(begun.scan_id, status="complete", at=2.0, report={"notes": ["x" * 20_000]})
    catalog.close()
    content = bytearray(path.read_bytes())
    for start in range(4096, len(content), 4096):
        content[start : start + 64] = b"\xa5" * 64
    path.write_bytes(content)
    with pytest.raises(CatalogCorrupt, match="restore a backup"):
        Catalog(path).reader.videos()


def test_a_library_on_a_network_file_system_is_refused() -> None:
    with pytest.raises(CatalogError, match=r"network file system \(nfs4\).*local disk"):
        refuse_network(Path("/home/me/library.db"), "nfs4")
    refuse_network(Path("/home/me/library.db"), "ext4")


def test_the_file_system_of_a_path_is_that_of_the_nearest_mount() -> None:
    mounts = (
        "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
        "28 27 0:25 / /mnt/my\\040disk rw shared:1 - cifs //nas/disk rw\n"
        "29 28 0:26 / /mnt/my\\040disk/deep rw - xfs /dev/vdb rw\n"
        "30 27 0:27 / /mnt/twice rw - nfs nas:/a rw\n"
        "31 27 0:28 / /mnt/twice rw - btrfs /dev/vdc rw\n"
    )
    assert file_system_of("/home/library.db", mounts) == "ext4"
    assert file_system_of("/mnt/my disk/library.db", mounts) == "cifs"
    assert file_system_of("/mnt/my disk/deep/library.db", mounts) == "xfs"
    assert file_system_of("/mnt/my diskette/library.db", mounts) == "ext4"
    assert file_system_of("/mnt/twice/library.db", mounts) == "btrfs"
    assert file_system_of("/library.db", "") == ""


# Several processes --------------------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
from stoat_nb.catalog.database import Database

def append(connection):
    # Read, then write: what must not be let in between is another process's write.
    ((count,),) = connection.execute("SELECT count(*) FROM roots").fetchall()
    text = f"{sys.argv[2]} {number:06}"
    connection.execute("INSERT INTO roots VALUES (?, ?, ?)", (count + 1, text.encode(), text))
    return text

database = Database(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    print(database.write(append), flush=True)
"""


def test_processes_that_make_and_fill_one_new_file_at_once_all_succeed(path: Path) -> None:
    said = said_by(*(run(WRITER, path, name, 100) for name in "abcd"))
    database = Database(path)
    written = [name.decode() for name in names(database)]
    database.close()
    assert written == sorted(line for text in said for line in text.splitlines())
    assert len(written) == 400


def test_threads_that_open_one_new_file_at_once_all_succeed(tmp_path: Path) -> None:
    together = threading.Barrier(6)

    def open_and_close(path: Path) -> int:
        together.wait(timeout=30)
        database = Database(path)
        ((version,),) = database.read(lambda one: fetch(one, "PRAGMA user_version"))
        database.close()
        return int(version)

    for number in range(8):
        with ThreadPoolExecutor(6) as threads:
            versions = list(threads.map(open_and_close, [tmp_path / f"{number}.db"] * 6))
        assert versions == [len(steps())] * 6


def test_a_killed_process_loses_nothing_that_it_was_told_is_written(path: Path) -> None:
    program = run(WRITER, path, "a", 1_000_000)
    assert program.stdout is not None
    acknowledged = [program.stdout.readline().strip() for _ in range(300)]
    program.kill()
    acknowledged += program.stdout.read().splitlines()
    program.wait(timeout=60)
    program.stdout.close()
    database = Database(path)
    written = {name.decode() for name in names(database)}
    healthy = database.read(lambda connection: fetch(connection, "PRAGMA integrity_check"))
    database.close()
    whole_lines = {line for line in acknowledged if len(line) == len("a 000000")}
    assert len(whole_lines) >= 300
    assert whole_lines <= written
    assert len(written - whole_lines) <= 2  # written, and killed before it could say so
    assert healthy == [("ok",)]
