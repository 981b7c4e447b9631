"""Exports: a whole table into a file, which is there completely or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import apsw
from xlsxwriter.exceptions import XlsxWriterException

from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.database import Database
from stoat_nb.catalog.query import VideoQuery, selection
from stoat_nb.catalog.writers import WRITERS, Source
from stoat_nb.errors import ExportError
from stoat_nb.names import shown


class Export:
    """One table, or the videos that match a query, on the way into a file."""

    def __init__(self, database: Database, *, table: str, query: VideoQuery | None) -> None:
        if table not in TABLES:
            raise ExportError(
                f"There is no table '{shown(table)}'. Choose one of: {', '.join(TABLES)}."
            )
        if query is not None and table != "videos":
            raise ExportError(f"Only videos can be filtered, not {table}. Leave the query out.")
        self._database, self._table, self._query = database, TABLES[table], query
        self._chosen = None if query is None else selection(query)

    def to_path(self, path: Path, format: str | None) -> Path:  # noqa: A002 - the word users know
        """Write a file; one that is there already is replaced only by a complete one."""
        kind = _kind(format or path.suffix[1:], path)
        if "\0" in str(path):
            raise ExportError(f"'{shown(path)}' is no name a file can have. Choose another.")
        with _said(path):
            # A link is written through, as any program would.
            target = Path(os.path.realpath(path))
            self._check(target, path)
            partial = target.with_name(f".stoat-{secrets.token_hex(8)}.part")
            try:
                with partial.open("xb") as file:
                    self._write(kind, file)
                    file.flush()
                    os.fsync(file.fileno())
                partial.replace(target)
            finally:
                partial.unlink(missing_ok=True)
        return path

    def to_file(self, file: BinaryIO, format: str | None) -> None:  # noqa: A002 - the word users know
        """Write into an open binary file, once all of it is at hand."""
        kind = _kind(format or "", None)
        with _said(None), tempfile.TemporaryFile() as whole:
            # Not straight into it: a slow reader would keep the catalog's log growing.
            self._write(kind, whole)
            whole.seek(0)
            shutil.copyfileobj(whole, file)

    def _write(self, kind: str, file: BinaryIO) -> None:
        def write(connection: apsw.Connection) -> None:
            source = Source(
                connection=connection, table=self._table, query=self._query, chosen=self._chosen
            )
            WRITERS[kind](source, file)

        self._database.read(write)

    def _check(self, target: Path, path: Path) -> None:
        if target.is_dir():
            raise ExportError(f"'{shown(path)}' is a folder. Name a file in it.")
        if target.exists() and not target.is_file():
            raise ExportError(f"'{shown(path)}' is a device or a pipe. Name a file.")
        library = self._database.path
        if target.exists() and any(
            one.exists() and target.samefile(one)
            for one in (library, Path(f"{library}-wal"), Path(f"{library}-shm"))
        ):
            raise ExportError(f"'{shown(path)}' is the library itself. Name another file.")


def _kind(word: str, path: Path | None) -> str:
    kind = word.lower()
    if kind in WRITERS:
        return kind
    where = "" if path is None else f" for '{shown(path)}'"
    said = (
        f"'{shown(word)}' is no format that tables are written in" if word else "No format is given"
    )
    raise ExportError(f"{said}{where}. Choose one of: {', '.join(WRITERS)}.")


@contextmanager
def _said(path: Path | None) -> Iterator[None]:
    """Say in our words why a file cannot be written."""
    try:
        yield
    except BrokenPipeError:
        raise  # whoever read it has seen enough
    except (OSError, XlsxWriterException) as problem:
        what = "The export" if path is None else f"'{shown(path)}'"
        reason = getattr(problem, "strerror", None) or problem
        raise ExportError(
            f"{what} cannot be written: {shown(reason)}. Nothing of it was left behind. "
            "Choose another place, or make room there."
        ) from problem
