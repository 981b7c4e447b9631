"""``stoat jobs`` and what is asked of jobs: listed, told, logged, paused, resumed, retried."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from stoat_nb.api.shapes import JobStatusResponse
from stoat_nb.cli.job_ids import SHORT, find_job, short_ids
from stoat_nb.cli.standing import age, come_so_far, standing
from stoat_nb.errors import JobError, UnknownJob
from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobState, JobStatus, Progress
from stoat_nb.library import Library

from .conftest import COMMAND, Run
from .test_scan import in_terminal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "few"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.mp4").write_bytes(b"no video")
    return folder


@contextmanager
def looking(tmp_path: Path) -> Iterator[Library]:
    """The library of the folder that commands run in, open to look at."""
    with Library(tmp_path / "stoat.db", take="none") as library:
        yield library


@pytest.fixture
def waiting(tmp_path: Path, folder: Path) -> str:
    """The id of a scan that nobody has taken yet."""
    with looking(tmp_path) as library:
        return library.scan(folder).id


def state_of(tmp_path: Path, job_id: str) -> JobState:
    with looking(tmp_path) as library:
        return library.job(job_id).state


def until(job: Job[Any], is_so: Callable[[], bool]) -> None:
    """Wait for news of a job until something is so."""
    news = threading.Event()
    unsubscribe = job.subscribe(lambda _state: news.set())
    while not is_so():
        assert news.wait(30)
        news.clear()
    unsubscribe()


# -- listing and telling -------------------------------------------------------------------------


def test_jobs_are_listed_newest_first(run: Run, waiting: str, folder: Path) -> None:
    ended = json.loads(run("scan", folder, "--mode", "full", "--json").stdout)["job_id"]
    rows = [line.split("\t") for line in run("jobs").stdout.splitlines()]
    assert rows[0] == ["id", "type", "state", "progress", "age", "took", "about"]
    assert rows[1][:4] == [ended, "scan", "complete", "3/3 · 3 failed"]
    assert rows[2][:4] == [waiting, "scan", "pending", ""]
    assert [row[6] for row in rows[1:]] == [str(folder)] * 2


FILTERS = {
    (): 2,
    ("--status", "pending"): 1,
    ("--status", "complete"): 1,
    ("--status", "failed"): 0,
    ("--type", "scan"): 2,
    ("--type", "loudness"): 0,
    ("--limit", "1"): 1,
    ("--status", "complete", "--type", "scan", "--limit", "5"): 1,
}


def test_jobs_are_filtered(run: Run, waiting: str, folder: Path) -> None:
    run("scan", folder, "--mode", "full")
    listed = {chosen: json.loads(run("jobs", "--json", *chosen).stdout) for chosen in FILTERS}
    assert {chosen: len(jobs) for chosen, jobs in listed.items()} == FILTERS
    assert listed["--status", "pending"][0]["job_id"] == waiting


def test_json_holds_what_rest_tells(run: Run, waiting: str) -> None:
    (listed,) = json.loads(run("jobs", "--json").stdout)
    assert set(JobStatusResponse.model_fields) <= set(listed)
    assert listed == json.loads(run("job", waiting, "--json").stdout)
    assert listed["submitted_at"].endswith("+00:00")


def test_a_terminal_gets_short_ids_that_commands_take(
    run: Run, waiting: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    screen = in_terminal(["jobs"], tmp_path, environment)
    assert waiting[:SHORT] in screen
    assert waiting not in screen
    assert f"id         {waiting}\n" in run("job", waiting[:SHORT]).stdout


def test_looking_starts_no_job(run: Run, waiting: str, tmp_path: Path) -> None:
    for arguments in (["jobs"], ["job", waiting], ["logs", waiting], ["videos"], ["failures"]):
        assert run(*arguments).returncode == 0
    state = state_of(tmp_path, waiting)
    assert (state.status, state.attempt) == ("pending", 0)


STATES = {
    "pending": {},
    "pending, to go on": {"attempt": 1},
    "pending, waits for 01a2b3c4-0000": {"waits_for": "01a2b3c4-0000-7000-8000-000000000000"},
    "paused": {"attempt": 1, "paused": True},
    "running": {"status": JobStatus.RUNNING, "attempt": 1, "heartbeat_at": 995.0},
    "running, attempt 2": {"status": JobStatus.RUNNING, "attempt": 2},
    "running, stopping": {"status": JobStatus.RUNNING, "cancel_requested": True},
    "running, pausing": {"status": JobStatus.RUNNING, "pause_requested": True},
    "running, stalled for 1 min 15 s": {"status": JobStatus.RUNNING, "heartbeat_at": 925.0},
    "complete": {"status": JobStatus.COMPLETE, "attempt": 1, "heartbeat_at": 1.0},
    "failed, attempt 3": {"status": JobStatus.FAILED, "attempt": 3},
}


@pytest.mark.parametrize("said", STATES)
def test_a_state_is_a_few_words(said: str) -> None:
    facts: dict[str, Any] = STATES[said]
    assert standing(JobState(job_id="x", job_type="scan", **facts), 1000.0) == said


def test_an_age_has_one_unit() -> None:
    told = [age(seconds) for seconds in (-1, 0, 59.9, 60, 3599, 3600, 47 * 3600, 72 * 3600)]
    assert told == ["0 s", "0 s", "59 s", "1 min", "59 min", "1 h", "47 h", "3 d"]


# -- ids -----------------------------------------------------------------------------------------


def test_short_ids_tell_their_jobs_apart(tmp_path: Path, folder: Path) -> None:
    with looking(tmp_path) as library:
        folders = [folder / str(number) for number in range(20)]
        for one in folders:
            one.mkdir()
        ids = [library.scan(one).id for one in folders]
        for job_id, short in zip(ids, short_ids(ids), strict=True):
            assert len(short) >= SHORT
            assert find_job(library, short).id == job_id
            assert find_job(library, f" {job_id.upper()}\n").id == job_id
        with pytest.raises(JobError, match="The ids of several jobs begin with '0'"):
            find_job(library, "0")
        for nobody in ("", " ", "zz", ids[0] + "0", "%", "_"):
            with pytest.raises(UnknownJob):
                find_job(library, nobody)


@pytest.mark.parametrize("command", ["job", "logs", "pause", "resume", "retry", "cancel"])
def test_an_id_that_may_mean_two_jobs_is_one_sentence(
    run: Run, waiting: str, tmp_path: Path, command: str
) -> None:
    with looking(tmp_path) as library:
        library.submit("loudness", {})
    ran = run(command, waiting[0])
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
    assert ran.stderr.startswith(f"stoat: The ids of several jobs begin with '{waiting[0]}'")
    assert state_of(tmp_path, waiting).status == "pending"


@pytest.mark.parametrize(
    ("given", "said"), [("x\x1b[31m", "'x\\x1b[31m'"), ("", "''"), ("zz", "'zz'")]
)
def test_an_id_that_names_no_job_is_one_sentence(
    run: Run, waiting: str, tmp_path: Path, given: str, said: str
) -> None:
    ran = run("cancel", given)
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
    assert ran.stderr.startswith(f"stoat: There is no job {said}. ")
    assert state_of(tmp_path, waiting).status == "pending"


# -- wishes --------------------------------------------------------------------------------------


def test_jobs_that_wait_are_cancelled_together(
    run: Run, waiting: str, folder: Path, tmp_path: Path
) -> None:
    with looking(tmp_path) as library:
        other = library.scan(folder, mode="full").id
    ran = run("cancel", waiting, other, waiting)
    assert ran.returncode == 0
    assert len(ran.stdout.splitlines()) == 2
    assert all(line.startswith("Cancelled ") for line in ran.stdout.splitlines())
    assert state_of(tmp_path, other).status == state_of(tmp_path, waiting).status == "cancelled"


@pytest.mark.parametrize("command", ["cancel", "pause", "resume"])
def test_what_has_ended_is_refused(
    run: Run, waiting: str, folder: Path, tmp_path: Path, command: str
) -> None:
    ended = json.loads(run("scan", folder, "--mode", "full", "--json").stdout)["job_id"]
    ran = run(command, *([waiting, ended] if command == "cancel" else [ended]))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == f"stoat: Job '{ended}' has already ended: complete.\n"
    assert state_of(tmp_path, waiting).status == "pending"


def test_a_paused_job_waits_until_it_is_resumed(run: Run, waiting: str, tmp_path: Path) -> None:
    paused = run("pause", waiting)
    assert paused.stdout == (
        f"Paused {waiting[:SHORT]}. It goes on with: stoat resume {waiting[:SHORT]}\n"
    )
    assert "\tpaused\t" in run("jobs").stdout
    with Library(tmp_path / "stoat.db") as library:
        assert library.job(waiting).state.paused
    resumed = run("resume", waiting[:SHORT])
    assert resumed.returncode == 0
    assert "3 files in " in resumed.stdout
    assert "3/3" in resumed.stderr
    assert state_of(tmp_path, waiting).status == "complete"


def test_a_job_nobody_runs_is_resumed_without_having_been_paused(run: Run, waiting: str) -> None:
    ran = run("resume", waiting)
    assert (ran.returncode, ran.stdout.splitlines()[0][:11]) == (0, "3 files in ")


def test_a_job_is_left_to_another_process_that_takes_it(
    run_patiently: Run, waiting: str, tmp_path: Path
) -> None:
    assert run_patiently("pause", waiting).returncode == 0
    with Library(tmp_path / "stoat.db") as library:
        ran = run_patiently("resume", waiting)
        assert library.job(waiting).state.worker == f"pid {os.getpid()}"
        assert f"Another process (pid {os.getpid()}) runs it." in ran.stderr
        assert "3 files in " in ran.stdout
        again = run_patiently("retry", waiting)
        assert f"Another process (pid {os.getpid()}) runs it." in again.stderr
        assert library.job_states()[0].retry_of == waiting


def test_a_retry_is_a_new_job(run: Run, folder: Path, tmp_path: Path) -> None:
    old = json.loads(run("scan", folder, "--json").stdout)["job_id"]
    (folder / "new.mp4").write_bytes(b"no video")
    ran = run("retry", old, "--failed")
    assert ran.returncode == 0
    assert "3 files in " in ran.stdout
    with looking(tmp_path) as library:
        newest = library.job_states()[0]
    assert (newest.retry_of, newest.payload["only_failed"]) == (old, True)
    assert f"Job {newest.job_id[:SHORT]} tries {old[:SHORT]} once more." in ran.stderr
    assert "(failed files)" in run("jobs").stdout
    assert "4 files in " in run("retry", old).stdout


def test_what_has_not_ended_is_not_retried(run: Run, waiting: str, tmp_path: Path) -> None:
    ran = run("retry", waiting)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "only one that has ended can be tried once more" in ran.stderr
    with looking(tmp_path) as library:
        assert len(library.job_states()) == 1


async def at_once(_context: JobContext) -> str:
    return "done"


def test_a_job_that_only_a_notebook_can_run_waits_for_it(run: Run, tmp_path: Path) -> None:
    with Library(tmp_path / "stoat.db", take="none") as library:
        library.register_handler("loudness", at_once)
        job_id = library.submit("loudness", {}).id
    ran = run("resume", job_id)
    assert ran.returncode == 0
    assert ran.stdout == "It waits for a process that can run 'loudness' jobs.\n"
    with Library(tmp_path / "stoat.db") as library:
        library.register_handler("loudness", at_once)
        assert library.job(job_id).wait(30).result == "done"
    refused = run("retry", job_id)
    assert refused.returncode == 2
    assert "No handler is registered for jobs of type 'loudness'" in refused.stderr


# -- logs ----------------------------------------------------------------------------------------


async def stumble(context: JobContext) -> None:
    context.log("a\x1b[31mred\u202e.mp4", "warning")
    raise ValueError("no such\x1b[2Jtape")


@pytest.fixture
def stumbled(tmp_path: Path) -> str:
    with Library(tmp_path / "stoat.db") as library:
        library.register_handler("stumble", stumble)
        return library.submit("stumble", {}).wait(30).job_id


def test_a_log_is_read_and_cannot_steer_the_terminal(run: Run, stumbled: str) -> None:
    ran = run("logs", stumbled)
    assert ran.returncode == 0
    lines = ran.stdout.splitlines()
    assert lines[0].endswith("  info     Submitted.")
    assert any("  warning  a\\x1b[31mred" in line for line in lines)
    assert any(line.startswith("    ValueError: no such") for line in lines)
    assert "  error    Failed: ValueError" in lines[-1]
    assert "\x1b" not in ran.stdout
    assert "\u202e" not in ran.stdout


def test_a_log_as_json_is_one_entry_a_line(run: Run, stumbled: str) -> None:
    told = [json.loads(line) for line in run("logs", stumbled, "--json").stdout.splitlines()]
    assert all(set(entry) == {"at", "level", "attempt", "text"} for entry in told)
    assert told[1]["text"].startswith("Started by pid ")
    assert told == [
        json.loads(line) for line in run("logs", stumbled, "--json", "--follow").stdout.splitlines()
    ]


def test_a_log_is_followed_to_the_end(tmp_path: Path, environment: dict[str, str]) -> None:
    gate = threading.Event()

    async def gated(context: JobContext) -> None:
        context.log("It has begun.")
        await context.in_thread(gate.wait)

    with Library(tmp_path / "stoat.db") as library:
        library.register_handler("gated", gated)
        job: Job[Any] = library.submit("gated", {})
        process = subprocess.Popen(
            [*COMMAND, "logs", job.id, "--follow"],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        told = []
        with process.stdout as lines:
            for line in lines:
                told.append(line.rstrip().split("  ")[-1].strip())
                if "It has begun." in line:
                    gate.set()
        assert process.wait(30) == 0
    assert told[0] == "Submitted."
    assert told[-1] == "Complete."
    assert sorted(set(told)) == sorted(told)


def test_progress_that_is_not_known_is_not_told() -> None:
    fresh = JobState(job_id="x", job_type="scan")
    assert come_so_far(fresh) == ""
    begun = fresh.evolve(progress=Progress(phase="probing", done=1, total=4, rate=2.0, eta_s=60.0))
    assert come_so_far(begun) == "1/4"
    running = begun.evolve(status=JobStatus.RUNNING)
    assert come_so_far(running) == "1/4 · 2.0/s · about 1 min left"
