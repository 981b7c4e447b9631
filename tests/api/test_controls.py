"""Jobs over REST: paused, resumed, tried once more, put in order, and what their logs say."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.job import Job
from stoat_nb.library import Library

from .conftest import client_of
from .test_jobs import read_events, until

Control = tuple[str, str, bytes]

JSON = {"content-type": "application/json"}
CONTROLS: list[Control] = [
    ("POST", "/cancel", b""),
    ("POST", "/pause", b""),
    ("POST", "/resume", b""),
    ("POST", "/retry", b"{}"),
    ("PATCH", "", b'{"priority": 1}'),
]


class Gate:
    """Jobs of type ``gated`` wait here until it is open."""

    def __init__(self) -> None:
        self.open = threading.Event()

    async def handler(self, context: JobContext) -> int:
        context.report(phase="held", done=context.attempt)
        context.log(f"Attempt {context.attempt} is here.")
        await context.in_thread(self.open.wait)
        return context.attempt


@pytest.fixture
def gate(library: Library) -> Iterator[Gate]:
    gate = Gate()
    library.register_handler("gated", gate.handler)
    yield gate
    gate.open.set()


def held(library: Library) -> Job[Any]:
    """Return a job that runs and is held up."""
    job = library.submit("gated", {})
    until(job, lambda: bool(job.progress.done))
    return job


def post(client: httpx.Client, path: str, **options: Any) -> httpx.Response:
    return client.post(path, headers=JSON, **options)


def test_a_running_job_is_paused_and_goes_on(
    client: httpx.Client, library: Library, gate: Gate
) -> None:
    job = held(library)
    asked = post(client, f"/jobs/{job.id}/pause")
    assert asked.status_code == 200
    assert asked.json()["pause_requested"] or asked.json()["paused"]
    until(job, lambda: job.state.paused)
    paused = client.get(f"/jobs/{job.id}").json()
    assert (paused["status"], paused["paused"], paused["worker"]) == ("pending", True, None)
    gate.open.set()
    assert post(client, f"/jobs/{job.id}/resume").status_code == 200
    ended = client.get(f"/jobs/{job.id}/wait").json()
    assert (ended["status"], ended["attempt"], ended["result"]) == ("complete", 2, 2)
    assert ended["worker"].startswith("pid ")


@pytest.mark.parametrize(("verb", "path", "body"), CONTROLS)
@pytest.mark.parametrize("job_id", [str(uuid.UUID(int=0)), "x", "%00", "%F0%9F%8E%A5", "..%5c"])
def test_an_unknown_job_is_not_found(
    client: httpx.Client, verb: str, path: str, body: bytes, job_id: str
) -> None:
    answer = client.request(verb, f"/jobs/{job_id}{path}", headers=JSON, content=body)
    assert (answer.status_code, answer.json()["detail"]["code"]) == (404, "NOT_FOUND")


def test_the_log_of_an_unknown_job_is_not_found(client: httpx.Client) -> None:
    assert client.get("/jobs/x/log").status_code == 404


@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_what_is_not_sent_as_json_changes_nothing(
    client: httpx.Client, library: Library, gate: Gate, control: Control, kind: str
) -> None:
    verb, path, body = control
    job = held(library)
    seq = job.state.seq
    answer = client.request(
        verb, f"/jobs/{job.id}{path}", headers={"content-type": kind}, content=body or b"{}"
    )
    assert (answer.status_code, answer.json()["detail"]["code"]) == (415, "NOT_JSON")
    assert job.state.seq == seq
    assert not gate.open.is_set()
    assert len(library.job_states()) == 1


@pytest.mark.parametrize("control", CONTROLS)
def test_a_page_of_another_site_changes_nothing(
    client: httpx.Client, library: Library, gate: Gate, control: Control
) -> None:
    verb, path, body = control
    job = held(library)
    seq = job.state.seq
    headers = {**JSON, "origin": "http://evil.example"}
    answer = client.request(verb, f"/jobs/{job.id}{path}", headers=headers, content=body)
    assert (answer.status_code, answer.json()["detail"]["code"]) == (403, "FOREIGN_ORIGIN")
    assert job.state.seq == seq
    assert not gate.open.is_set()


def test_what_has_ended_can_only_be_retried(
    client: httpx.Client, library: Library, gate: Gate
) -> None:
    gate.open.set()
    job = library.submit("gated", {"x": 1}, priority=3)
    job.wait(30)
    for verb, path, body in CONTROLS:
        if path == "/retry":
            continue
        answer = client.request(verb, f"/jobs/{job.id}{path}", headers=JSON, content=body)
        assert answer.status_code == 409
        detail = answer.json()["detail"]
        assert detail["code"] == "JOB_ALREADY_FINAL"
        assert job.id in detail["message"]
    again = client.post(f"/jobs/{job.id}/retry", json={"only_failed": False})
    assert again.status_code == 202
    new_id = again.json()["job_id"]
    assert again.headers["location"] == f"/api/v1/jobs/{new_id}"
    ended = client.get(f"/jobs/{new_id}/wait").json()
    assert ended["status"] == "complete"
    assert (ended["retry_of"], ended["payload"], ended["priority"]) == (job.id, {"x": 1}, 3)
    assert client.get(f"/jobs/{job.id}").json()["retry_of"] is None


def test_a_retry_needs_no_body(client: httpx.Client, library: Library, gate: Gate) -> None:
    gate.open.set()
    job = library.submit("gated", {})
    job.wait(30)
    assert post(client, f"/jobs/{job.id}/retry").status_code == 202


def test_what_runs_cannot_be_resumed_or_retried(
    client: httpx.Client, library: Library, gate: Gate
) -> None:
    job = held(library)
    resumed = post(client, f"/jobs/{job.id}/resume")
    assert resumed.status_code == 409
    assert "is not paused" in resumed.json()["detail"]["message"]
    retried = post(client, f"/jobs/{job.id}/retry")
    assert (retried.status_code, retried.json()["detail"]["code"]) == (409, "JOB_NOT_FINAL")
    assert not gate.open.is_set()


def test_only_a_scan_can_be_retried_for_its_failed_files(
    client: httpx.Client, library: Library, gate: Gate, tmp_path: Path
) -> None:
    gate.open.set()
    other = library.submit("gated", {})
    other.wait(30)
    refused = client.post(f"/jobs/{other.id}/retry", json={"only_failed": True})
    assert refused.status_code == 409
    assert "'gated'" in refused.json()["detail"]["message"]
    folder = tmp_path / "clips"
    folder.mkdir()
    (folder / "broken.mp4").write_bytes(b"no video")
    scan = library.scan(folder)
    scan.wait(60)
    new_id = client.post(f"/jobs/{scan.id}/retry", json={"only_failed": True}).json()["job_id"]
    ended = client.get(f"/jobs/{new_id}/wait").json()
    assert ended["payload"]["only_failed"] is True
    assert (ended["result"]["scanned"], ended["result"]["failed"]) == (1, 1)


@pytest.mark.parametrize(
    "control",
    [
        ("POST", "/retry", b'{"only_failed": "yes"}'),
        ("POST", "/retry", b'{"only_failed": 1}'),
        ("POST", "/retry", b'{"only_faild": true}'),
        ("POST", "/retry", b"[]"),
        ("POST", "/retry", b"{"),
        ("POST", "/retry", b"[" * 100_000),
        ("PATCH", "", b""),
        ("PATCH", "", b"{}"),
        ("PATCH", "", b'{"priority": null}'),
        ("PATCH", "", b'{"priority": "1"}'),
        ("PATCH", "", b'{"priority": 1.5}'),
        ("PATCH", "", b'{"priority": true}'),
        ("PATCH", "", b'{"priority": 2147483648}'),
        ("PATCH", "", b'{"priority": 1e999}'),
        ("PATCH", "", b'{"priority": ' + b"9" * 5000 + b"}"),
        ("PATCH", "", b'{"priority": 1, "status": "complete"}'),
    ],
)
def test_a_bad_body_is_refused_and_changes_nothing(
    client: httpx.Client, library: Library, gate: Gate, control: Control
) -> None:
    verb, path, body = control
    gate.open.set()
    job = library.submit("gated", {})
    ended = job.wait(30)
    answer = client.request(verb, f"/jobs/{job.id}{path}", headers=JSON, content=body)
    assert 400 <= answer.status_code < 500
    assert answer.status_code != 409
    assert set(answer.json()["detail"]) == {"code", "message"}
    assert (job.state, len(library.job_states())) == (ended, 1)


def test_the_highest_priority_runs_first(tmp_path: Path) -> None:
    with Library(tmp_path / "library.db") as library, client_of(library) as client:
        gate = Gate()
        library.register_handler("gated", gate.handler, concurrency=1)
        first = held(library)
        later = [library.submit("gated", {}) for _ in range(3)]
        answer = client.patch(f"/jobs/{later[2].id}", json={"priority": 5})
        assert (answer.status_code, answer.json()["priority"]) == (200, 5)
        gate.open.set()
        for job in (first, *later):
            job.wait(30)
        started = [job.state.started_at for job in (later[2], later[0], later[1])]
        assert started == sorted(started)


def test_the_log_is_told_as_data(client: httpx.Client, library: Library) -> None:
    async def stumble(context: JobContext) -> None:
        context.log("<img src=x onerror=alert(1)>\x1b[31m", "warning")
        raise ValueError("no such tape")

    library.register_handler("stumble", stumble)
    job = library.submit("stumble", {})
    job.wait(30)
    answer = client.get(f"/jobs/{job.id}/log")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    lines = answer.json()["items"]
    assert lines[0]["text"] == "Submitted."
    assert {line["level"] for line in lines} == {"info", "warning", "error"}
    assert "<img src=x onerror=alert(1)>\x1b[31m" in [line["text"] for line in lines]
    assert any("ValueError: no such tape" in line["text"].splitlines()[-1] for line in lines)
    assert lines[-1]["text"].startswith("Failed: ")
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)


def test_jobs_come_in_pages(client: httpx.Client, library: Library, gate: Gate) -> None:
    gate.open.set()
    ids = [library.submit("gated", {}).id for _ in range(7)]
    for job_id in ids:
        library.job(job_id).wait(30)
    pages = [
        client.get("/jobs", params={"limit": 3, "offset": offset}).json()["items"]
        for offset in (0, 3, 6, 9)
    ]
    assert [len(page) for page in pages] == [3, 3, 1, 0]
    assert [job["job_id"] for page in pages for job in page] == ids[::-1]
    assert client.get("/jobs", params={"offset": 2**63 - 1}).json() == {"items": []}


@pytest.fixture
def elsewhere(library: Library) -> Iterator[tuple[Library, Gate]]:
    """Another queue on the same file, which alone can run jobs of type ``gated``."""
    gate = Gate()
    with Library(library.path, take="own") as other:
        other.register_handler("gated", gate.handler)
        yield other, gate
        gate.open.set()


def test_events_tell_of_a_job_that_another_runs(
    client: httpx.Client, elsewhere: tuple[Library, Gate]
) -> None:
    other, gate = elsewhere
    job = held(other)
    following = threading.Event()
    told: list[tuple[str, dict[str, Any]]] = []

    def follow() -> None:
        following.set()
        told.extend(read_events(client, job.id))

    follower = threading.Thread(target=follow)
    follower.start()
    assert following.wait(30)
    gate.open.set()
    follower.join(30)
    assert (told[-1][0], told[-1][1]["status"], told[-1][1]["result"]) == ("end", "complete", 1)


def test_a_job_that_another_runs_is_paused_resumed_and_cancelled(
    client: httpx.Client, library: Library, elsewhere: tuple[Library, Gate]
) -> None:
    other, _gate = elsewhere
    job = library.job(held(other).id)
    until(job, lambda: job.progress.done == 1)
    assert post(client, f"/jobs/{job.id}/pause").status_code == 200
    until(job, lambda: job.state.paused)
    assert post(client, f"/jobs/{job.id}/resume").status_code == 200
    until(job, lambda: job.progress.done == 2)
    assert post(client, f"/jobs/{job.id}/cancel").status_code == 200
    assert client.get(f"/jobs/{job.id}/wait").json()["status"] == "cancelled"
