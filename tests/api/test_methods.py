"""HEAD wherever there is GET, and 405 with all methods of a path."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from stoat_nb.api.app import create_api
from stoat_nb.api.ranges import wanted_part
from stoat_nb.jobs.state import JobStatus
from stoat_nb.library import Library


def test_head_is_answered_wherever_get_is_with_the_same_headers(
    reader: httpx.Client, full_library: Library
) -> None:
    job = full_library.job_states(status=JobStatus.COMPLETE)[0]
    video_id = reader.get("/videos", params={"limit": 1}).json()["items"][0]["video_id"]
    one = {"job_id": job.job_id, "video_id": video_id}
    paths = create_api(full_library).openapi()["paths"]
    asked = [path.format(**one) for path, verbs in paths.items() if "get" in verbs]
    assert len(asked) > 15
    for path in [*asked, "/docs", "/openapi.json"]:
        address = reader.base_url.copy_with(path=path)
        got, head = reader.get(address), reader.head(address)
        assert (path, head.status_code, head.content) == (path, got.status_code, b"")
        for name in ("content-type", "content-length", "etag", "accept-ranges"):
            assert (path, name, head.headers.get(name)) == (path, name, got.headers.get(name))


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/videos/scan", "POST"),
        ("HEAD", "/videos/scan", "POST"),
        ("PUT", "/videos/scan", "POST"),
        ("PUT", "/jobs/x", "DELETE, GET, HEAD, PATCH"),
        ("POST", "/jobs", "GET, HEAD"),
        ("DELETE", "/videos/export", "GET, HEAD"),
        ("DELETE", "/videos/1/stream", "GET, HEAD"),
        ("GET", "/jobs/x/cancel", "POST"),
        ("OPTIONS", "/health", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_told_all_that_the_path_takes(
    client: httpx.Client, method: str, path: str, allow: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
    if method != "HEAD":
        assert answer.json()["detail"]["code"] == "METHOD_NOT_ALLOWED"


def test_a_whole_number_with_a_point_is_a_whole_number(
    client: httpx.Client, library: Library, tmp_path: Path
) -> None:
    job = library.scan(tmp_path)
    job.wait(60)
    json_type = {"content-type": "application/json"}
    for text, status in ((b"7.0", 409), (b"7.5", 422), (b"true", 422), (b'"7"', 422)):
        body = b'{"priority": ' + text + b"}"
        answer = client.patch(f"/jobs/{job.id}", content=body, headers=json_type)
        assert (text, answer.status_code) == (text, status)


def test_who_comes_back_hears_only_what_is_newer(
    client: httpx.Client, library: Library, tmp_path: Path
) -> None:
    job = library.scan(tmp_path)
    job.wait(60)
    told = client.get(f"/jobs/{job.id}/events").text
    last = told.splitlines()[0].removeprefix("id: ")
    for seen in (last, "0", "nonsense", "9" * 18):
        again = client.get(f"/jobs/{job.id}/events", headers={"Last-Event-ID": seen})
        assert again.text.startswith(f"id: {last}\nevent: end\n")
        assert json.loads(again.text.splitlines()[2].removeprefix("data: "))["seq"] == int(last)


@pytest.mark.parametrize("unit", ["bytes", "Bytes", "BYTES"])
def test_the_unit_of_a_range_is_written_in_any_case(unit: str) -> None:
    assert wanted_part(f"{unit}=0-0", 10) == range(1)
    assert wanted_part(f"{unit}=-3", 10) == range(7, 10)
