"""``stoat videos`` and ``stoat failures``: the library's tables, read by people and by programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from stoat_nb import words
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.cli.door import open_existing
from stoat_nb.cli.exports import Wish, export_options
from stoat_nb.cli.grid import print_grid
from stoat_nb.library import Library
from stoat_nb.names import shown

if TYPE_CHECKING:
    from pandas import DataFrame

PAGE = 500

Row = dict[str, Any]
Cells = dict[str, Callable[[Row], str]]


def _size(n_bytes: Any) -> str:
    return "" if _missing(n_bytes) else words.size(n_bytes)


def _clock(seconds: Any) -> str:
    return "" if _missing(seconds) else words.length(seconds)


def _text(value: Any) -> str:
    return "" if _missing(value) else shown(value)


def _missing(value: Any) -> bool:
    # pandas has three ways of saying so.
    return value is None or type(value).__name__ in {"NAType", "NaTType"} or value != value  # noqa: PLR0124 - NaN is unlike itself


def _picture(row: Row) -> str:
    width, height = row["display_width"], row["display_height"]
    return "" if _missing(width) or _missing(height) else f"{width}x{height}"


VIDEO_CELLS: Cells = {
    "path": lambda row: _text(row["path"]),
    "duration": lambda row: _clock(row["duration_s"]),
    "size": lambda row: _size(row["size_bytes"]),
    "picture": _picture,
    "codec": lambda row: _text(row["codec"]),
    "audio": lambda row: _text(row["audio_codec"]),
    "status": lambda row: _text(row["status"]),
}
FAILURE_CELLS: Cells = {
    "path": lambda row: _text(row["path"]),
    "class": lambda row: _text(row["error_class"]),
    "reason": lambda row: _text(row["error"]),
}


@click.command()
@export_options
@click.option(
    "--where", default="", metavar="EXPR", help="Only where EXPR is true: 'height >= 2160'."
)
@click.option("--search", default="", metavar="TEXT", help="Only where the path holds TEXT.")
@click.option("--sort", default="path", metavar="COLUMN", help="Sort by a column.")
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

    On a terminal this is a table, in a pipe CSV; parquet and xlsx need -o FILE.
    """
    query = VideoQuery(where=where, search=search, sort=sort, descending=descending, limit=PAGE)
    with open_existing(library_path) as library:
        if wish.is_for_people:
            _print_table(VIDEO_CELLS, _video_rows(library, query))
        else:
            wish.export(library, "videos", query)


@click.command()
@export_options
@click.pass_obj
def failures(library_path: Path | None, *, wish: Wish) -> None:
    """Print or export the files that could not be read, each with its reason."""
    with open_existing(library_path) as library:
        if wish.is_for_people:
            _print_table(FAILURE_CELLS, _records(library.failures()))
        else:
            wish.export(library, "failures")


def _video_rows(library: Library, query: VideoQuery) -> Iterator[Row]:
    total = PAGE
    while query.offset < total:
        page = library.page(query)
        total = page.total
        yield from _records(page.frame)
        query = replace(query, offset=query.offset + PAGE)


def _records(frame: DataFrame) -> Iterator[Row]:
    names = [str(name) for name in frame.columns]
    return (dict(zip(names, cells, strict=True)) for cells in frame.itertuples(index=False))


def _print_table(cells: Cells, rows: Iterable[Row]) -> None:
    print_grid(tuple(cells), ([cell(row) for cell in cells.values()] for row in rows))
