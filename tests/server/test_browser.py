"""A real browser before the guard: our own page works, a page of another origin gets nothing."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from stoat_nb.media.demo_clips import make_samples
from tests.ports import free_port

from .conftest import Served, panel_serving, serving

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
PATIENCE_MS = 60_000
REBOUND = "rebound.example"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no Chromium here"),
]


@pytest.fixture(scope="module")
def served(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    with serving(environment, folder, "serve", "--port", "0") as served:
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-quic", "--disable-sync"]
        arguments.append(f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_the_dashboard_is_live_behind_the_guard(
    served: Served, browser: sync_api.Browser, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / f"holiday-{name.replace('.', '-')}"
    folder.mkdir()
    page = browser.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.goto(f"http://{name}:{served.port}/", timeout=PATIENCE_MS)
    sync_api.expect(page.get_by_role("button", name="Scan", exact=True)).to_be_visible(
        timeout=PATIENCE_MS
    )
    # Submitted elsewhere; that it appears here took a websocket.
    httpx.post(f"{served.address}/api/v1/videos/scan", json={"path": str(folder)}, timeout=60)
    sync_api.expect(page.get_by_text(folder.name).first).to_be_visible(timeout=PATIENCE_MS)
    page.close()
    assert faults == []


FOREIGN_PAGE = """
async (server) => {
  const api = server + '/api/v1';
  const tell = (ask) => ask().then((answer) => answer.status, () => 'blocked');
  const scan = (options) => fetch(api + '/videos/scan',
    {method: 'POST', body: '{"path": "/"}', ...options});
  const json = {'content-type': 'application/json'};
  const load = (kind, event, address) => new Promise((done) => {
    const element = document.createElement(kind);
    element.addEventListener(event, () => done('loaded'));
    element.addEventListener('error', () => done('blocked'));
    element.src = address;
    document.body.append(element);
  });
  const socket = await new Promise((done) => {
    const ws = new WebSocket(server.replace('http', 'ws') + '/dashboard/ws', ['bokeh', 'x']);
    ws.onopen = () => done('open'); ws.onerror = () => done('blocked');
  });
  return {
    read: await tell(() => fetch(api + '/jobs')),
    post: await tell(() => scan({headers: json})),
    blind: await tell(() => scan({mode: 'no-cors'})),
    remove: await tell(() => fetch(api + '/jobs/x', {method: 'DELETE'})),
    page: await tell(() => fetch(server + '/dashboard')),
    picture: await load('img', 'load', api + '/videos/1/poster.jpg'),
    video: await load('video', 'loadedmetadata', api + '/videos/1/stream'),
    script: await load('script', 'load', server + '/static/js/bokeh.min.js'),
    component: await load('img', 'load', server + '/components/this/a/__css__/x'),
    socket,
  }
}
"""
NOTHING = {
    "read": "blocked",
    "post": "blocked",
    "blind": "blocked",
    "remove": "blocked",
    "page": "blocked",
    "picture": "blocked",
    "video": "blocked",
    "script": "blocked",
    "component": "blocked",
    "socket": "blocked",
}


class Elsewhere(BaseHTTPRequestHandler):
    """A web site of somebody else's, which forbids its pages nothing."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title><body>")

    def log_message(self, *_said: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def with_a_video(served: Served, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("clips")
    make_samples(folder)
    for other in [path for path in folder.rglob("*") if path.is_file()]:
        if other.name != "beach walk.mp4":
            other.unlink()
    with httpx.Client(base_url=f"{served.address}/api/v1", timeout=60) as api:
        job_id = api.post("/videos/scan", json={"path": str(folder)}).json()["job_id"]
        assert api.get(f"/jobs/{job_id}/wait").json()["status"] == "complete"
        assert api.get("/videos/1/poster.jpg").status_code == 200
    return served.address


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_page_of_another_port_or_site_reads_plays_and_changes_nothing(
    with_a_video: str, elsewhere: int, browser: sync_api.Browser, name: str
) -> None:
    jobs = httpx.get(f"{with_a_video}/api/v1/jobs", timeout=60).json()
    page = browser.new_page()
    page.goto(f"http://{name}:{elsewhere}/", timeout=PATIENCE_MS)
    assert page.evaluate(FOREIGN_PAGE, with_a_video) == NOTHING
    page.close()
    assert httpx.get(f"{with_a_video}/api/v1/jobs", timeout=60).json() == jobs


def test_our_own_page_reads_and_plays(with_a_video: str, browser: sync_api.Browser) -> None:
    """Of what is asked for here nothing is refused to another page for want of being there."""
    page = browser.new_page()
    page.goto(f"{with_a_video}/nowhere-but-ours", timeout=PATIENCE_MS)
    got = page.evaluate(FOREIGN_PAGE, with_a_video)
    page.close()
    assert got["read"] == got["page"] == 200
    assert got["remove"] == 404
    assert got["picture"] == got["video"] == got["script"] == "loaded"
    assert got["component"] == "blocked"


@pytest.fixture(scope="module")
def panel(
    environment: dict[str, str], repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """``panel serve dashboard.py`` as somebody types it, without a plugin."""
    page = (repository / "dashboard.py").read_text(encoding="utf-8")
    with panel_serving(environment, tmp_path_factory.mktemp("panel"), page) as address:
        yield address


@pytest.mark.smoke
def test_a_name_that_was_made_to_lead_here_gets_no_page_of_panels_server_and_ours_works(
    panel: str, browser: sync_api.Browser
) -> None:
    """The very first request there is of that name: the script has not run by then."""
    page = browser.new_page()
    answer = page.goto(f"{panel.replace('127.0.0.1', REBOUND)}/dashboard", timeout=PATIENCE_MS)
    assert answer is not None
    assert (answer.status, answer.json()["detail"]["code"]) == (421, "FOREIGN_HOST")
    page.close()
    page = browser.new_page()
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.goto(f"{panel}/dashboard", timeout=PATIENCE_MS)
    button = page.get_by_role("button", name="Scan", exact=True)
    sync_api.expect(button).to_be_visible(timeout=PATIENCE_MS)
    page.close()
    assert faults == []


def test_a_page_of_another_port_or_site_gets_nothing_of_panels_server(
    panel: str, elsewhere: int, browser: sync_api.Browser
) -> None:
    httpx.get(f"{panel}/dashboard", timeout=60).raise_for_status()
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{elsewhere}/", timeout=PATIENCE_MS)
    assert page.evaluate(FOREIGN_PAGE, panel) == NOTHING
    page.close()


def test_a_host_that_is_named_has_the_live_page_and_a_page_that_is_named_may_read(
    environment: dict[str, str], elsewhere: int, browser: sync_api.Browser, tmp_path: Path
) -> None:
    port = free_port()
    named = {"STOAT_ALLOW_HOSTS": f"{REBOUND}:{port},127.0.0.1:{elsewhere}"}
    with serving({**environment, **named}, tmp_path, "serve", "--port", str(port)) as served:
        page = browser.new_page()
        page.goto(f"http://{REBOUND}:{port}/", timeout=PATIENCE_MS)
        button = page.get_by_role("button", name="Scan", exact=True)
        sync_api.expect(button).to_be_visible(timeout=PATIENCE_MS)
        page.goto(f"http://127.0.0.1:{elsewhere}/", timeout=PATIENCE_MS)
        got = page.evaluate(FOREIGN_PAGE, served.address)
        page.close()
    assert (got["read"], got["page"]) == (200, 200)
    # Without asking by a script, and for changes, it is another site as any other.
    assert (got["picture"], got["post"], got["remove"]) == ("blocked", "blocked", "blocked")
