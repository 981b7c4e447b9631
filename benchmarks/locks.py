"""What do locks cost that nothing else in the process can drop? Reads and commits, in one run.

Two files side by side, one opened as apsw opens it, with the locks of the process, the other as a
library is; they take turns. ``read`` reads one row in a transaction of its own, ``commit`` writes
one without waiting for the disk, ``open`` opens, reads a row and closes beside another connection.

Run it with ``python -m benchmarks.locks [--times 5000] [--rounds 9]``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import apsw

from stoat_nb.catalog import file_locks

READ_WRITE = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
#: Openings are slower than the others by about so much.
OPENING = 10


class Plain:
    """A file as apsw opens it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = self.connect()
        self.connection.execute("PRAGMA journal_mode = WAL").fetchall()
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.execute("CREATE TABLE t (x); INSERT INTO t VALUES (1)")

    def connect(self) -> apsw.Connection:
        return apsw.Connection(os.fspath(self.path), flags=READ_WRITE)

    def disconnect(self, connection: apsw.Connection) -> None:
        connection.close()

    def read(self) -> None:
        self.connection.execute("BEGIN")
        self.connection.execute("SELECT x FROM t LIMIT 1").fetchall()
        self.connection.execute("ROLLBACK")

    def commit(self) -> None:
        self.connection.execute("UPDATE t SET x = x + 1")

    def open(self) -> None:
        connection = self.connect()
        connection.execute("SELECT x FROM t LIMIT 1").fetchall()
        self.disconnect(connection)


class Kept(Plain):
    """A file as a library is opened."""

    def connect(self) -> apsw.Connection:
        return file_locks.connect(self.path, READ_WRITE)

    def disconnect(self, connection: apsw.Connection) -> None:
        file_locks.disconnect(connection)


def microseconds(deed: Callable[[], None], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        deed()
    return (time.perf_counter() - start) / times * 1e6


def main() -> None:
    """Print microseconds per operation, both ways, and how they compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args()
    if not file_locks.are_kept():
        raise SystemExit("The locks of this process are not kept on this machine.")
    with tempfile.TemporaryDirectory() as folder:
        plain, kept = Plain(Path(folder, "plain")), Kept(Path(folder, "kept"))
        for deed in ("read", "commit", "open"):
            times = asked.times // (OPENING if deed == "open" else 1)
            pairs = [
                (
                    microseconds(getattr(plain, deed), times),
                    microseconds(getattr(kept, deed), times),
                )
                for _ in range(asked.rounds)
            ]
            theirs, ours = (statistics.median(found) for found in zip(*pairs, strict=True))
            ratio = statistics.median(after / before for before, after in pairs)
            print(f"{deed:<8} apsw {theirs:7.1f} us   stoat {ours:7.1f} us   {ratio:.2f} x")
        for side in (plain, kept):
            side.disconnect(side.connection)


if __name__ == "__main__":
    main()
