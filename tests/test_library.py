"""The library's doors: what it refuses and says, and what it keeps between two sessions."""

from __future__ import annotations

import asyncio
import os
import pwd
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stoat_nb import Job, Library, Settings
from stoat_nb.errors import (
    BadArgument,
    CatalogClosed,
    CatalogNotWritable,
    FolderNotFound,
    FolderNotReadable,
    FolderOutsideRoots,
    JobFailed,
    NoPicture,
    NotAFolder,
    UnknownJob,
)
from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.state import JobStatus
from stoat_nb.media.demo_clips import make_samples
from stoat_nb.sharing import shared_library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.db") as opened:
        yield opened


def test_a_missing_folder_is_named_with_a_remedy(library: Library, tmp_path: Path) -> None:
    with pytest.raises(FolderNotFound, match=r"no folder at '.*nowhere'.*mount"):
        library.scan(tmp_path / "nowhere")


def test_a_file_is_no_folder(library: Library, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"")
    with pytest.raises(NotAFolder, match=r"clip\.mp4' is not a folder"):
        library.scan(tmp_path / "clip.mp4")
    with pytest.raises(FolderNotFound):
        library.scan(tmp_path / "clip.mp4" / "below")


@pytest.mark.parametrize(
    "path",
    [
        *("/nul\0byte", "/" + "x" * 5000, "/" + "x" * 300, "/" + "é" * 200, "", "~no-such-user"),
        *("~no-such-user/x", "~\0", "/lone \udcff surrogate", "/half \ud800 pair", "~\ud800"),
    ],
)
def test_a_path_that_cannot_be_is_refused_in_one_sentence(library: Library, path: str) -> None:
    with pytest.raises(FolderNotFound):
        library.scan(path)
    with pytest.raises(FolderNotFound):
        library.check_folder(path)


def test_without_a_home_a_tilde_is_refused_with_what_to_do(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)  # as of a user nobody has entered
    with pytest.raises(FolderNotFound, match=r"home of this user is not known.* Set HOME"):
        library.scan("~/Videos")


