"""A server that is killed in the middle of a scan, and the one that is started after it."""

from __future__ import annotations

import json
import os
import select
import signal
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from stoat_nb.library import Library
from stoat_nb.media.samples import make_samples

from .conftest import Served, serving
from .test_server import descendants

N_FILES = 800
PATIENCE_MS = 30_000


@pytest.fixture
def slow(environment: dict[str, str]) -> dict[str, str]:
    """One reader, so that a scan takes long enough to be caught in the middle."""
    return {**environment, "STOAT_PROBE_WORKERS": "1"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "videos"
    make_samples(folder / "0")  # read first, so that real videos are among what is done
    for number in range(N_FILES - n_files(folder)):
        (folder / f"{number}.mp4").write_bytes(b"no video")
    return folder


def n_files(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


def api_of(served: Served) -> httpx.Client:
    return httpx.Client(base_url=f"{served.address}/api/v1", timeout=60)


def follow_until_some_are_recorded(api: httpx.Client, job_id: str) -> None:
    with api.stream("GET", f"/jobs/{job_id}/events") as answer:
        for line in answer.iter_lines():
            if line.startswith("data: ") and api.get("/videos?limit=1").json()["total"] > 20:
                assert json.loads(line[6:])["status"] == "running"
                return


def kill_all_at_once(served: Served) -> None:
    """Kill the server as the system would, and see that none of its processes outlives it."""
    children = [os.pidfd_open(pid) for pid in descendants(served.process.pid)]
    assert children
    served.process.kill()
    for child in children:
        assert select.select([child], [], [], PATIENCE_MS / 1000)[0]
        os.close(child)
    assert served.process.wait(30) == -signal.SIGKILL


def rows_of(library: Library) -> pd.DataFrame:
    return library.videos().set_index("path")


def test_a_scan_goes_on_where_a_killed_server_left_it(
    environment: dict[str, str], slow: dict[str, str], tmp_path: Path, folder: Path
) -> None:
    with serving(slow, tmp_path, "serve", "--port", "0") as served, api_of(served) as api:
        job_id = api.post("/videos/scan", json={"path": str(folder)}).json()["job_id"]
        follow_until_some_are_recorded(api, job_id)
        kill_all_at_once(served)
    with Library(tmp_path / "stoat.db", take="none") as library:
        abandoned = library.job(job_id).state
        before = rows_of(library)
    assert (abandoned.status, abandoned.attempt, abandoned.deaths) == ("pending", 1, 1)
    assert 20 < len(before) < N_FILES
    with serving(environment, tmp_path, "serve", "--port", "0") as served, api_of(served) as api:
        ended = api.get(f"/jobs/{job_id}/wait").json()
        log = [line["text"] for line in api.get(f"/jobs/{job_id}/log").json()["items"]]
        assert served.stop()[1] == "Stopped.\n"
    assert (ended["status"], ended["attempt"], ended["error"]) == ("complete", 2, None)
    assert any("ended before it did" in line for line in log)
    with Library(tmp_path / "stoat.db", take="none") as library:
        after = rows_of(library)
    assert_adds_up(ended["result"], after)
    assert after["probed_at"][before.index].equals(before["probed_at"])


def assert_adds_up(result: dict[str, Any], rows: pd.DataFrame) -> None:
    assert len(rows) == result["scanned"] == N_FILES
    assert result["new"] == (rows["status"] == "ok").sum() > 5
    assert result["failed"] == (rows["status"] == "failed").sum() == len(result["errors"])
    assert result["new"] + result["failed"] == N_FILES
    assert (result["updated"], result["skipped"], result["removed"]) == (0, 0, 0)


def test_a_scan_goes_on_after_a_server_was_stopped(
    environment: dict[str, str], slow: dict[str, str], tmp_path: Path, folder: Path
) -> None:
    with serving(slow, tmp_path, "serve", "--port", "0") as served, api_of(served) as api:
        job_id = api.post("/videos/scan", json={"path": str(folder)}).json()["job_id"]
        follow_until_some_are_recorded(api, job_id)
        code, stdout, stderr = served.stop()
    assert (code, stderr) == (0, "")
    assert stdout == "Stopped. 1 job goes on when the library is next opened.\n"
    with serving(environment, tmp_path, "serve", "--port", "0") as served, api_of(served) as api:
        ended = api.get(f"/jobs/{job_id}/wait").json()
    assert (ended["status"], ended["attempt"], ended["deaths"]) == ("complete", 2, 0)
    assert ended["result"]["scanned"] == N_FILES
