"""How long REST and the page take to answer, beside an empty route of a server of the same kind.

One run, two servers: ``stoat serve``, and a process with one empty FastAPI route behind the same
server class. This process asks both in turn, over one connection each that is kept: first while
nothing else happens, then while a folder of real clips is scanned and clients, each a thread of
another process, submit, poll and follow jobs.

Run it with ``python benchmarks/rest.py [--files 2000] [--clients 10] [--rounds 200]``.

With ``--minutes 2`` the clients, each with a folder of its own, go on for that long beside one full
scan after the other. It counts what they were refused and which events they missed, and prints what
memory the server has after each quarter of the time.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
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
def started(*command: str, folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run a server; give its process, and its address: that is in the first line it prints."""
    environment = {name: value for name, value in os.environ.items() if "STOAT_" not in name}
    with subprocess.Popen(
        [sys.executable, *command], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            line = process.stdout.readline()
            yield next(word for word in line.split() if word.startswith("http")), process
        finally:
            process.terminate()
            process.communicate()


def timed(ask: Callable[[], httpx.Response]) -> float:
    began = time.perf_counter()
    ask().raise_for_status()
    return time.perf_counter() - began


def measured(
    stoat: httpx.Client, empty: httpx.Client, job_id: str, rounds: int, pages: int
) -> Answers:
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
        if pages and number % (rounds // pages or 1) == 0:
            found["page"].append(timed(lambda: stoat.get("/dashboard")))
    return found


def submit_poll_and_follow(address: str, folders: list[Path], minutes: float) -> None:
    """Be many clients at once, one for each folder; print what went wrong once time is up."""
    counts: Counter[str] = Counter()
    until = time.monotonic() + 60 * minutes

    def one(folder: Path) -> None:
        with httpx.Client(base_url=f"{address}/api/v1", timeout=60) as client:
            while time.monotonic() < until:
                try:
                    counts.update(submitted_and_followed(client, folder))
                except httpx.HTTPError as problem:
                    counts["errors"] += 1
                    print(problem, file=sys.stderr)

    threads = [threading.Thread(target=one, args=[folder]) for folder in folders]
    for thread in threads:
        thread.start()
    print(address, flush=True)
    for thread in threads:
        thread.join()
    print(json.dumps(counts), flush=True)


def submitted_and_followed(client: httpx.Client, folder: Path) -> Counter[str]:
    answer = client.post("/videos/scan", json={"path": str(folder)}).raise_for_status()
    job = f"/jobs/{answer.json()['job_id']}"
    for _ in range(5):
        client.get(job).raise_for_status()
    followed = client.get(f"{job}/events").raise_for_status().text
    events = [line.removeprefix("event: ") for line in followed.splitlines() if "event: " in line]
    numbers = [int(number) for number in re.findall(r"^id: (\d+)$", followed, re.MULTILINE)]
    is_whole = events[-1:] == ["end"] and numbers == sorted(set(numbers))
    return Counter(requests=7, streams=1, events=len(events), lost=0 if is_whole else 1)


def told(title: str, answers: Answers) -> None:
    base, slowest = statistics.median(answers["empty route"]), 0.0
    for name, seconds in answers.items():
        if not seconds:
            continue
        ordered = sorted(seconds)
        half, most = statistics.median(ordered), ordered[int(0.99 * (len(ordered) - 1))]
        slowest = slowest or most  # of the empty route, which comes first
        print(
            f"{title:<6}{name:<12} median {1e3 * half:8.2f} ms   p99 {1e3 * most:8.2f} ms   "
            f"{half / base:7.1f} and {most / slowest:.1f} x the empty route's   (n={len(ordered)})"
        )


def scanning(stoat: httpx.Client, folder: Path) -> None:
    """See that all of a folder is being scanned: a scan that is under way is joined."""
    body = {"path": str(folder), "mode": "full"}
    stoat.post("/api/v1/videos/scan", json=body).raise_for_status()


def memory_mb(pid: int) -> int:
    """Return a process's own memory: without libraries, and the readers that it started."""
    kept = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(size) for size in re.findall(r"^Anonymous: +(\d+)", kept, re.MULTILINE)) >> 10


def measure(files: int, clients: int, rounds: int, minutes: float) -> None:
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
            started(__file__, "--empty", folder=base) as (beside, _),
            started("-m", "stoat_nb.cli", "serve", "--port", "0", folder=base) as (served, server),
            httpx.Client(base_url=beside, timeout=60) as empty,
            httpx.Client(base_url=served, timeout=60) as stoat,
        ):
            submitted = stoat.post("/api/v1/videos/scan", json={"path": str(small)}).json()
            job_id = submitted["job_id"]
            stoat.get(f"/api/v1/jobs/{job_id}/wait").raise_for_status()
            measured(stoat, empty, job_id, 5, 1)  # what is first loaded is not what is measured
            told("idle", measured(stoat, empty, job_id, rounds, 5))
            folders = [base / "folders" / str(number) for number in range(clients)]
            for folder in folders:
                folder.mkdir(parents=True)
                (folder / f"one{clips[0].suffix}").hardlink_to(clips[0])
            crowd = ("--crowd", served, str(folders[0].parent), "--minutes", str(minutes or 60))
            scan_all = partial(scanning, stoat, big)
            scan_all()
            with started(__file__, *crowd, folder=base) as (_, clients_of):
                if not minutes:
                    told("load", measured(stoat, empty, job_id, rounds, 5))
                    return
                began, found, resident = time.monotonic(), Answers(), [memory_mb(server.pid)]
                while clients_of.poll() is None:
                    for name, seconds in measured(stoat, empty, job_id, 5, 0).items():
                        found.setdefault(name, []).extend(seconds)
                    scan_all()
                    if time.monotonic() - began > 15 * minutes * len(resident):
                        resident.append(memory_mb(server.pid))
                told("load", found)
                print("clients:", clients_of.stdout.read().strip())
                print("memory after each quarter, MB:", *resident)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000, help="clips in the folder")
    parser.add_argument("--clients", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=0, help="how long the clients go on")
    parser.add_argument("--empty", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--crowd", nargs=2, metavar=("URL", "FOLDERS"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.empty:
        serve_nothing()
    elif arguments.crowd:
        address, folders = arguments.crowd
        submit_poll_and_follow(address, [*Path(folders).iterdir()], arguments.minutes)
    else:
        measure(arguments.files, arguments.clients, arguments.rounds, arguments.minutes)


if __name__ == "__main__":
    main()
