"""Tables of the catalog as Arrow columns: what SQL, Polars and other programs read."""

from __future__ import annotations

from collections.abc import Sequence

import apsw
import pyarrow as pa

from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.database import Database
from stoat_nb.catalog.frames import arrow_pieces
from stoat_nb.catalog.kept import arrow_of
from stoat_nb.catalog.query import VideoQuery, selection
from stoat_nb.catalog.rows import pieces
from stoat_nb.catalog.snapshot import GUARDED, Whole, keep, whole_table


def arrow_tables(database: Database, names: Sequence[str]) -> dict[str, pa.Table]:
    """Return whole tables, all as they were at one moment."""

    def load(connection: apsw.Connection) -> dict[str, Whole | pa.Table]:
        return {
            name: whole_table(connection, database.path, TABLES[name])
            if name in GUARDED
            else arrow_pieces(TABLES[name], pieces(connection, TABLES[name]))
            for name in names
        }

    found: dict[str, pa.Table] = {}
    for name, one in database.read(load).items():
        if isinstance(one, Whole):
            keep(database, one)
            found[name] = arrow_of(one.table, one.columns)
        else:
            found[name] = one
    return found


def arrow_videos(database: Database, query: VideoQuery) -> pa.Table:
    """Return the videos that a query matches, in its order."""
    table, chosen = TABLES["videos"], selection(query)
    return database.read(lambda connection: arrow_pieces(table, pieces(connection, table, chosen)))
