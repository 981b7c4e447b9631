"""What commands that print tables have in common: the options of an export, and the export."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from stoat_nb.catalog.exports.formats import FORMATS
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.cli.grid import harmless_stdout
from stoat_nb.library import Library
from stoat_nb.names import shown

#: What a terminal or a pipe has no use for.
_FILE_FORMATS = ("parquet", "xlsx")

_OPTIONS = (
    click.option(
        "--format",
        "form",
        type=click.Choice(("table", *FORMATS)),
        help="[default: by FILE, else table or csv]",
    ),
    click.option("-o", "--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path)),
    click.option(
        "--columns", metavar="NAMES", help="Only these columns, with commas between them."
    ),
    click.option(
        "--redact",
        is_flag=True,
        help="Leave out paths to scanned folders, and GPS positions.",
    ),
    click.option(
        "--manifest", is_flag=True, help="Say in a second file what FILE holds and how it came."
    ),
)


class Wish(Struct, frozen=True, kw_only=True):
    """How a table was asked for."""

    form: str | None  #: None is for the file's ending to tell.
    output: Path | None
    columns: list[str] | None
    redact: bool
    manifest: bool

    @property
    def is_for_people(self) -> bool:
        """Whether it is to be printed as a table."""
        return self.form == "table"

    def export(self, library: Library, table: str, query: VideoQuery | None = None) -> None:
        """Write it to the file, or to standard output."""
        asked: dict[str, Any] = {
            "table": table,
            "format": self.form,
            "query": query,
            "columns": self.columns,
            "redact": self.redact,
        }
        if self.output is None:
            with harmless_stdout() as stdout:
                library.catalog.export_into(stdout, **asked)
            return
        with warnings.catch_warnings(record=True) as notes:
            warnings.filterwarnings("always", category=UserWarning)
            written = library.catalog.export(self.output, manifest=self.manifest, **asked)
        click.echo(f"Wrote {shown(written)}", err=True)
        for note in notes:
            if note.category is UserWarning:  # ours, for whoever asked
                click.echo(str(note.message), err=True)


def export_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of an export, and hand it the ``wish`` they make."""

    @wraps(command)
    def asked(
        *args: Any,
        form: str | None,
        output: Path | None,
        columns: str | None,
        redact: bool,
        manifest: bool,
        **others: Any,
    ) -> None:
        _check(form, output, is_changed=bool(columns) or redact, manifest=manifest)
        wish = Wish(
            form=_form(form, output, is_changed=bool(columns) or redact),
            output=output,
            columns=[name.strip() for name in columns.split(",")] if columns else None,
            redact=redact,
            manifest=manifest,
        )
        command(*args, wish=wish, **others)

    made: Callable[..., None] = asked
    for option in reversed(_OPTIONS):
        made = option(made)
    return made


def _form(form: str | None, output: Path | None, *, is_changed: bool) -> str | None:
    if form is None and output is None:
        return "table" if sys.stdout.isatty() and not is_changed else "csv"
    return form


def _check(form: str | None, output: Path | None, *, is_changed: bool, manifest: bool) -> None:
    if form == "table" and output is not None:
        raise click.UsageError("A table is for the terminal: leave out -o, or choose csv.")
    if form == "table" and is_changed:
        raise click.UsageError(
            "A table has columns of its own: leave out --columns and --redact, or choose csv."
        )
    if form in _FILE_FORMATS and output is None:
        raise click.UsageError(f"The format {form} needs a file: -o FILE.")
    if manifest and output is None:
        raise click.UsageError("A manifest lies beside a file: add -o FILE, or leave --manifest.")
