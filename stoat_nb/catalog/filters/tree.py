"""A filter as a tree: expressions, facets and ranges become it, SQL and pandas are made of it.

Every leaf is true or false of a video, never unknown: what asks about a fact that is not known is
false, unless it asks just that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from msgspec import Struct

from stoat_nb.catalog.filters.fields import Field

#: A value as the catalog keeps it: times in nanoseconds, text as it is stored.
Value: TypeAlias = str | int | float | bool
Operator = Literal["==", "!=", "<", "<=", ">", ">="]
Part = Literal["contains", "startswith", "endswith"]


class Compare(Struct, frozen=True):
    """A column beside a value, or beside another column of its kind."""

    field: Field
    operator: Operator
    value: Value | Field


class OneOf(Struct, frozen=True):
    """A column that is one of some values; of a list column: that holds one of them."""

    field: Field
    values: tuple[Value, ...]


class Unknown(Struct, frozen=True):
    """A column of which nothing is known."""

    field: Field


class Truth(Struct, frozen=True):
    """A column that says yes; of a list column: that holds anything."""

    field: Field


class Holds(Struct, frozen=True):
    """Text with some other text in it, at its start or at its end."""

    field: Field
    part: Part
    text: str


class Mentions(Struct, frozen=True):
    """A path that holds some text, whatever its case."""

    text: str


class AllOf(Struct, frozen=True):
    """Everything in it; nothing in it is true."""

    parts: tuple[Node, ...]


class AnyOf(Struct, frozen=True):
    """At least one of it; nothing in it is false."""

    parts: tuple[Node, ...]


class Not(Struct, frozen=True):
    """The opposite."""

    part: Node


Node: TypeAlias = Compare | OneOf | Unknown | Truth | Holds | Mentions | AllOf | AnyOf | Not


def fields_in(node: Node) -> Iterator[Field]:
    """Yield the columns that a filter asks about."""
    match node:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from fields_in(part)
        case Not(part):
            yield from fields_in(part)
        case Mentions():
            return
        case _:
            yield node.field
            if isinstance(node, Compare) and isinstance(node.value, Field):
                yield node.value


def known_but(field: Field, node: Node) -> Node:
    """Return the opposite of a leaf, of the videos of which the fact is known."""
    return AllOf((Not(Unknown(field)), Not(node)))
