"""What a library does with functions of people's own: run them over videos, keep the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from stoat_nb import words
from stoat_nb.catalog.analyses import ROWS, Analysis
from stoat_nb.catalog.query import VideoQuery, narrowed
from stoat_nb.errors import BadArgument
from stoat_nb.errors.maps import AnalysisBusy, UnknownAnalysis
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobStatus
from stoat_nb.library.arguments import checked
from stoat_nb.library.room import Handle
from stoat_nb.maps import MAP_JOB_TYPE, MapReport, map_request
from stoat_nb.maps.request import MEMORY_MB, Again, Inputs

if TYPE_CHECKING:
    import pandas as pd

    from stoat_nb.catalog.reader import Reader


class Mapped(Handle):
    """The part of a Library that runs functions."""

    @checked
    def map(
        self,
        function: Callable[[Any], Any],
        *,
        name: str,
        where: str = "",
        query: VideoQuery | None = None,
        version: str | int | None = None,
        columns: Mapping[str, Any] | None = None,
        inputs: Inputs = "path",
        timeout: float | None = None,
        memory_mb: int | None = None,
        workers: int | None = None,
        retry_failed: bool = False,
        again: Again = "changed",
    ) -> Job[MapReport]:
        """Run a function over the videos and keep its answers as columns; return at once.

        Parameters
        ----------
        function
            Any function of a path; what it returns becomes a column, columns or rows.
        name
            What the answers are called: ``loudness``, or ``loudness.lufs``.
        where, query
            Only the videos for which this is true, or that a query matches.
        version, again, retry_failed
            Another version, or ``again="all"``, does all of them again; else it is those that are
            new or have changed, and those that failed if asked for.
        columns
            Their dtypes: ``{"lufs": "Float64"}``, or each with unit and meaning.
        inputs
            ``video`` gives it an object with every column of ``videos()`` instead of the path.
        timeout, memory_mb, workers
            Seconds that one video may take, MiB that a process may hold, how many there are.

        Examples
        --------
        >>> library.map(lambda path: path.count(" "), name="spaces")  # doctest: +SKIP
        >>> library.videos("spaces > 3", with_=["spaces"])  # doctest: +SKIP
        """
        if where:
            query = narrowed(query or VideoQuery(), where)
        asked = map_request(
            function, name, self.catalog, query=query, version=version, columns=columns
        )
        payload = asked | {
            "inputs": inputs,
            "timeout": timeout,
            "memory_mb": memory_mb or MEMORY_MB,
            "workers": workers or self.settings.probe_workers,
            "retry_failed": retry_failed,
            "again": again,
        }
        read, desk = MapReport.from_json, self._hold.desk
        return self._queue.submit(MAP_JOB_TYPE, payload, read=read, desk=desk)

    def analyses(self) -> pd.DataFrame:
        """Return what was run over the videos, one row per analysis: version, columns, counts."""
        return _frame("analyses", self.catalog.reader)

    @checked
    def map_failures(self, name: str | None = None) -> pd.DataFrame:
        """Return the videos for which an analysis has no answer, each with class and reason.

        Without a name: those of all analyses.
        """
        failures = _frame("map_failures", self.catalog.reader)
        if name is None:
            return failures
        self._check_analysis(name)
        return failures[failures["analysis"] == name].reset_index(drop=True)

    @checked
    def map_rows(self, name: str) -> pd.DataFrame:
        """Return the rows that an analysis found, several per video.

        Examples
        --------
        >>> library.map_rows("spans").groupby("path")["end_s"].max()  # doctest: +SKIP
        """
        if not self._check_analysis(name).row_columns:
            raise BadArgument("name", name, "an analysis whose answers are rows")
        return _frame(f"{name}{ROWS}", self.catalog.reader)

    @checked
    def forget_analysis(self, name: str) -> None:
        """Remove an analysis with all its answers.

        Raises
        ------
        UnknownAnalysis
            If there is none of that name.
        AnalysisBusy
            If it is being run.
        """
        self._check_analysis(name)
        for status in (JobStatus.PENDING, JobStatus.RUNNING):
            for state in self._queue.snapshots(status=status, job_type=MAP_JOB_TYPE):
                if state.payload.get("name") == name:
                    raise AnalysisBusy(name, state.job_id)
        self.catalog.analysis_results.forget(name)

    def _check_analysis(self, name: str) -> Analysis:
        known = self.catalog.analysis_results.known()
        if name not in known:
            raise UnknownAnalysis(name, words.choice(name, known))
        return known[name]


def _frame(name: str, reader: Reader) -> pd.DataFrame:
    from stoat_nb.catalog.frames import frame_of  # noqa: PLC0415 - pandas only for frames

    return frame_of(reader.known_tables()[name], reader.table(name))
