"""A server that dies under an open page, and the one that takes its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import BrowserContext, Page, expect

from .conftest import Elsewhere, Server, scan

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SERVERS = {
    "stoat": (["-m", "stoat_nb.cli", "serve", "--port"], "/dashboard"),
    "panel": (["-m", "panel", "serve", "dashboard.py", "--port"], "/dashboard"),
}


def say_that_the_server_is_gone(page: Page) -> None:
    expect(page.get_by_role("alert")).to_contain_text("Connection to Stoat lost")
    assert page.evaluate("document.body.inert")
    field = page.locator("input").first
    assert not field.evaluate("node => (node.focus(), node.getRootNode().activeElement === node)")
    clock = page.locator(".elapsed").first
    stood = clock.text_content()
    page.clock.run_for(3000)
    assert clock.text_content() == stood


@pytest.fixture(params=SERVERS)
def serve(
    request: pytest.FixtureRequest,
    start: Callable[..., Server],
    elsewhere: Callable[..., Elsewhere],
    tmp_path: Path,
    port: int,
) -> Callable[[], Server]:
    """Serve a library in which another process runs a job, always at the same address."""
    library = tmp_path / "stoat.db"
    elsewhere(library, "copy")
    command, path = SERVERS[request.param]
    more = {"STOAT_LIBRARY": str(library), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    return lambda: start([*command, str(port)], port=port, path=path, **more)


def test_a_page_says_that_its_server_is_gone_and_comes_back_to_the_same_view(
    serve: Callable[[], Server],
    window: BrowserContext,
    open_page: Callable[..., Page],
    tolerated: list[str],
    tmp_path: Path,
) -> None:
    server = serve()
    server.url += "?q=nothing+here"
    window.clock.install()
    page = open_page(server)
    expect(page.get_by_role("list", name="Jobs")).to_contain_text("3 of 40 files")
    # The browser itself complains of each look for a server that is not there.
    tolerated += ["Failed to load resource", "WebSocket"]
    server.kill()

    say_that_the_server_is_gone(page)

    serve()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("list", name="Jobs")).to_contain_text("3 of 40 files")
    assert not page.evaluate("document.body.inert")
    assert page.url.endswith("?q=nothing+here")
    scan(page, tmp_path / "no such folder")
    expect(page.get_by_role("alert")).to_contain_text("no such folder")
