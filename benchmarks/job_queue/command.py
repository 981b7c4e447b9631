"""The command: every leg in turn, again and again, then the medians beside the floor."""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from pathlib import Path

from benchmarks.job_queue import floor, ours, quiet, rival
from benchmarks.job_queue.figures import HEADINGS, SUBMITTERS, WORKERS, Run, line_of, median_of

HISTORIES = (0, 10_000, 100_000)
#: The floors, and whether who submits waits for an answer to each job, as ours must for the disk.
FLOORS = {"asyncio.Queue, nobody waits": False, "asyncio.Queue, each answered": True}
#: The floor is so quick that it needs more jobs to be measured by.
FLOOR_TIMES = 10
#: The rival is so slow that fewer must do.
RIVAL_PART = 5


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="benchmarks/queue.py")
    parser.add_argument("--jobs", type=int, default=5000, help="jobs of ours in each run")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each leg")
    parser.add_argument("--history", type=int, nargs="+", default=HISTORIES, metavar="N")
    parser.add_argument("--idle", type=float, default=20.0, help="seconds to watch an idle library")
    parser.add_argument("--changes", type=int, default=40, help="changes to be heard of")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        files = {history: Path(scratch) / f"{history}.db" for history in asked.history}
        for history, file in files.items():
            ours.prepare(file, history)
        _tell_speed(_measure(Path(scratch), files, asked.jobs, asked.repeats))
        _tell_quiet(max(files.items())[1], asked.idle, asked.changes)


def _measure(
    scratch: Path, files: dict[int, Path], jobs: int, repeats: int
) -> dict[str, list[Run]]:
    """Run the legs in turn, so that whatever else the machine does falls on all alike."""
    runs = defaultdict(list)
    for number in range(repeats):
        for name, awaited in FLOORS.items():
            runs[name].append(floor.measure(jobs * FLOOR_TIMES, awaited=awaited))
        huey = rival.measure(scratch / f"huey-{number}.db", jobs // RIVAL_PART)
        runs[f"huey on SQLite, {rival.THREADS} threads"].append(huey)
        for history, file in files.items():
            runs[f"Stoat, {history:,} finished jobs"].append(ours.measure(file, jobs))
    return runs


def _tell_speed(runs: dict[str, list[Run]]) -> None:
    medians = {name: median_of(some) for name, some in runs.items()}
    floors = [medians[name] for name in FLOORS]
    print(
        f"Medians of {len(runs[next(iter(FLOORS))])}; {WORKERS} workers, {SUBMITTERS} submitters."
    )
    print(*HEADINGS, sep="\n")
    for name, run in medians.items():
        print(line_of(name, run, floors, is_durable=name not in FLOORS), flush=True)


def _tell_quiet(file: Path, seconds: float, changes: int) -> None:
    used = quiet.idle_cpu_s(file, seconds)
    print(
        f"An open library where nothing happens used {used:.3f} s of processor time "
        f"in {seconds:g} s ({used / seconds:.2%})."
    )
    heard = sorted(quiet.delays(file, changes))
    print(
        f"Another process heard of a change after {heard[len(heard) // 2] * 1e3:.0f} ms (median), "
        f"{heard[-1] * 1e3:.0f} ms (longest of {len(heard)})."
    )
