"""What does cataloguing cost beside SQLite itself? The rows of a large archive, written two ways.

* Ours: ``Catalog.record`` in the batches of a scan, with streams, tags, chapters, failures and
  documents, from the outcomes that a scan's readers hand over.
* The floor: the very rows that each batch left behind, read back, put by ``executemany`` into an
  empty file with tables and indexes of the same definition and settings, in a transaction of its
  own. It builds no cell, packs no document, looks for no known file, checks no reference between
  tables, has no triggers and gives no answer.

Ours and the floor take turns, batch by batch; making outcomes and reading rows back is not timed.
Processor time is told beside the clock's, since it says more on a machine with other work to do.
Run it with ``python -m benchmarks.catalog [--files 100000] [--rounds 5]``.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from benchmarks.archive import ROOT, batches
from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.database import WRITER_PRAGMAS
from stoat_nb.jobs.recording import RECORD_AT_MOST

#: The tables that a batch of outcomes fills, each with the column that numbers the file.
TABLES = {
    "videos": "id",
    "streams": "video_id",
    "failures": "video_id",
    "chapters": "video_id",
    "tags": "video_id",
    "documents": "video_id",
}


@dataclass(slots=True)
class Leg:
    """What one way has cost so far."""

    clock_s: float = 0.0
    processor_s: float = 0.0

    def time(self, function: Callable[[], Any]) -> None:
        clock, processor = time.perf_counter(), time.process_time()
        function()
        self.clock_s += time.perf_counter() - clock
        self.processor_s += time.process_time() - processor


class Floor:
    """Bare tables, filled with ``executemany``."""

    def __init__(self, source: Path, target: Path) -> None:
        self._source, self._target = apsw.Connection(str(source)), apsw.Connection(str(target))
        for pragma in ("journal_mode = WAL", *WRITER_PRAGMAS, "synchronous = NORMAL"):
            self._target.execute(f"PRAGMA {pragma}").fetchall()
        self._target.execute("PRAGMA foreign_keys = OFF").fetchall()
        names = {"folders", *TABLES}
        schema = "SELECT tbl_name, sql FROM sqlite_schema WHERE sql <> '' AND type <> 'trigger'"
        for table, sql in self._source.execute(schema).fetchall():
            if table in names:
                self._target.execute(str(sql))
        self._folders = 0

    def rows(self, first: int, last: int) -> dict[str, list[Any]]:
        """Return what a batch left behind."""
        found = {
            "folders": self._source.execute(
                "SELECT * FROM folders WHERE id > ?", (self._folders,)
            ).fetchall()
        }
        self._folders += len(found["folders"])
        for table, key in TABLES.items():
            sql = f"SELECT * FROM {table} WHERE {key} BETWEEN ? AND ?"  # noqa: S608 - our own words
            found[table] = self._source.execute(sql, (first, last)).fetchall()
        return found

    def insert(self, rows: dict[str, list[Any]]) -> None:
        """Write them, as one transaction."""
        self._target.execute("BEGIN IMMEDIATE")
        for table, some in rows.items():
            if some:
                marks = ", ".join("?" * len(some[0]))
                sql = f"INSERT INTO {table} VALUES ({marks})"  # noqa: S608 - our own words
                self._target.executemany(sql, some).fetchall()
        self._target.execute("COMMIT")

    def close(self) -> None:
        self._source.close()
        self._target.close()


def one_round(folder: Path, files: int) -> tuple[Leg, Leg, int]:
    """Write an archive both ways; return what each cost, and the size of the library."""
    path = folder / "ours.db"
    ours, least = Leg(), Leg()
    catalog = Catalog(path)
    floor = Floor(path, folder / "floor.db")
    scan = catalog.scans.begin(job_id="benchmark", folder=ROOT, recursive=True, started_at=1.0)
    done = 0
    for batch in batches(files, RECORD_AT_MOST):
        ours.time(lambda batch=batch: catalog.videos.record(scan.scan_id, batch, at=2.0))
        rows = floor.rows(done + 1, done + len(batch))
        assert len(rows["videos"]) == len(batch)
        least.time(lambda rows=rows: floor.insert(rows))
        done += len(batch)
    floor.close()
    catalog.close()
    return ours, least, path.stat().st_size


def compare(files: int, rounds: int) -> None:
    clock, processor, size = [], [], 0
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as scratch:
            ours, floor, size = one_round(Path(scratch), files)
        clock.append(ours.clock_s / floor.clock_s)
        processor.append(ours.processor_s / floor.processor_s)
        print(
            f"  round {number + 1}: ours {files / ours.clock_s:8,.0f} files/s, "
            f"floor {files / floor.clock_s:8,.0f} files/s: "
            f"{clock[-1]:.2f} x its time, {processor[-1]:.2f} x its processor time",
            flush=True,
        )
    print(
        f"{files:,} files, {size / 1e6:,.0f} MB, medians of {rounds}: "
        f"{statistics.median(clock):.2f} x the floor's time, "
        f"{statistics.median(processor):.2f} x its processor time"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    compare(arguments.files, arguments.rounds)


if __name__ == "__main__":
    main()
