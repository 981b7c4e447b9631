"""Requests that are wrong: refused with a reason, at once, and never by falling over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from stoat_nb.library import Library

from .conftest import client_of


def scan_body(value: Any) -> bytes:
    return json.dumps({"path": value}).encode()


BAD_BODIES = {
    "nothing": b"",
    "no JSON": b"path=/media",
    "half a JSON": b'{"path": "/media"',
    "a list": b'["/media"]',
    "no path": b"{}",
    "an empty path": scan_body(""),
    "a number for a path": scan_body(5),
    "null for a path": scan_body(None),
    "a list for a path": scan_body(["/media"]),
    "NUL in the path": scan_body("/media\0/x"),
    "half a surrogate pair": b'{"path": "/media/\\ud800"}',
    "bytes that are no UTF-8": b'{"path": "/media/\xff"}',
    "a path of 100 KB": scan_body("/a" * 50_000),
    "a path of 4097 bytes in fewer characters": scan_body("é" * 2049),
    "the home of nobody": scan_body("~no-such-user"),
    "NaN": b'{"path": NaN}',
    "infinity": b'{"path": "/media", "recursive": 1e999}',
    "a word for a truth": b'{"path": "/media", "recursive": "yes"}',
    "a number for a truth": b'{"path": "/media", "recursive": 1}',
    "a field that does not exist": b'{"path": "/media", "recurse": true}',
    "100,000 brackets": b"[" * 100_000,
    "a nest of objects": b'{"path":' * 100_000,
    "a number of 10,000 digits": b'{"path": ' + b"9" * 10_000 + b"}",
    "many keys": json.dumps({f"k{n}": n for n in range(50_000)}).encode(),
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """One for all: what is refused changes nothing."""
    with Library(tmp_path_factory.mktemp("library") / "library.db") as library:
        yield library


@pytest.fixture(scope="module")
def client(library: Library) -> Iterator[httpx.Client]:
    with client_of(library) as client:
        yield client


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_a_bad_body_is_refused_at_once_and_makes_no_job(
    client: httpx.Client, library: Library, body: bytes
) -> None:
    answer = client.post("/videos/scan", content=body, headers={"content-type": "application/json"})
    assert_refused(answer)
    assert library.job_states() == []


def test_many_unknown_fields_cost_one_sentence(client: httpx.Client) -> None:
    many = {f"k{n}": n for n in range(5_000)}
    answer = client.post("/videos/scan", json=many)
    assert answer.status_code == 422
    assert answer.json()["detail"]["message"] == "body: there are 5000 fields, of at most 6"
    asked = client.get("/videos", params={f"k{n}": n for n in range(1_000)})
    assert asked.status_code == 422
    assert asked.json()["detail"]["message"] == "query: there are 1000 fields, of at most 10"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_scan_is_asked_for_in_json(client: httpx.Client, tmp_path: Path, kind: str) -> None:
    assert_refused(
        client.post(
            "/videos/scan", content=scan_body(str(tmp_path)), headers={"content-type": kind}
        )
    )


@pytest.mark.parametrize(
    "path",
    [
        "/videos?limit=-1",
        "/videos?limit=0",
        "/videos?limit=501",
        "/videos?limit=ten",
        "/videos?limit=1e999",
        f"/videos?limit={'9' * 5000}",
        "/videos?offset=-1",
        f"/videos?offset={2**63}",
        "/videos?sort=path;drop%20table%20videos",
        "/videos?sort=nonsense",
        "/videos?sort=%00",
        "/videos?descending=maybe",
        "/videos?limt=5",
        f"/videos?search={'x' * 5000}",
        "/videos/0",
        "/videos/-1",
        f"/videos/{2**63}",
        f"/videos/{'9' * 5000}",
        "/videos/1.5",
        "/videos/abc",
        "/videos/%00",
        "/videos/export?format=exe",
        "/jobs?status=sleeping",
        "/jobs?limit=100000",
        "/jobs?page=2",
        f"/jobs/{'x' * 5000}",
        "/jobs/x/wait?timeout=-1",
        "/jobs/x/wait?timeout=nan",
        "/jobs/x/wait?timeout=inf",
        "/jobs/x/wait?timeout=3601",
        "/nowhere",
        "/videos/scan",
        "/%2e%2e/%2e%2e/etc/passwd",
    ],
)
def test_a_bad_address_is_refused_at_once(client: httpx.Client, path: str) -> None:
    assert_refused(client.get(path))


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_a_method_that_a_path_does_not_take_is_refused(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/videos")
    assert_refused(answer)
    assert answer.json()["detail"]["code"] == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize(
    "search", ["%00", "%ED%A0%80", "%FF", "%25", "_", "'", '"', "%0A", "%F0%9D%95%8F"]
)
def test_a_search_for_anything_is_answered(client: httpx.Client, search: str) -> None:
    answer = client.get(f"/videos?search={search}")
    assert (answer.status_code, answer.json()["items"]) == (200, [])


def test_a_refusal_names_the_field_and_does_not_repeat_what_was_sent(client: httpx.Client) -> None:
    answer = client.post("/videos/scan", json={"path": "<img>" * 1000, "x" * 5000: 1})
    message = answer.json()["detail"]["message"]
    assert "body.path" in message
    assert "<img>" not in message
    assert len(message) < 2000


def assert_refused(answer: httpx.Response) -> None:
    assert 400 <= answer.status_code < 500
    detail = answer.json()["detail"]
    assert set(detail) == {"code", "message"}
    assert detail["code"]
    assert detail["message"]
