"""A group of commands that knows their names, and loads one only when it is called."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from stoat_nb import words


class LazyGroup(click.Group):
    """Commands by name: where each is (``module:attribute``) and what it is for, in one line.

    Each takes the group's options as well: they may stand before the command's name or after it.
    """

    def __init__(
        self, *args: Any, commands_at: Mapping[str, tuple[str, str]], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.commands_at = commands_at

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands_at)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in self.commands_at:
            return None
        module, _, attribute = self.commands_at[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        if not gc.isenabled():  # what is there by now stays: the collector passes over it
            gc.freeze()
            gc.enable()
        shared = [one for one in self.params if not one.is_eager and one not in command.params]
        command.params.extend(shared)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        near = [] if args[0] in self.commands_at else words.nearest(args[0], self.commands_at, 3)
        if near and not ctx.resilient_parsing:
            meant = " or ".join(f"'{name}'" for name in near)
            ctx.fail(f"No such command '{args[0]}'. Did you mean {meant}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        # click would load every command to ask it for this line.
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self.commands_at.items()])
