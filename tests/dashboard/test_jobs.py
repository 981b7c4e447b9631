"""What people do with jobs in the page, in a real browser, over real processes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Locator, Page, expect

from tests.ports import free_port

from .conftest import Steps, scan

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Serve = Callable[..., Any]
Open = Callable[..., Page]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "stoat.db"


def cards(page: Page) -> Locator:
    return page.get_by_role("list", name="Jobs").get_by_role("listitem")


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("list", name="Jobs").get_by_role("button", name=name)


def focused(page: Page) -> str | None:
    """Return what a screen reader calls whatever has the keyboard."""
    name: str | None = page.evaluate(
        """() => {
            let one = document.activeElement;
            while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
            return one?.getAttribute("aria-label");
        }"""
    )
    return name


def test_a_scan_is_paused_by_keyboard_and_resumed_and_tried_again_in_another_tab(
    serve: Serve, open_page: Open, many_samples: Path, steps: Steps
) -> None:
    server = serve(steps=steps)
    first, second = open_page(server), open_page(server)
    scan(first, many_samples)
    bar = first.get_by_role("progressbar", name="Progress of Scan of")
    before = steps.until_at(bar, re.compile(r"^[1-9]\d*"))

    name = f"Pause Scan of {many_samples}"
    button(first, name).focus()
    # The bar moves on below it, and the keyboard stays where it was.
    steps.until_past(bar, before)
    assert focused(first) == name
    first.keyboard.press("Enter")

    for page in (first, second):
        expect(cards(page).get_by_text("Paused", exact=True)).to_be_visible()
        expect(cards(page)).to_contain_text("Paused")
    assert focused(first) == f"Resume Scan of {many_samples}"

    button(second, "Resume Scan of").click()
    for page in (first, second):
        expect(cards(page).get_by_text("Running", exact=True)).to_be_visible()

    button(first, "Cancel Scan of").click()
    for page in (first, second):
        expect(cards(page).get_by_text("Cancelled", exact=True)).to_be_visible()

    button(second, f"Retry Scan of {many_samples}").click()
    for page in (first, second):
        expect(cards(page)).to_have_count(2)
        expect(cards(page).first).to_contain_text("Running")
        expect(cards(page).last).to_contain_text("It was tried again in a later job.")
    button(first, "Cancel Scan of").click()
    expect(cards(second).get_by_text("Cancelled", exact=True)).to_have_count(2)


def test_the_files_that_failed_are_tried_again(
    serve: Serve, open_page: Open, samples: Path
) -> None:
    page = open_page(serve())
    scan(page, samples)

    button(page, f"Retry failed files Scan of {samples}").click()

    expect(cards(page)).to_have_count(2)
    expect(cards(page).get_by_text("Complete", exact=True)).to_have_count(2)
    expect(cards(page).filter(has_text="It was tried again in a later job.")).to_have_count(1)
    expect(button(page, "Retry failed files")).to_have_count(1)


def test_a_log_follows_while_it_is_open_and_stays_after_the_end(
    serve: Serve, open_page: Open, elsewhere: Callable[..., Any], library: Path
) -> None:
    other = elsewhere(library, "copy")
    page = open_page(serve(library))
    expect(cards(page)).to_contain_text("Copying · 3 of 40 files")
    expect(cards(page)).to_contain_text("Another process runs it (pid ")
    unfold = button(page, "Log of Copy")
    expect(unfold).to_have_attribute("aria-expanded", "false")

    unfold.press("Enter")
    log = page.get_by_role("log", name="Log of Copy")
    expect(log).to_contain_text("Submitted.")
    other.tell("halfway there")
    expect(log).to_contain_text("halfway there")
    other.tell("fail")

    expect(cards(page).get_by_text("Failed", exact=True)).to_be_visible()
    expect(log).to_contain_text(re.compile("Error: Traceback.*The disk went away. <img", re.DOTALL))
    font = log.get_by_text("Traceback").evaluate("node => getComputedStyle(node).fontFamily")
    assert "monospace" in font

    unfold.press("Enter")
    expect(log).to_be_hidden()
    page.reload()
    page.get_by_role("tab", name="Activity").click()
    button(page, "Log of Copy").click()
    expect(log).to_contain_text("halfway there")


def test_a_job_in_which_nothing_moves_is_said_to_be_stalled_in_words(
    serve: Serve, open_page: Open, elsewhere: Callable[..., Any], library: Path
) -> None:
    elsewhere(library, "copy")
    page = open_page(serve(library))
    expect(cards(page)).to_contain_text("Copying · 3 of 40 files")

    page.clock.install()
    page.reload()
    # On a slow machine it may be called stalled already: nothing really moves.
    expect(cards(page)).to_contain_text("Copying · 3 of 40 files")
    page.clock.fast_forward(45_000)

    expect(cards(page).get_by_text("Stalled", exact=True)).to_be_visible()
    expect(cards(page)).to_contain_text(re.compile(r"Stalled: nothing has moved for \d+ s"))


def test_one_that_waits_is_moved_up(
    serve: Serve, open_page: Open, elsewhere: Callable[..., Any], library: Path
) -> None:
    # Four run at once: they take one word each.
    other = elsewhere(library, *["copy"] * 4, "quick", "copy")
    page = open_page(serve(library))
    expect(cards(page)).to_have_count(6)
    expect(cards(page).nth(4)).to_contain_text("Next in line")
    expect(cards(page).nth(5)).to_contain_text("Number 2 in line")

    button(page, "Run next Copy").click()

    expect(cards(page).nth(4)).to_contain_text(re.compile("Copy.*Next in line", re.DOTALL))
    expect(cards(page).nth(5)).to_contain_text(re.compile("Quick.*Number 2 in line", re.DOTALL))
    other.tell("end")
    expect(cards(page).get_by_text("Complete", exact=True)).to_have_count(1)
    expect(cards(page).filter(has_text="Quick")).to_contain_text("Next in line")


def test_the_history_is_filtered_and_leafed_through(
    serve: Serve, open_page: Open, elsewhere: Callable[..., Any], library: Path
) -> None:
    elsewhere(library, *["quick"] * 14, "copy")
    page = open_page(serve(library))
    expect(cards(page)).to_have_count(1)  # that runs
    page.get_by_role("tab", name="Activity").click()
    expect(cards(page)).to_have_count(15)

    page.get_by_role("button", name="All jobs").click()
    expect(cards(page)).to_have_count(10)
    expect(cards(page).first).to_contain_text("Copy")
    page.get_by_role("button", name="Older jobs").click()
    expect(page.get_by_text("Jobs 11 to 15")).to_be_visible()
    expect(cards(page)).to_have_count(5)
    expect(page.get_by_role("button", name="Older jobs")).to_be_disabled()

    page.get_by_role("combobox", name="Status").click()
    page.get_by_role("menuitem", name="Running").click()
    expect(cards(page)).to_have_count(1)
    expect(cards(page)).to_contain_text("Copy")

    page.get_by_role("button", name="Show fewer").click()
    expect(cards(page)).to_have_count(15)


def test_a_scan_goes_on_by_itself_after_its_server_was_killed(
    serve: Serve, open_page: Open, many_samples: Path, library: Path, steps: Steps
) -> None:
    port = free_port()
    server = serve(library, port, steps)
    page = open_page(server)
    scan(page, many_samples)
    bar = page.get_by_role("progressbar", name="Progress of Scan of")
    steps.until_at(bar, re.compile(r"^[1-9]\d*"))
    page.goto("about:blank")  # or it would complain of the line that goes dead
    server.kill()

    server = serve(library, port, steps)
    page.goto(server.url)

    expect(cards(page).get_by_text("Running", exact=True)).to_be_visible()
    expect(cards(page)).to_contain_text("Resumed after an interruption, attempt 2 of 3.")
    steps.until_at(bar, re.compile(r"^[1-9]\d*"))
    button(page, "Log of Scan").click()
    expect(page.get_by_role("log")).to_contain_text("ended before it did")
    button(page, "Cancel Scan of").click()
    expect(cards(page).get_by_text("Cancelled", exact=True)).to_be_visible()


def test_buttons_and_logs_fit_a_phone(
    serve: Serve, open_page: Open, elsewhere: Callable[..., Any], library: Path
) -> None:
    elsewhere(library, *["quick"] * 12, "copy").tell("fail")
    page = open_page(serve(library), width=390, height=844)
    page.get_by_role("tab", name="Activity").click()
    button(page, "Log of Copy").click()
    expect(page.get_by_role("log")).to_contain_text("Traceback")
    page.get_by_role("button", name="All jobs").click()
    expect(page.get_by_text("Jobs 1 to 10")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for one in (*page.get_by_role("button").all(), page.get_by_role("log")):
        box = one.bounding_box()
        assert box is None or 0 <= box["x"] <= box["x"] + box["width"] <= 390
