"""``stoat sql``: SELECT statements over the tables of the library."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stoat_nb.api.plain import plain
from stoat_nb.catalog.exports.formats import FORMATS
from stoat_nb.cli.door import open_existing
from stoat_nb.cli.exports import Wish, output_options, wishing
from stoat_nb.cli.grid import cell_text, harmless_stdout, print_grid
from stoat_nb.errors import ExportError
from stoat_nb.names import shown

if TYPE_CHECKING:
    import pyarrow as pa

_TEXTS = tuple(name for name, one in FORMATS.items() if not one.has_manifest)


@click.command()
@click.argument("statement")
@wishing(output_options(*_TEXTS, "parquet"))
@click.option(
    "--read",
    "files",
    metavar="FILE",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file that STATEMENT may read: from 'shots.csv'. May be repeated.",
)
@click.pass_obj
def sql(library_path: Path | None, *, statement: str, wish: Wish, files: tuple[Path, ...]) -> None:
    """Run a SELECT statement on the library's tables, in DuckDB's SQL.

    The tables are videos, streams, chapters, tags, failures, scans and jobs; "describe videos"
    lists the columns of one. On a terminal the result is a table, in a pipe CSV.
    """
    with open_existing(library_path) as library:
        frame = library.sql(statement, files=files)
    import pyarrow as pa  # noqa: PLC0415 - loaded by now, and not needed for --help

    result = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
    if wish.output is not None:
        _write(result, wish.output, wish.form or wish.output.suffix[1:])
    elif wish.is_for_people:
        _print(result)
    else:
        from stoat_nb.catalog.exports.result import write_result  # noqa: PLC0415 - loads pyarrow

        with harmless_stdout() as stdout:
            write_result(result, stdout, wish.form or "csv")


def _write(result: pa.Table, output: Path, form: str) -> None:
    from stoat_nb.catalog.exports.partial_file import PartialFile  # noqa: PLC0415 - only for files
    from stoat_nb.catalog.exports.result import write_result  # noqa: PLC0415

    written = io.BytesIO()
    write_result(result, written, form)
    try:
        with PartialFile(output) as part:
            part.file.write(written.getbuffer())
            part.sync()
            part.put()
    except OSError as problem:
        raise ExportError(
            f"'{shown(output)}' cannot be written: {problem.strerror or problem}. "
            "Choose another place, or make room there."
        ) from problem
    click.echo(f"Wrote {shown(output)}", err=True)


def _print(result: pa.Table) -> None:
    rows = zip(*(column.to_pylist() for column in result.columns), strict=True)
    print_grid(result.column_names, ([cell_text(plain(cell)) for cell in row] for row in rows))
