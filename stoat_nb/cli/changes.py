"""``stoat scans``, ``analyses``, ``diff``, ``forget``: what was done, and clearing up after it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from stoat_nb.api.plain import rows
from stoat_nb.catalog.columns import TABLES
from stoat_nb.cli.door import open_existing
from stoat_nb.cli.grid import cell_text, json_option, print_grid, print_json
from stoat_nb.cli.tables import shortener
from stoat_nb.names import shown

_SCAN_CELLS = (
    "scan_id",
    "started_at",
    "status",
    "folder",
    "scanned",
    "new",
    "updated",
    "moved",
    "skipped",
    "failed",
    "removed",
    "offline",
)
_ANALYSIS_CELLS = ("name", "version", "columns", "n_fresh", "n_stale", "n_failed", "elapsed_s")


@click.command()
@json_option
@click.pass_obj
def scans(library_path: Path | None, *, as_json: bool) -> None:
    """List the scans of the library, newest first, with what each found.

    On a terminal counts that are 0 in all of them are left out.
    """
    with open_existing(library_path) as library:
        found = rows(library.scans().iloc[::-1])
    if as_json:
        print_json(found)
        return
    columns = [column for name in _SCAN_CELLS if (column := TABLES["scans"].column(name))]
    if sys.stdout.isatty():
        columns = [
            one for one in columns if one.unit != "files" or any(row[one.name] for row in found)
        ]
    names = [column.name for column in columns]
    print_grid(names, ([cell_text(row[one.name], one) for one in columns] for row in found))


@click.command()
@json_option
@click.pass_obj
def analyses(library_path: Path | None, *, as_json: bool) -> None:
    """List the functions that were run over the videos, with how many answers each has.

    library.map runs them, from Python.
    """
    with open_existing(library_path) as library:
        found = rows(library.analyses())
    if as_json:
        print_json(found)
        return
    columns = [column for name in _ANALYSIS_CELLS if (column := TABLES["analyses"].column(name))]
    names = [column.name for column in columns]
    print_grid(names, ([cell_text(row[one.name], one) for one in columns] for row in found))


@click.command()
@click.argument("before", type=int, required=False)
@click.argument("after", type=int, required=False)
@click.option(
    "--since", metavar="DATE", help="Instead: since the last scans before DATE, or 'now - 30d'."
)
@click.option(
    "--by",
    type=click.Choice(("change", "file")),
    default="change",
    show_default=True,
    help="One row per change, or per file.",
)
@json_option
@click.pass_obj
def diff(library_path: Path | None, /, *, as_json: bool, **asked: Any) -> None:
    """Tell what is different after scan AFTER from what was after scan BEFORE.

    The numbers are those of stoat scans. Without AFTER: the newest scan; without BEFORE: the one
    before that, of the same root.
    """
    with open_existing(library_path) as library:
        frame = library.diff(**asked)
        found, shorten = rows(frame), shortener(library)
    names = [name for name in frame.columns if name != "video_id"]
    if as_json:
        print_json(found)
    elif not found:
        click.echo("Nothing is different.")
    else:
        print_grid(names, ([shorten(cell_text(row[name])) for name in names] for row in found))


@click.command()
@click.argument("folder", required=False, type=click.Path())
@click.pass_obj
def forget(library_path: Path | None, *, folder: str | None) -> None:
    """Delete the rows of videos that are missing or excluded, in FOLDER or all.

    Only what a scan has found to be gone, or was told to leave out, is forgotten, never what is
    offline; no file is touched.
    """
    with open_existing(library_path) as library:
        count = library.forget(folder)
        where = "" if folder is None else f" in {shown(folder)}"
        click.echo(
            f"Forgot {count:,} {'video' if count == 1 else 'videos'}{where}."
            if count
            else f"No video{where} is missing or excluded: nothing to forget."
        )
