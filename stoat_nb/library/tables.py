"""What a library says: its tables as frames, a page of it, a summary."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.filters.fields import FIELDS, STREAM_FIELDS, Field, field_named
from stoat_nb.catalog.query import (
    Page,
    Summary,
    VideoQuery,
    narrowed,
    of_streams,
)
from stoat_nb.errors import MissingExtra
from stoat_nb.library.arguments import checked
from stoat_nb.library.room import Handle
from stoat_nb.user_paths import expand_path

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from stoat_nb.catalog.filters.code import Code
    from stoat_nb.catalog.filters.facets import Facet
    from stoat_nb.catalog.filters.hints import Completion
    from stoat_nb.catalog.filters.histogram import Heatmap, Histogram
    from stoat_nb.catalog.filters.sizes import FolderSize, Growth


class Tables(Handle):
    """The half of a Library that reads; the other half runs jobs."""

    @checked
    def videos(
        self,
        where: str = "",
        *,
        query: VideoQuery | None = None,
        columns: Sequence[str] | None = None,
        with_: Sequence[str] = (),
        sort: str | None = None,
        descending: bool = False,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """Return every catalogued file, one row each; ``status`` tells ok, failed and missing.

        The columns, their dtypes and units are in ``docs/columns.md``; they are the same when the
        library is empty.

        Parameters
        ----------
        where
            Only the videos for which this expression is true: ``docs/filters.md``.
        query
            Or: all the videos that a query matches, in its order, on whichever page.
        columns
            Only these columns, in this order; None: all of them.
        with_
            Analyses whose columns come along: ``with_=["loudness"]`` adds ``loudness.lufs``.
        sort
            The column to sort by; rows in which it is null come last. None: by path.
        descending
            Whether the largest comes first.
        limit
            How many rows there may be; None: all of them.

        Raises
        ------
        FilterError
            If the expression or the query asks for what there is not; it says where.

        Examples
        --------
        >>> from stoat_nb import Library
        >>> with Library("library.db") as library:  # doctest: +SKIP
        ...     large = library.videos('height >= 2160 and codec in ["hevc", "av1"]')
        ...     longest = library.videos(sort="duration_s", descending=True, limit=10)
        """
        if where:
            query = narrowed(query or VideoQuery(), where)
        if sort is not None:
            query = replace(query or VideoQuery(), sort=sort, descending=descending)
        names = _names(columns, FIELDS)
        if added := {*with_, *(field_named(name).analysis for name in names or ())} - {""}:
            query = replace(query or VideoQuery(), with_=sorted(added))
        return _frame("videos", self.catalog.reader.videos(query, names, limit))

    @checked
    def streams(
        self,
        where: str = "",
        *,
        columns: Sequence[str] | None = None,
        sort: str | None = None,
        descending: bool = False,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """Return every stream of every video, one row each.

        Parameters
        ----------
        where
            Only the streams for which this expression over their own columns is true.
        columns
            Only these columns, in this order; None: all of them.
        sort
            The column to sort by; rows in which it is null come last. None: by path.
        descending
            Whether the largest comes first.
        limit
            How many rows there may be; None: all of them.

        Raises
        ------
        FilterError
            If the expression asks for what there is not; it says where.

        Examples
        --------
        >>> library.streams("kind == 'audio' and channels > 2", sort="bitrate")  # doctest: +SKIP
        """
        chosen, order = of_streams(where, sort, descending=descending)
        names = _names(columns, STREAM_FIELDS)
        return _frame("streams", self.catalog.reader.streams(chosen, names, order, limit))

    def chapters(self) -> pd.DataFrame:
        """Return every chapter of every video, one row each."""
        return _frame("chapters", self.catalog.reader.table("chapters"))

    def groups(self) -> pd.DataFrame:
        """Return recordings and discs that are several files, one row each; see ``group_id``.

        Examples
        --------
        >>> library.groups()[["kind", "n_parts", "duration_s", "first_path"]]  # doctest: +SKIP
        """
        return _frame("groups", self.catalog.reader.table("groups"))

    def tags(self) -> pd.DataFrame:
        """Return what the videos say of themselves, one row a tag."""
        return _frame("tags", self.catalog.reader.table("tags"))

    @checked
    def document(self, video_id: int) -> dict[str, Any] | None:
        """Return what the reader said of a file in its own words; None if that was not kept."""
        return self.catalog.document(video_id)

    def failures(self) -> pd.DataFrame:
        """Return the files that could not be probed, each with its class and reason."""
        return _frame("failures", self.catalog.reader.table("failures"))

    def scans(self) -> pd.DataFrame:
        """Return every scan with its counts, oldest first."""
        return _frame("scans", self.catalog.reader.table("scans"))

    def jobs(self) -> pd.DataFrame:
        """Return every job of this library, newest first."""
        return self.catalog.jobs()

    @checked
    def job_ids(self, beginning: str, *, limit: int = 20) -> list[str]:
        """Return the ids of jobs that begin so, newest first."""
        return self.catalog.job_ids(beginning, limit)

    @checked
    def sql(
        self, statement: str, *, files: Sequence[str | os.PathLike[str]] = (), **given: Any
    ) -> pd.DataFrame:
        """Answer a SELECT statement in DuckDB's SQL over the library's tables.

        The tables are ``videos``, ``streams``, ``chapters``, ``tags``, ``groups``, ``failures``,
        ``scans`` and ``jobs``, with the columns of ``docs/columns.md``, all as they are at one
        moment. Nothing can be changed: docs/sql.md.

        Parameters
        ----------
        statement
            One SELECT statement; ``FROM``, ``DESCRIBE`` and ``SUMMARIZE`` are such, too.
        files
            Files that the statement may read, such as ``from 'shots.csv'``; no others.
        **given
            Your own tables (of pandas, Polars or Arrow) by the name they have in the statement, and
            the values of its parameters: ``$codec`` is ``codec=...``.

        Returns
        -------
        DataFrame
            Whole numbers are Int64, others Float64, times ``datetime64[ns, UTC]`` or finer than a
            day; null is null in all of them.

        Raises
        ------
        SqlError
            If the statement is wrong, would change something, reads a file that the call does not
            name, or needs more than ``STOAT_SQL_MEMORY_MB``.
        BadArgument
            If one of your tables has the name of a table of the library, or is none.

        Examples
        --------
        >>> from stoat_nb import Library
        >>> with Library("library.db") as library:  # doctest: +SKIP
        ...     library.sql("select codec, count(*) as n from videos group by all")
        ...     library.sql("from videos join shots using (name)", shots=my_frame)
        """
        from stoat_nb.catalog.frames import frame_of_result  # noqa: PLC0415 - pandas, for frames
        from stoat_nb.catalog.sql_query import run_sql  # noqa: PLC0415 - loads DuckDB

        paths = [expand_path(file) for file in files]
        reader = self.catalog.reader
        found = run_sql(
            statement,
            reader.tables,
            given,
            tables=reader.known_tables(),
            files=paths,
            settings=self.settings,
        )
        return frame_of_result(found)

    @checked
    def arrow(
        self, table: str = "videos", *, where: str = "", query: VideoQuery | None = None
    ) -> pa.Table:
        """Return a table as Arrow columns, without pandas.

        Parameters
        ----------
        table
            ``videos``, ``streams``, ``groups`` or any other of ``docs/columns.md``.
        where, query
            Only the videos for which this is true (``docs/filters.md``), or that a query matches,
            in its order.

        Returns
        -------
        pyarrow.Table
            What any library with the Arrow interface takes: DuckDB, Polars, pandas.

        Raises
        ------
        ExportError
            If there is no such table, or others than videos are to be filtered.
        FilterError
            If the expression or the query asks for what there is not.
        """
        from stoat_nb.catalog.exports.wanted import wanted  # noqa: PLC0415 - only for Arrow

        if where:
            query = narrowed(query or VideoQuery(), where)
        # Refuses what there is not.
        wanted(table, tables=self.catalog.reader.known_tables(), query=query)
        if query is None:
            return self.catalog.reader.table(table)
        return self.catalog.reader.videos(query)

    def polars(
        self, table: str = "videos", *, where: str = "", query: VideoQuery | None = None
    ) -> pl.DataFrame:
        """Return the same as a Polars frame; Polars has to be installed."""
        try:
            import polars as pl  # noqa: PLC0415 - no part of Stoat
        except ImportError as problem:
            raise MissingExtra("Polars", "polars") from problem
        return pl.DataFrame(self.arrow(table, where=where, query=query))

    @checked
    def page(self, query: VideoQuery) -> Page:
        """Return one page of the videos that match, and how many match in all."""
        return Page(frame=self.rows(query), total=self.count(query))

    @checked
    def rows(self, query: VideoQuery) -> pd.DataFrame:
        """Return one page of the videos that match, at once: nothing is counted for it."""
        return _frame("videos", self.catalog.reader.page(query))

    @checked
    def records(self, query: VideoQuery) -> list[dict[str, Any]]:
        """Return the same page as plain dictionaries, in which what is not known is None."""
        found: list[dict[str, Any]] = self.catalog.reader.page(query).to_pylist()
        return found

    @checked
    def count(self, query: VideoQuery) -> int:
        """Return how many videos match."""
        return self.catalog.reader.count(query)

    @checked
    def facets(
        self, query: VideoQuery | None = None, columns: Sequence[str] | None = None, most: int = 20
    ) -> dict[str, Facet]:
        """Return how often each value of some columns occurs, the ``most`` frequent of each.

        What the query wants of a facet does not count for that facet: its other values remain
        to be chosen. Without ``columns`` these are the ones of ``FACETS``.
        """
        return self.catalog.reader.facets(query or VideoQuery(), columns, most)

    @checked
    def hint(self, where: str = "", *, query: VideoQuery | None = None) -> str | None:
        """Return what a filter may have meant by values that no video has; None if it has none.

        Examples
        --------
        >>> library.hint("codec == 'hvec'")  # doctest: +SKIP
        "No video has the codec 'hvec'. Did you mean 'hevc'?"
        """
        from stoat_nb.catalog.filters.hints import nearest  # noqa: PLC0415 - only who asks

        query = narrowed(query or VideoQuery(), where) if where else query or VideoQuery()
        return nearest(self.catalog.reader.few_values, query)

    @checked
    def completions(self) -> dict[str, Completion]:
        """Return what may be written of each column in a filter: operators, values, unit, meaning.

        Examples
        --------
        >>> library.completions()["codec"].values  # doctest: +SKIP
        ('h264', 'hevc')
        """
        from stoat_nb.catalog.filters.hints import completions  # noqa: PLC0415 - only who asks

        return completions(self.catalog.reader.few_values)

    @checked
    def histogram(self, query: VideoQuery, column: str, bins: int = 30) -> Histogram:
        """Return how the values of a column spread, whatever range the query wants of it."""
        return self.catalog.reader.histogram(query, column, bins)

    @checked
    def heatmap(self, query: VideoQuery, x: str, y: str, bins: int = 20) -> Heatmap:
        """Return how pairs of values spread, whatever the query wants of those two columns."""
        return self.catalog.reader.heatmap(query, x, y, bins)

    @checked
    def sizes_by_folder(
        self, query: VideoQuery | None = None, below: str | None = None
    ) -> tuple[FolderSize, ...]:
        """Return what the folders right below one hold, largest first; without one: the roots."""
        return self.catalog.reader.sizes_by_folder(query or VideoQuery(), below)

    @checked
    def code(self, query: VideoQuery) -> Code:
        """Return Python and SQL that yield all the videos a query matches, in its order."""
        from stoat_nb.catalog.filters.code import code_of  # noqa: PLC0415 - only who asks needs it

        return code_of(query, self.catalog.path)

    def growth(self) -> tuple[Growth, ...]:
        """Return how many videos and bytes there were after each scan, oldest first."""
        return self.catalog.reader.growth()

    @checked
    def video(self, video_id: int) -> dict[str, Any]:
        """Return the facts and the streams of one file."""
        return self.catalog.video(video_id)

    def summary(self) -> Summary:
        """Return the library at a glance: counts, sizes, codecs."""
        return self.catalog.reader.summary()


def _names(columns: Sequence[str] | None, fields: Mapping[str, Field]) -> list[str] | None:
    return None if columns is None else [field_named(name, fields).name for name in columns]


def _frame(name: str, rows: pa.Table) -> pd.DataFrame:
    from stoat_nb.catalog.frames import frame_of  # noqa: PLC0415 - pandas only for frames

    return frame_of(TABLES[name], rows)
