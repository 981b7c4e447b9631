"""Does anything stall while a scan runs? The event loop's longest stall, and REST's answers.

Two figures in one run, over a folder of small real clips:

* how late a timer of the queue's own loop fires at worst during a scan (the loop is asked to wake
  every 5 ms; how much later it does is a stall), beside the same loop left idle;
* how long ``POST /api/v1/videos/scan`` takes to answer, over real HTTP on loopback, while that scan
  runs, beside the same request on an idle server.

Run it with ``python benchmarks/responsiveness.py [--files 2000]``.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn
from stoat_nb.media.samples import make_samples

from stoat_nb.api.app import create_api
from stoat_nb.jobs.job import Job
from stoat_nb.library import Library
from stoat_nb.settings import Settings

#: Seconds between two wake-ups the loop is asked for.
TICK_S = 0.005


class StallMeter:
    """Asks a loop to wake again and again, and notes how late it was."""

    def __init__(self) -> None:
        self.stalls: list[float] = []
        self._stop = threading.Event()

    async def measure(self) -> None:
        while not self._stop.is_set():
            asked = time.perf_counter()
            await asyncio.sleep(TICK_S)
            self.stalls.append(time.perf_counter() - asked - TICK_S)

    def stop(self) -> None:
        self._stop.set()


@contextmanager
def stalls_of(library: Library) -> Iterator[StallMeter]:
    """Measure the loop that runs the library's jobs."""
    meter = StallMeter()
    loop = library._queue._loop  # noqa: SLF001 - it is this very loop that is measured
    future = asyncio.run_coroutine_threadsafe(meter.measure(), loop)
    try:
        yield meter
    finally:
        meter.stop()
        future.result()


@contextmanager
def served(library: Library) -> Iterator[str]:
    """Serve the library's REST API on a free port of this machine."""
    server = uvicorn.Server(
        uvicorn.Config(create_api(library), host="127.0.0.1", port=0, log_level="error")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def submit_times(address: str, folder: Path, times: int) -> list[float]:
    """Submit a scan of a small folder so many times; return the seconds each answer took."""
    taken = []
    with httpx.Client(base_url=address, timeout=30) as client:
        for _ in range(times):
            asked = time.perf_counter()
            answer = client.post("/api/v1/videos/scan", json={"path": str(folder)})
            taken.append(time.perf_counter() - asked)
            answer.raise_for_status()
    return taken


def milliseconds(values: list[float]) -> str:
    ordered = sorted(values)
    p99 = ordered[int(0.99 * (len(ordered) - 1))]
    return (
        f"median {statistics.median(ordered) * 1e3:7.2f} ms   "
        f"p99 {p99 * 1e3:7.2f} ms   longest {ordered[-1] * 1e3:7.2f} ms   (n={len(ordered)})"
    )


def copies_of(clips: list[Path], folder: Path, files: int) -> None:
    """Fill a folder with hard links to real clips, a hundred to a sub-folder."""
    for number in range(files):
        clip = clips[number % len(clips)]
        target = folder / f"{number // 100:03d}" / f"{number:05d}{clip.suffix}"
        target.parent.mkdir(exist_ok=True)
        target.hardlink_to(clip)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    files = parser.parse_args().files
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch)
        clips = [path for path in make_samples(base / "clips") if path.stat().st_size]
        big, small = base / "big", base / "small"
        big.mkdir()
        small.mkdir()
        copies_of(clips, big, files)
        copies_of(clips[:1], small, 1)
        with Library(base / "library.db", settings=Settings()) as library, served(library) as url:
            library.scan(small).result()  # start-up is not what is measured
            with stalls_of(library) as idle:
                idle_submits = submit_times(url, small, 20)
            with stalls_of(library) as busy:
                began = time.perf_counter()
                job = library.scan(big)
                busy_submits = submits_during(job, url, small)
                report = job.result()
                took = time.perf_counter() - began
    print(f"{report} in {took:.1f} s ({report.scanned / took:.0f} files/s)")
    print(f"loop stall, idle      {milliseconds(idle.stalls)}")
    print(f"loop stall, scanning  {milliseconds(busy.stalls)}")
    print(f"REST submit, idle     {milliseconds(idle_submits)}")
    print(f"REST submit, scanning {milliseconds(busy_submits)}")


def submits_during(job: Job[object], url: str, small: Path) -> list[float]:
    """Submit small scans, a few a second, for as long as the job runs."""
    taken = []
    while not job.wait(timeout=0.25).is_final:
        taken += submit_times(url, small, 1)
    return taken


if __name__ == "__main__":
    main()
