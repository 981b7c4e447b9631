r"""What does a scan cost in which nothing has changed? Whole processes, beside ``find``.

A tree of tiny files is made, seven of ten called videos, a hundred to a folder, and the catalog is
told of them as a scan would have told it: their rows are written directly. Then, interleaved:

* ``find -printf '%s %T@ %p\n'``, the floor that lists everything and looks at every file;
* ``stoat scan`` (mode ``changed``): every folder listed, every video looked at and compared;
* ``stoat scan --mode quick``: one look at every folder;
* ``stoat scan`` of an empty folder: what it costs to start and to end.

Seconds are of whole processes, memory is the most that any of its processes held.

Run it with ``python benchmarks/rescan.py [--files 200000] [--rounds 5] [--keep FOLDER]``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.media.extensions import VIDEO_EXTENSIONS
from stoat_nb.media.find import find_folders
from stoat_nb.media.rules import Rules
from stoat_nb.media.video import Found, Outcome, Stream, Video

FOLDER_FILES, VIDEOS_OF_TEN = 100, 7
BATCH = 5000
STARTER = """
import os, sys, time
started = time.perf_counter()
nothing = os.open(os.devnull, os.O_WRONLY)
ends = [(os.POSIX_SPAWN_DUP2, nothing, 1), (os.POSIX_SPAWN_DUP2, nothing, 2)]
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=ends)
_, status, used = os.wait4(child, 0)
assert status == 0, sys.argv[1:]
print(time.perf_counter() - started, used.ru_maxrss)
"""
FACTS = Video(
    container="mp4",
    format_name="mov,mp4,m4a,3gp,3g2,mj2",
    duration_s=60.0,
    streams=(
        Stream(idx=0, kind="video", codec="h264", width=1920, height=1080),
        Stream(idx=1, kind="audio", codec="aac", channels=2, sample_rate=48_000),
    ),
)


def make_tree(folder: Path, files: int) -> None:
    """Make tiny files, some of them with the ending of a video."""
    for number in range(files):
        group = number // FOLDER_FILES
        inner = folder / f"{group // 100:04d}" / f"{group:06d}"
        if number % FOLDER_FILES == 0:
            inner.mkdir(parents=True, exist_ok=True)
        ending = "mp4" if number % 10 < VIDEOS_OF_TEN else "jpg"
        (inner / f"IMG_{number:08d}.{ending}").write_bytes(b"x" * (number % 50))


def found_in(folder: Path) -> Iterator[Found]:
    for listing in find_folders(os.fsencode(folder), Rules.of(VIDEO_EXTENSIONS)):
        yield from listing.files


def fill(library: Path, folder: Path) -> None:
    """Write the rows that a scan of the tree would have left."""
    catalog = Catalog(library)
    begun = catalog.scans.begin(
        job_id="made", folder=os.fsencode(folder), recursive=True, started_at=time.time()
    )
    batch: list[Outcome] = []
    for found in found_in(folder):
        batch.append(Outcome(found=found, video=FACTS))
        if len(batch) == BATCH:
            catalog.videos.record(begun.scan_id, batch, at=time.time())
            batch = []
    catalog.videos.record(begun.scan_id, batch, at=time.time())
    catalog.scans.finish(begun.scan_id, status="complete", at=time.time(), report={})
    catalog.close()


def run(command: Sequence[str | Path]) -> tuple[float, float]:
    """Return the seconds a command took, and the most MiB that one of its processes held.

    It is started by a small process: the kernel counts what the starter held as the command's own.
    """
    words = [sys.executable, "-I", "-S", "-c", STARTER, *map(str, command)]
    said = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True).stdout
    seconds, kibibytes = said.split()[-2:]
    return float(seconds), int(kibibytes) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="a folder for tree and library, used again")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        base = arguments.keep or Path(scratch)
        tree, nothing, library = base / "tree", base / "nothing", base / "library.db"
        if not tree.exists():
            make_tree(tree, arguments.files)
        nothing.mkdir(exist_ok=True)
        if not library.exists():
            fill(library, tree)
        compare(tree, nothing, library, arguments.rounds)


def compare(tree: Path, nothing: Path, library: Path, rounds: int) -> None:
    """Measure all in each round, after one that does not count and settles the folders' times."""
    scan = [sys.executable, "-m", "stoat_nb.cli", "--library", library, "scan", "--json"]
    legs: dict[str, list[str | Path]] = {
        "find -printf": ["find", tree, "-printf", "%s %T@ %p\\n"],
        "stoat scan": [*scan, tree],
        "stoat scan --mode quick": [*scan, "--mode", "quick", tree],
        "stoat scan of nothing": [*scan, nothing],
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in legs}
    for number in range(rounds + 1):
        for name, command in legs.items():
            one = run(command)
            if number:
                taken[name].append(one)
    floor = [seconds for seconds, _memory in taken["find -printf"]]
    for name, pairs in taken.items():
        seconds = [pair[0] for pair in pairs]
        ratios = [ours / theirs for ours, theirs in zip(seconds, floor, strict=True)]
        print(
            f"  {name:26} {statistics.median(seconds):7.2f} s   {statistics.median(ratios):6.3f} x"
            f" find   {max(pair[1] for pair in pairs):6.1f} MiB   (n={len(pairs)})"
        )


if __name__ == "__main__":
    main()
