"""The memory that a first scan of many files takes, beside that of few.

Copies of one small clip, a hundred to a folder, are scanned by ``stoat scan`` into a library that
does not exist before: 10,000 of them, and as many as are asked for. Memory is the most that any one
of the processes of a scan held: the one that walks and catalogues, or a reader.

Run it with ``python benchmarks/memory.py [--files 1000000] [--few 10000]``.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from rescan import FOLDER_FILES, run

from stoat_nb.media.demo_clips import make_samples


def make_tree(folder: Path, clip: bytes, files: int) -> None:
    """Write so many copies of a clip."""
    for number in range(files):
        group = number // FOLDER_FILES
        inner = folder / f"{group // 100:04d}" / f"{group:06d}"
        if number % FOLDER_FILES == 0:
            inner.mkdir(parents=True)
        (inner / f"IMG_{number:08d}.mp4").write_bytes(clip)


def measure(scratch: Path, clip: bytes, files: int) -> tuple[float, float]:
    """Return the seconds of a first scan, and the most MiB that one of its processes held."""
    tree, library = scratch / f"tree-{files}", scratch / f"{files}.db"
    make_tree(tree, clip, files)
    scan = [sys.executable, "-m", "stoat_nb.cli", "--library", library, "scan", "--json", tree]
    cost = run(scan)
    shutil.rmtree(tree)
    return cost


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--few", type=int, default=10_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        made = [path for path in make_samples(scratch / "clips") if path.name == "overflight.mp4"]
        clip = made[0].read_bytes()
        floor = 0.0
        for files in (arguments.few, arguments.files):
            seconds, mebibytes = measure(scratch, clip, files)
            floor = floor or mebibytes
            print(
                f"  {files:9,} files  {seconds:8.1f} s  {files / seconds:7.0f} files/s  "
                f"{mebibytes:6.1f} MiB  {mebibytes / floor:5.2f} x",
                flush=True,
            )


if __name__ == "__main__":
    main()
