"""What a shell offers after Tab: commands, options, columns, and the ids of jobs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stoat_nb.library import Library

from .conftest import Run


@pytest.fixture
def offered(run: Run, environment: dict[str, str]) -> Callable[..., list[str]]:
    """What bash is offered for the last of some words."""

    def complete(*words: str) -> list[str]:
        environment["_STOAT_COMPLETE"] = "bash_complete"
        environment["COMP_WORDS"] = " ".join(("stoat", *words))
        environment["COMP_CWORD"] = str(len(words))
        ran = run()
        assert (ran.returncode, ran.stderr) == (0, "")
        return [line.partition(",")[2] for line in ran.stdout.splitlines() if line]

    return complete


def test_commands_and_options_are_offered(offered: Callable[..., list[str]]) -> None:
    assert offered("sca") == ["scan", "scans"]
    assert offered("videos", "--se") == ["--search"]


def test_columns_are_offered_after_those_that_stand_there(
    offered: Callable[..., list[str]],
) -> None:
    assert offered("videos", "--sort", "size") == ["size_bytes"]
    assert offered("videos", "--columns", "name,durat") == [
        "name,duration_s",
        "name,duration_basis",
    ]
    assert offered("failures", "--columns", "err") == ["error_class", "error"]


def test_jobs_are_offered_of_the_library_that_is_named(
    offered: Callable[..., list[str]], full: Path
) -> None:
    with Library(full, take="none") as library:
        (job_id,) = [state.job_id for state in library.job_states()]
    for words in (["--library", str(full), "job"], ["job", "--library", str(full)]):
        assert offered(*words, job_id[:3]) == [job_id]
        assert offered(*words, "zz") == []
    assert offered("job", "0") == []  # there is no library


def test_the_script_for_each_shell_is_printed(run: Run, environment: dict[str, str]) -> None:
    for shell in ("bash", "zsh", "fish"):
        environment["_STOAT_COMPLETE"] = f"{shell}_source"
        ran = run()
        assert ran.returncode == 0
        assert "_STOAT_COMPLETE=" in ran.stdout
