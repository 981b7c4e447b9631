"""A real browser before the guard: our own page works, a page of another origin gets nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from .conftest import Served, serving

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
PATIENCE_MS = 60_000

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
async (api) => {
  const tell = (ask) => ask().then((answer) => answer.status, () => 'blocked');
  const scan = (options) => fetch(api + '/api/v1/videos/scan',
    {method: 'POST', body: '{"path": "/"}', ...options});
  const json = {'content-type': 'application/json'};
  const socket = await new Promise((done) => {
    const ws = new WebSocket(api.replace('http', 'ws') + '/dashboard/ws', ['bokeh', 'x']);
    ws.onopen = () => done('open'); ws.onerror = () => done('blocked');
  });
  return {
    read: await tell(() => fetch(api + '/api/v1/jobs')),
    post: await tell(() => scan({headers: json})),
    blind: await tell(() => scan({mode: 'no-cors'})),
    remove: await tell(() => fetch(api + '/api/v1/jobs/x', {method: 'DELETE'})),
    page: await tell(() => fetch(api + '/dashboard')),
    socket,
  }
}
"""


def test_a_page_of_another_port_reads_and_changes_nothing(
    served: Served, browser: sync_api.Browser, environment: dict[str, str], tmp_path: Path
) -> None:
    jobs = httpx.get(f"{served.address}/api/v1/jobs", timeout=60).json()
    with serving(environment, tmp_path, "serve", "--port", "0") as other:
        page = browser.new_page()
        page.goto(f"{other.address}/api/v1/health", timeout=PATIENCE_MS)
        got = page.evaluate(FOREIGN_PAGE, served.address)
        page.close()
    assert got == {
        "read": "blocked",
        "post": "blocked",
        "blind": 0,
        "remove": "blocked",
        "page": "blocked",
        "socket": "blocked",
    }
    assert httpx.get(f"{served.address}/api/v1/jobs", timeout=60).json() == jobs
