"""``stoat scans``, ``diff`` and ``forget``: what became of the files, and clearing up after it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stoat_nb.cli.door import open_existing
from stoat_nb.cli.grid import print_grid
from stoat_nb.names import shown

if TYPE_CHECKING:
    from pandas import DataFrame

    from stoat_nb.library import Library

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
_DIFF_CELLS = ("change", "path", "column", "old", "new")

_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")


@click.command()
@_json
@click.pass_obj
def scans(library_path: Path | None, *, as_json: bool) -> None:
    """List the scans of the library, newest first, with what each found."""
    with open_existing(library_path) as library:
        _print(library.scans().iloc[::-1], _SCAN_CELLS, as_json)


@click.command()
@click.argument("before", type=int, required=False)
@click.argument("after", type=int, required=False)
@_json
@click.pass_obj
def diff(
    library_path: Path | None, *, before: int | None, after: int | None, as_json: bool
) -> None:
    """Tell what is different after scan AFTER from what was after scan BEFORE.

    The numbers are those of stoat scans. Without AFTER: the newest scan; without BEFORE: the one
    before that, of the same root.
    """
    with open_existing(library_path) as library:
        first, last = _chosen(library, before, after)
        frame = library.diff(first, last)
        if frame.empty and not as_json:
            click.echo(f"Nothing is different after scan {last} from what was after scan {first}.")
        else:
            _print(frame, _DIFF_CELLS, as_json)


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


def _chosen(library: Library, before: int | None, after: int | None) -> tuple[int, int]:
    frame = library.scans()
    if after is None:
        if frame.empty:
            raise click.UsageError("There are no scans yet. Make one: stoat scan FOLDER")
        after = int(frame["scan_id"].iloc[-1])
    if before is not None:
        return before, after
    same = frame[frame["root"].isin(frame.loc[frame["scan_id"] == after, "root"])]
    earlier = same.loc[same["scan_id"] < after, "scan_id"]
    if earlier.empty:
        raise click.UsageError(
            f"There is no scan before scan {after} to compare it with. See them all: stoat scans"
        )
    return int(earlier.iloc[-1]), after


def _print(frame: DataFrame, names: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        for row in json.loads(frame.to_json(orient="records", date_format="iso")):
            click.echo(json.dumps(row))
        return
    cells = zip(*(map(_cell, frame[name]) for name in names), strict=True)
    print_grid(names, cells)


def _cell(value: Any) -> str:
    if value is None or type(value).__name__ in {"NAType", "NaTType"} or value != value:  # noqa: PLR0124 - NaN is unlike itself
        return ""
    if hasattr(value, "isoformat"):
        return str(value.isoformat(timespec="seconds"))
    return shown(value)
