"""A filter as SQL: a condition on ``v``, and what is bound in it.

SQL's own third truth value is as good as false in a condition; only what is turned round must
first be told apart.
"""

from __future__ import annotations

from typing import Any

from stoat_nb.catalog.filters.fields import Field
from stoat_nb.catalog.filters.tree import (
    AllOf,
    AnyOf,
    Compare,
    Holds,
    Mentions,
    Node,
    Not,
    OneOf,
    Truth,
    Unknown,
)
from stoat_nb.catalog.text_search import search_clause

Clause = tuple[str, tuple[Any, ...]]

_SQL_OPERATORS = {"==": "=", "!=": "<>"}


def conditions(node: AllOf) -> Clause:
    """Return what follows WHERE; nothing where everything is meant."""
    return _joined(node.parts, " AND ") if node.parts else ("", ())


def _clause(node: Node) -> Clause:
    match node:
        case AllOf(parts):
            return _grouped(parts, " AND ", "TRUE")
        case AnyOf(parts):
            return _grouped(parts, " OR ", "FALSE")
        case Not(Unknown(field)):
            return f"{field.sql} IS NOT NULL", ()
        case Not(part):
            inner, bindings = _clause(part)
            return f"NOT coalesce({inner}, FALSE)", bindings
        case Mentions(text):
            clause, bindings = search_clause(text)
            return clause or "TRUE", bindings
        case _:
            return _leaf(node)


def _leaf(node: Compare | OneOf | Unknown | Truth | Holds) -> Clause:
    match node:
        case Compare(field, operator, value):
            sign = _SQL_OPERATORS.get(operator, operator)
            if isinstance(value, Field):
                return f"{field.sql} {sign} {value.sql}", ()
            return f"{field.sql} {sign} ?", (value,)
        case OneOf(field, values):
            return _one_of(field, values)
        case Unknown(field):
            return f"{field.sql} IS NULL", ()
        case Truth(field):
            return f"{field.sql} {'<> ' + _EMPTY if field.kind == 'list' else '= 1'}", ()
        case Holds():
            return _holds(node)


_EMPTY = "'[]'"


def _joined(parts: tuple[Node, ...], word: str) -> Clause:
    made = [_clause(part) for part in parts]
    return word.join(clause for clause, _ in made), tuple(
        value for _, values in made for value in values
    )


def _grouped(parts: tuple[Node, ...], word: str, nothing: str) -> Clause:
    clause, bindings = _joined(parts, word)
    return f"({clause or nothing})", bindings


def _one_of(field: Field, values: tuple[Any, ...]) -> Clause:
    marks = ", ".join("?" * len(values))
    if field.kind == "list":
        held = f"SELECT 1 FROM json_each({field.sql}) WHERE value IN ({marks})"  # noqa: S608 - values are bound
        return f"EXISTS ({held})", values
    return f"{field.sql} IN ({marks})", values


def _holds(node: Holds) -> Clause:
    name, size = node.field.sql, len(node.text.encode())
    if node.part == "contains":
        return f"instr({name}, ?) > 0", (node.text,)
    if not size:
        return f"{name} IS NOT NULL", ()
    # As bytes: of text, SQLite's substr reads no further than a NUL.
    cut = f"1, {size}" if node.part == "startswith" else f"-{size}"
    return f"substr(CAST({name} AS BLOB), {cut}) = CAST(? AS BLOB)", (node.text,)
