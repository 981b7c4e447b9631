"""What does ``library.map`` cost beside a bare loop, and does a scan keep its pace? In one run.

* A bare loop over the paths in this process.
* ``map`` of the same function: of one that does nothing and of one that reads a file; in batches
  as it is, and with one file at a time.
* The same map again, with nothing to do.
* A scan of the folder alone, and beside a map of sleeping functions, in turns.

Run it with ``python -m benchmarks.map [--files 8000] [--rounds 3]``.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stoat_nb import Library, Settings, VideoQuery, make_samples
from stoat_nb.maps import handler


def filled(folder: Path, files: int) -> None:
    """Make a folder of small clips: copies that differ by what follows their end."""
    folder.mkdir()
    clip = next(path for path in make_samples(folder.parent / "clips") if path.suffix == ".mp4")
    data = clip.read_bytes()
    for at in range(files):
        (folder / f"{at:06}.mp4").write_bytes(data + b"\0\0\0\x0cfree" + at.to_bytes(4))


def nothing(_path: str) -> int:
    return 1


def digest(path: str) -> str:
    with Path(path).open("rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def processor_s() -> float:
    """Return the seconds of the processor that this process and its children took."""
    return sum(
        one.ru_utime + one.ru_stime
        for one in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def timed(function: Callable[[], Any]) -> tuple[float, float]:
    begun, before = time.perf_counter(), processor_s()
    function()
    return time.perf_counter() - begun, processor_s() - before


def overhead(library: Library, rounds: int) -> None:
    paths = library.videos("status == 'ok'")["path"].tolist()
    for function in (nothing, digest):
        for most, how in ((handler.BATCH_MOST, "in batches"), (1, "singly")):
            loops, maps = [], []
            for _ in range(rounds):
                loops.append(timed(lambda: [function(path) for path in paths]))  # noqa: B023 - called here
                handler.BATCH_MOST, kept = most, handler.BATCH_MOST
                job = lambda: library.map(function, name=function.__name__, again="all").result()  # noqa: B023, E731 - called here
                maps.append(timed(job))
                handler.BATCH_MOST = kept
            loop, mapped = (
                [statistics.median(one) / len(paths) * 1e6 for one in zip(*taken, strict=True)]
                for taken in (loops, maps)
            )
            print(
                f"{function.__name__:8} {how:10} bare loop {loop[0]:6.0f} us a file, map "
                f"{mapped[0]:6.0f} us by the clock, {mapped[1]:6.0f} us of the processor"
            )


def again(library: Library, rounds: int) -> None:
    library.map(nothing, name="again").result()
    library.count(VideoQuery())
    took = [timed(lambda: library.map(nothing, name="again").result())[0] for _ in range(rounds)]
    print(f"again, nothing to do: {statistics.median(took) * 1e3:.0f} ms")


def beside_a_scan(library: Library, folder: Path, rounds: int) -> None:
    ratios = []
    for _ in range(rounds):
        alone = timed(lambda: library.scan(folder, mode="full").result())[0]
        job = library.map(lambda _path: time.sleep(30), name="sleeper")
        while not job.progress.total:
            time.sleep(0.05)
        beside = timed(lambda: library.scan(folder, mode="full").result())[0]
        job.cancel()
        job.wait()
        ratios.append(alone / beside)
    print(
        f"scan beside a map of sleeping functions: {statistics.median(ratios):.2f} of alone "
        f"({', '.join(f'{one:.2f}' for one in sorted(ratios))})"
    )


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--files", type=int, default=8000)
    asked.add_argument("--rounds", type=int, default=3)
    given = asked.parse_args()
    work = Path(tempfile.mkdtemp(prefix="stoat-map-"))
    try:
        filled(work / "videos", given.files)
        with Library(work / "library.db", settings=Settings(probe_workers=2)) as library:
            print(library.scan(work / "videos").result(), f"load {os.getloadavg()[0]:.1f}")
            overhead(library, given.rounds)
            again(library, given.rounds)
            beside_a_scan(library, work / "videos", given.rounds)
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
