"""What a filter may have meant, and what may be written in one: for people who type them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from msgspec import Struct

from stoat_nb import words
from stoat_nb.catalog.filters.fields import FIELDS, Field, Kind, all_fields
from stoat_nb.catalog.filters.tree import AllOf, AnyOf, Compare, Node, OneOf
from stoat_nb.catalog.query import VideoQuery, condition
from stoat_nb.catalog.video_columns import VIDEO_COLUMNS
from stoat_nb.names import shown

#: Returns the values of columns, the most frequent first; of those that have too many, nothing.
ValuesOf = Callable[[Sequence[str]], Mapping[str, Collection[str]]]

#: Columns that may have few values, which only the library knows.
FEW = tuple(
    one.name
    for one in VIDEO_COLUMNS
    if one.dtype in ("category", "list<string>") and not FIELDS[one.name].choices
)

#: Values that are named where none is spelled like what was asked for.
_NAMED = 8

_ORDERED = ("==", "!=", "<", "<=", ">", ">=", "in", "not in", "is None", "is not None")
OPERATORS: Mapping[Kind, tuple[str, ...]] = {
    **dict.fromkeys(("whole", "number", "moment"), _ORDERED),
    "text": (*_ORDERED, ".contains()", ".startswith()", ".endswith()"),
    "flag": ("==", "!=", "is None", "is not None"),
    "list": ("in", "not in", "is None", "is not None"),
}


class Completion(Struct, frozen=True, kw_only=True):
    """What may be written of one column."""

    column: str
    kind: Kind
    unit: str
    doc: str
    operators: tuple[str, ...]
    values: tuple[str, ...]  #: Of text with few values: those that there are.


def completions(values_of: ValuesOf) -> dict[str, Completion]:
    """Return what may be written of each column, by its name."""
    values = values_of(FEW)
    return {
        name: Completion(
            column=name,
            kind=one.kind,
            unit=one.unit,
            doc=one.doc,
            operators=OPERATORS[one.kind],
            values=one.choices or tuple(values.get(name, ())),
        )
        for name, one in all_fields().items()
    }


def nearest(values_of: ValuesOf, query: VideoQuery) -> str | None:
    """Return which values a query may have meant by those that no video has; None: it has none.

    Examples
    --------
    >>> nearest(lambda _: {"codec": ["h264", "hevc"]}, VideoQuery(where="codec == 'hvec'"))
    "No video has the codec 'hvec'. Did you mean 'hevc'?"
    """
    wanted = [*dict.fromkeys(_wanted(condition(query)))]
    if not wanted:
        return None
    known = values_of([*dict.fromkeys(field.name for field, _ in wanted)])
    said = [
        f"No video has the {field.name} '{shown(value[:100])}'. {_instead(value, values)}"
        for field, value in wanted
        if (values := known.get(field.name)) and value not in values
    ]
    return " ".join(said) or None


def _wanted(node: Node) -> Iterator[tuple[Field, str]]:
    """Yield the texts that a column has to be, or hold."""
    match node:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _wanted(part)
        case Compare(field, "==", str(value)) if field.name in FEW:
            yield field, value
        case OneOf(field, values) if field.name in FEW:
            yield from ((field, value) for value in values if isinstance(value, str))


def _instead(value: str, values: Collection[str]) -> str:
    near = words.nearest(value, values, 2)
    if near:
        return f"Did you mean {' or '.join(repr(shown(name)) for name in near)}?"
    named = ", ".join(shown(name) for name in [*values][:_NAMED])
    return f"There are: {named}{', ...' if len(values) > _NAMED else ''}."
