"""What does a first scan cost? ``stoat scan`` as a whole, beside loops of other programs.

* ``stoat scan`` is timed as a process: start, walk, reading, catalogue, report and end, into a
  library that does not exist before. Its files are real copies of clips made here, and of the
  files of ``../shared/media/files`` where that is.
* ffprobe is a sequential loop of ``ffprobe -v quiet -show_format -show_streams -of json``, one
  process a file, over a sample spread over the same tree: what it takes is scaled to the whole
  number of files. mediainfo and exiftool get the same sample in one process each, where they are
  installed.
* Rounds are interleaved; the ratio of each round is taken, and their median. Cold: the page cache
  is dropped before each (root only), the programs' own code included.
* Beside the time there is the work: seconds of processor of all processes of a program. On a
  machine that others keep busy that says more: our readers give way to everybody else (nice 10).

Run it with ``python benchmarks/scan.py [--rounds 5] [--files 2000] [--sample 60]``; with
``--beside other/.venv/bin/python`` another version of Stoat takes turns with this one.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from stoat_nb.media.demo_clips import make_samples
from stoat_nb.media.probe import probe

#: What ISO and Matroska files are called.
COMMON = frozenset({".mp4", ".mov", ".mkv", ".webm"})
#: What a scan takes for videos anyway; the folder of real files also holds pictures and texts.
KINDS = COMMON | {".ts", ".avi", ".flv", ".mpg", ".mpeg", ".wmv", ".m4v", ".3gp", ".mxf", ".ogv"}
REAL_FILES = Path(__file__).parents[2] / "shared" / "media" / "files"
DROP_CACHES = Path("/proc/sys/vm/drop_caches")
FOLDER_FILES = 100
SHOW = ("-v", "quiet", "-show_format", "-show_streams", "-of", "json")

Leg = Callable[[], object]


def originals(scratch: Path) -> list[Path]:
    """Return clips of all kinds, small ones made here and real ones where they are."""
    made = [path for path in make_samples(scratch) if path.stat().st_size]
    real = [path for path in sorted(REAL_FILES.rglob("*")) if path.is_file()]
    return [path for path in made + real if path.suffix.lower() in KINDS]


def trees_of(clips: Sequence[Path]) -> dict[str, tuple[str, list[Path]]]:
    """Return what each tree is called, and what it holds copies of."""
    common = [clip for clip in clips if clip.suffix.lower() in COMMON]
    sound = [clip for clip in common if "video" in read(clip)]
    made = [clip for clip in sound if not clip.is_relative_to(REAL_FILES)]
    return {
        "clips": ("clips made here, mp4 mov mkv webm", made),
        "common": ("mp4 mov mkv webm, real ones and broken ones too", common),
        "all": ("all kinds, real ones and broken ones too", list(clips)),
    }


def read(path: Path) -> dict[str, Any]:
    seen = path.stat()
    item = {"root": str(path.parent), "relative": path.name}
    return probe({**item, "size_bytes": seen.st_size, "mtime_ns": seen.st_mtime_ns})


def copies(clips: Sequence[Path], folder: Path, count: int) -> list[Path]:
    """Fill a folder with copies, a hundred to a sub-folder."""
    made = []
    for number in range(count):
        clip = clips[number % len(clips)]
        target = folder / f"{number // FOLDER_FILES:04d}" / f"{number:06d}{clip.suffix.lower()}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(clip, target)
        made.append(target)
    os.sync()
    return made


def call(
    command: Sequence[str | Path], *, runs: Sequence[Path] = (), cwd: Path | None = None
) -> None:
    """Run a command, or run it once for each of some files."""
    for one in [[path] for path in runs] or [[]]:
        nothing = subprocess.DEVNULL
        subprocess.run([*command, *one], stdout=nothing, stderr=nothing, check=False, cwd=cwd)


def cost_of(leg: Leg) -> tuple[float, float]:
    """Return the seconds something takes, and those of processor that its processes take."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    leg()
    taken = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return taken, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def legs_of(
    folder: Path, files: Sequence[Path], sample: int, beside: Path | None
) -> dict[str, tuple[Leg, int]]:
    """Return what is measured, and of how many files."""
    few = list(files)[:: max(1, len(files) // sample)]

    def by_stoat(python: str) -> None:
        with tempfile.TemporaryDirectory() as place:
            library = ["--library", str(Path(place) / "library.db")]
            # From elsewhere than a checkout, whose code would be taken instead of the Python's own.
            stoat = [python, "-m", "stoat_nb.cli", *library, "scan", "--json", str(folder)]
            call(stoat, cwd=Path(place))

    legs: dict[str, tuple[Leg, int]] = {
        "stoat scan": (partial(by_stoat, sys.executable), len(files))
    }
    if beside:
        legs["the other stoat scan"] = (partial(by_stoat, str(beside.absolute())), len(files))
    if shutil.which("ffprobe"):
        legs["ffprobe, a process a file"] = (
            lambda: call(["ffprobe", *SHOW], runs=few),
            len(few),
        )
    if shutil.which("mediainfo"):
        legs["mediainfo, one process"] = (
            lambda: call(["mediainfo", "--Output=JSON", *few]),
            len(few),
        )
    if shutil.which("exiftool"):
        legs["exiftool, one process"] = (lambda: call(["exiftool", "-j", *few]), len(few))
    return legs


def compare(name: str, legs: dict[str, tuple[Leg, int]], rounds: int, *, cold: bool) -> None:
    """Measure all legs in each round and print their medians, and ours beside each."""
    taken: dict[str, list[tuple[float, float]]] = {leg: [] for leg in legs}
    for number in range(rounds + 1):
        for leg, (run, files) in legs.items():
            if cold:
                os.sync()
                DROP_CACHES.write_text("3\n", encoding="ascii")
            cost = cost_of(run)
            if number or cold:
                taken[leg].append((cost[0] / files, cost[1] / files))
    print(f"{name}, {'cold' if cold else 'warm'}:")
    ours = taken["stoat scan"]
    for leg, costs in taken.items():
        ratios = [theirs[0] / mine[0] for theirs, mine in zip(costs, ours, strict=True)]
        work = [theirs[1] / mine[1] for theirs, mine in zip(costs, ours, strict=True)]
        seconds = statistics.median(cost[0] for cost in costs)
        print(
            f"  {leg:25} {seconds * 1e3:9.3f} ms/file of {legs[leg][1]:5d}"
            f"   {statistics.median(ratios):6.1f} x ({min(ratios):.1f} to {max(ratios):.1f})"
            f"   work {statistics.median(work):6.2f} x   n={len(costs)}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--sample", type=int, default=60, help="files that the others get")
    parser.add_argument("--only", choices=("clips", "common", "all"), help="one tree, not three")
    parser.add_argument("--warm", action="store_true", help="leave the page cache alone")
    parser.add_argument(
        "--beside", type=Path, help="the Python of another Stoat, as of an older one"
    )
    parser.add_argument(
        "--keep", type=Path, help="a folder for the trees, used again if it is there"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        base = arguments.keep or Path(scratch)
        trees = trees_of(originals(Path(scratch) / "originals"))
        for key, (name, chosen) in trees.items():
            if arguments.only not in (None, key):
                continue
            folder = base / key
            files = sorted(path for path in folder.rglob("*") if path.is_file())
            files = files or copies(chosen, folder, arguments.files)
            legs = legs_of(folder, files, arguments.sample, arguments.beside)
            what = f"{len(files)} copies of {len(chosen)} files ({name})"
            compare(what, legs, arguments.rounds, cold=False)
            if not arguments.warm and os.access(DROP_CACHES, os.W_OK):
                compare(what, legs, arguments.rounds, cold=True)


if __name__ == "__main__":
    main()
