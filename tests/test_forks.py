"""A process that is forked while a library is open: it ends, and opens the library for itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stoat_nb import Library
from stoat_nb.errors import OpenedElsewhere

OPENED = """
import asyncio, multiprocessing, os, sys, threading, warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from stoat_nb import Library
warnings.simplefilter("ignore", DeprecationWarning)  # Python's own advice not to fork
library = Library(sys.argv[1])
context = multiprocessing.get_context("fork")
def square(number):
    return number * number
"""

WAYS_TO_FORK = {
    "os.fork": "if os.fork() == 0:\n    sys.exit(0)\nassert os.wait()[1] == 0",
    "Process": (
        "child = context.Process(target=square, args=(2,))\n"
        "child.start()\nchild.join()\nassert child.exitcode == 0"
    ),
    "Pool": (
        "pool = context.Pool(2)\nassert pool.map(square, [1, 2]) == [1, 4]\n"
        "pool.close()\npool.join()"
    ),
    "ProcessPoolExecutor": (
        "with ProcessPoolExecutor(2, mp_context=context) as pool:\n"
        "    assert list(pool.map(square, [1, 2])) == [1, 4]"
    ),
}


def run(code: str, *arguments: object) -> str:
    """Run a script that opens the library named first; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", OPENED + code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("way", WAYS_TO_FORK)
def test_a_child_that_was_forked_ends_by_itself(tmp_path: Path, way: str) -> None:
    at_work = (
        "stop, begun = threading.Event(), threading.Event()\n"
        "def write(connection):\n    begun.set()\n    stop.wait()\n"
        "threading.Thread(target=library.catalog._database.write, args=(write,)).start()\n"
        "begun.wait()\n"
    )
    end = "\nstop.set()\nprint(library.job_states())\n"
    assert run(at_work + WAYS_TO_FORK[way] + end, tmp_path / "library.db") == "[]\n"


def test_a_library_used_in_a_forked_child_says_how_to_open_it_there(tmp_path: Path) -> None:
    code = """
async def wait(context):
    await asyncio.Event().wait()
library.register_handler("wait", wait)
job = library.submit("wait", {})
if os.fork() == 0:
    verbs = [
        library.videos, library.summary, library.growth, library.job_states, job.wait, job.cancel,
        lambda: library.scan("/"), lambda: library.submit("wait", {}), lambda: job.state,
        lambda: library.poster(1), lambda: library.job(job.id), lambda: job.result(timeout=5),
        lambda: library.register_handler("x", wait), lambda: library.subscribe(print),
        lambda: library.export("x.csv"), lambda: asyncio.run(job._outcome()),
    ]
    for verb in verbs:
        try:
            verb()
        except Exception as refusal:
            print(type(refusal).__name__, refusal)
    print(library, job, "another process" in library._repr_html_())
    with library:
        pass
    library.close()
    sys.exit(0)
assert os.wait()[1] == 0
assert job.cancel()
assert job.wait().status == "cancelled"
"""
    path = tmp_path / "library.db"
    *refusals, shown = run(code, path).splitlines()
    assert set(refusals) == {f"OpenedElsewhere {OpenedElsewhere(path)}"}
    assert len(refusals) == 16
    assert shown.startswith(f"<Library {path}> <Job wait ")
    assert shown.endswith(" [library opened in another process]> True")


def test_a_forked_child_can_open_the_library_while_its_parent_writes(tmp_path: Path) -> None:
    code = """
async def echo(context):
    return context.payload
library.register_handler("echo", echo)
library.submit("echo", {"by": "parent"}).result()
begun, (reads, wrote) = threading.Event(), os.pipe()
def write(connection):
    begun.set()
    os.read(reads, 1)
writing = threading.Thread(target=library.catalog._database.write, args=(write,))
writing.start()
begun.wait()
if os.fork() == 0:
    os.write(wrote, b".")
    with Library(sys.argv[1]) as own:  # the lock that the parent held in here is gone
        own.register_handler("echo", echo)
        print([state.payload for state in own.job_states()])
        print(own.submit("echo", {"by": "child"}).result(60))
    sys.exit(0)
log = os.stat(sys.argv[1] + "-wal").st_ino
assert os.wait()[1] == 0
writing.join()
assert os.stat(sys.argv[1] + "-wal").st_ino == log
library.submit("echo", {"by": "parent, again"}).result()
"""
    said = run(code, tmp_path / "library.db").splitlines()
    assert said == ["[{'by': 'parent'}]", "{'by': 'child'}"]
    with Library(tmp_path / "library.db") as library:
        by = [state.payload["by"] for state in library.job_states()]
    assert by == ["parent, again", "child", "parent"]


def test_threads_of_a_forked_child_open_and_close_files_at_once(tmp_path: Path) -> None:
    code = """
import apsw, signal
sys.setswitchinterval(1e-6)
def open_and_close(number):
    for _ in range(100):
        connection = apsw.Connection(f"{sys.argv[1]}.{number}")
        connection.execute("PRAGMA journal_mode = wal").fetchall()
        connection.execute("CREATE TABLE IF NOT EXISTS t (a); INSERT INTO t VALUES (1)").fetchall()
        connection.close()
if os.fork() == 0:
    signal.alarm(60)  # ends also a process in which two threads wait for each other
    threads = [threading.Thread(target=open_and_close, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.exit(0)
print(os.wait()[1])
"""
    assert run(code, tmp_path / "library.db") == "0\n"


def test_where_no_machine_code_can_be_made_a_forked_child_is_told_so(tmp_path: Path) -> None:
    code = """
import ctypes
set_mdwe, refuse_exec_gain = 65, 1
if ctypes.CDLL(None).prctl(set_mdwe, refuse_exec_gain, 0, 0, 0):
    sys.exit(print("no such limit here"))
if os.fork() == 0:
    try:
        Library(sys.argv[1])
    except Exception as refusal:
        print(type(refusal).__name__, refusal)
    sys.exit(0)
os.wait()
"""
    said = run(code, tmp_path / "library.db")
    if said.startswith("no such limit"):
        pytest.skip(said)
    assert said.startswith("CatalogError A forked process cannot open a library on this machine.")
    assert "spawn" in said


def test_a_forked_child_leaves_its_parents_log_and_locks_alone(tmp_path: Path) -> None:
    code = """
import subprocess
library.job_states()
if os.fork() == 0:
    sys.exit(0)  # the interpreter's end closes every connection that it may close
assert os.wait()[1] == 0
look = "import sys, apsw; apsw.Connection(sys.argv[1]).execute('SELECT 1 FROM jobs').fetchall()"
subprocess.run([sys.executable, "-c", look, sys.argv[1]], check=True)  # not the last to close it
print(os.path.exists(sys.argv[1] + "-wal"))
"""
    assert run(code, tmp_path / "library.db") == "True\n"
