"""The real pages in a real Chromium, which may talk to nobody but this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    expect,
    sync_playwright,
)

from stoat_nb.media.demo_clips import make_samples
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
#: Milliseconds the slowest step may take on a busy machine.
PATIENCE_MS = 60_000
#: A name that would run a script wherever it is taken for HTML.
HOSTILE = "<img src=x onerror=window.__pwned=1>"

_HOME = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")
_QUIET = ("background-networking", "component-update", "quic", "sync", "gpu")

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Not for the whole session: while it is open, no test of its thread can have a loop of its own.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in _QUIET)],
        )
        yield browser
        browser.close()


@pytest.fixture
def tolerated() -> list[str]:
    """Complaints of others' pages that a test has reason to expect."""
    return []


@pytest.fixture
def window(chromium: Browser, tolerated: list[str]) -> Iterator[BrowserContext]:
    """A window whose pages must neither complain, nor want anything from elsewhere, nor be run."""
    complaints: list[str] = []
    window = chromium.new_context(locale="en-GB")
    window.set_default_timeout(PATIENCE_MS)
    window.on("page", lambda page: _listen(page, complaints))
    with closing(window):
        yield window
        for page in window.pages:
            assert page.evaluate("window.__pwned") is None, "a file name was run as a script"
    assert [said for said in complaints if not any(one in said for one in tolerated)] == []


def _listen(page: Page, complaints: list[str]) -> None:
    def on_request(url: str) -> None:
        if not url.startswith(_HOME):
            complaints.append(f"went to {url}")

    def on_console(said: ConsoleMessage) -> None:
        complaints.append(f"{said.text} at {said.location['url']}")

    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: on_console(said) if said.type == "error" else None)
    page.on("request", lambda request: on_request(request.url))


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small archive of real clips, broken ones and hostile names among them."""
    folder = tmp_path_factory.mktemp("samples")
    first, *_ = make_samples(folder)
    hostile = folder / HOSTILE
    hostile.mkdir()
    shutil.copy(first, hostile / f"{HOSTILE}.mp4")
    (hostile / f"{HOSTILE} empty.mp4").touch()
    return folder


@pytest.fixture(scope="session")
def many_samples(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough files that a scan can be watched step by step."""
    folder = tmp_path_factory.mktemp("many")
    clips = sorted(path for path in samples.rglob("*") if path.is_file())
    for number in range(60):
        disk = folder / f"disk {number:03}"
        disk.mkdir()
        for clip in clips:
            os.link(clip, disk / clip.name)
    return folder


