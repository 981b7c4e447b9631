"""What a library writes: a table as a file, or as the bytes of one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stoat_nb.catalog.query import VideoQuery, narrowed
from stoat_nb.library.arguments import checked
from stoat_nb.library.room import Handle
from stoat_nb.user_paths import expand_path

if TYPE_CHECKING:
    from stoat_nb.catalog.exports.stream import Stream


class Exporting(Handle):
    """The part of a Library that writes its tables to files."""

    @checked
    def export_stream(
        self,
        format: str,  # noqa: A002 - the word users know
        *,
        table: str = "videos",
        query: VideoQuery | None = None,
        columns: Sequence[str] | None = None,
        limit: int | None = None,
        redact: bool = False,
    ) -> Stream:
        """Return the bytes of an export as they come, for whoever sends them on.

        It takes what ``export`` does. What cannot be written is refused here; close what is left.
        """
        return self.catalog.export_stream(
            format, table=table, query=query, columns=columns, limit=limit, redact=redact
        )

    @checked
    def export(
        self,
        path: str | os.PathLike[str],
        *,
        table: str = "videos",
        format: str | None = None,  # noqa: A002 - the word users know
        where: str = "",
        query: VideoQuery | None = None,
        columns: Sequence[str] | None = None,
        limit: int | None = None,
        redact: bool = False,
        manifest: bool = False,
    ) -> Path:
        """Write a table to a file, as it is at one moment: all rows, or all videos that match.

        Parameters
        ----------
        path
            Where to; an existing file is replaced only by a complete one.
        table
            ``videos``, ``streams``, ``groups`` or any other of ``docs/columns.md``.
        format
            ``csv``, ``csv-excel`` (Excel opens it with its accents right), ``xlsx``, ``parquet``,
            ``json``, ``jsonl``, ``html`` (a report for people); by the file's ending if not given.
        where, query
            Only the videos for which this is true (``docs/filters.md``), or that a query matches.
        columns, limit
            Only these columns, in this order, and only so many rows; all of them if not given.
        redact
            Whether paths begin with the scanned folder's name, and the GPS position is left out.
        manifest
            Whether to say what it holds in a second file, where the first has no place for that.

        Raises
        ------
        ExportError
            If a format or a column is unknown, or the file cannot be written or hold the table.
        FilterError
            If the expression or the query asks for what there is not.

        Examples
        --------
        >>> from stoat_nb import Library
        >>> with Library("library.db") as library:  # doctest: +SKIP
        ...     library.export("large.parquet", where="height >= 2160", limit=100)
        ...     library.export("list.csv", columns=["path", "duration_s"], redact=True)
        ...     library.export("report.html")
        """
        if where:
            query = narrowed(query or VideoQuery(), where)
        return self.catalog.export(
            expand_path(path),
            table=table,
            format=format,
            query=query,
            columns=columns,
            limit=limit,
            redact=redact,
            manifest=manifest,
        )
