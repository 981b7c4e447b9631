"""What a map is asked for: checked where it is submitted, read where it runs."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from stoat_nb.catalog.analyses import NAME, ROWS, Analysis
from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.query import VideoQuery, condition
from stoat_nb.catalog.values import as_stored_text
from stoat_nb.errors import BadArgument
from stoat_nb.maps.function import packed, seal_of, stated_columns

#: What a function is given of each video.
Inputs = Literal["path", "video"]
#: Which videos are done again.
Again = Literal["changed", "all"]
#: MiB that each process may hold, if nothing is said.
MEMORY_MB = 4096
#: Words of the filters' own.
_WORDS = frozenset({"now", "today", "null", "none", "true", "false"})


def map_request(
    function: Callable[[Any], Any],
    name: str,
    catalog: Catalog,
    *,
    query: VideoQuery | None,
    version: str | int | None,
    columns: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Keep a function in the library; return what the payload of the job says of it.

    Raises
    ------
    BadArgument
        If the function is asynchronous, takes no single argument or cannot be sent to another
        process, or the name is taken.
    FilterError
        If the query asks for what there is not.
    """
    if query is not None:
        condition(query)
    known = catalog.analysis_results.known()
    check_name(name, known)
    one = packed(function)
    stated = stated_columns(columns) if columns else one.columns
    catalog.analysis_results.keep_function(one.hash, one.pickled, seal_of(one.hash))
    if version is None:
        version = known[name].version if name in known else "1"
    return {
        "name": name,
        "version": as_stored_text(str(version)),
        "function": one.hash,
        "code": one.code,
        "source": one.source,
        "folders": one.folders,
        "query": {} if query is None else _asked(query),
        "columns": msgspec.to_builtins(stated),
    }


def check_name(name: str, known: Mapping[str, Analysis]) -> None:
    """Refuse names by which nothing could be asked for."""
    columns = {column.name for column in TABLES["videos"].columns}
    taken = {*TABLES, *columns, *_WORDS, *(f"{one}{ROWS}" for one in known)}
    same = {one.lower() for one in known} - {name.lower() if name in known else ""}
    if (
        not NAME.fullmatch(name)
        or keyword.iskeyword(name)
        or name.endswith(ROWS)
        or name.lower() in taken | same
    ):
        raise BadArgument(
            "name",
            name,
            "the name of an analysis: letters, digits and _, and not the name of a table, of a "
            "column of videos or of another analysis in other case",
        )


def _asked(query: VideoQuery) -> dict[str, Any]:
    asked: dict[str, Any] = msgspec.to_builtins(query)
    return {name: asked[name] for name in ("search", "where", "facets", "ranges")}
