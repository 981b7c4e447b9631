"""Everything Stoat refuses, as one tree.

::

    StoatError
    ├── FolderError                what was named cannot be scanned
    │   ├── FolderNotFound
    │   ├── NotAFolder
    │   ├── FolderNotReadable
    │   └── FolderOutsideRoots
    ├── CatalogError               the library's file cannot be used
    │   ├── CatalogNotOpened       no files or threads are left for this process
    │   ├── CatalogNotWritable
    │   │   └── CatalogReadOnly    it was opened for reading only
    │   ├── CatalogCorrupt
    │   ├── CatalogTooNew
    │   ├── CatalogMoved           the file was moved or replaced while it was open
    │   ├── CatalogClosed
    │   └── OpenedElsewhere        used in a forked child of the process that opened it
    ├── JobError
    │   ├── UnknownJob             also a KeyError
    │   ├── UnknownJobType
    │   ├── JobAlreadyFinal, JobNotFinal
    │   ├── JobTakenOver
    │   ├── RunFailed, JobFailed
    │   ├── JobTimeout             also a TimeoutError
    │   ├── JobCancelled
    │   ├── TooManyJobs            as many wait as the settings allow
    │   └── QueueClosed
    ├── UnknownVideo               also a KeyError
    ├── NoPicture, PicturesBusy
    ├── FileUnavailable            a catalogued file that cannot be opened any more
    ├── NotReadable                a file that ``probe`` or ``stoat show`` was given
    ├── ExportError
    ├── FilterError                an unknown column, or a value that cannot be compared
    ├── SqlError                   a statement that is wrong, or would change something
    ├── SettingError               also a ValueError
    ├── BadArgument                also a TypeError and a ValueError
    ├── UnknownHome                a path begins with ~ and nobody knows that home
    ├── AddressRefused, AddressInUse   the port is taken, or not for this user
    ├── MissingExtra               also an ImportError
    └── UnsupportedSystem          also an ImportError

Each message is one sentence or two: what was wrong, with the value, and what to do about it.
``code`` is what REST answers carry; it never changes once published.
"""

from __future__ import annotations

import os
import sys

from stoat_nb.errors.base import StoatError as StoatError
from stoat_nb.errors.catalog import (
    CatalogClosed as CatalogClosed,
    CatalogCorrupt as CatalogCorrupt,
    CatalogError as CatalogError,
    CatalogMoved as CatalogMoved,
    CatalogNotOpened as CatalogNotOpened,
    CatalogNotWritable as CatalogNotWritable,
    CatalogReadOnly as CatalogReadOnly,
    CatalogTooNew as CatalogTooNew,
    OpenedElsewhere as OpenedElsewhere,
)
from stoat_nb.names import shown


class _Missing(KeyError):
    """A KeyError that is shown as it reads; others are shown as the repr of that."""

    code = "NOT_FOUND"
    __str__ = Exception.__str__


class FolderError(StoatError):
    """A folder that cannot be scanned."""

    code = "BAD_FOLDER"


class FolderNotFound(FolderError):
    """Nothing exists at the path."""

    code = "FOLDER_NOT_FOUND"

    def __init__(self, path: object, sentence: str | None = None) -> None:
        super().__init__(
            sentence
            or f"There is no folder at '{shown(path)}'. "
            "Check the spelling, or mount the disk that holds it."
        )


class NotAFolder(FolderError):
    """The path names a file."""

    code = "NOT_A_FOLDER"

    def __init__(self, path: object) -> None:
        super().__init__(f"'{shown(path)}' is not a folder. Name the folder that holds it instead.")


class FolderNotReadable(FolderError):
    """The operating system does not let us list the folder."""

    code = "FOLDER_NOT_READABLE"

    def __init__(self, path: object, reason: object, *, is_denied: bool = True) -> None:
        right = "Give this user the right to list it, or run Stoat as one who has it."
        remedy = right if is_denied else "Scan it when that is mended."
        super().__init__(f"The folder '{shown(path)}' cannot be read: {shown(reason)}. {remedy}")


