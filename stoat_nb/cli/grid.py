"""Rows on the terminal: aligned for people, tab-separated in a pipe."""

from __future__ import annotations

import codecs
import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

import click

from stoat_nb.names import shown


def print_grid(names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows of harmless text."""
    if not sys.stdout.isatty():
        for row in (names, *rows):
            click.echo("\t".join(row))
        return
    from stoat_nb.cli.drawn import grid  # noqa: PLC0415 - takes a while, and pipes do without

    grid(names, rows)


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
