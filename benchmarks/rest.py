"""How long REST and the page take to answer, beside an empty route of a server of the same kind.

One run, two servers: ``stoat serve``, and a process with one empty FastAPI route behind the same
server class. This process asks both in turn, over one connection each that is kept: first while
nothing else happens, then while a folder of real clips is scanned and clients, each a thread of
another process, submit, poll and follow jobs.

Run it with ``python benchmarks/rest.py [--files 2000] [--clients 10] [--rounds 200]``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI

from stoat_nb.media.demo_clips import make_samples
from stoat_nb.server import Server, address_of, listen

Answers = dict[str, list[float]]


def nothing() -> dict[str, str]:
    return {}


def serve_nothing() -> None:
    """Serve one empty route until killed."""
    app = FastAPI()
    app.add_api_route("/", nothing)
    with listen("127.0.0.1", 0) as listener:
        address = address_of(listener)
        server = Server(app, lambda: print(address, flush=True), max_connections=500)
        server.run(sockets=[listener])


@contextmanager
def started(*command: str, folder: Path) -> Iterator[str]:
    """Run a server, and give its address, which is in the first line that it prints."""
    environment = {name: value for name, value in os.environ.items() if "STOAT_" not in name}
    with subprocess.Popen(
        [sys.executable, *command], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            line = process.stdout.readline()
            yield next(word for word in line.split() if word.startswith("http"))
        finally:
            process.terminate()
            process.communicate()


def timed(ask: Callable[[], httpx.Response]) -> float:
    began = time.perf_counter()
    ask().raise_for_status()
    return time.perf_counter() - began


def measured(stoat: httpx.Client, empty: httpx.Client, job_id: str, rounds: int) -> Answers:
    """Ask for each in turn, so that all meet the same moments of the machine."""
    asked = {
        "empty route": lambda: empty.get("/"),
        "health": lambda: stoat.get("/api/v1/health"),
        "job status": lambda: stoat.get(f"/api/v1/jobs/{job_id}"),
    }
    found: Answers = {name: [] for name in (*asked, "page")}
    for number in range(rounds):
        for name, ask in asked.items():
            found[name].append(timed(ask))
        if number % (rounds // 5 or 1) == 0:
            found["page"].append(timed(lambda: stoat.get("/dashboard")))
    return found


def submit_poll_and_follow(address: str, folder: str, clients: int) -> None:
    """Be many clients at once, until killed."""

    def one() -> None:
        with httpx.Client(base_url=f"{address}/api/v1", timeout=60) as client:
            while True:
                job_id = client.post("/videos/scan", json={"path": folder}).json()["job_id"]
                for _ in range(5):
                    client.get(f"/jobs/{job_id}")
                client.get(f"/jobs/{job_id}/events")

    threads = [threading.Thread(target=one) for _ in range(clients)]
    for thread in threads:
        thread.start()
    print(address, flush=True)


def told(title: str, answers: Answers) -> None:
    base = statistics.median(answers["empty route"])
    for name, seconds in answers.items():
        ordered = sorted(seconds)
        half, most = statistics.median(ordered), ordered[int(0.99 * (len(ordered) - 1))]
        print(
            f"{title:<6}{name:<12} median {1e3 * half:8.2f} ms   p99 {1e3 * most:8.2f} ms   "
            f"{half / base:7.1f} x the empty route's median   (n={len(ordered)})"
        )


def measure(files: int, clients: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch)
        clips = [path for path in make_samples(base / "clips") if path.stat().st_size]
        big, small = base / "big", base / "small"
        for number in range(files):
            clip = clips[number % len(clips)]
            target = big / f"{number // 100:03d}" / f"{number:05d}{clip.suffix}"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.hardlink_to(clip)
        small.mkdir()
        (small / f"one{clips[0].suffix}").hardlink_to(clips[0])
        with (
            started(__file__, "--empty", folder=base) as beside,
            started("-m", "stoat_nb.cli", "serve", "--port", "0", folder=base) as served,
            httpx.Client(base_url=beside, timeout=60) as empty,
            httpx.Client(base_url=served, timeout=60) as stoat,
        ):
            submitted = stoat.post("/api/v1/videos/scan", json={"path": str(small)}).json()
            job_id = submitted["job_id"]
            stoat.get(f"/api/v1/jobs/{job_id}/wait").raise_for_status()
            measured(stoat, empty, job_id, 5)  # what is first loaded is not what is measured
            told("idle", measured(stoat, empty, job_id, rounds))
            crowd = ("--crowd", served, str(small), "--clients", str(clients))
            stoat.post("/api/v1/videos/scan", json={"path": str(big)}).raise_for_status()
            with started(__file__, *crowd, folder=base):
                told("load", measured(stoat, empty, job_id, rounds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000, help="clips in the folder")
    parser.add_argument("--clients", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--empty", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--crowd", nargs=2, metavar=("URL", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.empty:
        serve_nothing()
    elif arguments.crowd:
        submit_poll_and_follow(*arguments.crowd, arguments.clients)
    else:
        measure(arguments.files, arguments.clients, arguments.rounds)


if __name__ == "__main__":
    main()
