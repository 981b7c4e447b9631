"""The rows of an export as they were at one moment, and what there is to say about them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Generator, Iterator
from typing import Protocol

import apsw
from msgspec import Struct, field

from stoat_nb.catalog import rows
from stoat_nb.catalog.column import Column
from stoat_nb.catalog.columns import Table
from stoat_nb.catalog.exports.redaction import Redaction
from stoat_nb.catalog.exports.wanted import Wanted


class Rows(Protocol):
    """What is written: columns, and rows whose cells are as the catalog keeps them."""

    @property
    def table(self) -> Table: ...

    @property
    def columns(self) -> tuple[Column, ...]: ...

    def pieces(self) -> Iterator[list[rows.Row]]: ...


class Abandoned(Exception):
    """Whoever asked for an export has gone: nothing went wrong."""


class Source(Struct, frozen=True, kw_only=True):
    """What is exported, inside one read transaction."""

    connection: apsw.Connection
    wanted: Wanted
    ids: list[int] | None  #: Of the videos, in order; None: every row of the table.
    redaction: Redaction
    stop: threading.Event = field(default_factory=threading.Event)
    _readings: list[Generator[list[rows.Row]]] = field(default_factory=list)

    @property
    def table(self) -> Table:
        """The table, with the columns that are wanted."""
        return self.wanted.table

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that are wanted."""
        return self.wanted.table.columns

    def pieces(self) -> Iterator[list[rows.Row]]:
        """Yield the rows, some thousands at a time."""
        clean = self.redaction.of_rows(self.columns)
        reading = rows.pieces(self.connection, self.table, self.ids)
        self._readings.append(reading)
        left = sys.maxsize if self.wanted.limit is None else self.wanted.limit
        for piece in reading:
            if self.stop.is_set():
                raise Abandoned
            if left <= 0:
                return
            yield clean(piece[:left])
            left -= len(piece)

    def close(self) -> None:
        """Stop reading: a cursor that is left half read would keep the catalog's log growing."""
        for reading in self._readings:
            reading.close()

    def count(self) -> int:
        """Return how many there are."""
        there = rows.count(self.connection, self.table) if self.ids is None else len(self.ids)
        return there if self.wanted.limit is None else min(there, self.wanted.limit)
