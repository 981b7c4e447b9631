"""What one client may ask for has an end, and he is told when to ask again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stoat_nb.jobs.context import JobContext
from stoat_nb.library import Library
from stoat_nb.server import create_app
from stoat_nb.settings import Settings

from .conftest import client_of, running

LIMITS = Settings(job_workers=1, max_pending_jobs=2, max_connections=2, max_pages=1)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.db", settings=LIMITS) as library:
        yield library


@pytest.fixture
def gate(library: Library) -> Iterator[threading.Event]:
    """One job that runs until this is set, and lets no other run."""
    gate, runs = threading.Event(), threading.Event()

    async def gated(context: JobContext) -> None:
        runs.set()
        await context.in_thread(gate.wait)

    library.register_handler("gated", gated)
    library.submit("gated", {})
    assert runs.wait(60)
    yield gate
    gate.set()


def test_no_job_is_taken_while_too_many_wait(
    library: Library, gate: threading.Event, tmp_path: Path
) -> None:
    first, *bodies = [{"path": str(tmp_path / name)} for name in "dabc"]
    for name in "abcd":
        (tmp_path / name).mkdir()
    with client_of(library) as client:
        ended = client.post("/videos/scan", json=first).json()["job_id"]
        client.delete(f"/jobs/{ended}")
        waiting = [client.post("/videos/scan", json=one).json()["job_id"] for one in bodies[:2]]
        refused = client.post("/videos/scan", json=bodies[2])
        again = client.post(f"/jobs/{ended}/retry", json={})
        gate.set()
        for job_id in waiting:
            assert client.get(f"/jobs/{job_id}/wait").json()["status"] == "complete"
        assert client.post("/videos/scan", json=bodies[2]).status_code == 202
    for answer in (refused, again):
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")
        assert answer.json()["detail"]["code"] == "TOO_MANY_JOBS"
        assert "STOAT_MAX_PENDING_JOBS" in answer.json()["detail"]["message"]


def test_what_joins_a_scan_is_answered_however_many_wait(
    library: Library, gate: threading.Event, tmp_path: Path
) -> None:
    for name in "abc":
        (tmp_path / name).mkdir()
    with client_of(library) as client:

        def submitted(name: str, **options: str) -> httpx.Response:
            return client.post("/videos/scan", json={"path": str(tmp_path / name), **options})

        def ended(job_id: str) -> str:
            return str(client.get(f"/jobs/{job_id}/wait").json()["status"])

        cancelled, waiting = (submitted(name).json()["job_id"] for name in "ab")
        client.delete(f"/jobs/{cancelled}")
        again = submitted("a").json()["job_id"]
        joined = [submitted("b"), submitted("b", mode="quick")]
        retried = client.post(f"/jobs/{cancelled}/retry", json={"only_failed": False})
        refused = [submitted("b", mode="full"), submitted("c")]
        gate.set()
        assert [ended(waiting), ended(again)] == ["complete", "complete"]
    for answer in joined:
        assert (answer.status_code, answer.json()) == (202, {"job_id": waiting, "joined": True})
    assert (retried.status_code, retried.json()) == (202, {"job_id": again, "joined": True})
    assert [answer.status_code for answer in refused] == [429, 429]


@pytest.mark.parametrize("way", ["events", "wait"])
def test_who_follows_one_too_many_is_told_to_come_again(
    library: Library, gate: threading.Event, way: str
) -> None:
    (job,) = library.job_states()
    with (
        client_of(library) as client,
        client.stream("GET", f"/jobs/{job.job_id}/events") as first,
    ):
        said = first.iter_text()
        assert next(said)
        refused = client.get(f"/jobs/{job.job_id}/{way}")
        assert client.get(f"/jobs/{job.job_id}").status_code == 200
        gate.set()
        assert any("event: end" in part for part in said)
        while (answer := client.get(f"/jobs/{job.job_id}/{way}")).status_code == 503:
            pass  # the server has to hear that the first is done
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert refused.json()["detail"]["code"] == "TOO_MANY_WATCHERS"
    assert answer.status_code == 200


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Panel's libraries
def test_no_page_is_made_while_too_many_are_open(library: Library) -> None:
    with running(create_app(library)) as port:
        address = f"http://127.0.0.1:{port}/dashboard"
        first, second = (httpx.get(address, timeout=60) for _ in range(2))
    assert first.status_code == 200
    assert (second.status_code, second.headers["retry-after"]) == (503, "30")
    assert "1 pages are open" in second.text
