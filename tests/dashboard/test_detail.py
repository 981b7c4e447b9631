"""One video on a real page: looked at, played over REST in Panel's own server, read by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from stoat_nb.library import Library
from tests.ports import free_port

from .conftest import HOSTILE

pytestmark = pytest.mark.browser

PAGE = """
import panel as pn
from stoat_nb.components.video_detail import VideoDetail
from stoat_nb.sharing import shared_library

pn.extension()
number = int(pn.state.session_args["id"][0])
VideoDetail(shared_library(), number).servable()
"""

#: How the player stands: what it has read, whether it moves, how wide the picture is.
PLAYER = "player => [player.readyState >= 2, player.currentTime > 0, player.videoWidth]"


@pytest.fixture
def show(
    start: Callable[..., Any], window: BrowserContext, samples: Path, tmp_path: Path
) -> Callable[..., Page]:
    """Serve a page of one video, found by the end of its path."""
    path, script, port = tmp_path / "stoat.db", tmp_path / "detail.py", free_port()
    script.write_text(PAGE, encoding="utf-8")
    with Library(path) as library:
        library.scan(samples).result(120)
        videos = library.videos()
    server = start(
        [
            "-m",
            "panel",
            "serve",
            str(script),
            "--port",
            str(port),
            "--plugins",
            "stoat_nb.api.tornado",
        ],
        port=port,
        path="/detail?id=1",
        STOAT_LIBRARY=str(path),
    )

    def show(name: str, *, width: int = 1100) -> Page:
        number = videos.loc[videos["path"].str.endswith(name), "video_id"].iloc[0]
        page = window.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(server.url.replace("id=1", f"id={number}"))
        page.get_by_role("heading", level=2).wait_for()
        return page

    return show


def plays(page: Page) -> None:
    """Press Play and see that it moves."""
    page.get_by_role("button", name="Play").press("Enter")
    player = page.locator("video")
    player.wait_for()
    page.wait_for_function("([player]) => player.currentTime > 0", arg=[player.element_handle()])
    assert player.evaluate(PLAYER)[:2] == [True, True]
    assert player.evaluate("player => player.error") is None


def test_a_video_is_looked_at_played_and_read(show: Callable[..., Page]) -> None:
    page = show(f"{HOSTILE}.mp4")
    button = page.get_by_role("button", name="Play").element_handle()
    picture = page.get_by_role("img", name="A picture from")
    picture.wait_for()
    assert picture.evaluate("img => [img.naturalWidth, img.naturalHeight]") == [320, 180]
    expect(page.get_by_role("heading", level=2)).to_have_text(f"{HOSTILE}.mp4")
    expect(page.get_by_role("region", name="Streams")).to_contain_text("h264")
    expect(page.get_by_role("region", name="History", exact=True)).to_contain_text("Added")
    page.get_by_text("Raw metadata").press("Enter")
    expect(page.locator("pre")).to_contain_text("time_scale")
    assert button.evaluate("node => node.isConnected"), "it was drawn anew as the picture came"
    plays(page)

    upright = show("ice cream (portrait).mov", width=390)
    plays(upright)
    assert upright.locator("video").evaluate(PLAYER)[2] == 180
    assert upright.evaluate("document.documentElement.scrollWidth") <= 390

    plays(show("cable car.webm"))

    old = show("birthday.avi")
    expect(old.get_by_text("Browsers can't play files of the format 'avi'.")).to_be_visible()
    expect(old.get_by_role("button", name="Play")).to_have_count(0)
    expect(old.get_by_role("button", name="Copy path")).to_be_visible()

    broken = show("notes.mp4")
    expect(broken.locator(".problem")).to_have_text("The content is in no known video format.")
    expect(broken.locator(".stage")).to_be_hidden()
