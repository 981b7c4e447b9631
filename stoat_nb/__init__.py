"""Know what is in your video folders.

``Library`` is the door: it scans folders in the background and hands back pandas DataFrames.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

#: Each public name and its module, which is imported when the name is first used.
#: ``__init__.pyi`` says the same to type checkers and editors; a test holds the two together.
_MODULES = {
    "AsyncJobQueue": "stoat_nb.jobs.queue",
    "AsyncioJobQueue": "stoat_nb.jobs.asyncio_queue",
    "CatalogError": "stoat_nb.errors",
    "Changes": "stoat_nb.components.changes",
    "Explorer": "stoat_nb.components.explorer",
    "ExportError": "stoat_nb.errors",
    "FailureList": "stoat_nb.components.failure_list",
    "FilterError": "stoat_nb.errors",
    "FolderError": "stoat_nb.errors",
    "FolderPicker": "stoat_nb.components.folder_picker",
    "InMemoryJobQueue": "stoat_nb.jobs.memory_queue",
    "Job": "stoat_nb.jobs.job",
    "JobCancelled": "stoat_nb.errors",
    "JobContext": "stoat_nb.jobs.context",
    "JobError": "stoat_nb.errors",
    "JobEvent": "stoat_nb.jobs.state",
    "JobFailed": "stoat_nb.errors",
    "JobList": "stoat_nb.components.job_list",
    "JobProgress": "stoat_nb.components.job_progress",
    "JobState": "stoat_nb.jobs.state",
    "JobStatus": "stoat_nb.jobs.state",
    "JobTimeout": "stoat_nb.errors",
    "Library": "stoat_nb.library",
    "MissingExtra": "stoat_nb.errors",
    "Overview": "stoat_nb.components.overview",
    "Progress": "stoat_nb.jobs.state",
    "SCAN_JOB_TYPE": "stoat_nb.scan",
    "ScanForm": "stoat_nb.components.scan_form",
    "ScanReport": "stoat_nb.scan",
    "SettingError": "stoat_nb.errors",
    "Settings": "stoat_nb.settings",
    "StoatError": "stoat_nb.errors",
    "UnknownJob": "stoat_nb.errors",
    "VideoDetail": "stoat_nb.components.video_detail",
    "VideoQuery": "stoat_nb.catalog.query",
    "make_samples": "stoat_nb.media.demo_clips",
    "make_scan_handler": "stoat_nb.scan",
    "probe": "stoat_nb.library.probing",
}

#: What the extra ``dashboard`` installs and the components import.
_DASHBOARD = ("bokeh", "panel", "panel_material_ui", "param")

__all__ = [*sorted(_MODULES), "__version__"]  # noqa: PLE0604 - the names are strings

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from stoat_nb.errors import MissingExtra, require_linux  # noqa: PLC0415 - import stays instant

    require_linux()
    try:
        return getattr(import_module(module), name)
    except ModuleNotFoundError as problem:
        if (problem.name or "").partition(".")[0] in _DASHBOARD:
            raise MissingExtra(f"What stoat_nb.{name} needs", "dashboard") from problem
        raise
    except AttributeError as problem:
        # Python would say "cannot import name" and keep the cause to itself.
        raise ImportError(f"stoat_nb.{name} cannot be loaded: {problem}") from problem


def __dir__() -> list[str]:
    return __all__


def _register_in_notebook() -> None:
    """Have a running IPython show jobs live; without one this costs nothing."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if shell is not None:
        import_module("stoat_nb.notebook").register(shell)


_register_in_notebook()
