"""How long until the page can be used: of a library of a million videos, and of ten thousand.

Each round starts a server on each of the two libraries, in turn, and opens its page twice in a real
Chromium: the first visitor finds nothing counted yet, the second one what was counted for the
first. Measured from the navigation to the first row of the table that can be seen, and to the
facets beside it, which the table does not wait for. Medians.

Run it with ``python -m benchmarks.page [--rows 1000000] [--rounds 5]``. ``$CHROMIUM`` names another
browser than ``/usr/bin/chromium``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import panel as pn
from playwright.sync_api import Browser, sync_playwright

from benchmarks.million import make
from benchmarks.viewers import be_quiet, free_port, until_it_answers
from stoat_nb import Library
from stoat_nb.dashboard import create_dashboard

FEW = 10_000
#: What has been measured, in order.
STEPS = (
    "first visitor: first row",
    "first visitor: facets",
    "second visitor: first row",
    "second visitor: facets",
)
_QUIET = ("background-networking", "component-update", "quic", "sync", "gpu")


def serve(path: Path, port: int) -> None:
    """Serve the dashboard until killed."""
    be_quiet()
    with Library(path) as library:
        pn.serve({"/page": lambda: create_dashboard(library)}, port=port, show=False, verbose=False)


@contextmanager
def served(path: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.page", "--serve", str(path), str(port)]
    process = subprocess.Popen(command)
    try:
        until_it_answers(port)
        yield f"http://localhost:{port}/page"
    finally:
        process.terminate()
        process.wait()


def visit(browser: Browser, url: str) -> list[float]:
    """Open a page; return the seconds until a row and until a facet can be seen."""
    context = browser.new_context()
    page = context.new_page()
    began = time.perf_counter()
    page.goto(url, wait_until="commit")
    spent = []
    for seen in ("tbody tr", ".facet"):
        page.locator(seen).first.wait_for(state="visible", timeout=120_000)
        spent.append(time.perf_counter() - began)
    context.close()
    return spent


def visits(browser: Browser, path: Path) -> list[float]:
    with served(path) as url:
        return [*visit(browser, url), *visit(browser, url)]


def compare(few: Path, many: Path, rounds: int) -> None:
    found: dict[Path, list[list[float]]] = {few: [], many: []}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in _QUIET)],
        )
        with served(few) as url:
            visit(browser, url)  # the browser's own start is not what is measured
        for number in range(rounds):
            for path in [few, many][:: 1 if number % 2 else -1]:
                found[path].append(visits(browser, path))
        browser.close()
    print("| seconds from the navigation | few | many | ratio |")
    print("| --- | ---: | ---: | ---: |")
    for step, name in enumerate(STEPS):
        least, most = (statistics.median(one[step] for one in found[path]) for path in (few, many))
        print(f"| {name} | {least:.2f} | {most:.2f} | {most / least:.2f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        serve(Path(asked.serve[0]), int(asked.serve[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        few, many = Path(folder) / "few.db", Path(folder) / "many.db"
        make(few, FEW)
        make(many, asked.rows)
        compare(few, many, asked.rounds)


if __name__ == "__main__":
    main()
