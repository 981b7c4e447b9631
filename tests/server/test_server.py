"""One process serves the dashboard and REST to this machine, and stops when told to."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from stoat_nb.errors import AddressInUse, AddressRefused
from stoat_nb.library import Library
from stoat_nb.media.demo_clips import make_samples
from stoat_nb.server import address_of, listen
from tests.scan.readers import HELD

from .conftest import COMMAND, Served, serving

#: Generous for a busy machine; following a job may take an hour.


@pytest.fixture(scope="module")
def served(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    with serving(environment, folder, "serve", "--port", "0") as served:
        yield served


def test_the_front_door_is_the_dashboard(served: Served) -> None:
    answer = httpx.get(served.address, follow_redirects=True, timeout=60)
    assert answer.status_code == 200
    assert answer.url.path == "/dashboard"
    assert "<title>" in answer.text
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    "path", ["/api/v1/health", "/docs", "/openapi.json", "/favicon.ico", "/static/js/bokeh.min.js"]
)
def test_everything_else_is_there_too(served: Served, path: str) -> None:
    assert httpx.get(served.address + path, timeout=60).status_code == 200


def test_a_wrong_path_is_refused_in_the_usual_shape(served: Served) -> None:
    answer = httpx.get(served.address + "/nowhere", timeout=60)
    assert answer.status_code == 404


def handshake(port: int, *, host: str, origin: str) -> str:
    lines = [
        "GET /dashboard/ws HTTP/1.1",
        f"Host: {host}",
        f"Origin: {origin}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: bokeh, nonsense",
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        return connection.recv(4096).decode("latin-1").splitlines()[0]


@pytest.mark.parametrize("path", ["/", "/dashboard", "/static/js/bokeh.min.js", "/api/v1/jobs"])
def test_the_guard_stands_before_the_dashboard_too(served: Served, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    connection.request("GET", path, headers={"Host": f"evil.example:{served.port}"})
    assert connection.getresponse().status == 421
    connection.close()


def test_a_websocket_of_a_foreign_page_is_refused(served: Served) -> None:
    own = f"127.0.0.1:{served.port}"
    assert " 403 " in handshake(served.port, host=own, origin="http://evil.example")
    assert " 403 " in handshake(served.port, host="evil.example", origin="http://evil.example")


@pytest.mark.parametrize("host", ["0.0.0.0", "", "192.168.1.1", "example.com", "::", "127.0.0.2"])  # noqa: S104 - refused
def test_an_address_that_others_can_reach_is_refused(host: str) -> None:
    with pytest.raises(AddressRefused):
        listen(host, 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_any_free_port_is_taken_when_none_is_named(host: str) -> None:
    with listen(host, 0) as listener:
        assert address_of(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_port_that_is_taken_is_told(environment: dict[str, str], tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(AddressInUse, match=f"port {port}"):
            listen("127.0.0.1", port)
        ran = subprocess.run(
            [*COMMAND, "serve", "--port", str(port)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"stoat: Stoat cannot listen on '127.0.0.1' port {port}: ")
    assert ran.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGHUP])  # SIGHUP becomes SIGTERM
def test_it_stops_at_once_though_somebody_follows_a_job(
    environment: dict[str, str], tmp_path: Path, how: signal.Signals
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(200):  # more than are read at one go
        (folder / f"{number}.mp4").write_bytes(b"no video")
    held = (sys.executable, "-c", HELD)
    with serving(environment, tmp_path, "serve", "--port", "0", command=held) as served:
        api = httpx.Client(base_url=f"{served.address}/api/v1", timeout=60)
        job_id = api.post("/videos/scan", json={"path": str(folder)}).json()["job_id"]
        following = threading.Event()
        ends: list[str] = []
        threads = [
            threading.Thread(target=follow, args=(served, job_id, following, ends)),
            threading.Thread(target=wait, args=(served, job_id, ends)),
        ]
        for thread in threads:
            thread.start()
        assert following.wait(60)
        workers = descendants(served.process.pid)
        assert workers
        code, stdout, stderr = served.stop(how)
        assert (code, stderr) == (0, "")
        assert stdout == "Stopped. 1 job goes on when the library is next opened.\n"
        for thread in threads:
            thread.join(30)
        api.close()
        assert len(ends) == 2
    assert not [pid for pid in workers if alive(pid)]
    with Library(tmp_path / "stoat.db", take="none") as library:
        state = library.job(job_id).state
    assert (state.status, state.attempt, state.paused) == ("pending", 1, False)


def follow(served: Served, job_id: str, following: threading.Event, ends: list[str]) -> None:
    try:
        with httpx.stream(
            "GET", f"{served.address}/api/v1/jobs/{job_id}/events", timeout=60
        ) as answer:
            for line in answer.iter_lines():
                if re.search(r'"done":[1-9]', line):
                    following.set()
    except httpx.HTTPError as problem:
        ends.append(type(problem).__name__)
    else:
        ends.append("end")


def wait(served: Served, job_id: str, ends: list[str]) -> None:
    try:
        httpx.get(f"{served.address}/api/v1/jobs/{job_id}/wait?timeout=3600", timeout=60)
    except httpx.HTTPError as problem:
        ends.append(type(problem).__name__)
    else:
        ends.append("end")


def descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):  # a thread that ended meanwhile has no children to name
            found += map(int, (task / "children").read_text().split())
    return found


def alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def test_the_demo_makes_its_clips_scans_them_and_serves(
    environment: dict[str, str], tmp_path: Path
) -> None:
    environment = {**environment, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with serving(environment, tmp_path, "demo", "--port", "0") as served:
        with httpx.Client(base_url=f"{served.address}/api/v1", timeout=60) as api:
            job = api.get("/jobs").json()["items"][0]
            ended = api.get(f"/jobs/{job['job_id']}/wait").json()
            assert ended["status"] == "complete"
            assert api.get("/summary").json()["n_ok"] > 5
        assert served.stop()[0] == 0
    assert (tmp_path / "cache" / "stoat" / "demo" / "demo.db").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache"]


def test_the_demo_scans_a_folder_that_holds_something_as_it_is(
    environment: dict[str, str], tmp_path: Path
) -> None:
    own = tmp_path / "own"
    first = make_samples(own)[0]
    before = sorted(own.rglob("*"))
    environment = {**environment, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with (
        serving(environment, tmp_path, "demo", own, "--port", "0") as served,
        httpx.Client(base_url=f"{served.address}/api/v1", timeout=60) as api,
    ):
        job = api.get("/jobs").json()["items"][0]
        assert job["payload"]["path"] == str(own)
        api.get(f"/jobs/{job['job_id']}/wait")
        paths = [video["path"] for video in api.get("/videos").json()["items"]]
    assert str(first) in paths
    assert sorted(own.rglob("*")) == before
