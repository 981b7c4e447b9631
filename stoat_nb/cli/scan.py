"""``stoat scan``: submit, watch, sum up."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stoat_nb.cli.door import open_library
from stoat_nb.cli.outcome import tell
from stoat_nb.cli.running import run_here
from stoat_nb.errors import FolderNotFound

if TYPE_CHECKING:
    from stoat_nb.media.rules import FollowLinks
    from stoat_nb.scan.request import ScanMode


@click.command()
@click.argument("folder", metavar="PATH", type=click.Path())
@click.option(
    "--recursive/--no-recursive", default=True, help="Also scan the folders inside.  [default: yes]"
)
@click.option(
    "--mode",
    type=click.Choice(["quick", "changed", "full", "verify"]),
    default="changed",
    show_default=True,
    help=(
        "quick: list only folders that changed. changed: read files that changed. full: read all "
        "files again. verify: read all of them to their end."
    ),
)
@click.option(
    "--accept-removals",
    is_flag=True,
    help="Take files for missing even where their disk seems to be away.",
)
@click.option(
    "--exclude",
    metavar="PATTERN",
    multiple=True,
    help="Leave out what matches, as in a .gitignore file; may be given again.",
)
@click.option(
    "--follow-links",
    type=click.Choice(["none", "files", "all"]),
    help="Links to follow; all: to folders too.  [default: none]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--fail-on-errors", is_flag=True, help="Exit with 3 if any file cannot be read.")
@click.pass_obj
def scan(
    library_path: Path | None,
    *,
    folder: str,
    recursive: bool,
    mode: ScanMode,
    accept_removals: bool,
    exclude: tuple[str, ...],
    follow_links: FollowLinks | None,
    as_json: bool,
    fail_on_errors: bool,
) -> int:
    """Find out what is in the folder PATH, and keep it in the library.

    Only what changed since the last scan is read. Ctrl-C cancels: what was read until then is kept.
    If this command is ended otherwise the scan waits: stoat resume or stoat serve goes on with it.
    """
    if not folder:  # an unset variable in a script, not the current folder
        raise FolderNotFound(folder)
    state = run_here(
        partial(open_library, library_path, take="own"),
        lambda library: library.scan(
            folder,
            recursive=recursive,
            mode=mode,
            accept_removals=accept_removals,
            exclude=exclude,
            follow_links=follow_links,
        ),
    )
    return tell(state, as_json=as_json, fail_on_errors=fail_on_errors)
