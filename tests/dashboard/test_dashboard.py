from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import BrowserContext, Page, expect

from .conftest import Steps, press_while_drawn, scan

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Serve = Callable[..., Any]
Open = Callable[..., Page]


def cards(page: Page) -> Any:
    return page.get_by_role("list", name="Jobs").get_by_role("listitem")


#: Whether something lies in a box that scrolls sideways.
SCROLLS = """node => {
  for (let at = node; at; at = at.parentElement ?? at.getRootNode().host)
    if (at !== document.documentElement && getComputedStyle(at).overflowX === "auto"
        && at.scrollWidth > at.clientWidth) return true;
  return false;
}"""


def fits(page: Page) -> None:
    """See that nothing reaches beyond the window but what scrolls inside a box of its own."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    width = page.viewport_size["width"] if page.viewport_size else 0
    for part in (
        page.get_by_role("heading").all(),
        page.get_by_role("button").all(),
        page.get_by_role("textbox").all(),
        page.get_by_role("listitem").all(),
        page.get_by_role("definition").all(),
        page.get_by_role("grid").all(),
    ):
        for one in part:
            box = one.bounding_box()
            if box is None or one.evaluate(SCROLLS):
                continue
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width


def test_a_folder_is_scanned_watched_listed_searched_and_taken_home(
    serve: Serve, open_page: Open, samples: Path, tmp_path: Path
) -> None:
    page = open_page(serve())
    expect(page.get_by_text("Nothing here yet")).to_be_visible()

    scan(page, samples)

    n_files = sum(path.is_file() for path in samples.rglob("*.*"))
    expect(cards(page).get_by_text("Complete")).to_be_visible()
    expect(cards(page)).to_contain_text(f"{n_files} files:")
    expect(page.get_by_text("Nothing here yet")).to_be_hidden()
    expect(page.get_by_text(f"{n_files} videos", exact=True)).to_be_visible()
    expect(page.get_by_role("gridcell", name="beach walk.mp4", exact=True)).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    download.value.save_as(tmp_path / "videos.csv")
    table = pd.read_csv(tmp_path / "videos.csv")
    assert len(table) == n_files
    assert "beach walk.mp4" in set(table["name"])

    # The same bytes again must arrive again.
    with page.expect_download():
        page.get_by_role("button", name="CSV").click()

    page.get_by_role("searchbox", name="Search").press_sequentially("BEACH")
    expect(page.get_by_text(f"1 of {n_files} videos", exact=True)).to_be_visible()

    page.get_by_role("tab", name="Problems").click()
    expect(page.get_by_text("The file is empty").first).to_be_visible()
    reasons = page.get_by_role("group", name="Reasons")
    press_while_drawn(
        reasons.get_by_role("button", name=re.compile("^Empty")), "FailureBar", "reasons"
    )
    expect(page.get_by_role("gridcell", name="notes.mp4")).to_have_count(0)
    page.get_by_role("button", name=re.compile(r"^Retry \d files$")).press("Enter")
    retried = page.get_by_role("list", name="Retries").get_by_role("listitem")
    expect(retried.get_by_text("Complete")).to_be_visible()
    expect(retried).to_contain_text(re.compile(r"(\d) files: \1 failed"))


def test_the_bar_moves_and_a_scan_can_be_cancelled(
    serve: Serve, open_page: Open, many_samples: Path, steps: Steps
) -> None:
    page = open_page(serve(steps=steps))

    scan(page, many_samples)

    bar = page.get_by_role("progressbar", name="Progress of Scan of")
    first = steps.until_at(bar, re.compile(r"^[1-9]\d*"))
    steps.until_past(bar, first)
    expect(cards(page)).to_contain_text(re.compile(r"Probing · [\d,]+ of [\d,]+ files"))

    page.get_by_role("button", name="Cancel Scan of").click()

    expect(cards(page).get_by_text("Cancelled", exact=True)).to_be_visible()
    expect(cards(page)).to_contain_text(
        re.compile(r"Cancelled after .*\. Kept of .* files: .* new")
    )
    expect(page.get_by_role("button", name="Cancel Scan of")).to_be_hidden()
    expect(page.get_by_text(re.compile(r"^[\d,]+ videos$"))).to_be_visible()


def test_two_tabs_and_a_reloaded_one_see_the_same_job(
    serve: Serve, open_page: Open, many_samples: Path, steps: Steps
) -> None:
    server = serve(steps=steps)
    first, second = open_page(server), open_page(server)

    scan(first, many_samples)

    expect(cards(second).get_by_text("Running")).to_be_visible()
    second.reload()
    expect(cards(second).get_by_text("Running")).to_be_visible()

    second.get_by_role("button", name="Cancel Scan of").click()
    for page in (first, second):
        expect(cards(page).get_by_text("Cancelled", exact=True)).to_be_visible()


def test_names_that_are_scripts_stay_text(serve: Serve, open_page: Open, samples: Path) -> None:
    page = open_page(serve())
    (hostile,) = samples.glob("<img*")

    scan(page, hostile)

    expect(page.get_by_role("gridcell", name=f"{hostile.name}.mp4", exact=True)).to_be_visible()
    expect(cards(page)).to_contain_text(hostile.name)
    page.get_by_role("tab", name="Problems").click()
    expect(page.get_by_role("gridcell", name=re.compile("onerror.*empty.mp4"))).to_be_visible()

    scan(page, hostile / "<script>window.__pwned=1</script>")
    expect(page.get_by_role("alert")).to_contain_text("<script>")


def test_a_folder_that_is_not_there_is_refused_beside_the_field(
    serve: Serve, open_page: Open, tmp_path: Path
) -> None:
    page = open_page(serve())

    scan(page, tmp_path / "gone")

    notice = page.get_by_role("alert")
    expect(notice).to_contain_text(f"There is no folder at '{tmp_path / 'gone'}'")
    page.get_by_role("textbox", name="Folder").press_sequentially("x")
    expect(notice).to_be_hidden()

    page.get_by_role("textbox", name="Folder").fill("")
    page.get_by_role("button", name="Start scan").click()
    expect(notice).to_contain_text("Name the folder that holds your videos")


def test_a_folder_can_be_browsed_to(serve: Serve, open_page: Open, samples: Path) -> None:
    page = open_page(serve())
    page.get_by_role("textbox", name="Folder").fill(str(samples))

    page.get_by_role("button", name="Browse").click()
    page.get_by_role("button", name="2024 Summer").click()
    expect(page.get_by_role("status")).to_have_text(str(samples / "2024 Summer"))
    page.get_by_role("button", name="One folder up").click()
    expect(page.get_by_role("status")).to_have_text(str(samples))
    page.get_by_role("button", name="2024 Summer").click()
    expect(page.get_by_role("status")).to_have_text(str(samples / "2024 Summer"))
    page.get_by_role("button", name="Choose this folder").click()

    expect(page.get_by_role("textbox", name="Folder")).to_have_value(str(samples / "2024 Summer"))
    page.get_by_role("button", name="Start scan").click()
    expect(cards(page).get_by_text("Complete")).to_be_visible()


def test_headers_sort_in_the_database_and_pages_turn(
    serve: Serve, open_page: Open, many_samples: Path
) -> None:
    page = open_page(serve(), height=1400)
    scan(page, many_samples / "disk 000")
    scan_again = many_samples / "disk 001"
    expect(cards(page).get_by_text("Complete")).to_be_visible()
    scan(page, scan_again)
    expect(cards(page).get_by_text("Complete")).to_have_count(2)

    sizes = page.locator('td[data-field="size_bytes"]')
    header = page.get_by_role("columnheader", name="Size")
    header.click()
    expect(sizes.first).to_have_text("0 B")
    header.click()
    expect(sizes.first).not_to_have_text("0 B")

    page.get_by_role("button", name="Go to page 2").click()
    expect(sizes.last).to_have_text("0 B")


def test_a_phone_scrolls_only_downward_in_light_and_in_dark(
    serve: Serve, open_page: Open, samples: Path
) -> None:
    page = open_page(serve(), width=390, height=844)
    fits(page)

    scan(page, samples)
    expect(cards(page).get_by_text("Complete")).to_be_visible()
    expect(page.get_by_role("gridcell").first).to_be_visible()
    fits(page)

    light = page.evaluate("getComputedStyle(document.querySelector('body')).backgroundColor")
    page.emulate_media(color_scheme="dark")
    expect(page.locator("body")).not_to_have_css("background-color", light)
    fits(page)

    # What somebody chose stays, whatever the system is.
    page.get_by_role("button", name="Toggle theme").click()
    expect(page.locator("body")).to_have_css("background-color", light)
    page.wait_for_function("document.cookie.includes('stoat-theme=light')")
    page.reload()
    expect(page.get_by_role("gridcell").first).to_be_visible()
    expect(page.locator("body")).to_have_css("background-color", light)


#: A slow machine as its pages know one: each step comes ten frames late, and time flies meanwhile.
SLOW_MACHINE = """
for (const clock of [performance, Date]) {
  const now = clock.now.bind(clock);
  clock.now = () => 1000 * now();
}
const later = window.setTimeout.bind(window);
window.setTimeout = (act, ms, ...rest) => later(act, ms / 1000, ...rest);
const after = (frames, act) => frames ? requestAnimationFrame(() => after(frames - 1, act)) : act();
const post = MessagePort.prototype.postMessage;  // React's way to its next step
MessagePort.prototype.postMessage = function (...all) { after(10, () => post.apply(this, all)); };
"""


def test_a_first_page_is_never_bright_where_the_system_is_dark(
    serve: Serve, window: BrowserContext
) -> None:
    page = window.new_page()
    page.emulate_media(color_scheme="dark")
    page.add_init_script(SLOW_MACHINE)  # no limit of time can be what ends the wait for its theme
    page.add_init_script(
        "const look = () => { const at = document.body && getComputedStyle(document.body);"
        " if (at && at.visibility === 'visible') (window.__seen ??= new Set())"
        ".add(at.backgroundColor); requestAnimationFrame(look); }; look();"
    )
    page.goto(serve().url)
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    page.wait_for_function("document.documentElement.dataset.themeKnown === ''")
    assert page.evaluate("[...window.__seen]") == ["rgb(18, 23, 28)"]


def test_a_library_that_cannot_be_opened_is_explained_without_a_traceback(
    serve: Serve, open_page: Open, tmp_path: Path
) -> None:
    library = tmp_path / "broken.db"
    library.write_text("This is no database. " * 100)

    page = open_page(serve(library))

    expect(page.get_by_role("alert")).to_contain_text("is not a healthy Stoat library")
    expect(page.get_by_text("Traceback")).to_have_count(0)
    assert library.read_text().startswith("This is no database.")


def test_a_library_of_a_newer_stoat_is_explained(
    serve: Serve, open_page: Open, tmp_path: Path
) -> None:
    library = tmp_path / "newer.db"
    server = serve(library)
    open_page(server).close()
    server.stop()
    with sqlite3.connect(library) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()

    page = open_page(serve(library))

    expect(page.get_by_role("alert")).to_contain_text("schema version 999")
