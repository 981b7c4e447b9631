"""Which videos are done again, what stops one and not the others, and who may run what."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from stoat_nb import Library, Settings
from stoat_nb.catalog.analysis_results import AnalysisResults, FileAnswer, Run
from stoat_nb.errors import BadArgument, CatalogCorrupt, JobCancelled, JobFailed, JobTakenOver
from stoat_nb.errors.maps import AnalysisBusy, UnknownAnalysis
from stoat_nb.maps import MapReport

NAMES = ["a.mp4", "bb.mp4", "ccc.mp4"]


@pytest.fixture
def told(tmp_path: Path) -> Any:
    """Return a function that notes each file it is run on, and what reads those notes."""
    notes = tmp_path / "notes"

    def note(path: str) -> int:
        with notes.open("a") as file:
            file.write(f"{os.path.basename(path)}\n")  # noqa: PTH119 - text
        return 1

    def read() -> list[str]:
        text = notes.read_text().split() if notes.exists() else []
        notes.unlink(missing_ok=True)
        return sorted(text)

    return note, read


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """Return a pipe: who reads it waits until somebody writes it."""
    path = tmp_path / "gate"
    os.mkfifo(path)
    return path


def test_what_is_fresh_is_not_done_again(shelf: Any, told: Any) -> None:
    note, read = told
    assert shelf.map(note).done == 3
    assert read() == NAMES
    assert shelf.map(note).done == 0
    shelf.put("dddd.mp4")
    (shelf.folder / "a.mp4").write_text("it was changed")
    shelf.see("a.mp4")
    assert shelf.map(note).done == 2
    assert read() == ["a.mp4", "dddd.mp4"]


def test_each_file_is_done_once_while_batches_grow_and_shrink(shelf: Any, told: Any) -> None:
    note, read = told
    names = [f"{at:03}.mp4" for at in range(90)]
    shelf.put(*names)

    def answer(path: str) -> int:
        if path.endswith(("30.mp4", "31.mp4", "60.mp4")):
            time.sleep(0.3)  # longer than a batch is to take
        return note(path)

    assert shelf.map(answer).done == 93
    assert read() == [*names, *NAMES]


def test_another_version_does_all_again_and_keeps_the_old_answers_until_then(
    shelf: Any, told: Any
) -> None:
    note, read = told
    shelf.map(note)
    read()
    shelf.map(lambda path: note(path) + 1, version=2, where="name.startswith('a')")
    assert read() == ["a.mp4"]
    assert shelf.values() == {"a.mp4": 2, "bb.mp4": 1, "ccc.mp4": 1}
    (one,) = shelf.library.analyses().to_dict("records")
    assert (one["version"], one["n_fresh"], one["n_stale"], one["n_failed"]) == ("2", 1, 2, 0)
    assert shelf.map(note, version=2).done == 2


def test_all_can_be_done_again(shelf: Any, told: Any) -> None:
    note, read = told
    shelf.map(note)
    assert read() == NAMES
    assert shelf.map(note, again="all").done == 3
    assert read() == NAMES


def test_a_changed_function_of_the_same_version_is_told(shelf: Any) -> None:
    shelf.map(lambda _path: 1)
    shelf.put("dddd.mp4")
    report = shelf.map(lambda _path: 2)
    assert report.done == 1
    assert "The function was changed: 3 videos have answers of its earlier code." in str(report)
    assert "changed" not in str(shelf.map(lambda _path: 1, version=2))


def test_only_chosen_videos_are_done_also_by_what_an_analysis_found(shelf: Any, told: Any) -> None:
    note, read = told
    shelf.map(lambda path: len(Path(path).name), "length")
    shelf.map(note, where="length > 5")
    assert read() == ["bb.mp4", "ccc.mp4"]


def test_each_bad_file_is_one_row_and_the_others_have_answers(shelf: Any) -> None:
    shelf.put(*(f"{at}.mp4" for at in range(40)))

    def answer(path: str) -> int:
        name = os.path.basename(path)  # noqa: PTH119 - text
        if name == "a.mp4":
            os.abort()
        if name == "bb.mp4":
            while True:
                pass
        if name == "ccc.mp4":
            raise ValueError("it is no film")
        if name == "7.mp4":
            sys.exit(3)
        return 1

    report = shelf.map(answer, timeout=0.5)
    assert (report.done, report.failed) == (43, 4)
    expected = {"a.mp4": "crash", "bb.mp4": "deadline", "ccc.mp4": "error", "7.mp4": "error"}
    assert shelf.failures() == expected
    failure = (
        shelf.library.map_failures("found").set_index("path").loc[str(shelf.folder / "ccc.mp4")]
    )
    assert (failure["error_type"], failure["error"]) == ("ValueError", "it is no film")
    assert "in answer" in failure["error_line"]
    assert sum(value == 1 for value in shelf.values().values()) == 39


def test_a_file_that_takes_too_much_memory_is_stopped(shelf: Any) -> None:
    def hold(path: str) -> int:
        if "bb" in path:
            held = bytearray(1 << 30)
            while held:
                pass
        return 1

    assert shelf.map(hold, memory_mb=300).failed == 1
    assert shelf.failures() == {"bb.mp4": "memory"}


def test_a_function_may_open_many_files_and_start_many_threads(shelf: Any) -> None:
    def many(path: str) -> int:
        held = [open(path) for _ in range(300)]  # noqa: PTH123, SIM115 - the point
        waiting = threading.Event()
        threads = [threading.Thread(target=waiting.wait) for _ in range(100)]
        for thread in threads:
            thread.start()
        waiting.set()
        return len(held)

    assert shelf.map(many).failed == 0


def test_failures_are_tried_again_when_that_is_asked_for(shelf: Any, tmp_path: Path) -> None:
    cure = tmp_path / "cure"

    def answer(path: str) -> int:
        if "bb" in path and not cure.exists():
            raise ValueError("not yet")
        return 1

    assert shelf.map(answer).failed == 1
    cure.touch()
    assert shelf.map(answer).done == 0
    report = shelf.map(answer, retry_failed=True)
    assert (report.done, report.failed) == (1, 0)
    assert shelf.failures() == {}


def test_a_file_that_is_away_or_changed_has_no_wrong_answer_and_is_tried_each_time(
    shelf: Any, told: Any
) -> None:
    note, read = told
    shelf.map(note)
    away = shelf.folder / "a.mp4"
    content = away.read_bytes()
    seen = away.stat()
    away.unlink()
    (shelf.folder / "bb.mp4").write_text("changed since")
    read()
    shelf.map(note, version=2)
    assert read() == ["ccc.mp4"]
    assert shelf.failures() == {"a.mp4": "vanished", "bb.mp4": "changed"}
    assert shelf.values()["a.mp4"] == 1, "its answer of before is kept"
    away.write_bytes(content)
    os.utime(away, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    shelf.map(note)
    assert read() == ["a.mp4"]
    assert shelf.failures() == {"bb.mp4": "changed"}


def test_answers_go_with_their_video(shelf: Any) -> None:
    shelf.map(lambda _path: [{"at": 1}], "spans")
    with closing(sqlite3.connect(shelf.library.path)) as other, other:
        other.execute("PRAGMA foreign_keys = ON")
        other.execute("DELETE FROM videos WHERE name = CAST('a.mp4' AS BLOB)")
    assert len(shelf.library.map_rows("spans")) == 2
    assert [*shelf.library.analyses()["n_fresh"]] == [2]


def test_a_video_that_is_forgotten_meanwhile_costs_nothing(shelf: Any, gate: Path) -> None:
    job = shelf.library.map(
        lambda _path: len(gate.read_text()), name="found", where="name.startswith('a')"
    )
    with gate.open("w") as opened:
        with closing(sqlite3.connect(shelf.library.path)) as other, other:
            other.execute("PRAGMA foreign_keys = ON")
            other.execute("DELETE FROM videos WHERE name = CAST('a.mp4' AS BLOB)")
        opened.write("now")
    assert job.result(60).done == 1
    assert [*shelf.library.videos()["name"]] == ["bb.mp4", "ccc.mp4"]
    assert [*shelf.library.analyses()["n_fresh"]] == [0]


def test_it_can_be_cancelled_while_a_function_hangs_and_keeps_what_is_done(
    shelf: Any, gate: Path
) -> None:
    def wait(path: str) -> int:
        return 1 if "a." in path else len(gate.read_text())

    job = shelf.library.map(wait, name="found", workers=1)
    with gate.open("w"):
        job.cancel()  # what is done is written down all the same
        with pytest.raises(JobCancelled):
            job.result(60)
    assert shelf.values()["a.mp4"] == 1
    assert shelf.map(lambda _path: 1).done == 2


def test_it_goes_on_after_a_pause_where_it_was(shelf: Any, gate: Path, told: Any) -> None:
    note, read = told

    def wait(path: str) -> int:
        note(path)
        return 1 if "a." in path else len(gate.read_text())

    job = shelf.library.map(wait, name="found", workers=1)
    with gate.open("w"):
        job.pause()
        while not job.state.paused:
            pass
    gate.unlink()
    gate.write_text("open")
    job.resume()
    report = job.result(60)
    assert (report.done, report.failed) == (3, 0)
    assert read().count("a.mp4") == 1


def test_two_who_ask_for_the_same_share_one_job(shelf: Any, gate: Path) -> None:
    def wait(_path: str) -> int:
        return len(gate.read_text())

    one = shelf.library.map(wait, name="found", where="name.startswith('a')")
    with gate.open("w") as opened:
        two = shelf.library.map(wait, name="found", where="name.startswith('a')")
        other = shelf.library.map(lambda _path: 1, name="found", where="name.startswith('b')")
        assert (two.id, two.joined) == (one.id, True)
        assert other.id != one.id
        with pytest.raises(AnalysisBusy, match="is being run by job"):
            shelf.library.forget_analysis("found")
        opened.write("x")
    assert one.result(60).done == other.result(60).done == 1


def test_an_attempt_that_was_taken_over_writes_nothing(shelf: Any) -> None:
    shelf.map(lambda _path: 1)
    results: AnalysisResults = shelf.library.catalog.analysis_results
    before = shelf.values()
    run = Run(name="found", version="1", function="", code="", job_id="another", attempt=1)
    with pytest.raises(JobTakenOver, match="The map 'found' was taken over"):
        results.record(run, [FileAnswer(1, 1, 1, 0.0, cells={"value": ("Int64", 7)})])
    assert shelf.values() == before


KILLED = """
import os, pathlib, sys
from stoat_nb import Library, Settings
notes, gate = pathlib.Path("notes").absolute(), os.path.abspath("gate")
def note(path):
    with notes.open("a") as file:
        file.write(os.path.basename(path) + "\\n")
    if os.path.basename(path) == "b.mp4":
        open(gate).read()
    return 1
