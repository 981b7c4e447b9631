from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Locator, Page, expect

from stoat_nb.library import Library

from .conftest import press_while_drawn

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HOSTILE = "<img src=x onerror=window.__pwned=1>"


@pytest.fixture
def library(samples: Path, tmp_path: Path) -> Path:
    """A library of two scans, with more videos than fit on a page; one folder went meanwhile."""
    folder = tmp_path / "Videos"
    for copy in ("first", "second", "third"):
        # Copies: of a file with several names only one folder has the bytes, whichever was first.
        shutil.copytree(samples, folder / copy)
    with Library(tmp_path / "stoat.db") as library:
        library.scan(folder).result(120)
        shutil.rmtree(folder / "third")
        library.scan(folder).result(120)
        library.export(tmp_path / "all.csv")
        frame = library.videos()
    assert len(frame) > 25
    return tmp_path / "stoat.db"


def count(page: Page, number: int) -> None:
    word = "video" if number == 1 else "videos"
    of = re.compile(rf"^{number:,}( {word}| of [\d,]+ videos)$")
    expect(page.get_by_text(of)).to_be_visible()


def chips(page: Page) -> Locator:
    return page.get_by_role("group", name="Active filters").get_by_role("button")


def chosen(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what a facet leaves, and what an expression leaves of that."""
    h264 = frame[frame["codec"] == "h264"]
    return h264, h264[h264["size_bytes"] >= 40_000]


def press_a_facet(page: Page, frame: pd.DataFrame) -> None:
    h264, _ = chosen(frame)
    codec = page.get_by_role("group", name="Filters").get_by_label("h264")
    press_while_drawn(codec, "FacetPanel", "groups")
    count(page, len(h264))
    expect(chips(page).first).to_have_text("Codec: h264\N{MULTIPLICATION SIGN}")


def type_expressions(page: Page, frame: pd.DataFrame) -> None:
    h264, large = chosen(frame)
    field = page.get_by_role("textbox", name="Expression")
    field.fill("size_byte >= 40_000")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Did you mean 'size_bytes'?")
    count(page, len(h264))
    field.fill("size_bytes >= 40_000")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_have_count(0)
    count(page, len(large))


def go_back_and_forward(page: Page, frame: pd.DataFrame) -> None:
    h264, large = chosen(frame)
    field = page.get_by_role("textbox", name="Expression")
    expect(page).to_have_url(re.compile("codec=h264"))
    page.go_back()
    count(page, len(h264))
    expect(field).to_have_value("")
    page.go_back()
    count(page, len(frame))
    expect(chips(page)).to_have_count(0)
    page.go_forward()
    page.go_forward()
    count(page, len(large))
    expect(field).to_have_value("size_bytes >= 40_000")


def come_back_by_the_address(page: Page, frame: pd.DataFrame) -> None:
    _, large = chosen(frame)
    expect(page).to_have_url(re.compile("where=size_bytes"))
    page.goto(page.url)
    count(page, len(large))
    expect(page.get_by_role("textbox", name="Expression")).to_have_value("size_bytes >= 40_000")


def read_the_code(page: Page) -> None:
    page.get_by_text("Code", exact=True).click()
    expect(page.get_by_text('videos["size_bytes"] >= 40000')).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text('videos["size_bytes"] >= 40000')).to_be_hidden()


def take_filters_away(page: Page, frame: pd.DataFrame) -> None:
    page.get_by_role("button", name="Remove filter Codec: h264").click()
    # What is left moves into its place: only then it stands still.
    expect(chips(page)).to_have_count(2)
    page.get_by_role("button", name="Clear all").click()
    count(page, len(frame))
    expect(page).not_to_have_url(re.compile("where"))


def brush_and_press_plots(page: Page, frame: pd.DataFrame) -> None:
    lengths = page.get_by_role("group", name="Length. ")
    # Hovered over each time, when it stands still: what is drawn above it may still move it.
    lengths.hover(position={"x": 2, "y": 50})
    page.mouse.down()
    lengths.hover(position={"x": float(lengths.evaluate("node => node.clientWidth / 2")), "y": 50})
    page.mouse.up()
    expect(chips(page).first).to_contain_text("Length: ")
    expect(page.get_by_text(f"{len(frame)} videos", exact=True)).to_have_count(0)
    lengths.press("Escape")
    count(page, len(frame))
    page.get_by_role("button", name=re.compile("^second: ")).click()
    count(page, int(frame["path"].str.contains("/second/").sum()))
    page.get_by_role("button", name=re.compile("one folder up$")).click()
    count(page, len(frame))


def sort_and_turn_pages(page: Page, frame: pd.DataFrame) -> None:
    header = page.get_by_role("columnheader", name="Size")
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "ascending")
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "descending")
    largest = frame.sort_values("size_bytes", ascending=False)["name"].iloc[0]
    expect(page.locator('tbody tr:first-child td[data-field="name"]')).to_have_text(largest)
    press_while_drawn(page.get_by_role("button", name="Go to page 2"), "Pager", "said")
    expect(page.get_by_role("button", name="Page 2")).to_be_focused()
    expect(page.locator('td[data-field="size_bytes"]').last).to_have_text("0 B")


def open_a_row_by_key(page: Page, frame: pd.DataFrame) -> None:
    page.get_by_role("searchbox", name="Search").fill("beach walk")
    row = page.get_by_role("row", name=re.compile("beach walk")).first
    expect(page.get_by_role("row", name=re.compile("beach walk"))).to_have_count(
        int(frame["path"].str.contains("beach walk").sum())
    )
    row.press(" ")
    expect(row).to_have_attribute("aria-selected", "true")
    row.press("Enter")
    expect(page.get_by_role("heading", name="beach walk.mp4")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="beach walk.mp4")).to_be_hidden()


def select_rows(page: Page, frame: pd.DataFrame) -> None:
    page.get_by_role("button", name="Clear all").click()
    count(page, len(frame))
    ticks = page.get_by_role("gridcell").get_by_role("checkbox")
    page.get_by_role("button", name="Clear selection").click()
    ticks.nth(1).click()
    ticks.nth(4).click(modifiers=["Shift"])
    selection = page.get_by_role("group", name="Selection")
    expect(selection).to_contain_text("4 selected")
    selection.get_by_role("button", name="Show only these").click()
    count(page, 4)
    page.get_by_role("checkbox", name="Select all on this page").click()
    expect(selection).to_be_hidden()
    page.get_by_role("button", name="Remove filter Selection: 4 videos").click()
    count(page, len(frame))
    page.get_by_role("searchbox", name="Search").fill("beach walk")
    expect(chips(page)).to_have_count(2)


def save_a_view_and_show_it(page: Page) -> None:
    page.get_by_text("Views", exact=True).click()
    page.get_by_role("textbox", name="Name of this view").fill(HOSTILE)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=HOSTILE, exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear all").click()
    page.get_by_text("Views", exact=True).click()
    view = page.get_by_role("button", name=HOSTILE, exact=True)
    press_while_drawn(view, "FilterBar", "views")
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("beach walk")
    page.get_by_role("button", name="Clear all").click()


def look_at_the_other_tabs(page: Page, frame: pd.DataFrame) -> None:
    page.get_by_role("tab", name="Changes").click()
    removed = int((frame["status"] == "missing").sum())
    kind = page.get_by_role("button", name=re.compile("Missing$"))
    expect(kind).to_have_text(f"{removed}Missing")
    press_while_drawn(kind, "ChangesHead", "more")
    expect(kind).to_have_attribute("aria-pressed", "true")
    page.get_by_role("tab", name="Overview").click()
    hevc = page.get_by_role("button", name=re.compile("^hevc"))
    press_while_drawn(hevc, "Figures", "groups")
    expect(chips(page).first).to_have_text("Codec: hevc\N{MULTIPLICATION SIGN}")


def look_at_pictures(page: Page) -> None:
    page.get_by_role("button", name="Clear all").click()
    toggle = page.get_by_role("button", name="Pictures")
    toggle.press("Enter")
    expect(toggle).to_have_attribute("aria-pressed", "true")
    search = page.get_by_role("searchbox", name="Search")
    search.fill("ice cream")
    portrait = page.get_by_role("img", name="A picture from ice cream").first
    expect(portrait).to_have_js_property("complete", value=True)
    box = portrait.bounding_box()
    assert box is not None
    assert box["height"] > box["width"] > 10
    search.fill("empty")
    why = page.get_by_text("There is no picture of this video").first
    expect(why).to_be_attached()
    page.reload()
    expect(page.get_by_role("button", name="Pictures")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Clear all").click()


def go_dark_on_a_phone(page: Page) -> None:
    page.get_by_role("button", name="Toggle theme").click()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_role("gridcell").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    box = page.get_by_role("grid").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_videos_are_narrowed_down_looked_at_and_found_again(
    serve: Callable[..., Any], open_page: Callable[..., Page], library: Path
) -> None:
    with Library(library, take="none") as known:
        frame = known.videos()
    page = open_page(serve(library), height=1400)
    count(page, len(frame))
    expect(page.get_by_role("gridcell", name=f"{HOSTILE}.mp4", exact=True).first).to_be_visible()

    press_a_facet(page, frame)
    type_expressions(page, frame)
    go_back_and_forward(page, frame)
    come_back_by_the_address(page, frame)
    read_the_code(page)
    take_filters_away(page, frame)
    brush_and_press_plots(page, frame)
    sort_and_turn_pages(page, frame)
    open_a_row_by_key(page, frame)
    select_rows(page, frame)
    save_a_view_and_show_it(page)
    look_at_the_other_tabs(page, frame)
    look_at_pictures(page)
    go_dark_on_a_phone(page)
