"""Which videos, in which order, from where on; and the library at a glance."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, SupportsIndex, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.filters.checked import comparison
from stoat_nb.catalog.filters.expression import one_of, parsed
from stoat_nb.catalog.filters.fields import STREAM_FIELDS, Field, field_named
from stoat_nb.catalog.filters.tree import AllOf, Mentions, Node, Operator, fields_in
from stoat_nb.catalog.values import LARGEST
from stoat_nb.errors import BadArgument, FilterError
from stoat_nb.names import shown

if TYPE_CHECKING:
    import pandas as pd

#: Rows a page may have at most; exports have no limit.
LARGEST_PAGE = 500

#: Columns that videos can be sorted by.
SORTABLE = tuple(
    column.name for column in TABLES["videos"].columns if column.dtype != "list<string>"
)

#: What a facet may be asked for, and the ends of a range; None is not known, or no end.
FacetValue: TypeAlias = str | int | float | bool | None
End: TypeAlias = str | float | datetime | None

#: Values of one facet.
MOST_VALUES = 1000


_TEXT = (str, "text")
_BY_COLUMN = (Mapping, "a mapping of columns, each with what is asked of it")
_WHOLE = (SupportsIndex, "a whole number")
#: What the fields of a query are; its columns are checked where it is put into SQL.
_KINDS: Mapping[str, tuple[type, str]] = {
    **dict.fromkeys(("search", "where"), _TEXT),
    **dict.fromkeys(("facets", "ranges"), _BY_COLUMN),
    **dict.fromkeys(("limit", "offset"), _WHOLE),
    "with_": (Sequence, "a list of analyses"),
    "descending": (bool, "True or False"),
}


class VideoQuery(Struct, frozen=True, kw_only=True):
    """Which videos to list. Everything left out leaves all in; all that is given must be true.

    Examples
    --------
    >>> query = VideoQuery(
    ...     where="fps > 50 and not has_cover",
    ...     facets={"codec": ("hevc", "av1"), "hdr": (None,)},
    ...     ranges={"created_at": ("2024-05-01", None), "size_bytes": (None, 5_000_000)},
    ...     search="holiday",
    ...     sort="size_bytes",
    ... )
    >>> query.limit
    50
    """

    search: str = ""  #: Part of the path, whatever its case.
    where: str = ""  #: An expression: docs/filters.md.
    #: Column to values: any of them; None: not known. Of list columns: any of them is in the list.
    facets: Mapping[str, Sequence[FacetValue]] = field(default_factory=dict)
    #: Column to its least and its greatest value, both included; None: no end.
    #: Times are seconds since 1970, dates as text, or datetimes.
    ranges: Mapping[str, tuple[End, End]] = field(default_factory=dict)
    sort: str = "path"  #: A column of ``videos()``; rows that know nothing there come last.
    descending: bool = False
    limit: int = 50  #: Rows on the page: 1 to 500.
    offset: int = 0  #: Rows before it.
    with_: Sequence[str] = ()  #: Analyses whose columns come along.

    def __post_init__(self) -> None:
        for name, (kind, expected) in _KINDS.items():
            if not isinstance(value := getattr(self, name), kind):
                raise BadArgument(name, value, expected)


class Page(Struct, frozen=True, kw_only=True):
    """Some of the videos that match."""

    frame: pd.DataFrame  #: Typed like ``videos()``.
    total: int  #: How many match in all.


class Summary(Struct, frozen=True, kw_only=True):
    """The library at a glance."""

    n_videos: int  #: Rows, whatever their status.
    n_ok: int
    n_failed: int
    n_missing: int  #: No longer there, or on a disk that is away.
    n_excluded: int  #: There, but left out by the rules of a scan.
    #: Of the files that are there, those that failed included; one of several names counts once.
    total_bytes: int
    total_duration_s: float  #: Of those that could be probed, as far as it is known.
    codecs: dict[str, int] = field(default_factory=dict)  #: Most frequent first.
    containers: dict[str, int] = field(default_factory=dict)
    resolutions: dict[str, int] = field(default_factory=dict)  #: As shown: "1920x1080".


def condition(query: VideoQuery) -> AllOf:
    """Return everything that a query asks for, checked, as one tree.

    Raises
    ------
    FilterError
        If it asks for what there is not.
    """
    _check(query)
    parts: list[Node] = [Mentions(query.search)] if query.search else []
    parts.extend(_facet(name, values) for name, values in query.facets.items() if values)
    for name, ends in query.ranges.items():
        parts.extend(_range(field_named(name), ends))
    if query.where.strip():
        parts.append(parsed(query.where))
    return AllOf(tuple(parts))


def analyses_in(query: VideoQuery, columns: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the analyses that answering a query takes, and what is asked of columns."""
    names = [*columns] if query.sort in SORTABLE else [query.sort, *columns]
    fields = [*fields_in(condition(query)), *map(field_named, names)]
    return tuple(sorted({one.analysis for one in fields if one.analysis} | {*query.with_}))


