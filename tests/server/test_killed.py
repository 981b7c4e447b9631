"""A server that is killed in the middle of a scan, and the one that is started after it."""

from __future__ import annotations

import os
import select
import signal
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from stoat_nb.library import Library
from stoat_nb.media.demo_clips import make_samples

from .conftest import Served, serving
from .test_server import descendants

N_FILES = 800
N_ENOUGH = 20
#: Files that two readers share: one of them takes a batch at a time.
N_WARM = 200
PATIENCE_MS = 30_000


@pytest.fixture
def two_readers(environment: dict[str, str]) -> dict[str, str]:
    """Two readers of one disk, which may take as long as they like: these tests stop one."""
    return {
        **environment,
        "STOAT_PROBE_WORKERS": "2",
        "STOAT_READERS_PER_DISK": "2",
        "STOAT_PROBE_TIMEOUT_S": "600",
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "videos"
    make_samples(folder / "0")
    for number in range(N_FILES - n_files(folder)):
        (folder / f"{number}.mp4").write_bytes(b"no video")
    return folder


def n_files(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


def api_of(served: Served) -> httpx.Client:
    return httpx.Client(base_url=f"{served.address}/api/v1", timeout=60)


def scan(api: httpx.Client, folder: Path, **options: str) -> str:
    answer = api.post("/videos/scan", json={"path": str(folder), **options})
    job_id: str = answer.json()["job_id"]
    return job_id


def scan_in_the_middle(api: httpx.Client, served: Served, folder: Path) -> str:
    """Start a scan that records some files and can't end: one of its two readers stands still."""
    warm = folder.with_name("warm")
    warm.mkdir()
    for number in range(N_WARM):
        (warm / f"{number}.avi").write_bytes(b"no video")
    while len(readers := readers_of(served)) < 2:
        api.get(f"/jobs/{scan(api, warm, mode='full')}/wait")
    os.kill(readers[0], signal.SIGSTOP)
    job_id = scan(api, folder)
    while api.get("/videos?limit=1").json()["total"] <= N_WARM + N_ENOUGH:
        state = api.get(f"/jobs/{job_id}/wait?timeout=0.05").json()
        assert state["status"] in {"pending", "running"}
    return job_id


def readers_of(served: Served) -> list[int]:
    return [
        pid
        for pid in descendants(served.process.pid)
        if b"engines/worker.py" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def kill_all_at_once(served: Served) -> None:
    """Kill the server as the system would, and see that none of its processes outlives it."""
    children = [os.pidfd_open(pid) for pid in descendants(served.process.pid)]
    assert children
    served.process.kill()
    for child in children:
        assert select.select([child], [], [], PATIENCE_MS / 1000)[0]
        os.close(child)
    assert served.process.wait(30) == -signal.SIGKILL


def rows_of(library: Library, folder: Path) -> pd.DataFrame:
    rows = library.videos().set_index("path")
    return rows[rows.index.str.startswith(f"{folder}/")]


def test_a_scan_goes_on_where_a_killed_server_left_it(
    environment: dict[str, str], two_readers: dict[str, str], tmp_path: Path, folder: Path
) -> None:
    with serving(two_readers, tmp_path, "serve", "--port", "0") as served, api_of(served) as api:
        job_id = scan_in_the_middle(api, served, folder)
        kill_all_at_once(served)
    with Library(tmp_path / "stoat.db", take="none") as library:
        abandoned = library.job(job_id).state
        before = rows_of(library, folder)
    assert (abandoned.status, abandoned.attempt, abandoned.deaths) == ("pending", 1, 1)
    assert N_ENOUGH < len(before) < N_FILES
    with serving(environment, tmp_path, "serve", "--port", "0") as served, api_of(served) as api:
        ended = api.get(f"/jobs/{job_id}/wait").json()
        log = [line["text"] for line in api.get(f"/jobs/{job_id}/log").json()["items"]]
        assert served.stop()[1] == "Stopped.\n"
    assert (ended["status"], ended["attempt"], ended["error"]) == ("complete", 2, None)
    assert any("ended before it did" in line for line in log)
    with Library(tmp_path / "stoat.db", take="none") as library:
        after = rows_of(library, folder)
    assert_adds_up(ended["result"], after)
    assert after["probed_at"][before.index].equals(before["probed_at"])


def assert_adds_up(result: dict[str, Any], rows: pd.DataFrame) -> None:
    assert len(rows) == result["scanned"] == N_FILES
    assert result["new"] == (rows["status"] == "ok").sum() > 5
    assert result["failed"] == (rows["status"] == "failed").sum() == len(result["errors"])
    assert result["new"] + result["failed"] == N_FILES
    assert (result["updated"], result["skipped"], result["removed"]) == (0, 0, 0)


def test_a_scan_goes_on_after_a_server_was_stopped(
    environment: dict[str, str], two_readers: dict[str, str], tmp_path: Path, folder: Path
) -> None:
    with serving(two_readers, tmp_path, "serve", "--port", "0") as served, api_of(served) as api:
        job_id = scan_in_the_middle(api, served, folder)
        code, stdout, stderr = served.stop()
    assert (code, stderr) == (0, "")
    assert stdout == "Stopped. 1 job goes on when the library is next opened.\n"
    with serving(environment, tmp_path, "serve", "--port", "0") as served, api_of(served) as api:
        ended = api.get(f"/jobs/{job_id}/wait").json()
    assert (ended["status"], ended["attempt"], ended["deaths"]) == ("complete", 2, 0)
    assert ended["result"]["scanned"] == N_FILES
