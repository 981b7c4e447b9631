"""What does a frame of a large library cost beside pandas' own way? Time and memory, in one run.

* ``pandas.read_sql`` of the same columns in the same order through ``sqlite3``: the rival.
* Ours: ``Library``'s frame, made anew together with the file of the read model; and the same again
  from that file.
* Ours through the map, and every cell of a text, a number and a word column looked at.

Each is measured in a process of its own, which opens the file and knows its modules beforehand:
seconds by the clock and of the processor, and by how much the process' peak memory grew. The
library is made first, as by ``benchmarks.catalog``, or given. Run it with
``python -m benchmarks.frames [--files 1000000] [--rounds 3] [--library FILE]``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from benchmarks.archive import ROOT, batches
from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.frames import frame_of
from stoat_nb.catalog.reader import FOLLOWED
from stoat_nb.jobs.recording import RECORD_AT_MOST

#: What is looked at of a frame that was mapped.
LOOKED_AT = ("path", "size_bytes", "codec")


def made(path: Path, files: int) -> None:
    """Catalogue an archive."""
    catalog = Catalog(path)
    scan = catalog.scans.begin(job_id="benchmark", folder=ROOT, recursive=True, started_at=1.0)
    for batch in batches(files, RECORD_AT_MOST):
        catalog.videos.record(scan.scan_id, batch, at=time.time())
    catalog.close()


def by_pandas(path: Path, name: str) -> Callable[[], pd.DataFrame]:
    table = TABLES[name]
    connection = sqlite3.connect(path)
    sql = f"{table.select} ORDER BY {table.order}"
    return lambda: pd.read_sql(sql, connection)


def by_stoat(path: Path, name: str) -> Callable[[], pd.DataFrame]:
    reader = Catalog(path).reader

    def whole() -> pd.DataFrame:
        frame = frame_of(TABLES[name], reader.table(name))
        reader.settle()
        return frame

    return whole


def and_looked_at(path: Path, name: str) -> Callable[[], pd.DataFrame]:
    whole = by_stoat(path, name)

    def look() -> pd.DataFrame:
        frame = whole()
        for column in LOOKED_AT:
            if column in frame:
                frame[column].value_counts().sum()
        return frame

    return look


WAYS = {
    "pandas.read_sql": by_pandas,
    "ours, anew (writes the file)": by_stoat,
    "ours, mapped": by_stoat,
    "ours, mapped, three columns counted": and_looked_at,
}


def measure(way: str, path: Path, name: str) -> None:
    """Make one frame here, and print what it cost."""
    make = WAYS[way](path, name)
    pd.DataFrame({"a": pd.array(["a"], "string[pyarrow]")}).value_counts()  # its modules are there
    before = peak_mb()
    clock, processor = time.perf_counter(), time.process_time()
    frame = make()
    told = {
        "clock_s": time.perf_counter() - clock,
        "processor_s": time.process_time() - processor,
        "memory_mb": peak_mb() - before,
        "rows": len(frame),
    }
    print(json.dumps(told), flush=True)
    os._exit(0)  # taking a frame of pandas' apart takes as long as making it


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(way: str, path: Path, name: str, cache: Path) -> dict[str, float]:
    """Measure in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.frames", "--way", way, "--table", name]
    done = subprocess.run(
        [*command, "--library", str(path)],
        check=True,
        capture_output=True,
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def compare(path: Path, name: str, rounds: int) -> None:
    found: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as cache:
            for way, seen in found.items():
                seen.append(measured(way, path, name, Path(cache)))
    [rival, *_] = found.values()
    print(f"{name}(): {rival[0]['rows']:,} rows, {len(TABLES[name].columns)} columns")
    for way, seen in found.items():
        middle = {
            key: statistics.median(one[key] for one in seen)
            for key in ("clock_s", "processor_s", "memory_mb")
        }
        ratios = {
            key: statistics.median(
                a[key] / max(b[key], 1e-9) for a, b in zip(rival, seen, strict=True)
            )
            for key in middle
        }
        print(
            f"  {way:38} {middle['clock_s']:8.3f} s ({ratios['clock_s']:6.1f} x faster), "
            f"processor {middle['processor_s']:8.3f} s ({ratios['processor_s']:6.1f} x), "
            f"memory {middle['memory_mb']:7,.0f} MB (1/{ratios['memory_mb']:.1f})",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--library", type=Path, help="one that is there; it is read, no more")
    parser.add_argument("--table", choices=FOLLOWED)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        measure(arguments.way, arguments.library, arguments.table)
    with tempfile.TemporaryDirectory() as scratch:
        path = arguments.library or Path(scratch) / "library.db"
        if not arguments.library:
            made(path, arguments.files)
        for name in [arguments.table] if arguments.table else sorted(FOLLOWED, reverse=True):
            compare(path, name, arguments.rounds)


if __name__ == "__main__":
    main()
