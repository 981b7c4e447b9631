"""The library: a catalog and the queue that fills it. The object everybody talks to."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from msgspec.structs import replace

import stoat_nb
from stoat_nb.errors import CatalogClosed
from stoat_nb.jobs.context import Handler
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.memory_queue import InMemoryJobQueue
from stoat_nb.jobs.queue import DEFAULT, Take, Timeout
from stoat_nb.jobs.state import JobEvent, JobState, JobStatus
from stoat_nb.library.arguments import checked
from stoat_nb.library.card import CLOSED, library_card, said
from stoat_nb.library.changes import Changes
from stoat_nb.library.exporting import Exporting
from stoat_nb.library.mapping import Mapped
from stoat_nb.library.room import Hold
from stoat_nb.library.scanning import Scanning
from stoat_nb.library.tables import Tables
from stoat_nb.library.viewing import Viewing
from stoat_nb.maps import MAP_JOB_TYPE, MapReport
from stoat_nb.names import shown
from stoat_nb.scan import SCAN_JOB_TYPE, ScanReport
from stoat_nb.scan.folder import check_roots
from stoat_nb.settings import Settings
from stoat_nb.user_paths import library_file


class Library(Tables, Viewing, Changes, Exporting, Scanning, Mapped):
    """What is in your video folders, kept in one file.

    Parameters
    ----------
    path
        The library's file, made when missing; ``$STOAT_LIBRARY`` or ``./stoat.db`` if not given.
    settings
        Everything else that can be set; read from ``STOAT_*`` in the environment if not given.
    take
        Which of the library's jobs this process runs: ``all`` it has handlers for, only its
        ``own``, or ``none``. Several processes may have a library open; each job is run by one.
    read_only
        Only look: nothing is written, not even beside the file, and no job is run. For a library
        on a read-only disk, or of another user. What changes something raises CatalogReadOnly.
    job_queue
        For tests: an InMemoryJobQueue, new, which runs each job before ``submit`` returns.

    Notes
    -----
    To open a file again in the same process, with the same settings and ``take``, costs nothing:
    all such handles share one queue and its handlers (but for one with a ``job_queue``). It is
    closed with the last of them, or when nobody holds a handle or a job of it any more and no job
    runs. A process forked from this one has to open the library for itself.

    Raises
    ------
    CatalogError
        If the file cannot be made, written or understood; nothing was changed then.

    Examples
    --------
    >>> with Library("videos.db") as library:  # doctest: +SKIP
    ...     report = library.scan("~/Videos").result()
    ...     videos = library.videos()
    """

    @checked
    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        settings: Settings | None = None,
        take: Take = "all",
        read_only: bool = False,
        job_queue: InMemoryJobQueue | None = None,
    ) -> None:
        chosen = Settings.from_environment() if settings is None else settings
        self.path = library_file(chosen.library if path is None else path)
        self.settings = replace(chosen, library=self.path)
        self._hold = Hold(self.path, self.settings, take, read_only, job_queue)

    # -- jobs ----------------------------------------------------------------------------------

    def submit(
        self,
        job_type: str,
        payload: Mapping[str, Any],
        *,
        timeout: Timeout = DEFAULT,
        priority: int = 0,
    ) -> Job[Any]:
        """Submit a job of any registered type; return at once, with the job safe on disk.

        Of the jobs that wait the one with the highest ``priority`` runs first, then the oldest.
        There may be as many as ``max_pending_jobs`` of the settings says: TooManyJobs.
        """
        return self._queue.submit(
            job_type,
            payload,
            timeout=timeout,
            priority=priority,
            read=_reader(job_type),
            desk=self._hold.desk,
        )

    def register_handler(
        self,
        job_type: str,
        handler: Handler,
        *,
        timeout: Timeout = DEFAULT,
        stall_timeout: float | None = None,
        concurrency: int | None = None,
    ) -> None:
        """Say which async function of a JobContext runs jobs of a type, and for how long it may.

        Parameters
        ----------
        job_type
            The name that jobs are submitted under.
        handler
            Awaited with the job's context; what it returns, JSON, is the job's result. It must not
            block, for all handlers share one event loop: give what does to ``context.in_thread`` or
            ``context.run``. It may use the library, and await other jobs; only close it may not.
        timeout
            Seconds a job may take; None: any number.
        stall_timeout
            Seconds it may go without a ``report``; None: any number.
        concurrency
            How many jobs of the type run at once, in all processes together; None: any number.

        Examples
        --------
        >>> async def count(context):
        ...     return len(context.payload["names"])
        >>> library.register_handler("count", count, timeout=60)  # doctest: +SKIP
        >>> library.submit("count", {"names": ["a", "b"]}).result()  # doctest: +SKIP
        2
        """
        self._queue.register_handler(
            job_type,
            handler,
            timeout=timeout,
            stall_timeout=stall_timeout,
            concurrency=concurrency,
        )

    @checked
    def job(self, job_id: str) -> Job[Any]:
        """Return the handle of any job of this library; UnknownJob if there is none."""
        state = self._queue.peek(job_id)
        return Job(job_id, state.job_type, self._hold.desk, _reader(state.job_type), state=state)

    @checked
    def cancel(self, job_id: str) -> bool:
        """Ask a job to stop, keeping what it has finished; False if it had already ended."""
        return self._queue.cancel(job_id)

    @checked
    def pause(self, job_id: str) -> bool:
        """Have a job wait, keeping what it has done, until it is resumed; False if it had ended."""
        return self._queue.pause(job_id)

    @checked
    def resume(self, job_id: str) -> bool:
        """Have a paused job go on; False if it was not paused."""
        return self._queue.resume(job_id)

    @checked
    def prioritize(self, job_id: str, priority: int) -> bool:
        """Give a job another place in the line: the highest first; False if it had ended."""
        return self._queue.prioritize(job_id, priority)

    @checked
    def retry(self, job_id: str, *, only_failed: bool = False) -> Job[Any]:
        """Submit a job that has ended once more, as a new one; return that.

        Parameters
        ----------
        job_id
            The job; it stays as it ended.
        only_failed
            For scans: read only the files that failed.

        Raises
        ------
        JobNotFinal
            If it has not ended.
        FolderError
            If the folder of a scan may not be scanned any more.
        """
        job = self.job(job_id)
        if job.state.job_type == SCAN_JOB_TYPE:
            check_roots(str(job.state.payload.get("path", "")), self.settings.roots)
        return job.retry(only_failed=only_failed)

    @checked
    def job_log(self, job_id: str) -> list[JobEvent]:
        """Return what was noted of a job, oldest first: starts, warnings, how it ended."""
        return self.job(job_id).log()

    @checked
    def job_states(
        self,
        *,
        status: JobStatus | None = None,
        job_type: str | None = None,
        limit: int | None = 50,
        offset: int = 0,
    ) -> list[JobState]:
        """Return snapshots of jobs, newest submitted first, those of earlier sessions included."""
        return self._queue.snapshots(status=status, job_type=job_type, limit=limit, offset=offset)

    @checked
    def subscribe(self, listener: Callable[[JobState], None]) -> Callable[[], None]:
        """Hear of every job, of all processes, on a thread where the library may be used.

        Returns
        -------
        Callable
            Call it to hear no more.
        """
        return self._queue.subscribe(None, listener)

    # -- to look at ----------------------------------------------------------------------------

    def explore(self, **view: Any) -> stoat_nb.Explorer:
        """Return the explorer over this library, to be shown in a cell or served in a page.

        Parameters
        ----------
        view
            What it begins with, as the explorer names it: ``where``, ``search``, ``facets`` ...

        Returns
        -------
        Explorer
            ``df``, ``selection`` and ``code`` give back what it shows.

        Raises
        ------
        MissingExtra
            If Panel is not installed.

        Examples
        --------
        >>> explorer = library.explore(where="height >= 2160")  # doctest: +SKIP
        >>> explorer.df  # doctest: +SKIP
        """
        # By its public name: nothing from here down knows Panel, which may not be installed.
        return stoat_nb.Explorer(self, **view)

    # -- the end -------------------------------------------------------------------------------

    def close(self) -> None:
        """Stop what runs, keep what is done, and let go of the file. May be called again.

        Jobs that have not ended go on when the library is next opened. None of its own jobs and
        listeners can close it: closing waits for them. If this process has opened the library again
        with the same settings, only this handle closes: its jobs go on until the last one does.

        Raises
        ------
        CatalogMoved
            If the file is not where it was opened; all is let go of nevertheless.
        """
        self._hold.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Library {shown(self.path)}>"

    def _repr_html_(self) -> str:
        try:
            return library_card(self.path, said(self.summary()))
        except Exception as problem:  # noqa: BLE001 - a cell that shows it must not fail
            closed = isinstance(problem, CatalogClosed)
            return library_card(self.path, [CLOSED if closed else shown(problem)])

    def __reduce__(self) -> tuple[Callable[..., Library], tuple[Hold]]:
        return _held, (self._hold,)


def _held(hold: Hold) -> Library:
    """Return a library that was pickled, opened again."""
    library = Library.__new__(Library)
    library.path, library.settings, library._hold = hold.path, hold.settings, hold  # noqa: SLF001
    return library


def _reader(job_type: str) -> Callable[[Any], Any]:
    if job_type == SCAN_JOB_TYPE:
        return ScanReport.from_json
    return MapReport.from_json if job_type == MAP_JOB_TYPE else _as_it_is


def _as_it_is(result: Any) -> Any:
    return result
