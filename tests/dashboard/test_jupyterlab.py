from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import BrowserContext, Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.jupyter, pytest.mark.slow]

HANDLER = """
import itertools, time
from stoat_nb import Library
library = Library("stoat.db")
async def wait(context):
    import asyncio
    for done in itertools.count():
        context.report(phase="waiting", done=done % 10_000, total=10_000)
        await asyncio.sleep(0.02)
library.register_handler("wait", wait, timeout=None)
"""
HALF_A_CHANGE = """() => {
  const roots = Bokeh.documents.flatMap((document) => document.roots());
  const managers = roots.filter((root) => root.type.endsWith("CommManager"));
  const listens = ({_receiver: one}) => one._current_consumer === one._HEADER;
  if (!managers.every(listens)) return 0;
  managers.forEach((one) => one.msg_handler({metadata: {}, content: {data: "{}"}}));
  return managers.length;
}"""
CELLS = (
    HANDLER,
    "job = library.submit('wait', {})\njob",
    "while not job.state.is_final: time.sleep(0.05)",
    "library.close()",
    HANDLER + "library.job(library.job_states(limit=1)[0].job_id)",
)
EXPLORING = (
    """
from stoat_nb import Library
library = Library("stoat.db")
report = library.scan("Videos").result()
explorer = library.explore(pictures=True)
explorer
""",
    "print(len(explorer.df), sorted(set(explorer.df['codec'])))",
)


def written(sources: Sequence[str]) -> str:
    """Return a notebook of these cells, as it is saved."""
    cells = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "source": source.strip(),
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        for number, source in enumerate(sources)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel}
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def notebook(start: Callable[..., Any], port: int, tmp_path: Path) -> Iterator[Any]:
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name, sources in (("job", CELLS), ("explorer", EXPLORING)):
        (folder / f"{name}.ipynb").write_text(written(sources))
    options = {
        "ServerApp.root_dir": folder,
        "IdentityProvider.token": "",
        "LabApp.news_url": None,
        "LabApp.check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
    }
    homes = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    server = start(
        [
            *("-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"),
            *(f"--{name}={value}" for name, value in options.items()),
        ],
        port=port,
        path="/lab/tree/job.ipynb",
        **{name: str(tmp_path / name) for name in homes},
    )
    yield server
    server.stop_at_last()


def open_notebook(page: Page, url: str) -> None:
    """Open it, answering whatever JupyterLab wants to know first as its button suggests."""

    def accept(dialog: Locator) -> None:
        print("JupyterLab asked:", dialog.inner_text())  # noqa: T201 - shown if the test fails
        dialog.locator(".jp-mod-accept").last.click()

    page.add_locator_handler(page.locator("dialog.jp-Dialog"), accept)
    page.goto(url)
    idle = page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
    expect(idle.first).to_be_visible()


def run(page: Page, number: int, *, wait: bool = True) -> Locator:
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(number)
    prompt = cell.locator(".jp-InputPrompt").first
    wanted = re.compile(r"\[\d+\]:" if wait else r"\[\*\]:")
    # While it still sets itself up, JupyterLab drops keys and even forgets what it was to run.
    for _ in range(20):
        if prompt.inner_text() == "[ ]:":
            cell.locator(".cm-content").click()
            page.keyboard.press("Shift+Enter")
        with suppress(AssertionError):
            expect(prompt).to_have_text(wanted, timeout=3000)
            break
    expect(prompt).to_have_text(wanted)
    return cell


def said_to_the_kernel(page: Page) -> list[bytes]:
    said: list[bytes] = []
    take = lambda sent: said.append(sent if isinstance(sent, bytes) else sent.encode())  # noqa: E731
    page.on("websocket", lambda socket: socket.on("framesent", take))
    return said