class FolderOutsideRoots(FolderError):
    """The folder lies outside the roots that the settings allow."""

    code = "FOLDER_OUTSIDE_ROOTS"

    def __init__(self, path: object, roots: tuple[object, ...]) -> None:
        allowed = ", ".join(f"'{shown(root)}'" for root in roots)
        super().__init__(
            f"'{shown(path)}' lies outside the folders this library may scan ({allowed}). "
            "Choose one inside them, or add it to STOAT_ROOTS."
        )


class JobError(StoatError):
    """A job that is not there, or did not end well."""

    code = "JOB_ERROR"


class UnknownJob(_Missing, JobError):
    """No job has this id."""

    def __init__(self, job_id: object) -> None:
        super().__init__(f"There is no job '{shown(job_id)}'. List the jobs to see their ids.")


class UnknownJobType(JobError):
    """No handler is registered for this type."""

    code = "UNKNOWN_JOB_TYPE"

    def __init__(self, job_type: object, known: tuple[str, ...]) -> None:
        names = ", ".join(f"'{name}'" for name in known) or "none"
        super().__init__(
            f"No handler is registered for jobs of type '{shown(job_type)}' (registered: {names}). "
            "Call register_handler first."
        )


class JobAlreadyFinal(JobError):
    """A job that has ended cannot be cancelled."""

    code = "JOB_ALREADY_FINAL"

    def __init__(self, job_id: object, status: object) -> None:
        super().__init__(f"Job '{shown(job_id)}' has already ended: {shown(status)}.")


class JobNotFinal(JobError):
    """The job has not ended, so that it cannot be tried once more."""

    code = "JOB_NOT_FINAL"

    def __init__(self, job_id: object, status: object) -> None:
        super().__init__(
            f"Job '{shown(job_id)}' is {shown(status)}: only one that has ended can be tried "
            "once more. Wait for it, or cancel it first."
        )


class JobTakenOver(JobError):
    """Another process runs the job by now; what this one still does for it is void."""

    code = "JOB_TAKEN_OVER"

    def __init__(self, work: object) -> None:
        super().__init__(
            f"{shown(work)} was taken over by another process, because this one gave no "
            "sign of life for too long. It goes on there."
        )


class RunFailed(JobError):
    """A function that a handler sent to the engine came to nothing."""

    code = "RUN_FAILED"


class JobFailed(JobError):
    """The handler raised."""

    code = "JOB_FAILED"


class JobTimeout(JobError, TimeoutError):
    """The job ran past its limit, or nothing in it moved for too long."""

    code = "JOB_TIMEOUT"


class JobCancelled(JobError):
    """The job was cancelled before it ended."""

    code = "JOB_CANCELLED"


class TooManyJobs(JobError):
    """As many jobs wait for their turn as may."""

    code = "TOO_MANY_JOBS"
    retry_after_s = 10

    def __init__(self, most: object) -> None:
        super().__init__(
            f"{most} jobs or more wait to be run. Submit again when some have ended, or set "
            "STOAT_MAX_PENDING_JOBS."
        )


class QueueClosed(JobError):
    """The queue takes no more jobs."""

    code = "QUEUE_CLOSED"

    def __init__(self, *, died: bool = False) -> None:
        why = (
            "'s thread has ended unexpectedly. Restart Python and open"
            if died
            else " is closed. Open"
        )
        super().__init__(f"The job queue{why} the library again to go on with its jobs.")


class UnknownVideo(_Missing, StoatError):
    """No video has this number."""

    def __init__(self, video_id: object) -> None:
        super().__init__(f"There is no video {shown(video_id)}. List the videos to see their ids.")


class NoPicture(StoatError):
    """A video that has no picture."""

    code = "NO_PICTURE"

    def __init__(self, reason: object) -> None:
        super().__init__(f"There is no picture of this video: {shown(reason)}".rstrip(".") + ".")


