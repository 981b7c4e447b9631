"""What commands that print tables have in common: the options of an export, and the export."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from contextlib import closing
from functools import wraps
from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from stoat_nb.catalog.exports.formats import FORMATS
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.cli.completion import offer_columns
from stoat_nb.cli.grid import harmless_stdout
from stoat_nb.library import Library
from stoat_nb.names import shown

#: What a terminal has no use for, and a pipe only if that was said.
_FILE_FORMATS = ("parquet", "xlsx")
_STDOUT = Path("-")

Command = Callable[..., None]


class Wish(Struct, frozen=True, kw_only=True):
    """How a table was asked for."""

    form: str | None  #: None is for the file's ending to tell.
    output: Path | None  #: None is standard output.
    columns: list[str] | None = None
    limit: int | None = None
    redact: bool = False
    manifest: bool = False

    @property
    def is_for_people(self) -> bool:
        """Whether it is to be printed as a table."""
        return self.form == "table"

    def export(self, library: Library, table: str, query: VideoQuery | None = None) -> None:
        """Write it to the file, or to standard output."""
        asked: dict[str, Any] = {
            "table": table,
            "query": query,
            "columns": self.columns,
            "limit": self.limit,
            "redact": self.redact,
        }
        if self.output is None:
            stream = library.export_stream(self.form or "csv", **asked)
            with closing(stream), harmless_stdout() as stdout:
                stdout.writelines(stream)
            return
        with warnings.catch_warnings(record=True) as notes:
            warnings.filterwarnings("always", category=UserWarning)
            written = library.export(self.output, format=self.form, manifest=self.manifest, **asked)
        click.echo(f"Wrote {shown(written)}", err=True)
        for note in notes:
            if note.category is UserWarning:  # ours, for whoever asked
                click.echo(str(note.message), err=True)


def output_options(*formats: str) -> tuple[Callable[[Command], Command], ...]:
    """Return the options that say in which format, and where to."""
    return (
        click.option(
            "--format",
            "form",
            type=click.Choice(("table", *formats)),
            help="[default: by FILE, else table or csv]",
        ),
        click.option("--json", "as_json", is_flag=True, help="The same as --format json."),
        click.option(
            "-o",
            "--output",
            metavar="FILE",
            type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
            help="Where to; -: standard output.",
        ),
    )


def export_options(table: str) -> tuple[Callable[[Command], Command], ...]:
    """Return all the options of an export of a table."""
    return (
        *output_options(*FORMATS),
        click.option(
            "--columns",
            metavar="NAMES",
            callback=_listed,
            shell_complete=offer_columns(table),
            help="Only these columns, with commas between them.",
        ),
        click.option("--limit", metavar="N", type=click.IntRange(1), help="Only the first N rows."),
        click.option(
            "--redact", is_flag=True, help="Leave out paths to scanned folders, and GPS positions."
        ),
        click.option(
            "--manifest", is_flag=True, help="Say in a second file what FILE holds and how it came."
        ),
    )


def _listed(_: click.Context, _option: click.Parameter, names: str | None) -> list[str] | None:
    return [name.strip() for name in names.split(",")] if names else None


def wishing(options: tuple[Callable[[Command], Command], ...]) -> Callable[[Command], Command]:
    """Give a command some of these options, and hand it the ``wish`` they make."""

    def decorate(command: Command) -> Command:
        @wraps(command)
        def asked(*args: Any, **given: Any) -> None:
            wished = {name: given.pop(name) for name in _WISHES if name in given}
            command(*args, wish=_wish(**wished), **given)

        made: Command = asked
        for option in reversed(options):
            made = option(made)
        return made

    return decorate


_WISHES = ("form", "as_json", "output", "columns", "limit", "redact", "manifest")


def _wish(*, form: str | None, as_json: bool, output: Path | None, **given: Any) -> Wish:
    """Return what was asked for; refuse what cannot be."""
    is_dash, redact = output == _STDOUT, given.get("redact", False)
    if as_json and form not in (None, "json"):
        raise click.UsageError("--json is --format json: leave one of them out.")
    form = "json" if as_json else form
    if form is None and (output is None or is_dash):
        form = "table" if sys.stdout.isatty() and not redact and not is_dash else "csv"
    if form == "table" and output is not None and not is_dash:
        raise click.UsageError("A table is for the terminal: leave out -o, or choose csv.")
    if form == "table" and redact:
        raise click.UsageError("A table cannot be redacted: leave out --redact, or choose csv.")
    if form in _FILE_FORMATS and (output is None or (is_dash and sys.stdout.isatty())):
        raise click.UsageError(f"The format {form} needs a file: -o FILE, or -o - into a pipe.")
    if given.get("manifest") and (output is None or is_dash):
        raise click.UsageError("A manifest lies beside a file: add -o FILE, or leave --manifest.")
    return Wish(form=form, output=None if is_dash else output, **given)
