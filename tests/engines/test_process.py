"""The processes themselves: what they may do, and that none outlives its parent."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
import threading
from contextlib import aclosing
from pathlib import Path
from typing import Any

import deeds
import pytest

import stoat_nb
from stoat_nb.engines.engine import Answer
from stoat_nb.engines.local import LocalEngine
from stoat_nb.media.demo_clips import make_samples

PATIENCE_S = 60.0

PARENT = """
import asyncio, sys, threading
import deeds
from stoat_nb.engines.local import LocalEngine
from stoat_nb.media.demo_clips import make_samples

async def main():
    engine = LocalEngine(deadline_s=600)
    pids = {answer.value for answer in await asyncio.gather(
        *(engine.call(deeds.whoami, {}) for _ in range(20)))}
    print(*pids, flush=True)
    item = {"begun": sys.argv[1]}
    await asyncio.gather(*(engine.call(getattr(deeds, name), item) for name in sys.argv[2:]))
    await asyncio.Event().wait()

thread = threading.Thread(target=lambda: asyncio.run(main()))
thread.start()
thread.join()
"""


ROUNDS = """
import asyncio, os, sys
from contextlib import aclosing
from pathlib import Path
import deeds
from stoat_nb.engines import local
from stoat_nb.engines.local import LocalEngine

local._CLOSE_S = 60.0

def held():
    tasks = Path("/proc/self/task").iterdir()
    children = [pid for task in tasks for pid in (task / "children").read_text().split()]
    return len(children), len(os.listdir("/proc/self/fd"))

async def rounds():
    counts = []
    async with aclosing(LocalEngine(deadline_s=60, recycle_after=5)) as engine:
        for _ in range(6):
            call = asyncio.ensure_future(engine.call(deeds.loop_in_c, {"begun": sys.argv[1]}))
            await asyncio.to_thread(os.read, begun, 1)
            call.cancel()
            await asyncio.wait({call})
            await engine.call(deeds.abort, {})
            await engine.call(deeds.loop_in_c, {}, deadline_s=0.2)
            for many in (20, 4):
                await asyncio.gather(*(engine.call(deeds.echo, {}) for _ in range(many)))
            counts.append(held())
    return counts

begun = os.open(sys.argv[1], os.O_RDWR)
before = held()
counts = asyncio.run(rounds())
assert max(children for children, _ in counts) <= 2, counts
assert max(fds for _, fds in counts[1:]) <= counts[0][1] + 4, counts
assert held() == before, (held(), before)
"""

#: Where a process of its own finds the deeds, and what is tested.
PATHS = {
    "PYTHONPATH": os.pathsep.join(
        str(path) for path in (Path(deeds.__file__).parent, Path(stoat_nb.__file__).parents[1])
    )
}


def has_ended(process: int, *, within_s: float = 0.0) -> bool:
    """Tell it of a process by a descriptor: that can be read once it has ended."""
    return bool(select.select([process], [], [], within_s)[0])


@pytest.mark.anyio
async def test_a_worker_is_confined_and_light() -> None:
    async with aclosing(LocalEngine(workers=1, memory_bytes=512 << 20)) as engine:
        found = (await engine.call(deeds.circumstances, {})).value
    assert found["memory"] == [512 << 20, 512 << 20]
    assert found["core"] == [0, 0]
    assert found["files"] == [64, 64]
    assert found["nice"] == min(19, os.nice(0) + 10)
    assert found["leads_its_session"]
    assert found["stdin"] == ""
    assert len(found["descriptors"]) <= 6
    heavy = {"av", "pandas", "numpy", "panel", "asyncio", "subprocess", "stoat_nb", "inspect"}
    assert not heavy & set(found["modules"])


@pytest.mark.parametrize("deeds_of_workers", [[], ["sleep_for_ever", "loop_in_c"]])
def test_workers_die_with_a_parent_that_is_killed(begun: Any, deeds_of_workers: list[str]) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, begun.item["begun"], *deeds_of_workers],
        stdout=subprocess.PIPE,
        env={**os.environ, **PATHS},
    )
    with parent:
        assert parent.stdout is not None
        workers = [os.pidfd_open(int(word)) for word in parent.stdout.readline().split()]
        assert len(workers) == 2
        for _ in deeds_of_workers:
            asyncio.run(begun.wait())
        assert not any(has_ended(worker) for worker in workers)
        parent.send_signal(signal.SIGKILL)
    assert all(has_ended(worker, within_s=PATIENCE_S) for worker in workers)
    for worker in workers:
        os.close(worker)


def test_neither_processes_nor_descriptors_grow(begun: Any) -> None:
    # In a process of its own: what earlier tests have left goes when it likes.
    done = subprocess.run(
        [sys.executable, "-c", ROUNDS, begun.item["begun"]],
        env={**os.environ, **PATHS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_an_engine_works_on_a_loop_that_is_not_the_main_threads() -> None:
    answers: list[Answer] = []

    async def main() -> None:
        async with aclosing(LocalEngine(deadline_s=PATIENCE_S)) as engine:
            for deed in (deeds.echo, deeds.abort, deeds.loop_in_c, deeds.echo):
                limit = 0.2 if deed is deeds.loop_in_c else None
                answers.append(await engine.call(deed, {"n": 1}, deadline_s=limit))

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    thread.join()
    kinds = [None if answer.fault is None else str(answer.fault.kind) for answer in answers]
    assert kinds == [None, "crash", "deadline", None]


POLICY = """
import asyncio, sys
class Hostile(asyncio.DefaultEventLoopPolicy):
    def refuse(self, *_arguments):
        raise NotImplementedError("this policy does nothing")
    get_event_loop = set_event_loop = new_event_loop = refuse
    get_child_watcher = set_child_watcher = refuse
def install():
    if sys.argv[2] == "uvloop":
        import uvloop
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    else:
        asyncio.set_event_loop_policy(Hostile())
from stoat_nb import Library
if sys.argv[3] == "before":
    install()
library = Library(sys.argv[1])
if sys.argv[3] == "after":
    install()
async def measure(context):
    return await context.run(len, [1, 2, 3])
library.register_handler("measure", measure)
print(library.submit("measure", {}).result(60), library.scan(sys.argv[4]).result(60))
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("policy", ["uvloop", "hostile"])
def test_no_policy_for_event_loops_keeps_processes_from_starting(
    tmp_path: Path, policy: str, when: str
) -> None:
    if policy == "uvloop":
        pytest.importorskip("uvloop")
    make_samples(tmp_path / "videos")
    command = [sys.executable, "-W", "ignore", "-c", POLICY, str(tmp_path / "library.db")]
    done = subprocess.run(
        [*command, policy, when, str(tmp_path / "videos")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("3 15 files in ")
