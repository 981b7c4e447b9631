"""What an open library costs while nothing happens, and how soon another process hears of a change.

Both run in processes of their own: ``python -m benchmarks.job_queue.quiet idle LIBRARY SECONDS``
prints the processor seconds used, ``... listen LIBRARY`` what it hears and when.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import time
from pathlib import Path

from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.state import JobState
from stoat_nb.library import Library
from stoat_nb.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[2]
#: Seconds after opening in which it may still settle down.
SETTLING_S = 2.0


def idle_cpu_s(file: Path, seconds: float) -> float:
    """Return the processor seconds that a process with an open library uses in so many seconds."""
    answer = subprocess.run(
        [*_command("idle"), str(file), str(seconds)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(answer.stdout)


def delays(file: Path, changes: int) -> list[float]:
    """Return how many seconds after each of our submits another process has heard of the job."""
    listener = subprocess.Popen(
        [*_command("listen"), str(file)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert listener.stdout is not None
        listener.stdout.readline()  # it listens
        submitted = _submit_now_and_then(file, changes)
        heard = [line.split() for line in listener.communicate("stop\n")[0].splitlines()]
    finally:
        listener.kill()
    first = {job_id: float(at) for job_id, at in reversed(heard)}
    return [first[job_id] - at for job_id, at in submitted.items()]


def _submit_now_and_then(file: Path, changes: int) -> dict[str, float]:
    submitted = {}
    with Library(file, settings=Settings()) as library:
        library.register_handler("no-op", _no_op)
        for number in range(changes):
            job = library.submit("no-op", {"n": number})
            submitted[job.id] = time.monotonic()
            job.wait()
            time.sleep(random.uniform(0.3, 1.0))  # noqa: S311 - at any moment of its looking
    return submitted


async def _no_op(_context: JobContext) -> None:
    return None


def _command(what: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.job_queue.quiet", what]


def _idle(file: str, seconds: str) -> None:
    with Library(file, settings=Settings()):
        time.sleep(SETTLING_S)
        before = _used_s()
        time.sleep(float(seconds))
        print(_used_s() - before)


def _used_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _listen(file: str) -> None:
    heard: list[str] = []

    def hear(state: JobState) -> None:
        heard.append(f"{state.job_id} {time.monotonic()}")

    with Library(file, settings=Settings(), take="none") as library:
        library.subscribe(hear)
        print("listening", flush=True)
        sys.stdin.readline()
    print(*heard, sep="\n")


if __name__ == "__main__":
    {"idle": _idle, "listen": _listen}[sys.argv[1]](*sys.argv[2:])