library = Library("library.db", settings=Settings(probe_workers=1))
job = library.map(note, name="found")
with open(gate, "w"):
    while not job.progress.done:
        pass
os.kill(os.getpid(), 9)
"""


def test_after_a_kill_only_what_was_in_flight_is_done_again(
    shelf: Any, tmp_path: Path, gate: Path
) -> None:
    names = ["0.mp4", "b.mp4"]
    shelf.put(*names)
    path = shelf.library.path
    shelf.library.close()
    # Its own first batch is one file; what it had not written down is done again.
    dead = subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path, check=False)
    assert dead.returncode == -9
    gate.unlink()
    gate.touch()
    with Library(path, settings=Settings(probe_workers=1)) as library:
        (state,) = library.job_states(job_type="map")
        report = library.job(state.job_id).result(60)
    assert isinstance(report, MapReport)
    assert (report.done, report.failed) == (5, 0)
    counts = (tmp_path / "notes").read_text().split()
    assert sorted(set(counts)) == sorted([*NAMES, *names])
    assert counts.count("a.mp4") == 1


def test_a_function_travels_once_per_process_however_large_it_is(
    shelf: Any, tmp_path: Path
) -> None:
    shelf.put(*(f"{at}.mp4" for at in range(30)))
    loads = tmp_path / "loads"

    class Large:
        def __init__(self) -> None:
            self.weights = os.urandom(50 << 20)

        def __setstate__(self, state: dict[str, bytes]) -> None:
            self.__dict__ |= state
            with loads.open("a") as file:
                file.write("loaded\n")

    large = Large()
    assert shelf.map(lambda _path: len(large.weights), workers=2, timeout=5).failed == 0
    assert 1 <= len(loads.read_text().split()) <= 2


def test_a_function_that_somebody_else_put_into_a_library_is_never_run(
    shelf: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Any
) -> None:
    note, read = told
    shelf.map(note)
    (job,) = shelf.library.job_states(job_type="map")
    shelf.library.close()
    read()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "stranger"))
    with Library(shelf.library.path) as library:
        again = library.retry(job.job_id)
        with pytest.raises(JobFailed, match="was not put there by you, so it is not run"):
            again.result(60)
    assert read() == []


def test_a_library_with_a_view_in_the_place_of_answers_is_refused(shelf: Any) -> None:
    path = shelf.library.path
    shelf.library.close()
    with closing(sqlite3.connect(path)) as stranger, stranger:
        stranger.execute("CREATE VIEW result_7 AS SELECT 1 AS video_id")
    with pytest.raises(CatalogCorrupt, match="table 'result_7'"):
        Library(path)


def test_an_analysis_can_be_forgotten(shelf: Any) -> None:
    shelf.map(lambda _path: 1)
    shelf.library.forget_analysis("found")
    assert shelf.library.analyses().empty
    with pytest.raises(UnknownAnalysis, match="There is no analysis 'found'"):
        shelf.library.forget_analysis("found")
    with closing(sqlite3.connect(shelf.library.path)) as file:
        left = file.execute("SELECT count(*) FROM functions").fetchone()
        tables = file.execute(
            "SELECT name FROM sqlite_schema WHERE name GLOB 'result_*'"
        ).fetchall()
    assert (left, tables) == ((0,), [])


def test_wrong_arguments_are_refused_by_name(shelf: Any) -> None:
    for wrong in ({"timeout": 0}, {"workers": 0}, {"again": "some"}, {"inputs": "bytes"}):
        (name,) = wrong
        with pytest.raises(BadArgument, match=f"^{name} is"):
            shelf.map(len, **wrong)
