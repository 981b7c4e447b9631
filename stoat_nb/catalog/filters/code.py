"""A query as code that people take away: Python for a notebook, SQL for ``library.sql``."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from msgspec import Struct

from stoat_nb.catalog.filters.masks import mask
from stoat_nb.catalog.filters.sql import where
from stoat_nb.catalog.filters.tree import Value
from stoat_nb.catalog.query import VideoQuery, analyses_in, condition, order


class Code(Struct, frozen=True, kw_only=True):
    """The same videos in two languages."""

    pandas: str  #: Python that makes the frame ``videos``.
    sql: str  #: One statement for ``library.sql``.


def code_of(query: VideoQuery, path: str | os.PathLike[str]) -> Code:
    """Return the code for all videos that a query matches, in its order, whatever the page.

    Parameters
    ----------
    query
        What to match.
    path
        The library's file.

    Raises
    ------
    FilterError
        If the query asks for what there is not.

    Examples
    --------
    >>> code = code_of(VideoQuery(where="height >= 2160"), "library.db")
    >>> print(code.pandas)
    from stoat_nb import Library
    <BLANKLINE>
    with Library('library.db') as library:
        videos = library.videos()
    <BLANKLINE>
    chosen = (
        (videos["height"] >= 2160)
    )
    videos = videos[chosen].reset_index(drop=True)
    for name in videos.select_dtypes("category"):
        videos[name] = videos[name].cat.remove_unused_categories()
    <BLANKLINE>
    """
    return Code(pandas=_pandas(query, Path(path)), sql=_sql(query))


def _pandas(query: VideoQuery, path: Path) -> str:
    lines = [*_chosen(query), *_sorted(query)]
    used = "\n".join(lines)
    imports = [
        f"import {name} as {short}"
        for short, name in (("np", "numpy"), ("pd", "pandas"))
        if re.search(rf"\b{short}\.", used)
    ]
    return "\n".join(
        [
            *imports,
            *([""] if imports else []),
            "from stoat_nb import Library",
            "",
            f"with Library({os.fspath(path)!r}) as library:",
            f"    videos = library.videos({_with(query)})",
            *lines,
            "",
        ]
    )


def _with(query: VideoQuery) -> str:
    names = analyses_in(query)
    return f"with_={[*names]!r}" if names else ""


def _chosen(query: VideoQuery) -> list[str]:
    parts = condition(query).parts
    if not parts:
        return []
    masks = "\n    & ".join(mask(part) for part in parts)
    return [
        "",
        f"chosen = (\n    {masks}\n)",
        "videos = videos[chosen].reset_index(drop=True)",
        'for name in videos.select_dtypes("category"):',
        "    videos[name] = videos[name].cat.remove_unused_categories()",
    ]


def _sorted(query: VideoQuery) -> list[str]:
    if query.sort == "path" and not query.descending:
        return []  # they are
    by = list(dict.fromkeys([query.sort, "video_id"]))
    order = f", ascending={not query.descending}, na_position='last', ignore_index=True"
    return [f"videos = videos.sort_values({by!r}{order})"]


def _sql(query: VideoQuery) -> str:
    clause, bindings = where(condition(query))
    chosen = f"{with_literals(clause, bindings)}\n" if clause else ""
    return f"SELECT *\nFROM videos\n{chosen}ORDER BY {order(query)};\n"


def with_literals(sql: str, bindings: tuple[Any, ...]) -> str:
    """Return SQL with its values written into it."""
    first, *others = sql.split("?")
    return first + "".join(
        _literal(value) + rest for value, rest in zip(bindings, others, strict=True)
    )


def _literal(value: Value) -> str:
    if isinstance(value, str):
        if value.isprintable():
            return "'" + value.replace("'", "''") + "'"
        escaped = "".join(f"\\x{byte:02X}" for byte in value.encode())
        return f"decode('{escaped}'::BLOB)"  # no shell and no eye changes that
    if isinstance(value, bool):
        return str(value).upper()
    # To the last digit: a number with a point alone is a decimal of fewer.
    return f"CAST('{value!r}' AS DOUBLE)" if isinstance(value, float) else f"({value})"
