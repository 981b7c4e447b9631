"""The rows of an export as they were at one moment, and what there is to say about them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import apsw

from stoat_nb.catalog import rows
from stoat_nb.catalog.column import Column
from stoat_nb.catalog.columns import Table
from stoat_nb.catalog.exports.redaction import Redaction
from stoat_nb.catalog.exports.wanted import Wanted


class Abandoned(Exception):
    """Whoever asked for an export has gone: nothing went wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is exported, inside one read transaction."""

    connection: apsw.Connection
    wanted: Wanted
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

    def pieces(self) -> Iterator[list[rows.Row]]:
        """Yield the rows, some thousands at a time."""
        clean = self.redaction.of_rows(self.columns)
        for piece in rows.pieces(self.connection, self.table, self.wanted.chosen):
            if self.stop.is_set():
                raise Abandoned
            yield clean(piece)

    def count(self) -> int:
        """Return how many there are."""
        return rows.count(self.connection, self.table, self.wanted.chosen)