def test_a_relative_path_in_a_folder_that_is_gone_is_refused(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(FolderNotFound):
        library.scan("Videos")


def test_a_folder_outside_the_roots_is_refused_whether_it_exists_or_not(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "inside-not"
    inside.mkdir()
    outside.mkdir()
    (inside / "link").symlink_to(outside)
    with Library(tmp_path / "library.db", settings=Settings(roots=(inside,))) as library:
        assert library.check_folder(inside) == inside
        for folder in (outside, inside / "..", inside / "link", tmp_path / "nowhere"):
            with pytest.raises(FolderOutsideRoots, match="STOAT_ROOTS"):
                library.scan(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody who is not")
def test_an_unreadable_folder_is_refused_with_the_systems_reason(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir(mode=0o700)
    for folder in (tmp_path, *tmp_path.parents):
        folder.chmod(folder.stat().st_mode | 0o055)
    code = (
        "import os, sys\n"
        "from stoat_nb import Library, StoatError\n"
        "library = Library(sys.argv[2])\n"
        "os.seteuid(65534)\n"
        "try:\n"
        "    library.scan(sys.argv[1])\n"
        "except StoatError as refused:\n"
        "    print(type(refused).__name__, refused)\n"
        "os.seteuid(0)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(secret), str(tmp_path / "library.db")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.startswith("FolderNotReadable")
    assert "Permission denied. Give this user the right to list it" in said


def test_a_folder_that_no_right_would_open_is_refused_without_asking_for_one(
    library: Library, tmp_path: Path
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(FolderNotReadable, match=r"symbolic links\. Scan it when that is mended\.$"):
        library.scan(tmp_path / "loop")


def test_an_unknown_job_is_refused_by_name(library: Library) -> None:
    for verb in (library.job, library.cancel):
        with pytest.raises(UnknownJob, match="no job 'nobody'"):
            verb("nobody")


def test_a_job_is_found_again_by_its_id_in_the_next_session(tmp_path: Path) -> None:
    async def greet(context: JobContext) -> str:
        return f"hello {context.payload['name']}"

    path = tmp_path / "library.db"
    with Library(path) as library:
        library.register_handler("greet", greet)
        job = library.submit("greet", {"name": "stoat"})
        assert job.result(timeout=60) == "hello stoat"
    with Library(path) as library:
        again: Job[str] = library.job(job.id)
        assert again.status is JobStatus.COMPLETE
        assert again.result() == "hello stoat"
        assert [state.job_id for state in library.job_states()] == [job.id]
        assert library.jobs()["job_id"].tolist() == [job.id]


def test_a_library_that_cannot_be_made_says_where_and_why(tmp_path: Path) -> None:
    with pytest.raises(CatalogNotWritable, match="nowhere"):
        Library(tmp_path / "nowhere" / "library.db")


def test_after_close_every_verb_says_that_it_is_closed(tmp_path: Path) -> None:
    library = Library(tmp_path / "library.db")
    library.close()
    library.close()
    assert library.closed
    with pytest.raises(CatalogClosed, match="is closed"):
        library.videos()
    with pytest.raises(CatalogClosed, match="is closed"):
        library.scan(tmp_path)
    with pytest.raises(CatalogClosed, match="is closed"):
        library.submit("scan", {})


def test_one_process_shares_one_library_of_a_file(tmp_path: Path) -> None:
    first = shared_library(tmp_path / "library.db")
    assert shared_library(tmp_path / "library.db") is first
    first.close()
    second = shared_library(tmp_path / "library.db")
    assert second is not first
    second.close()


def test_a_script_that_ends_in_the_middle_of_a_job_hands_it_back(
    tmp_path: Path,
) -> None:
    code = (
        "import asyncio, sys, threading\n"
        "from stoat_nb import Library\n"
        "begun = threading.Event()\n"
        "async def still(context):\n"
        "    begun.set()\n"
        "    await asyncio.Event().wait()\n"
        "library = Library(sys.argv[1])\n"
        "library.register_handler('still', still)\n"
        "print(library.submit('still', {}).id)\n"
        "begun.wait()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "library.db")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == ""
    with Library(tmp_path / "library.db") as library:
        job = library.job(done.stdout.strip())
        assert job.status is JobStatus.PENDING
        assert job.state.attempt == 1


def test_a_process_that_is_killed_leaves_no_job_running_for_ever(tmp_path: Path) -> None:
    code = (
        "import asyncio, os, signal, sys\n"
        "from stoat_nb import Library\n"
        "async def die(context):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "library = Library(sys.argv[1])\n"
        "library.register_handler('die', die)\n"
        "library.submit('die', {}).result()\n"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "library.db")], check=False, timeout=60
    )
    with Library(tmp_path / "library.db") as library:
        (state,) = library.job_states()
        assert (state.status, state.deaths) == (JobStatus.PENDING, 1)
        (event,) = (event for event in library.job_log(state.job_id) if event.level == "warning")
        assert "ended before it did" in event.text


def test_a_library_in_a_cell_says_what_it_holds_open_or_closed(tmp_path: Path) -> None:
    path = tmp_path / "<b>library.db"
    with Library(path) as library:
        assert "Nothing here yet" in library._repr_html_()
        folder = tmp_path / "videos"
        count = len(make_samples(folder))
        library.scan(folder).result(timeout=120)
        page = library._repr_html_()
        assert f"{count} files" in page
        assert "could not be read: library.failures()" in page
        assert "&lt;b&gt;library.db" in page
        assert "<b>library.db" not in page
        assert repr(library) == f"<Library {path}>"
    assert "Closed. Open it again" in library._repr_html_()


@pytest.mark.parametrize("executable", ["", "/nowhere/python", "/bin/false"])
def test_readers_that_cannot_start_fail_the_job_and_say_nothing_of_any_file(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executable: str
) -> None:
    make_samples(tmp_path / "videos")
    monkeypatch.setattr(sys, "executable", executable)
    with pytest.raises(JobFailed, match="No reader process could be started"):
        library.scan(tmp_path / "videos").result(timeout=60)
    assert library.videos().empty
    monkeypatch.undo()
    assert library.scan(tmp_path / "videos").result(timeout=120).scanned == 15
    good = int(library.videos("status == 'ok'").video_id.iloc[0])
    monkeypatch.setattr(sys, "executable", executable)
    with pytest.raises(NoPicture, match="No reader process could be started"):
        library.poster(good)
    monkeypatch.undo()
    assert library.poster(good).startswith(b"\xff\xd8\xff")


SHORT_OF_FILES = """
import os, resource, sys, threading
from pathlib import Path
from stoat_nb import Library

folder = Path(sys.argv[1])
with Library(sys.argv[2]) as library:
    library.scan(folder).result()
    before = library.videos().set_index("path").status
with Library(sys.argv[2]) as library:  # whose readers have not started yet
    ends, ended = [], threading.Semaphore(0)
    library.subscribe(lambda state: state.is_final and (ends.append(state), ended.release()))
    for spare in range(0, 60, 2):
        for path in folder.rglob("*.*"):
            os.utime(path)  # so that all are read again
        first = os.dup(0)
        os.close(first)
        resource.setrlimit(resource.RLIMIT_NOFILE, (first + spare, 4096))
        library.submit("scan", {"path": str(folder)})
        ended.acquire()
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 4096))
        assert library.videos().set_index("path").status.equals(before), ends[-1]
        if ends[-1].status == "complete":
            report = ends[-1].result
            assert report["updated"] and report["scanned"] == len(before), report
            break
        print(ends[-1].error)
"""


def test_a_process_without_files_for_a_reader_fails_the_job_and_says_nothing_of_any_file(
    tmp_path: Path,
) -> None:
    make_samples(tmp_path / "videos")
    done = subprocess.run(
        [sys.executable, "-c", SHORT_OF_FILES, tmp_path / "videos", tmp_path / "library.db"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    refused = "No reader process could be started: the new one was refused: [Errno 24] Too many"
    assert refused in done.stdout
    unlisted = (
        f"The folder '{tmp_path / 'videos'}' cannot be read: Too many open files. Scan it when"
    )
    assert unlisted in done.stdout


def test_a_handler_may_leave_scan_ask_and_wait_with_one_worker(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()

    async def leave(_context: JobContext) -> None:
        sys.exit(3)

    async def scan(context: JobContext) -> list[object]:
        report = await library.scan(tmp_path / "clips")
        await asyncio.to_thread(library.submit("leave", {}).wait)
        videos = await context.in_thread(library.videos)
        return [report.scanned, len(videos), len(library.videos()), len(library.job_states())]

    with Library(tmp_path / "library.db", settings=Settings(job_workers=1)) as library:
        library.register_handler("leave", leave)
        library.register_handler("scan it", scan)
        assert library.submit("leave", {}).wait(60).error == "SystemExit: 3"
        assert library.submit("scan it", {}).result(60) == [0, 0, 0, 4]


REFUSED = [
    (lambda library: library.videos(1), "where is 1, which is not an expression such as"),
    (lambda library: library.videos(query="height > 3"), "query is 'height > 3', which is not a V"),
    (lambda library: library.facets("codec"), "query is 'codec', which is not a VideoQuery"),
    (lambda library: library.facets(columns="codec"), "columns is 'codec', which is not a list of"),
    (lambda library: library.facets(most=0), "most is 0, which is not a whole number above 0"),
    (lambda library: library.histogram("height", "x"), "query is 'height', which is not a VideoQ"),
    (
        lambda library: library.scan("/", recursive="no"),
        "recursive is 'no', which is not True",
    ),
    (lambda library: library.scan(5), "folder is 5, which is not a path"),
    (lambda library: library.diff("a", 2), "before is 'a', which is not the number of a scan"),
    (lambda library: library.job_states(limit=-1), "limit is -1, which is not a whole number, 0"),
    (
        lambda library: Library(library.path, take="some"),
        "take is 'some', which is not 'all',",
    ),
    (lambda library: Library(library.path, settings={}), "settings is {}, which is not Settings"),
    (lambda _library: Library(5), "path is 5, which is not a path"),
    (lambda library: library.export(5), "path is 5, which is not a path"),
    (lambda library: library.export("x.csv", format=5), "format is 5, which is not the name of"),
    (lambda library: library.export("x.csv", table=5), "table is 5, which is not the name of"),
    (lambda library: library.video("a"), "video_id is 'a', which is not the number of a video"),
    (lambda library: library.poster("a"), "video_id is 'a', which is not the number of a video"),
    (lambda library: library.history(None), "video_id is None, which is not the number of"),
    (lambda library: library.job(5), "job_id is 5, which is not the id of a job"),
    (lambda library: library.cancel(None), "job_id is None, which is not the id of a job"),
    (lambda library: library.job_states(status="done"), "status is 'done', which is not a status"),
    (lambda library: library.subscribe(5), "listener is 5, which is not a function"),
]


@pytest.mark.parametrize(("call", "sentence"), REFUSED, ids=[one for _, one in REFUSED])
def test_an_argument_that_cannot_be_is_refused_by_name(
    library: Library, call: Callable[[Any], object], sentence: str
) -> None:
    with pytest.raises(BadArgument) as refusal:
        call(library)
    assert str(refusal.value).startswith(sentence)
    assert isinstance(refusal.value, TypeError)
    assert isinstance(refusal.value, ValueError)


def test_an_argument_that_no_method_has_is_refused_with_the_name_of_the_method(
    library: Library,
) -> None:
    with pytest.raises(TypeError, match=r"videos\(\) got an unexpected keyword argument 'colour'"):
        library.videos(colour="codec")  # type: ignore[call-arg]
