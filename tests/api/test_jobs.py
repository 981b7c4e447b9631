"""Jobs over REST: submitted, asked after, waited for, followed, cancelled."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import httpx
import pytest

from stoat_nb.api.events import events
from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.job import Job
from stoat_nb.library import Library
from tests.scan.readers import held_library

from .conftest import client_of


@pytest.fixture
def gate(library: Library) -> Iterator[threading.Event]:
    """Jobs of type ``gated`` run until this is set, or they are cancelled."""
    gate = threading.Event()

    async def gated(context: JobContext) -> dict[str, Any]:
        context.report(phase="waiting", done=1, total=2, current=("a <b>.mp4",))
        await context.in_thread(gate.wait)
        context.report(done=2)
        return {"opened": True}

    library.register_handler("gated", gated)
    yield gate
    gate.set()


def until(job: Job[Any], is_so: Callable[[], bool]) -> None:
    """Wait for news of a job until something is so."""
    news = threading.Event()
    unsubscribe = job.subscribe(lambda _state: news.set())
    while not is_so():
        assert news.wait(30)
        news.clear()
    unsubscribe()


def read_events(client: httpx.Client, job_id: str) -> list[tuple[str, dict[str, Any]]]:
    with client.stream("GET", f"/jobs/{job_id}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        return parsed(answer.read().decode())


def parsed(text: str) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        if "event" in fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_a_scan_is_accepted_and_runs_to_its_end(client: httpx.Client, tmp_path: Path) -> None:
    answer = client.post("/videos/scan", json={"path": str(tmp_path)})
    assert answer.status_code == 202
    job_id = answer.json()["job_id"]
    assert str(uuid.UUID(job_id)) == job_id
    assert answer.headers["location"] == f"/api/v1/jobs/{job_id}"
    job = client.get(f"/jobs/{job_id}/wait", params={"timeout": 60}).json()
    assert job["status"] == "complete"
    assert job["error"] is None
    assert job["result"]["scanned"] == 0
    assert job["payload"] == {"path": str(tmp_path), "recursive": True}


def test_submitting_does_not_wait_for_the_scan(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(100):  # more than are read at one go
        (folder / f"{number}.mp4").touch()
    with held_library(tmp_path / "library.db") as library, client_of(library) as client:
        answers = [client.post("/videos/scan", json={"path": str(folder)}) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [202] * 5
        first = client.get(f"/jobs/{answers[0].json()['job_id']}").json()
        assert first["status"] in ("pending", "running")


def test_folders_that_cannot_be_scanned_are_refused_and_make_no_job(
    client: httpx.Client, tmp_path: Path
) -> None:
    (tmp_path / "file.mp4").touch()
    missing = client.post("/videos/scan", json={"path": str(tmp_path / "nowhere")})
    file = client.post("/videos/scan", json={"path": str(tmp_path / "file.mp4")})
    codes = [answer.json()["detail"]["code"] for answer in (missing, file)]
    assert [answer.status_code for answer in (missing, file)] == [422, 422]
    assert codes == ["FOLDER_NOT_FOUND", "NOT_A_FOLDER"]
    assert client.get("/jobs").json() == {"items": []}


def test_a_job_tells_where_it_stands(
    client: httpx.Client, library: Library, gate: threading.Event
) -> None:
    job = library.submit("gated", {"n": 1})
    until(job, lambda: job.progress.done == 1)
    waited = client.get(f"/jobs/{job.id}/wait", params={"timeout": 0.2})
    assert waited.status_code == 200
    state = waited.json()
    assert (state["status"], state["result"], state["finished_at"]) == ("running", None, None)
    assert state["progress"]["phase"] == "waiting"
    assert (state["progress"]["done"], state["progress"]["total"]) == (1, 2)
    assert state["progress"]["fraction"] == 0.5
    assert state["progress"]["current"] == ["a <b>.mp4"]
    gate.set()
    ended = client.get(f"/jobs/{job.id}/wait", params={"timeout": 30}).json()
    assert (ended["status"], ended["result"]) == ("complete", {"opened": True})
    assert client.get(f"/jobs/{job.id}").json() == ended


def test_a_failed_job_tells_why(client: httpx.Client, library: Library) -> None:
    async def stumble(_context: JobContext) -> None:
        raise ValueError("no such tape")

    library.register_handler("stumble", stumble)
    job = library.submit("stumble", {})
    state = client.get(f"/jobs/{job.id}/wait").json()
    assert state["status"] == "failed"
    assert "no such tape" in state["error"]


def test_jobs_are_listed_newest_first_and_filtered(
    client: httpx.Client, library: Library, gate: threading.Event
) -> None:
    gate.set()
    ids = [library.submit("gated", {}).id for _ in range(3)]
    for job_id in ids:
        library.job(job_id).wait(30)
    listed = client.get("/jobs", params={"job_type": "gated", "status": "complete"}).json()
    assert [job["job_id"] for job in listed["items"]] == ids[::-1]
    assert len(client.get("/jobs", params={"limit": 2}).json()["items"]) == 2
    assert client.get("/jobs", params={"status": "failed"}).json() == {"items": []}
    assert client.get("/jobs", params={"job_type": "scan"}).json() == {"items": []}


@pytest.mark.parametrize(("verb", "status"), [("DELETE", 202), ("POST", 200)])
def test_a_running_job_is_cancelled_once(
    client: httpx.Client, library: Library, gate: threading.Event, verb: str, status: int
) -> None:
    assert not gate.is_set()
    job = library.submit("gated", {})
    path = f"/jobs/{job.id}" if verb == "DELETE" else f"/jobs/{job.id}/cancel"
    headers = {"content-type": "application/json"}
    assert client.request(verb, path, headers=headers).status_code == status
    assert client.get(f"/jobs/{job.id}/wait").json()["status"] == "cancelled"
    again = client.request(verb, path, headers=headers)
    assert again.status_code == 409
    assert again.json()["detail"]["code"] == "JOB_ALREADY_FINAL"


def test_a_plain_form_cannot_cancel(
    client: httpx.Client, library: Library, gate: threading.Event
) -> None:
    job = library.submit("gated", {})
    form = {"content-type": "application/x-www-form-urlencoded"}
    for headers in (form, {"content-type": "text/plain"}):
        answer = client.post(f"/jobs/{job.id}/cancel", headers=headers)
        assert (answer.status_code, answer.json()["detail"]["code"]) == (415, "NOT_JSON")
    assert not job.status.is_final
    # A program that sends no body need not say what kind of body it is.
    assert client.post(f"/jobs/{job.id}/cancel").status_code == 200
    gate.set()
    assert job.wait(30).status == "cancelled"


@pytest.mark.parametrize(
    ("verb", "path"),
    [("GET", ""), ("GET", "/wait"), ("GET", "/events"), ("DELETE", ""), ("POST", "/cancel")],
)
@pytest.mark.parametrize("job_id", [str(uuid.UUID(int=0)), "x", "%00", "%F0%9F%8E%A5", "..%5c"])
def test_an_unknown_job_is_not_found(
    client: httpx.Client, verb: str, path: str, job_id: str
) -> None:
    headers = {"content-type": "application/json"}
    answer = client.request(verb, f"/jobs/{job_id}{path}", headers=headers)
    assert (answer.status_code, answer.json()["detail"]["code"]) == (404, "NOT_FOUND")


def test_events_tell_of_a_job_until_it_ends(
    client: httpx.Client, library: Library, gate: threading.Event
) -> None:
    job = library.submit("gated", {})
    unsubscribe = job.subscribe(lambda state: gate.set() if state.progress.done else None)
    if job.progress.done:
        gate.set()
    told = read_events(client, job.id)
    unsubscribe()
    assert [name for name, _ in told[-1:]] == ["end"]
    assert {name for name, _ in told[:-1]} <= {"progress"}
    assert told[-1][1]["status"] == "complete"
    numbers = [state["seq"] for _, state in told]
    assert numbers == sorted(set(numbers))


def test_events_of_a_job_that_has_ended_are_its_end(
    client: httpx.Client, library: Library, gate: threading.Event
) -> None:
    gate.set()
    job = library.submit("gated", {})
    job.wait(30)
    told = read_events(client, job.id)
    assert [(name, state["status"]) for name, state in told] == [("end", "complete")]


def test_who_comes_back_while_a_job_runs_misses_nothing_and_hears_nothing_twice(
    client: httpx.Client, library: Library
) -> None:
    steps: SimpleQueue[int | None] = SimpleQueue()

    async def counted(context: JobContext) -> None:
        while (step := await context.in_thread(steps.get)) is not None:
            context.report(done=step, total=3)

    library.register_handler("counted", counted)
    job = library.submit("counted", {})
    told: list[dict[str, Any]] = []

    def come_back() -> Iterator[str]:
        seen = {"last-event-id": str(told[-1]["seq"])} if told else {}
        with client.stream("GET", f"/jobs/{job.id}/events", headers=seen) as answer:
            yield from answer.iter_lines()

    def hear(step: int) -> None:
        with closing(come_back()) as lines:
            for line in lines:
                if line.startswith("data: "):
                    told.append(json.loads(line.removeprefix("data: ")))
                    if told[-1]["progress"]["done"] == step:
                        return

    try:
        for step in (1, 2, 3):
            steps.put(step)  # while nobody listens
            hear(step)
            with closing(come_back()) as lines:
                assert next(lines) == ": still here"
    finally:
        steps.put(None)
    with closing(come_back()) as lines:
        (end,) = [name for name, _ in parsed("\n".join(lines))]
    numbers = [state["seq"] for state in told]
    assert numbers == sorted(set(numbers))
    assert {1, 2, 3} <= {state["progress"]["done"] for state in told}
    assert end == "end"


def test_two_clients_follow_the_same_job(
    client: httpx.Client, library: Library, gate: threading.Event
) -> None:
    job = library.submit("gated", {})
    ends: list[dict[str, Any]] = []
    followers = [
        threading.Thread(target=lambda: ends.append(read_events(client, job.id)[-1][1]))
        for _ in range(2)
    ]
    for follower in followers:
        follower.start()
    gate.set()
    for follower in followers:
        follower.join(30)
    assert [end["result"] for end in ends] == [{"opened": True}] * 2


@pytest.mark.anyio
async def test_a_burst_of_news_is_a_few_events(library: Library) -> None:
    never = threading.Event()

    async def chatter(context: JobContext) -> None:
        for number in range(100):
            context.report(phase="talking", done=number, total=100)
            await context.in_thread(never.wait, 0.005)

    library.register_handler("chatter", chatter)
    job: Job[Any] = library.submit("chatter", {})
    began = time.monotonic()
    told = [event async for event in events(job, every_s=0.25)]
    # One at once, and then one in each while, however long it all took on a busy machine.
    assert len(told) <= (time.monotonic() - began) / 0.25 + 1
    assert told[-1].startswith(f"id: {job.state.seq}\nevent: end\n")


@pytest.mark.anyio
async def test_a_silent_connection_is_kept_alive(library: Library, gate: threading.Event) -> None:
    job: Job[Any] = library.submit("gated", {})
    seen = []
    async for event in events(job, every_s=0.01, keep_alive_s=0.3):
        seen.append(event)
        if event.startswith(":"):
            gate.set()
    assert ": still here\n\n" in seen
    assert "event: end" in seen[-1]


def test_a_client_that_leaves_is_listened_for_no_more(
    client: httpx.Client, library: Library, gate: threading.Event
) -> None:
    job = library.submit("gated", {})
    with client.stream("GET", f"/jobs/{job.id}/events") as answer:
        next(answer.iter_lines())
    limit = httpx.Timeout(60, read=0.3)  # for what never comes: it races with nothing
    with pytest.raises(httpx.ReadTimeout):
        client.get(f"/jobs/{job.id}/wait", params={"timeout": 3600}, timeout=limit)
    gate.set()
    assert job.wait(30).status == "complete"
    # Leaving the fixtures stops the server, which waits for nobody who still follows.


def test_a_folder_that_is_being_scanned_already_answers_with_that_job(
    tmp_path: Path, clips: Path
) -> None:
    with Library(tmp_path / "l.db", take="none") as library, client_of(library) as client:
        wanted = {"path": str(clips)}
        first, again = (client.post("/videos/scan", json=wanted) for _ in "ab")
        assert first.json()["joined"] is False
        assert again.status_code == 202
        assert again.json() == {"job_id": first.json()["job_id"], "joined": True}
        assert again.headers["location"] == first.headers["location"]
        stronger = client.post("/videos/scan", json=wanted | {"mode": "full"}).json()
        assert (stronger["joined"], len(library.jobs())) == (False, 2)
        assert client.get(f"/jobs/{stronger['job_id']}").json()["waits_for"] is None
