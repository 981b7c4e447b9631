"""Know what is in your video folders.

``Library`` is the door: it scans folders in the background and hands back pandas DataFrames.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

#: Each public name and the room it lives in; a room is entered only when its name is asked for.
_ROOMS = {
    "AsyncJobQueue": "stoat_nb.jobs.queue",
    "AsyncioJobQueue": "stoat_nb.jobs.asyncio_queue",
    "Explorer": "stoat_nb.components.explorer",
    "InMemoryJobQueue": "stoat_nb.jobs.memory_queue",
    "Job": "stoat_nb.jobs.job",
    "JobContext": "stoat_nb.jobs.context",
    "JobState": "stoat_nb.jobs.state",
    "JobStatus": "stoat_nb.jobs.state",
    "Library": "stoat_nb.library",
    "Progress": "stoat_nb.jobs.state",
    "SCAN_JOB_TYPE": "stoat_nb.scan",
    "ScanReport": "stoat_nb.scan",
    "Settings": "stoat_nb.settings",
    "StoatError": "stoat_nb.errors",
    "make_scan_handler": "stoat_nb.scan",
}

__all__ = [*sorted(_ROOMS), "__version__"]  # noqa: PLE0604 - the names are strings

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    room = _ROOMS.get(name)
    if room is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(room), name)


def __dir__() -> list[str]:
    return __all__


def _greet_notebook() -> None:
    """Teach a running IPython to show jobs live; without one this costs nothing."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if shell is not None:
        import_module("stoat_nb.notebook").register(shell)


_greet_notebook()
