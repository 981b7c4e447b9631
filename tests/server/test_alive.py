"""What a new user does first: open a live page, see their videos, take a table away."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from stoat_nb.media.demo_clips import make_samples

from .conftest import serving

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
PATIENCE_MS = 60_000

pytestmark = [pytest.mark.browser, pytest.mark.smoke]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-quic", "--disable-sync"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


def opened(chromium: Browser, address: str) -> Page:
    page = chromium.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page.goto(address)
    expect(page.get_by_role("button", name="Scan", exact=True)).to_be_visible()
    return page


def is_quiet(log: str) -> bool:
    """Whether a server has nothing to complain of."""
    return not any(word in log for word in ("Traceback", "Error", "ERROR", "WARNING"))


def test_the_demo_shows_its_clips_and_hands_out_a_table(
    environment: dict[str, str], tmp_path: Path, chromium: Browser
) -> None:
    environment = {**environment, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with serving(environment, tmp_path, "demo", "--port", "0") as served:
        page = opened(chromium, served.address)
        expect(page.get_by_role("gridcell", name="beach walk.mp4", exact=True)).to_be_visible()
        page.get_by_role("tab", name="Activity").click()
        expect(page.get_by_role("list", name="Jobs")).to_contain_text("Complete")
        page.get_by_role("tab", name="Videos").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="CSV").click()
        download.value.save_as(tmp_path / "videos.csv")
        page.close()
        code, _said, log = served.stop()
    assert code == 0
    assert is_quiet(log), log
    table = pd.read_csv(tmp_path / "videos.csv")
    assert "beach walk.mp4" in set(table["name"])
    assert len(table) == len(list((tmp_path / "cache/stoat/demo/clips").rglob("*.*")))


def test_a_scan_that_is_typed_into_the_served_page_is_seen_to_its_end(
    environment: dict[str, str], tmp_path: Path, chromium: Browser
) -> None:
    make_samples(tmp_path / "videos")
    with serving(environment, tmp_path, "serve", "--port", "0") as served:
        page = opened(chromium, served.address)
        page.get_by_role("button", name="Scan", exact=True).click()
        field = page.get_by_role("textbox", name="Folder")
        field.fill(str(tmp_path / "videos"))
        field.press("Enter")
        expect(page.get_by_role("list", name="Jobs")).to_contain_text("Complete")
        expect(page.get_by_role("gridcell", name="beach walk.mp4", exact=True)).to_be_visible()
        page.close()
        code, _said, log = served.stop()
    assert code == 0
    assert is_quiet(log), log


def test_ipython_scans_a_folder_and_lists_its_videos(
    environment: dict[str, str], tmp_path: Path
) -> None:
    make_samples(tmp_path / "videos")
    (tmp_path / "cells.py").write_text(CELLS, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "cells.py"],
        cwd=tmp_path,
        env={**environment, "IPYTHONDIR": str(tmp_path / "ipython")},
        capture_output=True,
        text=True,
        timeout=PATIENCE_MS / 1000,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "beach walk.mp4" in run.stdout
    assert is_quiet(run.stderr), run.stderr


CELLS = """
from stoat_nb import Library

with Library("videos.db") as library:
    print(library.scan("videos").result())
    print("\\n".join(library.videos()["name"]))
    library.export("videos.parquet")
"""
