"""A flood: several processes submit thousands of jobs to one library at the same moment."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from harness.ledger import FINAL, kept_in
from stoat_nb.jobs.context import JobContext
from stoat_nb.library import Library
from stoat_nb.settings import Settings

PROCESSES = 4
#: Threads of each process that submit, each waiting for its submit to be durable.
SUBMITTERS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class FloodReport:
    submitted: int
    lost: int  #: Submitted, and not in the file.
    unfinished: int
    twice: int  #: Jobs whose handler ran more than once, in whichever process.
    elapsed_s: float  #: From the word "go" to the last end.
    by_process: tuple[int, ...]  #: Jobs that each process ran.
    integrity: str


def flood(folder: Path, *, jobs: int) -> FloodReport:
    """Let processes submit so many jobs in all, and wait until each has seen all of its own end."""
    path = folder / "flood.db"
    Library(path).close()
    with ExitStack() as stack:
        children = [stack.enter_context(_child(path, jobs // PROCESSES)) for _ in range(PROCESSES)]
        for child in children:
            assert _heard(child) == ["ready"]
        began = time.monotonic()
        for child in children:
            _tell(child)
        submitted = [job_id for child in children for job_id in _heard(child)]
        elapsed_s = time.monotonic() - began
        for child in children:
            _tell(child)  # only now: whoever closes hands its jobs on to the others
        ran = [_heard(child) for child in children]
    kept, integrity = kept_in(path)
    counts = Counter(job_id for ids in ran for job_id in ids)
    return FloodReport(
        submitted=len(submitted),
        lost=len(set(submitted) - set(kept)),
        unfinished=sum(status not in FINAL for status, _attempt in kept.values()),
        twice=sum(count > 1 for count in counts.values()),
        elapsed_s=elapsed_s,
        by_process=tuple(len(ids) for ids in ran),
        integrity=integrity,
    )


def _child(path: Path, jobs: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "harness.flood", str(path), str(jobs)],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _tell(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    child.stdin.write("on\n")
    child.stdin.flush()


def _heard(child: subprocess.Popen[str]) -> list[str]:
    assert child.stdout is not None
    return child.stdout.readline().split()


def _say(words: list[str]) -> None:
    sys.stdout.write(f"{' '.join(words)}\n")
    sys.stdout.flush()


def main() -> None:
    """``flood LIBRARY JOBS``: one of the processes."""
    path, jobs = Path(sys.argv[1]), int(sys.argv[2])
    ran: list[str] = []

    async def no_op(context: JobContext) -> None:
        ran.append(context.job_id)

    with Library(path, settings=Settings(job_workers=8)) as library:
        library.register_handler("no-op", no_op)
        _say(["ready"])
        sys.stdin.readline()
        with ThreadPoolExecutor(SUBMITTERS) as threads:
            submitted = list(threads.map(lambda n: library.submit("no-op", {"n": n}), range(jobs)))
            for job in submitted:
                job.wait()
        _say([job.id for job in submitted])
        sys.stdin.readline()
    _say(ran)


if __name__ == "__main__":
    main()
