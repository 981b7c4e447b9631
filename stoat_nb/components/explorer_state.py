"""What is explored: which videos, in which order and columns. Knows no page and no notebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import param
from msgspec.structs import replace

from stoat_nb.catalog.analyses import of_analysis
from stoat_nb.catalog.filters.fields import FIELDS, Added, all_fields, columns_added
from stoat_nb.catalog.query import LARGEST_PAGE, SORTABLE, VideoQuery, condition
from stoat_nb.components.video_cells import SHOWN
from stoat_nb.errors import FilterError
from stoat_nb.names import shown

#: A value a facet can be chosen by; None: unknown.
Value = str | int | float | bool | None

#: What narrows the videos down; the rest is how they are shown.
NARROWING = ("search", "where", "below", "facets", "ranges")
#: What a view is made of, which can be saved and put into an address.
VIEW = (*NARROWING, "sort", "descending", "columns")


class ExplorerState(param.Parameterized):
    """The one place that says what is shown; the table, the plots and the address follow it.

    Examples
    --------
    >>> state = ExplorerState(search="holiday")
    >>> state.toggle("codec", "hevc")
    >>> state.query.facets
    {'codec': ('hevc',)}
    """

    search = param.String(default="", doc="Part of the path, in any case.")
    where = param.String(default="", doc='An expression: `height >= 2160 and fps_mode == "vfr"`.')
    below = param.String(default="", doc="Only what lies in this folder, however deep.")
    facets = param.Dict(default={}, doc="Any of these values, by column; None: unknown.")
    ranges = param.Dict(default={}, doc="The least and the most, by column; None: no bound.")
    sort: Any = param.Selector(
        default="path",
        objects=list(SORTABLE),
        check_on_set=False,  # analyses have columns, too: what is asked for is checked as a whole
        doc="The column to sort by.",
    )
    descending = param.Boolean(default=False, doc="Whether the largest come first.")
    page = param.Integer(default=0, bounds=(0, None), doc="The page that is shown, from 0.")
    page_size = param.Integer(default=25, bounds=(1, LARGEST_PAGE), doc="Rows on a page.")
    pictures = param.Boolean(default=False, doc="Whether each row has a small picture.")
    columns = param.List(default=list(SHOWN), item_type=str, doc="The columns that are shown.")

    #: The columns that analyses added to videos.
    added: Added = staticmethod(dict)

    @property
    def query(self) -> VideoQuery:
        """What is shown, as the catalog is asked for it."""
        return replace(_query(self.view()), limit=self.page_size, offset=self.page * self.page_size)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out."""
        return any(getattr(self, name) for name in NARROWING)

    def narrow(self, **changes: Any) -> None:
        """Change what is shown and go back to the first page; FilterError leaves all as it was."""
        view = {**self.view(), **changes}
        self._check(view)
        self.param.update(**{name: view[name] for name in changes}, page=0)

    def toggle(self, column: str, value: Value) -> None:
        """Choose a value of a facet, or let go of it."""
        chosen = tuple(self.facets.get(column, ()))
        kept = tuple(one for one in chosen if not _same(one, value))
        values = kept if len(kept) < len(chosen) else (*chosen, value)
        self.narrow(facets=_with(self.facets, column, values))

    def bound(self, column: str, low: float | None, high: float | None) -> None:
        """Show only what lies between two bounds; without either, all."""
        known = (low, high) if low is not None or high is not None else ()
        self.narrow(ranges=_with(self.ranges, column, known))

    def clear(self) -> None:
        """Leave nothing out any more."""
        self.narrow(search="", where="", below="", facets={}, ranges={})

    def order(self, column: str) -> None:
        """Sort by a column; by the same one once more: the other way round."""
        turned = column == self.sort and not self.descending
        self.narrow(sort=column, descending=turned)

    def view(self) -> dict[str, Any]:
        """Return everything but the page, in JSON's own types."""
        view = {name: getattr(self, name) for name in VIEW}
        view["facets"] = {column: list(values) for column, values in self.facets.items()}
        view["ranges"] = {column: list(bounds) for column, bounds in self.ranges.items()}
        view["columns"] = list(self.columns)
        return view

    def take(self, view: Mapping[str, Any], *, page: int = 0) -> None:
        """Show a view; what it leaves out is as at the beginning.

        Raises
        ------
        FilterError
            If anything in it cannot be shown; nothing has changed then.
        """
        whole = {**START, **{name: view[name] for name in VIEW if name in view}}
        self._check(whole)
        self.param.update(**whole, page=max(0, page))

    def _check(self, view: Mapping[str, Any]) -> None:
        with columns_added(self.added):
            _check(view)


#: The view a new explorer begins with.
START: dict[str, Any] = ExplorerState().view()


def _with(
    held: Mapping[str, tuple[Any, ...]], column: str, values: tuple[Any, ...]
) -> dict[str, tuple[Any, ...]]:
    kept = {name: known for name, known in held.items() if name != column}
    return {**kept, column: values} if values else kept


def _same(one: Value, other: Value) -> bool:
    """Tell whether two values are one; in Python, True is 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _check(view: Mapping[str, Any]) -> None:
    """See that a view is one: it may come out of an address that somebody typed."""
    for name, start in START.items():
        if not isinstance(view[name], type(start)):
            raise _refusal(name, view[name])
    for column, values in view["facets"].items():
        if not isinstance(values, list | tuple) or not all(map(_is_value, values)):
            raise _refusal(column, values)
    for column, bounds in view["ranges"].items():
        if not isinstance(bounds, list | tuple) or not _are_bounds(bounds):
            raise _refusal(column, bounds)
    known = all_fields() if {*map(str, view["columns"])} - FIELDS.keys() else FIELDS
    unknown = [one for one in view["columns"] if str(one) not in known]
    if unknown or not view["columns"]:
        raise _refusal("columns", unknown)
    # By itself first: what is wrong with it is told by its own places.
    condition(VideoQuery(where=view["where"]))
    condition(_query(view))


def _query(view: Mapping[str, Any]) -> VideoQuery:
    return VideoQuery(
        search=view["search"],
        where=_expression(view["where"], view["below"]),
        facets={column: tuple(values) for column, values in view["facets"].items()},
        ranges={column: (low, high) for column, (low, high) in view["ranges"].items()},
        sort=view["sort"],
        descending=view["descending"],
        with_=sorted({of_analysis(name) for name in view["columns"] if name not in FIELDS}),
    )


def _expression(where: str, below: str) -> str:
    """Return an expression that also asks for a folder."""
    if not below:
        return where
    inside = f"(folder == {below!r} or folder.startswith({below.rstrip('/') + '/'!r}))"
    return f"({where}) and {inside}" if where.strip() else inside


def _is_value(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def _are_bounds(bounds: Iterable[Any]) -> bool:
    found = list(bounds)
    is_number = [one is None or (_is_value(one) and not isinstance(one, str)) for one in found]
    return len(found) == 2 and all(is_number)  # noqa: PLR2004 - the least and the most


def _refusal(name: str, value: Any) -> FilterError:
    return FilterError(
        f"A view cannot have {shown(str(value))!r} as its {shown(name)}. Clear the filters."
    )
