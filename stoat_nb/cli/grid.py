"""What commands print: tables and facts for people, JSON for programs."""

from __future__ import annotations

import codecs
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from stoat_nb import words
from stoat_nb.api.plain import dumps
from stoat_nb.names import shown

if TYPE_CHECKING:
    from stoat_nb.catalog.column import Column

_UNITS: dict[str, Callable[[Any], str]] = {"bytes": words.size, "bit/s": words.bit_rate}

#: Gives a command ``as_json``.
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_grid(names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows of harmless text: aligned on a terminal, tab-separated in a pipe."""
    if not sys.stdout.isatty():
        for row in (names, *rows):
            click.echo("\t".join(row))
        return
    from stoat_nb.cli.drawn import grid  # noqa: PLC0415 - takes a while, and pipes do without

    grid(names, [*rows])


def print_facts(facts: Mapping[str, object]) -> None:
    """Print names with their values, those that there are, a line each."""
    width = max(map(len, facts), default=0) + 2
    for name, value in facts.items():
        if value:
            click.echo(f"{name:<{width}}{shown(value)}")


def print_json(value: Any) -> None:
    """Print one JSON document as REST sends it; of a list, each element on a line of its own."""
    if isinstance(value, list) and value:
        click.echo("[\n{}\n]".format(",\n".join(map(dumps, value))))
    else:
        click.echo(dumps(value))


def cell_text(value: Any, column: Column | None = None) -> str:
    """Return a plain value as a person reads it in its column."""
    if value is None:
        return ""
    if column is not None and (said := _way_of(column)):
        return said(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    return f"{value:.6g}" if isinstance(value, float) else shown(value)


def _way_of(column: Column) -> Callable[[Any], str] | None:
    if column.is_length:
        return words.length
    if column.dtype == "datetime64[ns, UTC]" and sys.stdout.isatty():
        return _local
    return _UNITS.get(column.unit)


def _local(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M:%S}"


@contextmanager
def harmless_stdout() -> Iterator[BinaryIO]:
    """Give standard output for UTF-8 bytes; what would steer a terminal is made visible on one."""
    stdout = sys.stdout.buffer
    if not sys.stdout.isatty():
        yield stdout
        return
    visible = io.BufferedWriter(_Visible(stdout))
    yield visible
    visible.flush()


class _Visible(io.RawIOBase):
    """Writes control characters as visible escapes."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8")("backslashreplace").decode

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        written = bytes(data)
        lines = self._decode(written).split("\n")
        self._stream.write("\n".join(shown(line.rstrip("\r")) for line in lines).encode())
        return len(written)
