"""One file, many handles: what they share, when it is let go, how they show and where they go."""

from __future__ import annotations

import asyncio
import gc
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from stoat_nb import Job, Library, Settings
from stoat_nb.errors import CatalogClosed, CatalogError, CatalogMoved, QueueClosed
from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.state import JobStatus
from stoat_nb.media.demo_clips import make_samples


def held() -> tuple[int, int]:
    """Return how many threads and descriptors this process has."""
    return threading.active_count(), len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count


def thread_of(library: Library) -> threading.Thread:
    return library._queue._loop._thread


async def echo(context: JobContext) -> Any:
    return context.payload


class Gate:
    """A handler that waits until the test opens it."""

    def __init__(self) -> None:
        self.begun, self.opened = threading.Event(), threading.Event()

    async def __call__(self, context: JobContext) -> str:
        self.begun.set()
        await context.in_thread(self.opened.wait)
        return "done"


def test_a_cell_that_is_run_200_times_keeps_no_thread_and_no_descriptor(tmp_path: Path) -> None:
    make_samples(tmp_path / "videos")
    path, settings = tmp_path / "library.db", Settings(probe_workers=1, probe_timeout_s=120)
    library = Library(path, settings=settings)
    library.register_handler("echo", echo)
    library.scan(tmp_path / "videos").result(timeout=120)
    library.videos()
    before = held()
    for round_ in range(200):
        library = Library(path, settings=settings)
        if round_ % 50 == 0:
            assert len(library.videos()) == library.scan(tmp_path / "videos").result(60).scanned
        if round_ % 20 == 0:
            library.close()
            library = Library(path, settings=settings)
        if round_ % 10 == 0:
            with pytest.raises(CatalogError):
                Library(tmp_path / "nowhere" / "library.db", settings=settings)
        library.register_handler("echo", echo)
        if round_ % 10 == 0:
            assert library.submit("echo", {"n": round_}).result(timeout=60) == {"n": round_}
    # Each opening had 5 threads and 9 descriptors of its own once; pools grow to their few.
    assert held()[0] <= before[0] + 10
    assert held()[1] <= before[1] + 20
    library.close()


OPENED_AND_CLOSED = """
import os, sys, threading
from stoat_nb import Library

def held():
    return threading.active_count(), len(os.listdir("/proc/self/fd"))

def once():
    with Library(sys.argv[1]) as library:
        library.summary()

once()
before = held()
for _ in range(5):
    once()
assert held() == before, (held(), before)
"""


