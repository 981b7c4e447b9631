"""What every room of the house keeps: its floor, its size, and nothing of whoever built it."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

import stoat_nb

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "stoat_nb"
PYTHON = sorted(
    path
    for room in ("stoat_nb", "tests", "benchmarks", "scripts")
    for path in (REPOSITORY / room).rglob("*.py")
)


def named(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def tracked_texts() -> list[tuple[str, str]]:
    """Return each file that git keeps or would keep, with its text."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed, and nothing else tells our files from others")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is no git checkout, so nothing tells its files from others")
    paths = [REPOSITORY / os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]
    contents = ((named(path), path.read_bytes()) for path in paths if path.is_file())
    # Pictures and clips hold every word sooner or later, and mean none of them.
    return [
        (name, found.decode("utf-8", "replace")) for name, found in contents if b"\0" not in found
    ]


def offences(pattern: str) -> list[str]:
    wanted = re.compile(pattern)
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in tracked_texts()
        for number, line in enumerate(text.splitlines(), 1)
        if wanted.search(line)
    ]


# The floors ---------------------------------------------------------------------------------------


def judged(folder: Path) -> subprocess.CompletedProcess[str]:
    """Let import-linter judge a copy of the house by the contracts in pyproject.toml."""
    command = "from importlinter.cli import lint_imports_command as lint; lint()"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copied_house(tmp_path: Path) -> Path:
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    shutil.copytree(PACKAGE, tmp_path / "stoat_nb", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def add_line(folder: Path, room: str, line: str) -> None:
    path = folder / "stoat_nb" / room
    path.write_text(f"{path.read_text('utf-8')}\n{line}\n", "utf-8")


def test_the_house_as_it_stands_breaks_no_contract(copied_house: Path) -> None:
    verdict = judged(copied_house)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


def test_each_contract_is_broken_by_the_import_it_forbids(copied_house: Path) -> None:
    upwards = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import stoat_nb.errors"
    add_line(copied_house, "names.py", upwards)
    add_line(copied_house, "settings.py", "import panel")
    add_line(copied_house, "media/video.py", "import asyncio")
    add_line(copied_house, "jobs/state.py", "import pandas")
    add_line(copied_house, "media/failures.py", "import msgspec")
    add_line(copied_house, "catalog/videos.py", "import stoat_nb.catalog.reader")
    add_line(copied_house, "catalog/span.py", "import stoat_nb.catalog.scans")
    verdict = judged(copied_house)
    contracts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    names = [contract["name"] for contract in contracts["tool"]["importlinter"]["contracts"]]
    assert verdict.returncode == 1, verdict.stdout + verdict.stderr
    assert [name for name in names if f"{name} BROKEN" not in verdict.stdout] == []


# The face -----------------------------------------------------------------------------------------


def test_the_face_is_sorted_and_every_name_on_it_is_there() -> None:
    face = [name for name in stoat_nb.__all__ if name != "__version__"]
    assert face == sorted(face)
    assert [name for name in stoat_nb.__all__ if not hasattr(stoat_nb, name)] == []


def test_importing_the_face_loads_no_heavy_library() -> None:
    heavy = {"apsw", "av", "bokeh", "fastapi", "numpy", "pandas", "panel", "pyarrow", "rich"}
    program = f"import sys, stoat_nb; print(*sorted({heavy!r} & set(sys.modules)))"
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert loaded.stdout.split() == []


# The rooms ----------------------------------------------------------------------------------------


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    sizes = {named(path): len(path.read_text("utf-8").splitlines()) for path in PYTHON}
    assert {name: size for name, size in sizes.items() if size > 400} == {}


def test_every_room_opens_with_the_sentence_that_says_what_it_is_for() -> None:
    texts = {named(path): path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}
    silent = [
        name
        for name, text in texts.items()
        if text.strip() and not ast.get_docstring(ast.parse(text))
    ]
    assert silent == []


def test_no_function_is_longer_than_sixty_lines() -> None:
    long = [
        f"{named(path)}: {node.name}"
        for path in PYTHON
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= 60
    ]
    assert long == []


# The whole tree -----------------------------------------------------------------------------------


def test_nothing_in_the_tree_is_a_note_to_self() -> None:
    assert offences(r"\b(TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b") == []


def test_nothing_in_the_tree_names_a_path_of_the_machine_it_was_built_on() -> None:
    assert offences(r"(^|[^\w.])/(work|farm|root|opt/pypi|opt/wheels|tmp/(venv|brief))\b") == []


def test_nothing_in_the_tree_names_where_packages_come_from() -> None:
    hosts = (
        r"pypi\.[o]rg|pythonhosted\.[o]rg|registry\.[n]pmjs|deb\.[d]ebian\.org|extra-index-[u]rl"
    )
    assert offences(hosts) == []


# The packages -------------------------------------------------------------------------------------


def declared() -> list[Requirement]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"]
    lines = [
        *project["project"]["dependencies"],
        *(line for extra in extras.values() for line in extra),
        *project["dependency-groups"]["dev"],
        *project["build-system"]["requires"],
    ]
    found = [Requirement(line) for line in lines]
    return [requirement for requirement in found if requirement.name != "stoat-nb"]


def pins(file: str = "constraints.txt") -> list[tuple[Requirement, int]]:
    """Return each pin of a file of constraints and how many hashes it carries."""
    text = (REPOSITORY / file).read_text("utf-8").replace("\\\n", "")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    parts = [line.split("--hash=sha256:") for line in lines]
    return [(Requirement(part[0].strip()), len(part) - 1) for part in parts]


def classified_pythons() -> list[str]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    found = [re.fullmatch(r".* :: Python :: (3\.\d+)", line) for line in project["classifiers"]]
    return [match[1] for match in found if match]


def test_the_scripts_try_the_pythons_that_the_package_claims() -> None:
    setup = (REPOSITORY / "scripts" / "_setup").read_text("utf-8")
    assert f"supported_pythons='{' '.join(classified_pythons())}'" in setup


@pytest.mark.parametrize("python", classified_pythons())
def test_constraints_pin_every_declared_package_as_declared(python: str) -> None:
    machine = {
        **default_environment(),
        "python_version": python,
        "python_full_version": f"{python}.0",
    }
    applies = [pin for pin, _ in pins() if pin.marker is None or pin.marker.evaluate(machine)]
    versions = {pin.name: str(pin.specifier).removeprefix("==") for pin in applies}
    assert len(versions) == len(applies), "a package is pinned twice for one Python"
    wanted = [need for need in declared() if need.marker is None or need.marker.evaluate(machine)]
    assert [
        str(need)
        for need in wanted
        if need.name not in versions or not need.specifier.contains(versions[need.name])
    ] == []


@pytest.mark.parametrize("file", ["constraints.txt", "constraints-oldest.txt"])
def test_every_pin_carries_hashes_and_no_address(file: str) -> None:
    assert [pin.name for pin, hashes in pins(file) if not hashes or pin.url] == []


def test_the_oldest_packages_that_are_tested_are_the_oldest_that_are_declared() -> None:
    oldest = {
        pin.name: str(pin.specifier).removeprefix("==").split(".")
        for pin, _ in pins("constraints-oldest.txt")
        if pin.marker is None or pin.marker.evaluate({"python_full_version": "3.11.0"})
    }
    least = {need.name: str(need.specifier).removeprefix(">=").split(".") for need in declared()}
    for name in ("pandas", "pyarrow"):
        assert oldest[name][: len(least[name])] == least[name]


def test_the_page_about_the_stack_tells_of_every_package_a_user_installs() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    page = (REPOSITORY / "docs" / "stack.md").read_text("utf-8")
    lines = [*project["dependencies"], *(line for extra in extras.values() for line in extra)]
    names = {Requirement(line).name for line in lines} - {"stoat-nb"}
    assert [name for name in sorted(names) if f"**{name}**" not in page] == []
