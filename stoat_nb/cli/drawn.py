"""What is drawn on a terminal. Loaded only to draw: rich takes longer to import than most else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Column, Table
from rich.text import Text


@contextmanager
def bar(stream: TextIO) -> Iterator[Callable[..., None]]:
    """Draw a bar on ``stream``; give what takes how far it is, and the words beside it."""
    name = Column(no_wrap=True, overflow="ellipsis", ratio=1)
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.fields[phase]}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[counts]}", markup=False),
        TextColumn("{task.fields[current]}", style="dim", markup=False, table_column=name),
        console=Console(file=stream),
        expand=True,
    ) as drawn:
        yield partial(
            drawn.update, drawn.add_task("", total=None, phase="waiting", counts="", current="")
        )


#: Cells that are longer may take several lines, so that the others keep to one.
_SHORT = 20


def grid(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Draw rows of harmless text below their names, as wide as the terminal at most."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for at, name in enumerate(names):
        is_short = all(len(row[at]) <= _SHORT for row in rows)
        table.add_column(name, no_wrap=is_short, overflow="ellipsis" if is_short else "fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
