"""REST inside Panel's own servers: the same routes, the same guard."""

from __future__ import annotations

import http.client
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest

from .conftest import panel_serving

PANEL = tuple(int(part) for part in version("panel").split(".")[:2])
SERVERS = {
    "tornado": ["--plugins", "stoat_nb.api.tornado"],
    "fastapi": ["--server", "fastapi", "--plugins", "stoat_nb.api.plugin"],
}
#: The library's file of each server that runs.
LIBRARIES: dict[str, Path] = {}


@pytest.fixture(scope="module", params=SERVERS)
def address(
    request: pytest.FixtureRequest,
    environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    if request.param == "fastapi" and PANEL < (1, 10):
        pytest.skip("this Panel has no FastAPI server of its own")
    folder = tmp_path_factory.mktemp(request.param)
    page = "import panel as pn\npn.panel('hello').servable()\n"
    with panel_serving(environment, folder, page, *SERVERS[request.param]) as address:
        LIBRARIES[address] = folder / "stoat.db"
        yield address


def test_a_scan_runs_and_is_followed_to_its_end(address: str, tmp_path: Path) -> None:
    with httpx.Client(base_url=f"{address}/api/v1", timeout=60) as api:
        accepted = api.post("/videos/scan", json={"path": str(tmp_path)})
        assert accepted.status_code == 202
        location = accepted.headers["location"]
        assert location == f"/api/v1/jobs/{accepted.json()['job_id']}"
        events = httpx.get(f"{address}{location}/events", timeout=60)
        assert events.headers["content-type"].startswith("text/event-stream")
        assert events.text.rpartition("event: ")[2].startswith("end\n")
        assert httpx.get(f"{address}{location}/wait", timeout=60).json()["status"] == "complete"
        assert api.get("/videos").json() == {"total": 0, "items": [], "hint": None}
        export = api.get("/videos/export", params={"format": "csv"})
        assert export.text.startswith('"name","folder",')


def test_jobs_are_controlled_there_too(address: str, tmp_path: Path) -> None:
    with httpx.Client(base_url=f"{address}/api/v1", timeout=60) as api:
        job_id = api.post("/videos/scan", json={"path": str(tmp_path)}).json()["job_id"]
        api.get(f"/jobs/{job_id}/wait")
        again = api.post(f"/jobs/{job_id}/retry", json={"only_failed": False})
        assert again.status_code == 202
        location = again.headers["location"]
        assert location == f"/api/v1/jobs/{again.json()['job_id']}"
        ended = httpx.get(f"{address}{location}/wait", timeout=60).json()
        assert (ended["status"], ended["retry_of"]) == ("complete", job_id)
        log = httpx.get(f"{address}{location}/log", timeout=60).json()["items"]
        assert log[0]["text"].startswith("Submitted")
        assert api.get("/jobs", params={"limit": 1, "offset": 1}).json()["items"][0]["job_id"]
        for verb in ("cancel", "pause", "resume"):
            path = f"/jobs/{job_id}/{verb}"
            assert api.post(path, json={}).status_code == 409
            assert api.post(path, content=b"x=1").status_code == 415
            foreign = {"origin": "http://evil.example"}
            assert api.post(path, json={}, headers=foreign).status_code == 403
        assert api.patch(f"/jobs/{job_id}", json={"priority": 1}).status_code == 409


def test_refusals_look_the_same(address: str) -> None:
    with httpx.Client(base_url=f"{address}/api/v1", timeout=60) as api:
        missing = api.get("/jobs/x")
        assert (missing.status_code, missing.json()["detail"]["code"]) == (404, "NOT_FOUND")
        bad = api.post("/videos/scan", json={"path": 5})
        assert (bad.status_code, bad.json()["detail"]["code"]) == (422, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"host": "evil.example"}, 421), ({"origin": "http://evil.example"}, 403), ({}, 422)],
)
def test_the_guard_stands_there_too(address: str, headers: dict[str, str], status: int) -> None:
    answer = httpx.post(
        f"{address}/api/v1/videos/scan", json={"path": "/nowhere"}, headers=headers, timeout=60
    )
    assert answer.status_code == status


def test_a_large_body_is_refused_unread(address: str) -> None:
    port = int(address.rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.putrequest("POST", "/api/v1/videos/scan")
    connection.putheader("Content-Length", str(10**9))
    connection.endheaders()
    assert 400 <= connection.getresponse().status < 500
    connection.close()


def test_an_export_of_what_cannot_be_read_is_refused_before_anything_is_sent(
    address: str, tmp_path: Path
) -> None:
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).touch()
    with httpx.Client(base_url=f"{address}/api/v1", timeout=60) as api:
        job_id = api.post("/videos/scan", json={"path": str(tmp_path)}).json()["job_id"]
        api.get(f"/jobs/{job_id}/wait")
        asked = {"format": "jsonl"}
        assert len(api.get("/videos/export", params=asked).text.splitlines()) == 2
        with closing(sqlite3.connect(LIBRARIES[address], timeout=30)) as library, library:
            library.execute(
                "UPDATE videos SET audio_languages = 'no json' "
                "WHERE id = (SELECT max(id) FROM videos)"
            )
        answer = api.get("/videos/export", params=asked)
        assert answer.status_code == 503
        assert "a value in it cannot be read" in answer.json()["detail"]["message"]
        assert api.get("/health").status_code == 200
