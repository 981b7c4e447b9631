"""What is shared in a server: one library, to whose jobs pages, REST and sessions talk."""

from __future__ import annotations

import gc
import os
import threading
from pathlib import Path

from stoat_nb.library import Library
from stoat_nb.logs import log_to_stderr
from stoat_nb.settings import Settings
from stoat_nb.user_paths import library_file

_shared: dict[Path, Library] = {}
_shared_lock = threading.Lock()


def shared_library(path: str | os.PathLike[str] | None = None) -> Library:
    """Return this process's one library of that file, opened when first asked for.

    Pages, REST and every session of a server talk to the same jobs through it.
    """
    settings = Settings.from_environment()
    chosen = library_file(settings.library if path is None else path)
    with _shared_lock:
        if chosen not in _shared or _shared[chosen].closed:
            log_to_stderr(settings.log_level)
            _shared[chosen] = Library(chosen, settings=settings)
            settle()
        return _shared[chosen]


def settle() -> None:
    """Have the collector of garbage pass over all that is loaded by now: it is there to stay.

    To look through it takes some 50 ms, in which no loop and no page moves. Only for processes of
    our own: in a notebook, what its user throws away later might never be freed.
    """
    gc.collect()
    gc.freeze()