class Server:
    """A program that answers on a port of this machine until it is stopped."""

    def __init__(self, command: list[str], port: int, path: str, log: Path, **more: str) -> None:
        self.url = f"http://127.0.0.1:{port}{path}"
        self._log = log
        with log.open("w") as output:
            self._process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": str(ROOT)} | more,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait_until_it_answers(self) -> None:
        """Wait for its first page for as long as it runs: how long that takes is the machine's."""
        while True:
            try:
                urlopen(self.url).close()  # noqa: S310 - an address of our own
            except (URLError, ConnectionError):
                self._see_it_run()
            else:
                return

    def _see_it_run(self) -> None:
        """Leave it a moment of the processor that it starts on; fail at once if it has ended."""
        try:
            self._process.wait(0.05)
        except subprocess.TimeoutExpired:
            return
        raise AssertionError(self._log.read_text())

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(120)

    def stop_at_last(self) -> None:
        """Stop a program of others, whose threads may keep it from ending."""
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait(30)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start programs that answer; all are stopped at the end."""
    servers: list[Server] = []

    def start(command: list[str], *, port: int, path: str, **more: str) -> Server:
        log = tmp_path / f"server {len(servers)}.log"
        servers.append(Server(command, port, path, log, **more))
        servers[-1].wait_until_it_answers()
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def serve(start: Callable[..., Server], tmp_path: Path) -> Callable[..., Server]:
    """Serve the dashboard over a library as anybody would."""

    def serve(
        library: Path = tmp_path / "stoat.db",
        port: int | None = None,
        steps: Steps | None = None,
    ) -> Server:
        port = free_port() if port is None else port
        program = ["-m", "panel"] if steps is None else ["-c", STEPPED, str(steps.pipe)]
        return start(
            [*program, "serve", "dashboard.py", "--port", str(port)],
            port=port,
            path="/dashboard",
            STOAT_LIBRARY=str(library),
            STOAT_PROBE_WORKERS="1",
            STOAT_PROBE_TIMEOUT_S="120",
        )

    return serve


#: Panel, in which scans read only as far as they are told.
STEPPED = """
import runpy, sys
from tests.scan.readers import step_readers
step_readers(sys.argv.pop(1))
runpy.run_module("panel", run_name="__main__", alter_sys=True)
"""


class Steps:
    """Has the scans of a server go on step by step: they stand still in between."""

    def __init__(self, pipe: Path) -> None:
        self.pipe = pipe
        os.mkfifo(pipe)
        self.fd = os.open(pipe, os.O_RDWR)

    def until_at(self, bar: Locator, value: re.Pattern[str]) -> str:
        """Go on until the bar shows such a value; return it."""
        for _ in range(500):
            os.write(self.fd, b".")
            with suppress(AssertionError):
                expect(bar).to_have_attribute("aria-valuenow", value, timeout=300)
                break
        expect(bar).to_have_attribute("aria-valuenow", value)
        return str(bar.get_attribute("aria-valuenow"))

    def until_past(self, bar: Locator, value: str) -> None:
        """Go on until the bar has moved on."""
        self.until_at(bar, re.compile(f"^(?!{re.escape(value)}$)"))


@pytest.fixture
def steps(tmp_path: Path) -> Iterator[Steps]:
    made = Steps(tmp_path / "steps")
    yield made
    os.close(made.fd)


#: Another process that runs jobs in the library of a page. What it may do next is told in a line.
ELSEWHERE = """
import asyncio, sys
from stoat_nb import Library

async def told():
    return (await asyncio.to_thread(sys.stdin.readline)).strip()

async def copy(context):
    context.report(phase="copying", done=3, total=40)
    while word := await told():
        context.log(word)
        if word == "fail":
            raise OSError("The disk went away. <img src=x onerror=window.__pwned=1>")
        if word == "end":
            return None

async def ends(context):
    return None

library = Library(sys.argv[1])
library.register_handler("copy", copy, timeout=None)
library.register_handler("quick", ends)
for job_type in sys.argv[2:]:
    library.submit(job_type, {})
print("ready", flush=True)
import threading
threading.Event().wait()
"""


class Elsewhere:
    """Another process that has the library open."""

    def __init__(self, library: Path, *job_types: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", ELSEWHERE, str(library), *job_types],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        assert self._process.stdout.readline() == "ready\n"

    def tell(self, word: str) -> None:
        assert self._process.stdin
        print(word, file=self._process.stdin, flush=True)

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate(timeout=30)


@pytest.fixture
def elsewhere() -> Iterator[Callable[..., Elsewhere]]:
    started: list[Elsewhere] = []

    def elsewhere(library: Path, *job_types: str) -> Elsewhere:
        started.append(Elsewhere(library, *job_types))
        return started[-1]

    yield elsewhere
    for one in started:
        one.stop()


@pytest.fixture
def open_page(window: BrowserContext) -> Callable[..., Page]:
    def open_page(server: Any, *, width: int = 1280, height: int = 900) -> Page:
        page = window.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.goto(server.url)
        page.get_by_role("heading", level=1).wait_for()
        return page

    return open_page


#: Has all parts of a kind drawn anew.
DRAW_AGAIN = """([kind, property]) => {
  for (const {class_name, data} of Bokeh.documents[0]._all_models.values())
    if (class_name === kind) data.properties[property].change.emit();
}"""


def press_while_drawn(button: Locator, kind: str, prop: str) -> None:
    """Press what is drawn anew between down and up, as when news come: that is not lost."""
    button.hover()
    button.page.mouse.down()
    button.page.evaluate(DRAW_AGAIN, [kind, prop])
    button.page.mouse.up()


def scan(page: Page, folder: Path | str) -> None:
    """Type a folder and press Enter; the form is open while there are no videos."""
    page.get_by_role("button", name="Scan", exact=True).click()
    field = page.get_by_role("textbox", name="Folder")
    field.fill(str(folder))
    field.press("Enter")


@pytest.fixture
def port() -> int:
    return free_port()
