"""Exports: a whole table into a file, which is there completely or not at all, or as a stream."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import apsw
from xlsxwriter.exceptions import XlsxWriterException

from stoat_nb.catalog.database import Database
from stoat_nb.catalog.exports.formats import FORMATS, format_named
from stoat_nb.catalog.exports.manifest import as_json, manifest_of
from stoat_nb.catalog.exports.partial_file import PartialFile
from stoat_nb.catalog.exports.redaction import NO_REDACTION, redaction_of
from stoat_nb.catalog.exports.source import Source
from stoat_nb.catalog.exports.stream import Stream
from stoat_nb.catalog.exports.wanted import Wanted
from stoat_nb.catalog.exports.writers import writer_of
from stoat_nb.catalog.reader import Reader
from stoat_nb.errors import ExportError
from stoat_nb.names import shown

#: What is added to the name of a file for the name of its manifest.
MANIFEST_SUFFIX = ".manifest.json"


class Export:
    """One table, or the videos that match a query, on the way out."""

    def __init__(self, database: Database, reader: Reader, wanted: Wanted) -> None:
        self._database, self._reader, self._wanted = database, reader, wanted

    def to_path(self, path: Path, kind: str | None, *, manifest: bool = False) -> Path:
        """Write a file; one that is there already is replaced only by a complete one."""
        kind = format_named(kind or path.suffix[1:], path)
        beside = Path(f"{path}{MANIFEST_SUFFIX}")
        is_beside = manifest and not FORMATS[kind].has_manifest
        if "\0" in str(path):
            raise ExportError(f"'{shown(path)}' is no name a file can have. Choose another.")
        with _said(path), PartialFile(self._target(path)) as part:
            told = self._write(kind, part.file, threading.Event(), is_told=is_beside)
            part.sync()
            if is_beside:
                with _said(beside), PartialFile(self._target(beside)) as second:
                    second.file.write(as_json(_about(part, path, told)))
                    second.sync()
                    part.put()
                    second.put()
            else:
                part.put()
        return path

    def to_file(self, file: BinaryIO, kind: str | None) -> None:
        """Write into an open binary file, as it comes; who reads it may be slow."""
        stream = self.stream(kind)
        try:
            with _said(None):
                for chunk in stream:
                    _put(file, chunk)
        finally:
            stream.close()

    def stream(self, kind: str | None) -> Stream:
        """Return the bytes of the file as they come. What cannot be written is refused here."""
        named = format_named(kind or "")

        def write(file: BinaryIO, stop: threading.Event) -> None:
            with _said(None):
                self._write(named, file, stop)

        return Stream(write)

    def _write(
        self, kind: str, file: BinaryIO, stop: threading.Event, *, is_told: bool = False
    ) -> dict[str, Any]:
        """Write all of it as it is at one moment; return its manifest if it is to be told."""

        def write(connection: apsw.Connection) -> dict[str, Any]:
            library, asked = self._database.path, self._wanted
            source = Source(
                connection=connection,
                wanted=asked,
                # First: what is read later is as it was then.
                selection=self._reader.selection(connection, asked.table, asked.query, asked.limit),
                redaction=redaction_of(connection, library) if asked.is_redacted else NO_REDACTION,
                stop=stop,
            )
            manifest = manifest_of(source) if is_told else {}
            writer_of(kind)(source, file)
            return manifest

        return self._database.read(write)

    def _target(self, path: Path) -> Path:
        # A link is written through, as any program would.
        target = Path(os.path.realpath(path))
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
        return target


def _put(file: BinaryIO, chunk: bytes) -> None:
    """Write all of it: a file without a buffer may take less."""
    rest = memoryview(chunk)
    while rest:
        rest = rest[file.write(rest) :]


def _about(part: PartialFile, path: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest of a file beside it; the digest tells whether they belong together."""
    part.file.seek(0)
    digest = hashlib.file_digest(part.file, "sha256").hexdigest()
    size = os.fstat(part.file.fileno()).st_size
    return {"file": shown(path.name), "size_bytes": size, "sha256": digest, **manifest}


@contextmanager
def _said(path: Path | None) -> Iterator[None]:
    """Say in our words why a file cannot be written."""
    try:
        yield
    except BrokenPipeError:
        raise  # whoever read it has seen enough
    except (OSError, XlsxWriterException) as problem:
        reason = shown(getattr(problem, "strerror", None) or problem)
        if path is None:
            raise ExportError(
                f"The export cannot be written to its end: {reason}. What came of it is not "
                "complete. Choose another place, or make room there."
            ) from problem
        raise ExportError(
            f"'{shown(path)}' cannot be written: {reason}. Nothing of it was left behind. "
            "Choose another place, or make room there."
        ) from problem
