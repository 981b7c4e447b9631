"""A filter as SQL of DuckDB: a condition on the columns of ``videos``, and what is bound in it.

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
from stoat_nb.catalog.text_search import search_pattern
from stoat_nb.catalog.values import moment_text

Clause = tuple[str, tuple[Any, ...]]

_SQL_OPERATORS = {"==": "=", "!=": "<>"}
_METHODS = {"contains": "contains", "startswith": "starts_with", "endswith": "ends_with"}


def conditions(node: AllOf) -> Clause:
    """Return what follows WHERE; nothing where everything is meant."""
    return _joined(node.parts, " AND ") if node.parts else ("", ())


def where(node: AllOf) -> Clause:
    """Return the same with the word WHERE before it."""
    clause, bindings = conditions(node)
    return (f"WHERE {clause}" if clause else ""), bindings


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
            return 'regexp_matches("path", ?)', (search_pattern(text),)
        case _:
            return _leaf(node)


def _leaf(node: Compare | OneOf | Unknown | Truth | Holds) -> Clause:
    match node:
        case Compare(field, operator, value):
            sign = _SQL_OPERATORS.get(operator, operator)
            other = value.sql if isinstance(value, Field) else _mark(field)
            bound = () if isinstance(value, Field) else _bound(field, (value,))
            return f"{field.sql} {sign} {other}", bound
        case OneOf(field, values):
            marks = ", ".join([_mark(field)] * len(values))
            test = "list_has_any({}, [{}])" if field.kind == "list" else "{} IN ({})"
            return test.format(field.sql, marks), _bound(field, values)
        case Unknown(field):
            return f"{field.sql} IS NULL", ()
        case Truth(field):
            return (f"len({field.sql}) > 0" if field.kind == "list" else field.sql), ()
        case Holds(field, part, text):
            return f"{_METHODS[part]}({field.sql}, ?)", (text,)


def _mark(field: Field) -> str:
    return "CAST(? AS TIMESTAMPTZ_NS)" if field.kind == "moment" else "?"


def _bound(field: Field, values: tuple[Any, ...]) -> tuple[Any, ...]:
    if field.kind == "moment":
        return tuple(moment_text(int(value)) for value in values)
    return values


def _joined(parts: tuple[Node, ...], word: str) -> Clause:
    made = [_clause(part) for part in parts]
    return word.join(clause for clause, _ in made), tuple(
        value for _, values in made for value in values
    )


def _grouped(parts: tuple[Node, ...], word: str, nothing: str) -> Clause:
    clause, bindings = _joined(parts, word)
    return f"({clause or nothing})", bindings
