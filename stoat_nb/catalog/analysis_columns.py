"""The tables of an analysis: how they follow the answers, and which answers do not fit them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import apsw
import msgspec
from msgspec.structs import replace

from stoat_nb.catalog.analyses import N_ROWS, NAME, AnalysisColumn
from stoat_nb.catalog.values import as_stored_text
from stoat_nb.media.fact import Dtype
from stoat_nb.names import shown

#: A value with its dtype, as answers come; None is not known.
Cell = tuple[Dtype, Any] | None
#: Columns that one analysis may have.
MOST = 500

_SQL = {
    "boolean": "INTEGER",
    "Int64": "INTEGER",
    "Float64": "REAL",
    "string": "TEXT",
    "datetime64[ns, UTC]": "INTEGER",
    "list<string>": "TEXT",
}
_SAID = {
    "boolean": "True or False",
    "Int64": "a whole number",
    "Float64": "a number",
    "string": "text",
    "datetime64[ns, UTC]": "a moment",
    "list<string>": "a list of texts",
}
_TAKEN = frozenset({"video_id", "path", N_ROWS})


class Misfit(Exception):
    """An answer that the columns cannot hold, as a sentence."""


class GrowingTable:
    """One table of an analysis within a transaction; it is widened as answers need it."""

    def __init__(
        self,
        connection: apsw.Connection,
        name: str,
        columns: Mapping[str, AnalysisColumn],
        version: str,
        *,
        body: str,
        own: str = "",
    ) -> None:
        self.columns = dict(columns)
        #: What no answer may be called: columns that tables have already, this one's own too.
        self._taken = {*_TAKEN, *([own] if own else [])}
        self._connection, self._name, self._version = connection, name, version
        connection.execute(f"CREATE TABLE IF NOT EXISTS {name} {body}")

    def state(self, columns: Mapping[str, AnalysisColumn]) -> None:
        """Have columns that were asked for by name and dtype."""
        self._take({name: self._after(name, one.dtype) for name, one in columns.items()})
        for name, one in columns.items():
            self.columns[name] = replace(one, version=self._version)

    def fit(self, answers: Iterable[Mapping[str, Cell]]) -> None:
        """Widen the table so that it can hold an answer; Misfit if it cannot."""
        changed: dict[str, AnalysisColumn] = {}
        for cells in answers:
            for name, cell in cells.items():
                if cell is not None:
                    column = self._after(name, cell[0], changed)
                    if column is not self.columns.get(name):
                        changed[name] = column
        self._take(changed)

    def count_rows(self) -> None:
        """Have the column that says how many rows an answer had."""
        if N_ROWS not in self.columns:
            self._take({N_ROWS: AnalysisColumn("Int64", self._version)})

    def put(self, keys: Sequence[str], rows: Sequence[tuple[tuple[int, ...], Any]]) -> None:
        """Write rows of keys and cells that fit; one with the same keys is replaced."""
        alike: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        for key, cells in rows:
            known = {name: cell for name, cell in cells.items() if cell is not None}
            alike.setdefault(tuple(known), []).append(
                (*key, *(_stored(self.columns[name].dtype, cell) for name, cell in known.items()))
            )
        for names, some in alike.items():
            fields = ", ".join([*keys, *(f'"{name}"' for name in names)])
            marks = ", ".join("?" * (len(keys) + len(names)))
            self._connection.executemany(
                f"INSERT OR REPLACE INTO {self._name} ({fields}) VALUES ({marks})",  # noqa: S608 - names are checked
                some,
            ).fetchall()

    def json(self) -> str:
        """Return the columns as they are kept."""
        return msgspec.json.encode(self.columns).decode()

    def _after(
        self, name: str, dtype: Dtype, changed: Mapping[str, AnalysisColumn] | None = None
    ) -> AnalysisColumn:
        """Return what a column has to be for a value of a dtype."""
        known = (changed or {}).get(name) or self.columns.get(name)
        if known is None:
            self._check_name(name, {*self.columns, *(changed or ())})
            return AnalysisColumn(dtype, self._version)
        if dtype == known.dtype or (dtype, known.dtype) == ("Int64", "Float64"):
            return known
        if not known.stated and (dtype, known.dtype) == ("Float64", "Int64"):
            return replace(known, dtype=dtype)
        if known.version != self._version:
            return AnalysisColumn(dtype, self._version)  # another version may answer otherwise
        before = f"has to be {_SAID[known.dtype]}"
        if not known.stated:
            before = f"was {_SAID[known.dtype]} until now"
        raise Misfit(
            f"'{name}' {before}, and here it is {_SAID[dtype]}. Return the same kind for each "
            "video, or give another version if all of them change."
        )

    def _check_name(self, name: str, others: set[str]) -> None:
        if not NAME.fullmatch(name) or name.lower() in self._taken:
            raise Misfit(
                f"No column can be called '{shown(name)}'. Use letters, digits and _, at most 63, "
                f"and none of {', '.join(sorted(self._taken))}."
            )
        if same := next((one for one in others if one.lower() == name.lower()), None):
            raise Misfit(f"'{name}' and '{same}' differ by case alone. Use one of them.")
        if len(others) >= MOST:
            raise Misfit(f"There are more than {MOST} different keys. Return rows instead.")

    def _take(self, changed: Mapping[str, AnalysisColumn]) -> None:
        for name, column in changed.items():
            before = self.columns.get(name)
            if before is None:
                self._alter(f'ADD COLUMN "{name}" {_SQL[column.dtype]}')
            elif before.dtype != column.dtype:
                self._alter(f'ADD COLUMN "~" {_SQL[column.dtype]}')
                if before.version == column.version:  # a whole number became a number
                    self._connection.execute(f'UPDATE {self._name} SET "~" = "{name}"')  # noqa: S608 - names are checked
                self._alter(f'DROP COLUMN "{name}"')
                self._alter(f'RENAME COLUMN "~" TO "{name}"')
            self.columns[name] = column

    def _alter(self, how: str) -> None:
        self._connection.execute(f"ALTER TABLE {self._name} {how}")


def _stored(dtype: str, cell: Cell) -> Any:
    value: Any = None if cell is None else cell[1]
    if dtype == "list<string>":
        return json.dumps([as_stored_text(one) for one in value], ensure_ascii=False)
    if isinstance(value, str):
        return as_stored_text(value)
    return float(value) if dtype == "Float64" else value
