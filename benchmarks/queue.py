"""Durable jobs beside their floor and a rival: submits, claims and no-op jobs a second, in one run.

The floor is a bare ``asyncio.Queue`` with as many workers, once with submitters that go on at
once and once with such that wait for each answer; the rival is huey on SQLite with two
threads, told to sync as we do. Ours is the queue over a library's file that holds 0, 10,000 or
100,000 finished jobs: the cost must not grow with history. The same run tells what an open library
costs while nothing happens, and how soon another process hears of a change.

Run it with ``python benchmarks/queue.py [--jobs 5000] [--repeats 5]``.
"""

from __future__ import annotations

import os
import sys

_HERE = os.path.dirname(os.path.realpath(__file__))  # noqa: PTH120 - pathlib comes too early here

# This folder is first on the path of every script in it, so the standard library would find this
# file where it means its own ``queue``. The folder's parent takes its place on the path.
sys.path[:] = [
    os.path.dirname(_HERE) if os.path.realpath(entry) == _HERE else entry  # noqa: PTH120 - as above
    for entry in sys.path
]

if __name__ == "__main__":
    from benchmarks.job_queue.command import main

    main()
else:
    del sys.modules[__name__]
    __import__(__name__)
