"""Does anything stall while a scan runs? The event loop's longest stall, and REST's answers.

Two figures in one run, over a folder of small real clips:

* how late a timer of the queue's own loop fires at worst during a scan (the loop is asked to wake
  every 5 ms; how much later it does is a stall), beside the same loop left idle;
* how long ``POST /api/v1/videos/scan`` takes to answer another process, over HTTP on loopback,
  while that scan runs, beside the same request on an idle server.

Run it with ``python benchmarks/responsiveness.py [--files 2000]``.
"""

from __future__ import annotations

import argparse
import asyncio
import select
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn

from stoat_nb.api.app import create_api
from stoat_nb.library import Library
from stoat_nb.media.demo_clips import make_samples
from stoat_nb.settings import Settings
from stoat_nb.sharing import settle

#: Seconds between two wake-ups the loop is asked for.
TICK_S = 0.005
#: Seconds the idle library is watched for.
IDLE_S = 5.0


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
    loop = library._queue._handlers.loop  # noqa: SLF001 - the loop on which scans run
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
    settle()  # as ``stoat serve`` does
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


class Client:
    """Somebody else on this machine, in a process of their own, who submits again and again."""

    def __init__(self, address: str, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--client", address, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._process.stdout.readline()  # it is ready

    def stop(self) -> list[float]:
        """Return the seconds that each answer took."""
        said, _ = self._process.communicate("stop\n")
        return [float(word) for word in said.split()]


def submit_until_told(address: str, folder: str) -> None:
    """Submit a scan of a small folder five times a second; print how long each answer took."""
    taken = []
    with httpx.Client(base_url=address, timeout=30) as client:
        print("ready", flush=True)
        while not select.select([sys.stdin], [], [], 0.2)[0]:
            asked = time.perf_counter()
            answer = client.post("/api/v1/videos/scan", json={"path": folder})
            taken.append(time.perf_counter() - asked)
            answer.raise_for_status()
    print(*taken)


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
    parser.add_argument("--files", type=int, default=2000, help="clips in the folder")
    parser.add_argument("--client", nargs=2, metavar=("URL", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.client:
        submit_until_told(*arguments.client)
    else:
        measure(arguments.files)


def measure(files: int) -> None:
    """Measure an idle library, and then one that scans."""
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
                client = Client(url, small)
                time.sleep(IDLE_S)
                idle_submits = client.stop()
            with stalls_of(library) as busy:
                client = Client(url, small)
                report = library.scan(big).result()
                busy_submits = client.stop()
    print(f"{report} in {report.elapsed_s:.1f} s ({report.scanned / report.elapsed_s:.0f} files/s)")
    print(f"loop stall, idle      {milliseconds(idle.stalls)}")
    print(f"loop stall, scanning  {milliseconds(busy.stalls)}")
    print(f"REST submit, idle     {milliseconds(idle_submits)}")
    print(f"REST submit, scanning {milliseconds(busy_submits)}")


if __name__ == "__main__":
    main()
