"""What a kernel sends when a job is shown, without a browser."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stoat_nb import notebook

manager = pytest.importorskip("jupyter_client.manager")

PATIENCE_S = 60

LIBRARY = """
import sys
from stoat_nb import Library
library = Library("stoat.db")
import asyncio, threading
may_end = threading.Event()
async def wait(context):
    while not may_end.is_set():
        await asyncio.sleep(0.01)
    return 1
library.register_handler("wait", wait)
"""

#: A part that a thread changes, while its notebook keeps on saying something.
TALK = """
import panel as pn
from panel.io.state import state
from stoat_nb.components.live import LiveHub
from stoat_nb import notebook
notebook._load_panel()
told = pn.pane.Str("")
_ = told._repr_mimebundle_()
reference, (shown, root, document, channel) = list(state._views.items())[-1]
channel.init()
(manager,) = [model for model in document.roots if model is not root]
hub = LiveHub.current()
def tell():
    for number in range(300):
        hub.post(lambda number=number: setattr(told, "object", f"({number})"))
teller = threading.Thread(target=tell)
teller.start()
said = {"header": {"msgid": "1", "msgtype": "PATCH-DOC"}, "metadata": {}, "_buffers": {}}
while teller.is_alive():
    shown._on_msg(reference, manager, {**said, "content": {"events": []}})
teller.join()
"""

Message = dict[str, Any]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], list[Message]]]:
    root = str(Path(__file__).parents[1])
    folder = str(tmp_path_factory.mktemp("kernel"))
    kernel, client = manager.start_new_kernel(kernel_name="python3", cwd=folder)

    def run(code: str) -> list[Message]:
        asked = client.execute(code)
        said: list[Message] = []
        while True:
            message = client.get_iopub_msg(timeout=PATIENCE_S)
            said.append(message)
            mine = message["parent_header"].get("msg_id") == asked
            assert message["msg_type"] != "error", message["content"]
            if mine and message["content"].get("execution_state") == "idle":
                return said

    run(f"import sys; sys.path.insert(0, {root!r})")
    run(LIBRARY)
    yield run
    run("may_end.set(); library.close()")
    client.stop_channels()
    kernel.shutdown_kernel(now=True)


def of_type(messages: list[Message], kind: str) -> list[Message]:
    return [message["content"] for message in messages if message["msg_type"] == kind]


pytestmark = [pytest.mark.jupyter, pytest.mark.slow]


def test_panel_is_loaded_only_when_a_job_is_shown(run: Callable[[str], list[Message]]) -> None:
    (answer,) = of_type(run("'panel' in sys.modules"), "execute_result")

    assert answer["data"]["text/plain"] == "False"


def test_a_job_is_live_until_it_ends_and_then_a_lasting_card(
    run: Callable[[str], list[Message]],
) -> None:
    said = run("may_end.clear(); job = library.submit('wait', {})\njob")
    live = of_type(said, "display_data")[-1]
    assert "application/vnd.holoviews_exec.v0+json" in live["data"]
    assert "data-stoat-job" in live["data"]["text/html"]
    assert live["data"]["text/plain"].startswith("Wait")
    assert of_type(said, "execute_result") == []

    said = run(
        "may_end.set(); job.wait()\nfor thread in threading.enumerate():\n"
        "    if thread.name == 'stoat-cell': thread.join()"
    )
    (last,) = of_type(said, "update_display_data")
    assert last["transient"]["display_id"] == live["transient"]["display_id"]
    assert set(last["data"]) == {"text/plain", "text/html"}
    assert "Complete" in last["data"]["text/html"]


def test_nothing_that_a_view_is_told_is_lost_to_what_its_notebook_says_meanwhile(
    run: Callable[[str], list[Message]],
) -> None:
    said = "".join(str(message["data"]) for message in of_type(run(TALK), "comm_msg"))

    assert [number for number in range(300) if f"({number})" not in said] == []


def test_a_job_that_has_ended_is_a_lasting_card_at_once(
    run: Callable[[str], list[Message]],
) -> None:
    said = run("may_end.set(); job = library.submit('wait', {}); job.wait(); job")

    (card,) = of_type(said, "display_data")
    assert set(card["data"]) == {"text/plain", "text/html"}


def test_a_shell_that_is_no_kernel_is_left_alone() -> None:
    notebook.register(object())


def test_registering_loads_nothing_heavy() -> None:
    script = (
        "import sys, stoat_nb.notebook; "
        "print([name for name in ('panel', 'bokeh', 'pandas', 'IPython') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "[]"


def test_an_explorer_is_live_and_leaves_a_table_that_needs_no_kernel(
    run: Callable[[str], list[Message]],
) -> None:
    said = run(
        "from pathlib import Path\n"
        "folder = Path('videos'); folder.mkdir()\n"
        "(folder / '<img src=x>.mp4').write_bytes(b'')\n"
        "library.scan(folder).result()\n"
        "library.explore(search='img')"
    )
    shown = of_type(said, "display_data")[-1]["data"]
    assert shown["text/plain"] == "Explorer: 1 video"
    assert "application/vnd.holoviews_exec.v0+json" in shown
    kept = shown["text/html"].rpartition("<details>")[2]
    assert "as they were when this was shown" in kept
    assert "&lt;img src=x&gt;.mp4" in kept
    assert "<img" not in kept


HELPED = """
import importlib
from pathlib import Path
Path("helpers.py").write_text("def f(n):\\n    return f'{n} seconds'\\n")
import helpers
async def send(context):
    return await context.run(helpers.f, context.payload["n"])
library.register_handler("send", send)
"""

EDITED = """
Path("helpers.py").write_text("def f(n):\\n    return f'it lasts {n} seconds'\\n")
importlib.reload(helpers)
"""


def test_a_module_beside_a_notebook_runs_for_its_kernel_also_after_it_was_edited(
    run: Callable[[str], list[Message]],
) -> None:
    ask = "library.submit('send', {'n': 3}).result(timeout=60)"
    (before,) = of_type(run(HELPED + ask), "execute_result")
    (after,) = of_type(run(EDITED + ask), "execute_result")

    assert before["data"]["text/plain"] == "'3 seconds'"
    assert after["data"]["text/plain"] == "'it lasts 3 seconds'"