def test_opening_and_closing_keeps_nothing(tmp_path: Path) -> None:
    # In a process of its own: what earlier tests have left goes when it likes.
    run = subprocess.run(
        [sys.executable, "-c", OPENED_AND_CLOSED, tmp_path / "library.db"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_closing_one_handle_leaves_the_others_and_their_jobs_alone(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to("library.db")
    gate = Gate()
    first = Library(tmp_path / "library.db")
    first.register_handler("gate", gate)
    job = first.submit("gate", {})
    second = Library(tmp_path / "link.db")
    gate.begun.wait()
    first.close()
    assert (first.closed, second.closed) == (True, False)
    with pytest.raises(CatalogClosed):
        first.videos()
    assert job.status is JobStatus.RUNNING
    gate.opened.set()
    assert second.job(job.id).result(timeout=60) == job.result(timeout=60) == "done"
    thread = thread_of(second)
    second.close()
    assert not thread.is_alive()


def test_a_handler_that_is_registered_again_takes_the_place_of_the_first(tmp_path: Path) -> None:
    async def renewed(_context: JobContext) -> str:
        return "renewed"

    library = Library(tmp_path / "library.db")
    library.register_handler("echo", echo)
    library = Library(tmp_path / "library.db")
    library.register_handler("echo", renewed)
    assert library.submit("echo", {}).result(timeout=60) == "renewed"
    library.close()


def test_other_settings_or_another_take_have_a_queue_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    with (
        Library(path, settings=Settings(job_workers=1)) as one,
        Library(path, settings=Settings(job_workers=2)) as two,
        Library(path, settings=Settings(job_workers=1), take="none") as three,
        Library(path, settings=Settings(job_workers=1)) as again,
    ):
        assert len({thread_of(one), thread_of(two), thread_of(three)}) == 3
        assert thread_of(again) is thread_of(one)


def test_a_library_that_nobody_holds_is_closed(tmp_path: Path) -> None:
    library = Library(tmp_path / "library.db")
    thread = thread_of(library)
    del library
    gc.collect()
    thread.join(60)
    for closing in [one for one in threading.enumerate() if one.name == "stoat-close"]:
        closing.join(60)
    assert not thread.is_alive()
    assert not (tmp_path / "library.db-wal").exists()


def test_a_job_keeps_its_library_open_while_it_runs_or_is_held(tmp_path: Path) -> None:
    path, gate = tmp_path / "library.db", Gate()
    library = Library(path)
    library.register_handler("gate", gate)
    job: Job[Any] | None = library.submit("gate", {})
    thread = thread_of(library)
    del library
    gc.collect()
    assert job is not None
    assert not job.state.is_final
    job = None
    gc.collect()
    gate.opened.set()
    thread.join(60)
    assert not thread.is_alive()
    with Library(path) as library:
        (state,) = library.job_states()
    assert (state.status, state.result) == (JobStatus.COMPLETE, "done")


def test_a_job_of_a_closed_library_knows_its_last_state_and_shows_it(tmp_path: Path) -> None:
    gate = Gate()
    with Library(tmp_path / "library.db") as library:
        library.register_handler("gate", gate)
        library.register_handler("echo", echo)
        ended, never_asked, stopped = (
            library.submit(kind, {"n": 1}) for kind in ("echo", "echo", "gate")
        )
        assert never_asked.wait(60).is_final
        ended.result(timeout=60)
        gate.begun.wait()
        gate.opened.set()
        library.pause(stopped.id)
        stopped_id = stopped.id[:13]
    for job in (ended, never_asked):
        assert job.result() == {"n": 1}
        assert repr(job).endswith(" [complete]>")
    assert stopped.state.is_final or repr(stopped) == f"<Job gate {stopped_id} [library closed]>"


def test_a_handle_that_was_not_told_of_the_end_says_that_its_library_is_closed(
    tmp_path: Path,
) -> None:
    async def still(_context: JobContext) -> None:
        await asyncio.Event().wait()

    with Library(tmp_path / "library.db") as library:
        library.register_handler("still", still)
        job = library.submit("still", {})
    assert repr(job) == f"<Job still {job.id[:13]} [library closed]>"
    assert "library closed" in job._repr_html_()
    assert job.status is JobStatus.PENDING
    with pytest.raises(QueueClosed):
        job.result(timeout=5)


def test_showing_never_raises_whatever_became_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "l <b>\n\x1b[1m.db"
    library = Library(path)
    library.register_handler("echo", echo)
    job = library.submit("echo", {"name": "\udcff\x1b"})
    state = job.wait(60)
    not_asked_yet = library.job(job.id)
    for file in list(tmp_path.iterdir()):
        if file.is_file():
            file.write_bytes(b"lost")
            file.unlink()
    for one in (library, job, not_asked_yet, state):
        text = repr(one) + str(one)
        text.encode("utf-8")
        assert "\x1b" not in text
        html = getattr(one, "_repr_html_", str)()
        assert "<b>\n" not in html
    with pytest.raises(CatalogMoved):
        library.close()
    assert library.closed
    assert repr(library).startswith("<Library ")
    assert repr(job).endswith(" [complete]>")


@pytest.mark.parametrize("pickler", [pickle, cloudpickle])
def test_a_pickled_handle_opens_its_library_again(tmp_path: Path, pickler: Any) -> None:
    path = tmp_path / "library.db"
    with Library(path, settings=Settings(job_workers=3), take="own") as library:
        library.register_handler("echo", echo)
        job = library.submit("echo", {"n": 1})
        job.result(timeout=60)
        packed = pickler.dumps((library, job))
        again, same = pickle.loads(packed)  # noqa: S301 - our own
        assert (again.path, again.settings) == (library.path, library.settings)
        assert thread_of(again) is thread_of(library)
        assert same.result() == {"n": 1}
        again.close()
    again, same = pickle.loads(packed)  # noqa: S301 - our own
    assert same.result() == {"n": 1}
    again.close()
    path.unlink()
    with pytest.raises(CatalogError, match=r"no library at .*library\.db"):
        pickle.loads(packed)  # noqa: S301 - our own


def test_a_job_travels_to_a_process_that_was_spawned(tmp_path: Path) -> None:
    code = (
        "import pickle, sys\n"
        "library, job = pickle.load(sys.stdin.buffer)\n"
        "print(job.result(), job.job_type, len(library.videos()), repr(job))\n"
    )
    with Library(tmp_path / "library.db") as library:
        library.register_handler("echo", echo)
        job = library.submit("echo", {"n": 1})
        job.result(timeout=60)
        done = subprocess.run(
            [sys.executable, "-c", code],
            input=pickle.dumps((library, job)),
            capture_output=True,
            timeout=120,
            check=False,
        )
    assert done.stderr == b""
    assert done.stdout.decode() == f"{{'n': 1}} echo 0 {job!r}\n"


SHORT_OF_FILES = """
import os, resource, sys, threading
from stoat_nb import Library, StoatError
from stoat_nb.errors import CatalogNotOpened

Library(sys.argv[1] + "/warm.db").close()
refused = 0
for spare in range(0, 120, 3):
    first = os.dup(0)
    os.close(first)
    resource.setrlimit(resource.RLIMIT_NOFILE, (first + spare, 4096))
    try:
        Library(sys.argv[1] + "/short.db").close()
    except CatalogNotOpened as problem:
        assert "Too many open files" in str(problem), problem
        refused += 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 4096))
assert 0 < refused < 40, refused
assert threading.active_count() == 1, threading.enumerate()
Library(sys.argv[1] + "/short.db").close()
"""


SHORT_OF_THREADS = """
import sys, threading
from stoat_nb import Library
from stoat_nb.errors import CatalogNotOpened

start, refused = threading.Thread.start, 0
for spare in range(8):
    left = iter(range(spare))

    def start_one(self):  # as the system does it: the last thread is there, or is not
        if next(left, None) is None:
            raise RuntimeError("can't start new thread")
        start(self)

    threading.Thread.start = start_one
    try:
        Library(sys.argv[1] + "/short.db").close()
    except CatalogNotOpened as problem:
        assert "can't start new thread" in str(problem), problem
        refused += 1
    threading.Thread.start = start
assert 0 < refused < 8, refused
assert threading.active_count() == 1, threading.enumerate()
"""


def test_a_process_without_threads_to_spare_is_told_so_wherever_that_stops_the_opening(
    tmp_path: Path,
) -> None:
    run = subprocess.run(
        [sys.executable, "-c", SHORT_OF_THREADS, tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_a_process_without_files_to_spare_is_told_so_wherever_that_stops_the_opening(
    tmp_path: Path,
) -> None:
    run = subprocess.run(
        [sys.executable, "-c", SHORT_OF_FILES, tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