def order(query: VideoQuery) -> str:
    """Return what follows ORDER BY; no two rows are ever equal in it."""
    way = " DESC" if query.descending else ""
    return f'"{query.sort}"{way} NULLS LAST, "video_id"{way}'


def of_streams(where: str, sort: str | None, *, descending: bool) -> tuple[AllOf, str | None]:
    """Return what is asked of streams: a condition, and what follows ORDER BY."""
    chosen = AllOf((parsed(where, STREAM_FIELDS),) if where.strip() else ())
    if sort is None:
        return chosen, None
    field, way = field_named(sort, STREAM_FIELDS), " DESC" if descending else ""
    return chosen, f'{field.sql}{way} NULLS LAST, "path", "video_id", "idx"'


def narrowed(query: VideoQuery, where: str) -> VideoQuery:
    """Return a query of which an expression must be true as well."""
    parsed(where)  # by itself first: its own place in it is what an error should name
    both = f"({query.where}\n) and ({where}\n)" if query.where.strip() else where
    return replace(query, where=both)


def _facet(name: str, values: Sequence[FacetValue]) -> Node:
    is_list = isinstance(values, Collection) and not isinstance(values, str)
    if not is_list or len(values) > MOST_VALUES:
        raise FilterError(
            f"The facet '{shown(name)}' is no list of up to {MOST_VALUES:,} values. "
            "Give a tuple of values, or use a range."
        )
    return one_of(field_named(name), values)


def _range(chosen: Field, ends: tuple[End, End]) -> Iterator[Node]:
    if chosen.kind not in ("whole", "number", "moment"):
        raise FilterError(
            f"'{chosen.name}' has no range: it is no number and no date. Use a facet instead."
        )
    if isinstance(ends, str) or not isinstance(ends, Sequence) or len(ends) != 2:  # noqa: PLR2004
        raise FilterError(
            f"The range of '{chosen.name}' has no two ends. "
            "Give the least and the greatest value, None for no end."
        )
    operators: tuple[Operator, Operator] = (">=", "<=")
    for operator, end in zip(operators, ends, strict=True):
        if end is not None:
            yield comparison(chosen, operator, end)


def _check(query: VideoQuery) -> None:
    if query.sort not in SORTABLE and not _is_sortable(query.sort):
        raise FilterError(
            f"Videos cannot be sorted by '{shown(query.sort)}'. "
            f"Choose one of: {', '.join(SORTABLE)}."
        )
    _check_number("limit", query.limit, 1, LARGEST_PAGE)
    _check_number("offset", query.offset, 0, LARGEST)


def _is_sortable(name: str) -> bool:
    try:
        return (
            isinstance(name, str)
            and bool(field_named(name).analysis)
            and field_named(name).kind != "list"
        )
    except FilterError:
        return False


def _check_number(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise FilterError(
            f"The {name} '{shown(value)}' is out of range. Choose a number from {least} to {most}."
        )
