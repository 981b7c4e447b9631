"""The log: each request can be found in it again, and it holds nobody's secrets."""

from __future__ import annotations

import json
import logging
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from stoat_nb import logs
from stoat_nb.api.guard import Guard
from stoat_nb.api.request_log import RequestLog

from .conftest import serving
from .test_connections import serving_app

API = "/api/v1"


@contextmanager
def logging_to_stderr(level: str) -> Iterator[None]:
    """Log as a program of ours does; give the log of this process back as it was."""
    root, ours = logging.getLogger(), logging.getLogger("stoat_nb")
    before = (list(root.handlers), root.level, ours.level)
    root.handlers.clear()
    logs.log_to_stderr(level)
    try:
        yield
    finally:
        root.handlers[:] = before[0]
        root.setLevel(before[1])
        ours.setLevel(before[2])


def test_a_request_is_found_again_in_the_log_and_nothing_secret_is(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "videos").mkdir()
    environment = {**environment, "STOAT_LOG_LEVEL": "info"}
    with (
        serving(environment, tmp_path, "serve", "--port", "0") as served,
        httpx.Client(base_url=served.address, timeout=60) as client,
    ):
        body = {"path": str(tmp_path / "videos")}
        scan = client.post(f"{API}/videos/scan", json=body)
        job_id = scan.json()["job_id"]
        ended = client.get(f"{API}/jobs/{job_id}/wait?timeout=60", headers={"X-Request-ID": "mine"})
        lost = client.get("/dashboard/nowhere?token=secret-7", headers={"Cookie": "a=secret-8"})
        forged = client.get(f"{API}/health", headers={"X-Request-ID": "a b"})
        own = ("bokeh", "secret-9")
        handshake = handshake_of(served.port, own)
        without = handshake_of(served.port, ())
        described = client.get("/openapi.json").json()["paths"]
        assert client.head("/dashboard").status_code == 200
        code, _, stderr = served.stop()
    assert (code, handshake, without) == (0, *["HTTP/1.1 403 Forbidden"] * 2)
    assert [path for path in described if not path.startswith(API)] == []
    lines = [json.loads(line) for line in stderr.splitlines()]
    requests = {line["request_id"]: line for line in lines if "status" in line}
    assert (ended.headers["x-request-id"], ended.json()["status"]) == ("mine", "complete")
    waited = requests["mine"]
    assert (waited["method"], waited["status"], waited["job_id"]) == ("GET", 200, job_id)
    assert requests[lost.headers["x-request-id"]]["path"] == "/dashboard/nowhere"
    assert requests[scan.headers["x-request-id"]]["status"] == 202
    assert len(forged.headers["x-request-id"]) == 32
    assert [line["job_id"] for line in lines if line["message"] == f"Job {job_id} is complete."]
    assert "secret" not in stderr
    assert "traceback" not in stderr


def handshake_of(port: int, subprotocols: tuple[str, ...]) -> str:
    lines = [
        "GET /dashboard/ws HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Origin: http://127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        *([f"Sec-WebSocket-Protocol: {', '.join(subprotocols)}"] if subprotocols else []),
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        return connection.recv(4096).decode("latin-1").splitlines()[0]


def failing_app() -> RequestLog:
    app = FastAPI()

    def fail() -> None:
        raise ZeroDivisionError("because of this")

    app.add_api_route("/fail", fail)
    return RequestLog(Guard(app))


def test_a_request_that_failed_is_in_the_log_with_the_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with logging_to_stderr("warning"), serving_app(failing_app()) as (_server, port):
        answer = httpx.get(f"http://127.0.0.1:{port}/fail", timeout=60)
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert answer.status_code == 500
    assert answer.json()["detail"]["code"] == "INTERNAL"
    assert answer.headers["x-request-id"] in answer.json()["detail"]["message"]
    failed, ended = told
    assert failed["request_id"] == ended["request_id"] == answer.headers["x-request-id"]
    assert failed["traceback"].endswith("ZeroDivisionError: because of this")
    assert (failed["level"], ended["status"], ended["path"]) == ("error", 500, "/fail")


def test_on_a_terminal_a_line_is_for_people_and_hostile_text_is_harmless(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with logging_to_stderr("info"):
        logs.logger("stoat_nb.test").info("Read %s.", "\x1b[31mevil\nname", extra={"job_id": "7"})
        logs.logger("stoat_nb.test").debug("Nobody asked for this.")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(r"+00:00 info    Read \x1b[31mevil\nname. job_id=7")


def test_a_library_that_nobody_asked_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with serving_app(failing_app()) as (_server, port):
        httpx.get(f"http://127.0.0.1:{port}/fail", timeout=60)
    assert capsys.readouterr() == ("", "")
