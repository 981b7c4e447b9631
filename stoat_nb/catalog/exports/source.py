"""The rows of an export as they were at one moment, and what there is to say about them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Protocol

import apsw
import pyarrow as pa
from msgspec import Struct, field

from stoat_nb.catalog import frames
from stoat_nb.catalog.column import Column
from stoat_nb.catalog.columns import Table
from stoat_nb.catalog.exports.redaction import Redaction
from stoat_nb.catalog.exports.wanted import Wanted
from stoat_nb.catalog.reader import Selection

#: Rows that are made ready at a time.
PIECE = 32_768


class Rows(Protocol):
    """What is written: columns, and rows in pieces."""

    @property
    def schema(self) -> pa.Schema: ...

    def pieces(self) -> Iterator[pa.Table]: ...


class Abandoned(Exception):
    """Whoever asked for an export has gone: nothing went wrong."""


class Source(Struct, frozen=True, kw_only=True):
    """What is exported, inside one read transaction."""

    connection: apsw.Connection
    wanted: Wanted
    selection: Selection
    redaction: Redaction
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def table(self) -> Table:
        """The table, with the columns that are wanted."""
        return self.wanted.table

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that are wanted."""
        return self.wanted.table.columns

    @property
    def schema(self) -> pa.Schema:
        """The columns as Arrow knows them."""
        return frames.schema(self.table)

    def pieces(self) -> Iterator[pa.Table]:
        """Yield the rows, some ten thousand at a time; where there are none, one piece of none."""
        for at in range(0, max(self.selection.n_rows, 1), PIECE):
            if self.stop.is_set():
                raise Abandoned
            yield self.redaction.of(self.selection.take(at, PIECE))

    def count(self) -> int:
        """Return how many there are."""
        return self.selection.n_rows