def test_a_job_in_a_cell_is_live_while_another_blocks_and_leaves_its_end_behind(
    notebook: Any, window: BrowserContext
) -> None:
    page = window.new_page()
    said = said_to_the_kernel(page)
    open_notebook(page, notebook.url)
    run(page, 0)

    card = run(page, 1)
    cancel = card.get_by_role("button", name="Cancel Wait")
    bar = card.get_by_role("progressbar")
    expect(cancel).to_be_visible()

    run(page, 2, wait=False)
    before = str(bar.get_attribute("aria-valuenow"))
    expect(bar).not_to_have_attribute("aria-valuenow", before)
    # A change of which only a part came, as while the view was still being made.
    page.wait_for_function(HALF_A_CHANGE)
    before = str(bar.get_attribute("aria-valuenow"))
    expect(bar).not_to_have_attribute("aria-valuenow", before)
    # A view says what somebody does, and nothing that it was told.
    assert not [message for message in said if b'"attr":"rows"' in message]
    cancel.click()

    # Nothing but the last state is left: no button, and nothing that needs a kernel.
    expect(card).to_contain_text(re.compile("Cancelled.*Cancelled after", re.DOTALL))
    expect(cancel).to_have_count(0)
    run(page, 3)

    page.keyboard.press("Control+s")
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)
    page.goto(notebook.url)
    expect(page.locator(".jp-OutputArea-output", has_text="Cancelled after")).to_be_visible()


def test_a_job_goes_on_in_a_new_kernel_and_is_live_there(
    notebook: Any, window: BrowserContext, tolerated: list[str]
) -> None:
    # JupyterLab's own, of a question that it had asked the old kernel.
    tolerated.append("Canceled future for create_subshell_request message")
    page = window.new_page()
    open_notebook(page, notebook.url)
    run(page, 0)
    first = run(page, 1)
    bar = first.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", re.compile("[1-9]"))

    page.keyboard.press("Escape")
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name="Restart Kernel…").click()
    idle = page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
    expect(idle.first).to_be_visible()

    card = run(page, 4)
    bar = card.get_by_role("progressbar")
    expect(bar).to_be_visible()
    before = str(bar.get_attribute("aria-valuenow"))
    expect(bar).not_to_have_attribute("aria-valuenow", before)
    expect(card).to_contain_text("Resumed")
    card.get_by_role("button", name="Pause Wait").click()
    expect(card).to_contain_text("Paused")
    card.get_by_role("button", name="Cancel Wait").click()
    expect(card).to_contain_text("Cancelled")
    card.get_by_text(re.compile("^Log, ")).click()
    expect(card).to_contain_text("attempt 2")


def test_an_explorer_in_a_cell_filters_hands_back_its_frame_and_opens_a_video(
    notebook: Any, window: BrowserContext, samples: Path, tmp_path: Path
) -> None:
    shutil.copytree(samples, tmp_path / "notebooks" / "Videos")
    page = window.new_page()
    page.set_viewport_size({"width": 1300, "height": 1400})
    open_notebook(page, notebook.url.replace("job.ipynb", "explorer.ipynb"))
    cell = run(page, 0)
    expect(cell.get_by_role("grid", name="Videos")).to_be_visible()
    expect(cell.get_by_role("img", name=re.compile("^A picture from")).first).to_be_visible()

    cell.get_by_role("group", name="Filters").get_by_label("h264").check()
    expect(cell.get_by_role("group", name="Active filters")).to_contain_text("Codec: h264")
    rows = cell.get_by_role("row", name=re.compile("h264"))
    expect(cell.get_by_role("row", name=re.compile("vp9"))).to_have_count(0)
    expect(run(page, 1)).to_contain_text(f"{rows.count()} ['h264']")

    cell.get_by_role("row", name=re.compile("beach walk")).first.press("Enter")
    expect(cell.get_by_role("heading", name="beach walk.mp4")).to_be_visible()
    expect(cell.get_by_role("img", name="A picture from beach walk.mp4").last).to_be_visible()

    page.locator(".jp-CodeCell .cm-content").nth(1).click()
    page.keyboard.press("Control+s")
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)
    # Pictures are told to a page, and not kept with it.
    assert "data:image/jpeg" not in (tmp_path / "notebooks" / "explorer.ipynb").read_text()
