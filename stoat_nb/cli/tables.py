"""``stoat videos`` and ``stoat failures``: the library's tables, read by people and by programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from stoat_nb.api.plain import rows
from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.exports.wanted import wanted
from stoat_nb.catalog.filters.fields import field_named
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.cli.completion import offer_columns
from stoat_nb.cli.door import open_existing
from stoat_nb.cli.exports import Wish, export_options, wishing
from stoat_nb.cli.grid import cell_text, print_grid
from stoat_nb.library import Library

PAGE = 500

Row = Mapping[str, Any]

#: Heading to column; a picture has two.
_VIDEOS = {
    "path": "path",
    "duration": "duration_s",
    "size": "size_bytes",
    "picture": "display_width",
    "codec": "codec",
    "audio": "audio_codec",
    "status": "status",
}
_FAILURES = {"path": "path", "class": "error_class", "reason": "error"}


@click.command()
@wishing(export_options("videos"))
@click.option(
    "--where", default="", metavar="EXPR", help="Only where EXPR is true: 'height >= 2160'."
)
@click.option("--search", default="", metavar="TEXT", help="Only where the path holds TEXT.")
@click.option(
    "--sort",
    default="path",
    metavar="COLUMN",
    shell_complete=offer_columns("videos"),
    help="Sort by a column.",
)
@click.option("--descending", is_flag=True, help="Largest first.")
@click.pass_obj
def videos(
    library_path: Path | None,
    *,
    wish: Wish,
    where: str,
    search: str,
    sort: str,
    descending: bool,
) -> None:
    """Print or export the videos of the library, all of them.

    On a terminal this is a table, with paths below the scanned folder, in a pipe CSV.
    """
    query = VideoQuery(
        where=where,
        search=search,
        sort=field_named(sort).name,
        descending=descending,
        limit=PAGE,
    )
    with open_existing(library_path) as library:
        if wish.is_for_people:
            _print_table(library, "videos", wish, _VIDEOS, _pages(library, query))
        else:
            wish.export(library, "videos", query)
        if where and (hint := library.hint(query=query)):
            click.echo(hint, err=True)


@click.command()
@wishing(export_options("failures"))
@click.pass_obj
def failures(library_path: Path | None, *, wish: Wish) -> None:
    """Print or export the files that could not be read, each with its reason."""
    with open_existing(library_path) as library:
        if wish.is_for_people:
            _print_table(library, "failures", wish, _FAILURES, rows(library.failures()))
        else:
            wish.export(library, "failures")


def _pages(library: Library, query: VideoQuery) -> Iterator[Row]:
    while page := rows(library.rows(query)):
        yield from page
        query = replace(query, offset=query.offset + PAGE)


def _print_table(
    library: Library, table: str, wish: Wish, usual: Mapping[str, str], found: Iterable[Row]
) -> None:
    wanted(table, columns=wish.columns)  # refuses those there are not
    heads = usual if wish.columns is None else {name: name for name in wish.columns}
    columns = {column.name: column for column in TABLES[table].columns}
    shorten = shortener(library) if wish.columns is None else str

    def cells(row: Row) -> Iterator[str]:
        for head, name in heads.items():
            if head == "picture":
                width, height = row["display_width"], row["display_height"]
                yield f"{width}x{height}" if width and height else ""
            else:
                text = cell_text(row[name], columns[name])
                yield shorten(text) if head == "path" else text

    print_grid([*heads], ([*cells(row)] for row in islice(found, wish.limit)))


def shortener(library: Library) -> Callable[[str], str]:
    """Return what shortens paths for a terminal: they begin below the scanned folder.

    Of several folders each path begins with the name of its own.
    """
    roots = sorted(set(library.scans()["root"])) if sys.stdout.isatty() else []
    names = {Path(root).name for root in roots}

    def shorten(path: str) -> str:
        root = next((one for one in roots if path.startswith(f"{one.rstrip('/')}/")), None)
        if root is None or len(names) < len(roots):
            return path
        return path[len(str(Path(root).parent if len(roots) > 1 else root).rstrip("/")) + 1 :]

    return shorten
