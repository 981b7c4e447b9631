"""Many clients at once, beside a scan of everything: nobody is refused, and no event is lost."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from .conftest import serving

CLIENTS = 50
ROUNDS = 2


def submit_poll_and_follow(address: str, folder: Path) -> list[str]:
    """Return the last event of each scan of a folder that was submitted and followed."""
    ends = []
    with httpx.Client(base_url=f"{address}/api/v1", timeout=120) as client:
        for _ in range(ROUNDS):
            answer = client.post("/videos/scan", json={"path": str(folder)})
            assert answer.status_code == 202
            job = f"/jobs/{answer.json()['job_id']}"
            for _ in range(3):
                assert client.get(job).raise_for_status().json()["payload"]["path"] == str(folder)
            told = client.get(f"{job}/events").raise_for_status().text
            numbers = [int(found) for found in re.findall(r"^id: (\d+)$", told, re.MULTILINE)]
            assert numbers == sorted(set(numbers))
            ends.append(
                re.findall(r"^event: (\w+)\n.*\"status\":\"(\w+)\"", told, re.MULTILINE)[-1]
            )
    return ends


@pytest.mark.slow
def test_fifty_clients_submit_poll_and_follow_beside_a_scan_of_everything(
    environment: dict[str, str], tmp_path: Path
) -> None:
    folders = [tmp_path / "videos" / str(number) for number in range(CLIENTS)]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "broken.mp4").write_bytes(b"no video")
    many = tmp_path / "many"
    many.mkdir()
    for number in range(500):
        (many / f"{number}.mp4").write_bytes(b"no video")
    with serving(environment, tmp_path, "serve", "--port", "0") as served:
        whole = {"path": str(many), "mode": "full"}
        answer = httpx.post(f"{served.address}/api/v1/videos/scan", json=whole, timeout=60)
        with ThreadPoolExecutor(CLIENTS) as pool:
            asked = [pool.submit(submit_poll_and_follow, served.address, one) for one in folders]
        location = f"{served.address}{answer.headers['location']}"
        ended = httpx.get(f"{location}/wait", params={"timeout": 600}, timeout=660).json()
        code, _, log = served.stop()
    assert [one.result() for one in asked] == [[("end", "complete")] * ROUNDS] * CLIENTS
    assert (ended["status"], ended["result"]["failed"]) == ("complete", 500)
    assert (code, log) == (0, "")
