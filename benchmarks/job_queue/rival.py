"""The rival: huey on SQLite, two threads, synced at every commit as our submits are."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

from huey import SqliteHuey
from huey.consumer import Consumer

from benchmarks.job_queue.figures import Run, run_of

THREADS = 2


def measure(file: Path, jobs: int) -> Run:
    """Run the leg once. One thread submits: more of them only wait for each other's lock."""
    logging.getLogger("huey").setLevel(logging.ERROR)
    huey = SqliteHuey(filename=str(file), fsync=True, results=False)
    left, done = threading.Semaphore(0), 0

    @huey.task()
    def no_op() -> None:
        left.release()

    consumer = Consumer(huey, workers=THREADS, periodic=False, initial_delay=0.001)
    consumer.start()
    latencies: list[float] = []
    began = time.perf_counter()
    try:
        for _ in range(jobs):
            asked = time.perf_counter()
            no_op()
            latencies.append(time.perf_counter() - asked)
        submitted = time.perf_counter()
        while done < jobs:
            left.acquire()
            done += 1
        ended = time.perf_counter()
    finally:
        consumer.stop(graceful=True)
        huey.storage.close()
    return run_of(latencies, submitting_s=submitted - began, all_s=ended - began)
