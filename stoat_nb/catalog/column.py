"""One column of a frame: its name, its dtype, and what it says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from stoat_nb.media.fact import Dtype, Fact, facts_of
from stoat_nb.media.stream import Stream


class Column(Struct, frozen=True):
    """What frames, exports and ``docs/columns.md`` know of a column."""

    name: str
    dtype: Dtype
    doc: str
    unit: str = ""  #: Of a number.
    basis: str = ""  #: Where the value comes from.
    sql: str = ""  #: What yields it; times in nanoseconds, lists as JSON.

    @property
    def is_length(self) -> bool:
        """Whether it is how long something is, which people read as hours and minutes."""
        return self.name == "duration_s"

    @property
    def is_text(self) -> bool:
        """Whether its cells are text that somebody else may have written."""
        return self.dtype in ("string", "category")


#: Whose row it is.
VIDEO_ID = Column("video_id", "Int64", "The row in videos.", basis="catalog", sql="v.id")
PATH = Column("path", "string", "Absolute path of the file.", basis="file system", sql="v.path")


def moment(name: str, doc: str, *, basis: str, sql: str) -> Column:
    """Return the column of a time that the catalog keeps in seconds."""
    # Through microseconds: a float of this size knows no more.
    nanoseconds = f"CAST(round({sql} * 1e6) AS INTEGER) * 1000"
    return Column(name, "datetime64[ns, UTC]", doc, basis=basis, sql=nanoseconds)


def columns_of(
    table: str, basis: str, *rows: tuple[str, Dtype, str] | tuple[str, Dtype, str, str]
) -> list[Column]:
    """Return columns that a table itself has: name, dtype, unit where there is one, doc."""
    return [
        Column(
            name=row[0],
            dtype=row[1],
            unit="" if len(row) == 3 else row[2],  # noqa: PLR2004 - with a unit there are four
            doc=row[-1],
            basis=basis,
            sql=f"{table}.{row[0]}",
        )
        for row in rows
    ]


def fact_columns(
    struct: type[Struct], table: str, basis: str, names: Iterable[str] | None = None
) -> list[Column]:
    """Return the columns of what is declared of a Struct, each under its own name: all, or some."""
    facts = facts_of(struct)
    return [
        _fact_column(name, facts[name], f"{table}.{name}", basis)
        for name in (facts if names is None else names)
    ]


def stream_columns(kind: Literal["video", "audio"]) -> dict[Column, str]:
    """Return the columns of ``videos`` that its main stream of a kind fills, each with the fact."""
    return {
        _fact_column(column, fact, f"v.{column}", f"main {kind} stream"): name
        for name, fact in facts_of(Stream).items()
        if (column := getattr(fact, kind))
    }


def _fact_column(name: str, fact: Fact, sql: str, basis: str) -> Column:
    if fact.dtype == "datetime64[ns, UTC]":
        return moment(name, fact.doc, basis=basis, sql=sql)
    return Column(name, fact.dtype, fact.doc, unit=fact.unit, basis=basis, sql=sql)
