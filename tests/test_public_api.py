"""What ``from stoat_nb import ...`` gives: typed names that complete, and errors that say why."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import jedi
import pytest

import stoat_nb

USER_FILE = """\
from typing import assert_type

import pandas as pd

import stoat_nb
from stoat_nb import Explorer, Job, Library, ScanReport, VideoQuery


def right(library: Library) -> None:
    job = library.scan("/videos", mode="verify")
    assert_type(job, Job[ScanReport])
    assert_type(job.result(), ScanReport)
    assert_type(library.videos("height >= 2160"), pd.DataFrame)
    assert_type(library.videos(query=VideoQuery(where="fps > 50")), pd.DataFrame)
    assert_type(library.explore(), Explorer)
    assert_type(library.sql("select codec from videos"), pd.DataFrame)
    assert_type(stoat_nb.Library("videos.db"), Library)


async def awaited(library: Library) -> None:
    assert_type(await library.scan("/videos"), ScanReport)


def wrong(library: Library) -> None:
    library.scan("/videos", mode="fast")
    library.export("videos.csv", formt="csv")
    stoat_nb.Nonsense
"""


#: The lines of it that are wrong: its last three.
MISTAKES = range(USER_FILE.count("\n") - 2, USER_FILE.count("\n") + 1)

#: As a user runs it: nothing of this project's own configuration.
MYPY = (sys.executable, "-m", "mypy", "--strict", "--config-file=")
PYRIGHT = (sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable)


def test_type_checkers_and_the_interpreter_are_told_of_the_same_names(repository: Path) -> None:
    stub = ast.parse((repository / "stoat_nb" / "__init__.pyi").read_text("utf-8"))
    told = {
        (alias.asname, alias.name): node.module
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert told == {(name, name): module for name, module in stoat_nb._MODULES.items()}


@pytest.mark.slow
def test_mypy_knows_the_types_of_a_user_s_file_and_finds_the_mistakes_in_it(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    (tmp_path / "user.py").write_text(USER_FILE, "utf-8")
    cache = pytestconfig.rootpath / ".mypy_cache" / "user"
    checked = subprocess.run(
        [*MYPY, "--cache-dir", cache, "user.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"^user\.py:(\d+): error: .*?(\[[a-z-]+\])$", checked.stdout, re.MULTILINE)
    codes = ("[arg-type]", "[call-arg]", "[attr-defined]")
    assert found == [(str(line), code) for line, code in zip(MISTAKES, codes, strict=True)], (
        checked.stdout + checked.stderr
    )


@pytest.mark.slow
def test_pyright_knows_them_as_well(tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text(USER_FILE, "utf-8")
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "standard"}')
    checked = subprocess.run(
        [*PYRIGHT, "--outputjson", "user.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    told = json.loads(checked.stdout)["generalDiagnostics"]
    found = [(one["range"]["start"]["line"] + 1, one["rule"]) for one in told]
    rules = ("reportArgumentType", "reportCallIssue", "reportAttributeAccessIssue")
    assert found == [*zip(MISTAKES, rules, strict=True)], checked.stdout


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("from stoat_nb import Lib", "Library"),
        ("import stoat_nb\nstoat_nb.Video", "VideoQuery"),
        ("from stoat_nb import Library\nLibrary('x').sc", "scan"),
        ("from stoat_nb import Library\nLibrary('x').scan('/').res", "result"),
        ("from stoat_nb import Library\nLibrary('x').scan('/').result().sca", "scanned"),
        ("from stoat_nb import Library\nLibrary('x').explore().co", "code"),
    ],
)
def test_an_editor_completes_what_is_typed(typed: str, offered: str) -> None:
    script = jedi.Script(typed, environment=jedi.InterpreterEnvironment())
    assert offered in [completion.name for completion in script.complete()]


def shown_imports(repository: Path) -> set[tuple[str, str]]:
    """Return each import of ours that a page or a tutorial shows, as module and name."""
    pages = [repository / "README.md", *(repository / "docs").glob("*.md")]
    texts = [page.read_text("utf-8") for page in pages]
    for notebook in (repository / "notebooks").glob("*.ipynb"):
        cells = json.loads(notebook.read_text("utf-8"))["cells"]
        texts += ["".join(cell["source"]) for cell in cells]
    shown = re.findall(r"^from (stoat_nb[\w.]*) import ([\w, ]+)$", "\n".join(texts), re.MULTILINE)
    return {(module, name.strip()) for module, names in shown for name in names.split(",")}


def test_every_import_that_a_page_shows_works(repository: Path) -> None:
    imports = shown_imports(repository)
    assert ("stoat_nb", "Library") in imports
    assert [pair for pair in sorted(imports) if not hasattr(import_module(pair[0]), pair[1])] == []


# What cannot be loaded ------------------------------------------------------------------------

SENTENCE = "Stoat runs on Linux; on macOS or Windows run it in a container or WSL"


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )


def last_line(program: str) -> str:
    return run(program).stderr.splitlines()[-1]


@pytest.mark.parametrize("system", ["darwin", "win32"])
@pytest.mark.parametrize(
    "line",
    ["from stoat_nb import Library", "import stoat_nb.library", "import stoat_nb.sharing"],
)
def test_another_system_is_named_before_anything_that_it_lacks(system: str, line: str) -> None:
    program = (
        f"import asyncio, os, sys; sys.platform = {system!r}; del os.O_PATH, os.O_DIRECTORY; {line}"
    )
    assert last_line(program).startswith(f"stoat_nb.errors.UnsupportedSystem: {SENTENCE}")


@pytest.mark.parametrize("arguments", [["videos"], ["--help"]])
def test_the_command_line_names_another_system_in_one_sentence(arguments: list[str]) -> None:
    program = f"import sys; sys.platform = 'darwin'; import stoat_nb.cli as c; c.main({arguments})"
    ran = run(program)
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
    assert ran.stderr.startswith(f"stoat: {SENTENCE}")


def test_the_true_cause_of_a_failed_import_is_told() -> None:
    program = "import os; del os.O_DIRECTORY; from stoat_nb import Library"
    ran = run(program)
    assert ran.stderr.splitlines()[-1] == (
        "ImportError: stoat_nb.Library cannot be loaded: module 'os' has no attribute 'O_DIRECTORY'"
    )
    assert "cannot import name" not in ran.stderr


@pytest.mark.parametrize(
    "line", ["from stoat_nb import JobList", "import stoat_nb; stoat_nb.Library.explore(None)"]
)
def test_a_component_without_the_dashboard_s_packages_names_the_extra(line: str) -> None:
    program = f"import sys; sys.modules['panel'] = None; {line}"
    assert 'Run: pip install "stoat-nb[dashboard]"' in last_line(program)
