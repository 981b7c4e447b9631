# What type checkers and editors see of the lazy names in __init__.py.

from stoat_nb.catalog.query import VideoQuery as VideoQuery
from stoat_nb.components.changes import Changes as Changes
from stoat_nb.components.explorer import Explorer as Explorer
from stoat_nb.components.failure_list import FailureList as FailureList
from stoat_nb.components.folder_picker import FolderPicker as FolderPicker
from stoat_nb.components.job_list import JobList as JobList
from stoat_nb.components.job_progress import JobProgress as JobProgress
from stoat_nb.components.overview import Overview as Overview
from stoat_nb.components.scan_form import ScanForm as ScanForm
from stoat_nb.components.video_detail import VideoDetail as VideoDetail
from stoat_nb.errors import (
    CatalogError as CatalogError,
    ExportError as ExportError,
    FilterError as FilterError,
    FolderError as FolderError,
    JobCancelled as JobCancelled,
    JobError as JobError,
    JobFailed as JobFailed,
    JobTimeout as JobTimeout,
    MissingExtra as MissingExtra,
    SettingError as SettingError,
    StoatError as StoatError,
    UnknownJob as UnknownJob,
)
from stoat_nb.jobs.asyncio_queue import AsyncioJobQueue as AsyncioJobQueue
from stoat_nb.jobs.context import JobContext as JobContext
from stoat_nb.jobs.job import Job as Job
from stoat_nb.jobs.memory_queue import InMemoryJobQueue as InMemoryJobQueue
from stoat_nb.jobs.queue import AsyncJobQueue as AsyncJobQueue
from stoat_nb.jobs.state import (
    JobEvent as JobEvent,
    JobState as JobState,
    JobStatus as JobStatus,
    Progress as Progress,
)
from stoat_nb.library import Library as Library
from stoat_nb.library.probing import probe as probe
from stoat_nb.media.demo_clips import make_samples as make_samples
from stoat_nb.scan import (
    SCAN_JOB_TYPE as SCAN_JOB_TYPE,
    ScanReport as ScanReport,
    make_scan_handler as make_scan_handler,
)
from stoat_nb.settings import Settings as Settings

__version__: str
