"""What does an export cost? Each format beside pandas, which writes the same table from a frame.

Every leg runs in a process of its own over the same library: seconds, and by how much its memory
grew at most (``VmHWM``). Ours is ``Library.export``, which reads the rows itself; pandas is
``library.videos()`` and ``DataFrame.to_...``. Two sizes tell whether memory grows with the rows.
pandas keeps the cells of a whole workbook in memory, so its Excel leg runs at the smaller size.
The stream is what REST sends: how long until its first byte, and until its last.

Run it with ``python benchmarks/exports.py [--rows 200000]``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from archive import ROOT, batches

from stoat_nb import Library

FORMATS = ("csv", "jsonl", "json", "parquet", "xlsx", "html")
BATCH = 2000
HEAD = (
    f"{'':9}{'rows':>9}{'MB':>8}{'s':>8}{'grown MiB':>11}   pandas:{'s':>8}{'MiB':>8}{'ratio':>7}"
)

Leg = Callable[[Library, Path], None]


def by_us(library: Library, target: Path) -> None:
    library.export(target)


def by_pandas(library: Library, target: Path) -> None:
    frame = library.videos()
    match target.suffix:
        case ".csv":
            frame.to_csv(target, index=False)
        case ".parquet":
            frame.to_parquet(target, index=False)
        case ".xlsx":
            for name in frame.select_dtypes("datetimetz"):
                frame[name] = frame[name].dt.tz_localize(None)
            frame.to_excel(target, index=False, engine="xlsxwriter")
        case _:
            lines = target.suffix == ".jsonl"
            frame.to_json(target, orient="records", date_format="iso", lines=lines)


LEGS: dict[str, Leg] = {"ours": by_us, "pandas": by_pandas}


def peak_kib() -> int:
    """Return the most memory this process has held."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def measure(leg: str, database: Path, target: Path) -> None:
    """Run one leg in this process and print its figures."""
    with Library(database) as library, tempfile.TemporaryDirectory() as scratch:
        with Library(Path(scratch) / "empty.db") as empty:
            LEGS[leg](empty, Path(scratch) / f"empty{target.suffix}")
        before, started = peak_kib(), time.perf_counter()
        LEGS[leg](library, target)
        seconds = time.perf_counter() - started
        grown = (peak_kib() - before) / 1024
    size = target.stat().st_size / 1e6
    target.unlink()
    print(json.dumps({"seconds": seconds, "grown": grown, "size": size}))


def run(leg: str, database: Path, target: Path) -> dict[str, float]:
    """Run one leg in a process of its own."""
    command = [sys.executable, __file__, "--leg", leg, str(database), str(target)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, float] = json.loads(told)
    return found


def fill(path: Path, rows: int) -> None:
    with Library(path) as library:
        scan = library.catalog.scans.begin(
            job_id="benchmark", folder=ROOT, recursive=True, started_at=0.0
        )
        for batch in batches(rows, BATCH):
            library.catalog.videos.record(scan.scan_id, batch, at=1.0)


def compare(folder: Path, rows: int) -> None:
    """Print every format beside pandas, at two sizes."""
    sizes = {rows // 10: folder / "small.db", rows: folder / "large.db"}
    for count, path in sizes.items():
        fill(path, count)
    print(HEAD)
    for kind in FORMATS:
        for count, path in sizes.items():
            target = folder / f"out.{kind}"
            ours = run("ours", path, target)
            line = f"{kind:9}{count:9,}{ours['size']:8.0f}"
            line += f"{ours['seconds']:8.1f}{ours['grown']:11.0f}"
            if kind != "html" and (kind != "xlsx" or count < rows):
                theirs = run("pandas", path, target)
                ratio = ours["seconds"] / theirs["seconds"]
                line += f"{'':10}{theirs['seconds']:8.1f}{theirs['grown']:8.0f}{ratio:7.2f}"
            print(line, flush=True)
    for kind in ("csv", "parquet"):
        stream(sizes[rows], kind)


def stream(path: Path, kind: str) -> None:
    """Print when the first and the last byte of a stream come."""
    with Library(path) as library:
        started = time.perf_counter()
        chunks = library.catalog.export_stream(kind)
        size = len(next(chunks))
        first = time.perf_counter() - started
        size += sum(map(len, chunks))
        last = time.perf_counter() - started
    print(f"stream of {kind}: first byte after {first:.2f} s, last after {last:.1f} s ({size:,})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--leg", nargs=3, metavar=("LEG", "DATABASE", "TARGET"))
    asked = parser.parse_args()
    if asked.leg:
        leg, database, target = asked.leg
        measure(leg, Path(database), Path(target))
        return
    with tempfile.TemporaryDirectory(prefix="stoat-exports-") as scratch:
        compare(Path(scratch), asked.rows)


if __name__ == "__main__":
    main()
