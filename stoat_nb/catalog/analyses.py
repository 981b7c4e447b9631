"""Analyses: functions that were run over videos, and their answers as columns beside those facts.

Each has tables of its own, which grow with its answers: ``result_<id>`` with the columns of a video
and ``rows_<id>`` for answers of several rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import apsw
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from stoat_nb.catalog.column import PATH, VIDEO_ID, Column
from stoat_nb.catalog.columns import Table
from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.rows import as_objects
from stoat_nb.catalog.values import as_integer
from stoat_nb.media.fact import Dtype

#: What an analysis and its columns may be called: so that filters, SQL and frames can name them.
NAME = re.compile(r"[A-Za-z_]\w{0,62}", re.ASCII)
#: The column of an answer that is no dictionary; it is called by the analysis's name alone.
VALUE = "value"
#: How many rows an answer had.
N_ROWS = "n_rows"
#: After the name of an analysis: the table of its rows.
ROWS = "_rows"


class AnalysisColumn(Struct, frozen=True):
    """What is kept of one key of the answers."""

    dtype: Dtype
    version: str  #: Of the analysis, when it got its dtype.
    unit: str = ""
    doc: str = ""
    stated: bool = False  #: Whether its dtype was asked for: then it never changes by itself.


class Analysis(Struct, frozen=True):
    """One analysis as it stands."""

    id: int
    name: str
    version: str
    revision: int  #: Another one after each change of its answers.
    columns: Mapping[str, AnalysisColumn]
    row_columns: Mapping[str, AnalysisColumn]

    @property
    def values(self) -> Table:
        """Its columns, one row per video."""
        return self._table(self.name, "result", self.columns, ())

    @property
    def rows(self) -> Table:
        """Its rows, several per video."""
        n = Column("n", "Int64", "The row's place in the answer, from 0.", sql="t.n")
        return self._table(f"{self.name}{ROWS}", "rows", self.row_columns, (n,))

    @property
    def of_videos(self) -> tuple[Column, ...]:
        """Its columns as they are called beside those of videos."""
        return tuple(
            Column(
                self.name if name == VALUE else f"{self.name}.{name}",
                one.dtype,
                one.doc or f"What the analysis {self.name} found.",
                one.unit,
                basis="analysis",
                sql=f'(SELECT t."{name}" FROM result_{self.id} t WHERE t.video_id = v.id)',  # noqa: S608 - names are checked
            )
            for name, one in self.columns.items()
        )

    @property
    def beside_videos(self) -> Table:
        """The same columns, to be put beside the rows of videos."""
        own = (
            replace(column, sql=f't."{name}"')
            for name, column in zip(self.columns, self.of_videos, strict=True)
        )
        number = Column("video_id", "Int64", "", sql="t.video_id")
        source = f"result_{self.id} t"
        return Table(
            name=self.name, doc="", columns=(number, *own), source=source, order="t.video_id"
        )

    def _table(
        self,
        name: str,
        kind: str,
        columns: Mapping[str, AnalysisColumn],
        first: tuple[Column, ...],
    ) -> Table:
        own = (
            Column(name, one.dtype, one.doc, one.unit, basis="analysis", sql=f't."{name}"')
            for name, one in columns.items()
        )
        return Table(
            name=name,
            doc=f"What the analysis {self.name} found.",
            columns=(VIDEO_ID, PATH, *first, *own),
            source=f"{kind}_{self.id} t JOIN videos v ON v.id = t.video_id",
            order="v.path, v.id" + (", t.n" if first else ""),
        )


def of_analysis(column: str) -> str:
    """Return the analysis that a column beside those of videos is of.

    Examples
    --------
    >>> of_analysis("loudness.lufs"), of_analysis("size")
    ('loudness', 'size')
    """
    return column.partition(".")[0]


def analyses(connection: apsw.Connection) -> dict[str, Analysis]:
    """Return all analyses by their names."""
    rows = fetch(
        connection,
        "SELECT id, name, version, revision, columns, row_columns FROM analyses ORDER BY name",
    )
    return {
        name: _checked(Analysis(number, name, version, revision, *map(_columns, columns)))
        for number, name, version, revision, *columns in rows
    }


def _columns(text: str) -> dict[str, AnalysisColumn]:
    return msgspec.json.decode(text, type=dict[str, AnalysisColumn])


def _checked(one: Analysis) -> Analysis:
    """Return an analysis whose names can be put into SQL: the library may be a stranger's."""
    if all(NAME.fullmatch(name) for name in (one.name, *one.columns, *one.row_columns)):
        return one
    raise ValueError("an analysis has a name that none can have")


def found_of(connection: apsw.Connection, video_id: int) -> dict[str, Any]:
    """Return what analyses found of one video, by the names of their columns."""
    found: dict[str, Any] = {}
    for one in analyses(connection).values():
        table = one.beside_videos
        rows = fetch(connection, f"{table.select} WHERE t.video_id = ?", (as_integer(video_id),))
        for row in as_objects(table, rows):
            found |= row
    found.pop("video_id", None)
    return found


def tables_of(connection: apsw.Connection) -> dict[str, Table]:
    """Return the tables of all analyses, by the names they have in SQL and exports."""
    found: dict[str, Table] = {}
    for one in analyses(connection).values():
        found[one.name] = one.values
        if one.row_columns:
            found[one.rows.name] = one.rows
    return found