class PicturesBusy(StoatError):
    """Too many pictures are being waited for."""

    code = "PICTURES_BUSY"
    retry_after_s = 1

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} pictures are being waited for. Ask again in a moment.")


class FileUnavailable(StoatError):
    """The file of a catalogued video cannot be opened, or is another one by now."""

    code = "FILE_UNAVAILABLE"

    def __init__(self, video_id: object, reason: object) -> None:
        super().__init__(f"The file of video {shown(video_id)} cannot be opened: {shown(reason)}")


class NotReadable(StoatError):
    """A file that was named by itself cannot be read."""

    code = "NOT_READABLE"

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(f"'{shown(path)}' cannot be read: {reason}")
        self.reason = reason


class UnknownScan(_Missing, StoatError):
    """No scan has this number."""

    def __init__(self, scan_id: object) -> None:
        super().__init__(
            f"There is no scan {shown(scan_id)}. The list of scans tells their numbers."
        )


class ExportError(StoatError):
    """A table that cannot be written as asked."""

    code = "EXPORT_ERROR"


class FilterError(StoatError):
    """A column or a value that the catalog cannot filter or sort by."""

    code = "BAD_FILTER"


class SqlError(StoatError):
    """A SQL statement that cannot be run on a library."""

    code = "BAD_SQL"


class SettingError(StoatError, ValueError):
    """A setting whose value cannot be used."""

    code = "BAD_SETTING"

    def __init__(self, name: str, value: object, expected: str) -> None:
        super().__init__(
            f"{name} is '{shown(value)}', which is not {expected}. Correct or unset it."
        )


class BadArgument(StoatError, TypeError, ValueError):
    """An argument that a method cannot work with."""

    code = "BAD_ARGUMENT"

    def __init__(self, name: str, value: object, expected: str) -> None:
        super().__init__(f"{name} is {shown(repr(value)[:200])}, which is not {expected}.")


class UnknownHome(StoatError):
    """A path begins with ``~``, and the system does not know that home."""

    code = "UNKNOWN_HOME"

    def __init__(self, path: os.PathLike[str]) -> None:
        user = os.fspath(path).partition("/")[0][1:]
        remedy = "Check the user's name" if user else "Set HOME"
        whose = f"of the user '{shown(user)}'" if user else "of this user"
        super().__init__(
            f"The home {whose} is not known, so '{shown(path)}' names no place. "
            f"{remedy}, or write the whole path."
        )


class AddressRefused(StoatError):
    """The server was asked to listen where everybody could reach it."""

    code = "ADDRESS_REFUSED"

    def __init__(self, host: object) -> None:
        super().__init__(
            f"Stoat does not listen on '{shown(host)}': it has no login yet, so only this machine "
            "may reach it. Use 127.0.0.1, and an SSH tunnel from elsewhere."
        )


class AddressInUse(StoatError):
    """The server cannot have the port: it is taken, or not for this user."""

    code = "ADDRESS_IN_USE"

    def __init__(self, host: object, port: int, reason: object) -> None:
        super().__init__(
            f"Stoat cannot listen on '{shown(host)}' port {port}: {shown(reason)}. "
            "Choose another with --port, or 0 for any free one."
        )


class MissingExtra(StoatError, ImportError):
    """An optional part is not installed."""

    code = "MISSING_EXTRA"

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f'{what} is not installed. Run: pip install "stoat-nb[{extra}]"')


class UnsupportedSystem(StoatError, ImportError):
    """Stoat was started on a system other than Linux."""

    code = "UNSUPPORTED_SYSTEM"

    def __init__(self, system: str) -> None:
        super().__init__(
            "Stoat runs on Linux; on macOS or Windows run it in a container or WSL "
            f"(this system is '{shown(system)}')."
        )


def require_linux() -> None:
    """Say that this system is not supported, before something that only Linux has is missed."""
    if sys.platform != "linux":
        raise UnsupportedSystem(sys.platform)
