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
from stoat_nb.errors import CatalogError as CatalogError
from stoat_nb.errors import ExportError as ExportError
from stoat_nb.errors import FilterError as FilterError
from stoat_nb.errors import FolderError as FolderError
from stoat_nb.errors import JobCancelled as JobCancelled
from stoat_nb.errors import JobError as JobError
from stoat_nb.errors import JobFailed as JobFailed
from stoat_nb.errors import JobTimeout as JobTimeout
from stoat_nb.errors import MissingExtra as MissingExtra
from stoat_nb.errors import SettingError as SettingError
from stoat_nb.errors import StoatError as StoatError
from stoat_nb.errors import UnknownJob as UnknownJob
from stoat_nb.jobs.asyncio_queue import AsyncioJobQueue as AsyncioJobQueue
from stoat_nb.jobs.context import JobContext as JobContext
from stoat_nb.jobs.job import Job as Job
from stoat_nb.jobs.memory_queue import InMemoryJobQueue as InMemoryJobQueue
from stoat_nb.jobs.queue import AsyncJobQueue as AsyncJobQueue
from stoat_nb.jobs.state import JobEvent as JobEvent
from stoat_nb.jobs.state import JobState as JobState
from stoat_nb.jobs.state import JobStatus as JobStatus
from stoat_nb.jobs.state import Progress as Progress
from stoat_nb.library import Library as Library
from stoat_nb.media.samples import make_samples as make_samples
from stoat_nb.scan import SCAN_JOB_TYPE as SCAN_JOB_TYPE
from stoat_nb.scan import ScanReport as ScanReport
from stoat_nb.scan import make_scan_handler as make_scan_handler
from stoat_nb.settings import Settings as Settings

__version__: str
