"""A filter as pandas: the text of a mask over the frame ``videos``.

As in SQL an unknown is as good as false, and only what is turned round must first be told apart.
"""

from __future__ import annotations

from collections.abc import Sequence

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
    Value,
)
from stoat_nb.catalog.text_search import search_pattern
from stoat_nb.catalog.values import moment_text

_EVERY = "pd.Series({}, index=videos.index)"


def mask(node: Node) -> str:
    """Return Python that yields True, False or NA for each row."""
    match node:
        case AllOf(parts):
            return _joined(parts, " & ", nothing=True)
        case AnyOf(parts):
            return _joined(parts, " | ", nothing=False)
        case Not(Unknown(field)):
            return f"{field.pandas}.notna()"
        case Not(part):
            return f"~{mask(part)}.fillna(False)"
        case Mentions(text):
            return f'videos["path"].str.contains({search_pattern(text)!r})'
        case _:
            return _leaf(node)


def _joined(parts: Sequence[Node], sign: str, *, nothing: bool) -> str:
    return f"({sign.join(map(mask, parts))})" if parts else _EVERY.format(nothing)


def _leaf(node: Compare | OneOf | Unknown | Truth | Holds) -> str:
    column = node.field.pandas
    match node:
        case Compare():
            return _compared(node)
        case OneOf(field, values):
            wanted = f"isin([{', '.join(_literal(field, value) for value in values)}])"
            return _any_of(column, wanted) if field.kind == "list" else f"{column}.{wanted}"
        case Unknown():
            return f"{column}.isna()"
        case Truth(field):
            return _any_of(column, "notna()") if field.kind == "list" else column
        case Holds(_, part, text):
            options = ", regex=False" if part == "contains" else ""
            return f"{column}.str.{part}({text!r}{options})"


def _compared(node: Compare) -> str:
    field, value = node.field, node.value
    other = value.pandas if isinstance(value, Field) else _literal(field, value)
    compared = f"({field.pandas} {node.operator} {other})"
    if field.kind == "text":
        return f'{compared}.astype("boolean")'  # comes as Arrow's, which mixes with no other
    if field.kind != "moment" or node.operator != "!=":
        return compared
    # Of times pandas says that one which is not known is unlike every other.
    fields = [field, value] if isinstance(value, Field) else [field]
    known = "".join(f" & {one.pandas}.notna()" for one in fields)
    return f"({compared}{known})"


def _any_of(column: str, test: str) -> str:
    return f"{column}.explode().{test}.groupby(level=0).any()"


def _literal(field: Field, value: Value) -> str:
    if field.kind == "moment":
        return f'pd.Timestamp("{moment_text(int(value))}")'
    return repr(value)
