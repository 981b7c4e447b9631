"""A filter as a tree: expressions, facets and ranges become it, SQL and pandas are made of it.

Every leaf is true or false of a video, never unknown: what asks about a fact that is not known is
false, unless it asks just that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from stoat_nb.catalog.filters.fields import Field

#: A value as the catalog keeps it: times in nanoseconds, text as it is stored.
Value: TypeAlias = str | int | float | bool
Operator = Literal["==", "!=", "<", "<=", ">", ">="]
Part = Literal["contains", "startswith", "endswith"]


@dataclass(frozen=True, slots=True)
class Compare:
    """A column beside a value, or beside another column of its kind."""

    field: Field
    operator: Operator
    value: Value | Field


@dataclass(frozen=True, slots=True)
class OneOf:
    """A column that is one of some values; of a list column: that holds one of them."""

    field: Field
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A column of which nothing is known."""

    field: Field


@dataclass(frozen=True, slots=True)
class Truth:
    """A column that says yes; of a list column: that holds anything."""

    field: Field


@dataclass(frozen=True, slots=True)
class Holds:
    """Text with some other text in it, at its start or at its end."""

    field: Field
    part: Part
    text: str


@dataclass(frozen=True, slots=True)
class Mentions:
    """A path that holds some text, whatever its case."""

    text: str


@dataclass(frozen=True, slots=True)
class AllOf:
    """Everything in it; nothing in it is true."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of it; nothing in it is false."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: Node


Node: TypeAlias = Compare | OneOf | Unknown | Truth | Holds | Mentions | AllOf | AnyOf | Not


def known_but(field: Field, node: Node) -> Node:
    """Return the opposite of a leaf, of the videos of which the fact is known."""
    return AllOf((Not(Unknown(field)), Not(node)))
