"""docs/cli.md and docs/settings.md are held to the commands and the settings there are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import pytest

from stoat_nb.cli import exits, stoat
from stoat_nb.settings import Settings, table, variable

PAGE_WIDTH = 80


def page(repository: Path, name: str) -> str:
    return (repository / "docs" / name).read_text(encoding="utf-8")


def help_of(command: click.Command, name: str, parent: click.Context | None) -> str:
    context = click.Context(
        command,
        parent=parent,
        info_name=name,
        terminal_width=PAGE_WIDTH,
        **command.context_settings,
    )
    return command.get_help(context)


def helps() -> dict[str, str]:
    assert isinstance(stoat, click.Group)
    top = click.Context(stoat, info_name="stoat")
    told = {"stoat": help_of(stoat, "stoat", None)}
    for name in stoat.list_commands(top):
        command = stoat.get_command(top, name)
        assert command is not None
        told[f"stoat {name}"] = help_of(command, name, top)
    return told


def test_the_page_holds_the_help_of_every_command(repository: Path) -> None:
    told = re.findall(
        r"```console\n\$ (stoat[ a-z]*) --help\n(.*?)\n```", page(repository, "cli.md"), re.DOTALL
    )
    assert dict(told) == helps()


@pytest.mark.parametrize("code", [code for code in vars(exits).values() if type(code) is int])
def test_the_page_tells_each_exit_code(repository: Path, code: int) -> None:
    assert re.search(rf"^\| {code} \|", page(repository, "cli.md"), re.MULTILINE)


def written(value: Any) -> str:
    match value:
        case None | ():
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"`{value:g}`"
    return f"`{value}`"


def test_the_page_holds_every_setting_with_its_default_and_help(repository: Path) -> None:
    rows = re.findall(
        r"^\| `(STOAT_\w+)` \| (.*?) \| (.*) \|$", page(repository, "settings.md"), re.MULTILINE
    )
    assert rows == [
        (variable(name), written(getattr(Settings(), name)), setting.help)
        for name, setting in table().items()
    ]
