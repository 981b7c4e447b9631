"""The command line starts at once, explains itself, and takes mistakes calmly."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stoat_nb.cli import stoat
from stoat_nb.cli.lazy import LazyGroup

from .conftest import COMMAND, Run

HEAVY = ("pandas", "numpy", "panel", "av", "fastapi", "apsw", "pyarrow", "rich", "asyncio")
COMMANDS = (
    *(
        "scan",
        "show",
        "summary",
        "videos",
        "failures",
        "sql",
        "scans",
        "analyses",
        "diff",
        "forget",
        "jobs",
        "job",
        "logs",
        "pause",
        "resume",
        "retry",
        "cancel",
    ),
    *("serve", "demo", "doctor"),
)


def loaded_by(
    arguments: list[str], names: tuple[str, ...], folder: Path, environment: dict[str, str]
) -> str:
    """Run a command in a pipe; return which of some modules it loaded."""
    program = f"""
import sys
from stoat_nb.cli import main
try:
    main({arguments})
except SystemExit:
    pass
print("loaded:", [name for name in {names} if name in sys.modules])
"""
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.splitlines()[-1].removeprefix("loaded: ")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["nonsense"], []])
def test_help_loads_nothing_heavy(
    tmp_path: Path, environment: dict[str, str], arguments: list[str]
) -> None:
    assert loaded_by(arguments, HEAVY, tmp_path, environment) == "[]"


@pytest.mark.parametrize("arguments", [["scan", "."], ["jobs"], ["job", "1"], ["cancel", "1"]])
def test_what_draws_on_a_terminal_is_not_loaded_in_a_pipe(
    tmp_path: Path, environment: dict[str, str], arguments: list[str]
) -> None:
    assert loaded_by(arguments, ("rich", "pandas", "pyarrow"), tmp_path, environment) == "[]"


def test_help_lists_every_command(run: Run) -> None:
    ran = run("--help")
    assert ran.returncode == 0
    listed = ran.stdout.split("Commands:\n")[1].splitlines()
    assert [line.split()[0] for line in listed] == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_line_of_help_is_the_command_s_own_first_sentence(name: str) -> None:
    assert isinstance(stoat, LazyGroup)
    _, line = stoat.commands_at[name]
    command = stoat.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    assert command.help is not None
    assert command.name == name
    assert line[:-1].split()[0] == command.help.split()[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["scan"], "Missing argument 'PATH'"),
        (["scan", "/nowhere/at/all"], "stoat: There is no folder at '/nowhere/at/all'"),
        (["scan", ""], "stoat: "),
        (["nonsense"], "No such command 'nonsense'"),
        (["scna"], "No such command 'scna'. Did you mean 'scan' or 'scans'?"),
        (["vidoes"], "Did you mean 'videos'?"),
        (["videos", "--serach", "x"], "--search"),
        (["videos", "--sort", "size"], "There is no column 'size'. Did you mean 'size_bytes'?"),
        (["videos", "--library", "other.db"], "stoat: There is no library at 'other.db' yet"),
        (["videos", "--format", "exe"], "'exe' is not one of"),
        (["videos"], "stoat: There is no library at 'stoat.db' yet"),
        (["failures"], "stoat: There is no library"),
        (["jobs"], "stoat: There is no library"),
        (["job", "x"], "stoat: There is no library"),
        (["logs", "x"], "stoat: There is no library"),
        (["pause", "x"], "stoat: There is no library"),
        (["resume", "x"], "stoat: There is no library"),
        (["retry", "x"], "stoat: There is no library"),
        (["cancel", "x"], "stoat: There is no library"),
        (["cancel"], "Missing argument 'ID...'"),
        (["jobs", "--status", "paused"], "'paused' is not one of"),
        (["jobs", "--limit", "0"], "0 is not in the range"),
        (["serve", "--host", "::"], "stoat: Stoat does not listen on '::'"),
        (["serve", "--host", "example.com"], "stoat: Stoat does not listen on 'example.com'"),
        (["serve", "--port", "70000"], "70000 is not in the range"),
        (["demo", "--host", "192.168.1.1"], "stoat: Stoat does not listen on '192.168.1.1'"),
        (["--library", "/proc/none/stoat.db", "scan", "/"], "stoat: The library"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(
    run: Run, tmp_path: Path, arguments: list[str], said: str
) -> None:
    ran = run(*arguments)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stdout == ""
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".db"] == (
        ["stoat.db"] if arguments == ["scan", "/nowhere/at/all"] else []
    )


def test_the_library_is_named_before_a_command_or_after_it(run: Run, full: Path) -> None:
    told = [run("--library", full, "scans", "--json"), run("scans", "--library", full, "--json")]
    assert {(ran.returncode, ran.stdout, ran.stderr) for ran in told} == {(0, told[0].stdout, "")}
    assert run("--library", "none.db", "scans", "--library", full, "--json").returncode == 0


def test_a_library_that_is_none_is_refused_and_left_alone(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("not a database")
    for arguments in (["videos"], ["jobs"], ["scan", str(tmp_path)]):
        ran = run("--library", path, *arguments)
        assert ran.returncode == 2
        assert ran.stderr.startswith("stoat: '")
        assert ran.stderr.count("\n") == 1
    assert path.read_text() == "not a database"


def test_a_hostile_name_in_a_mistake_cannot_steer_the_terminal(run: Run) -> None:
    ran = run("scan", "/no\x1b[31m\nwhere\u202e")
    assert ran.returncode == 2
    assert "\x1b" not in ran.stderr
    assert "\u202e" not in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_a_bad_setting_is_one_sentence(run: Run, environment: dict[str, str]) -> None:
    environment["STOAT_PROBE_WORKERS"] = "many"
    ran = run("scan", "/")
    assert ran.returncode == 2
    assert ran.stderr.startswith("stoat: STOAT_PROBE_WORKERS is 'many'")


def test_a_reader_that_leaves_is_an_exit_code_without_words(
    full: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    read, write = os.pipe()
    os.close(read)
    ran = subprocess.run(
        [*COMMAND, "--library", full, "videos", "--format", "csv"],
        cwd=tmp_path,
        env=environment,
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(write)
    assert (ran.returncode, ran.stderr) == (141, "")


def test_doctor_tells_what_there_is_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    before = set(tmp_path.iterdir())
    ran = run("doctor")
    assert ran.returncode == 0
    told = dict(line.split(maxsplit=1) for line in ran.stdout.splitlines())
    assert "FFmpeg" in told["av"]
    assert told["library"] == str(tmp_path / "stoat.db")
    assert told["file"] == "not made yet: a scan makes it"
    assert told["writable"] == "yes"
    assert set(tmp_path.iterdir()) == before


def test_doctor_knows_a_library_from_another_file(run: Run, full: Path, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("hello")
    assert "not a Stoat library" in run("--library", tmp_path / "text.db", "doctor").stdout
    assert "schema version" in run("--library", full, "doctor").stdout
