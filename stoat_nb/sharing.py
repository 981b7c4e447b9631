"""What is shared in a server: one library, to whose jobs pages, REST and sessions talk."""

from __future__ import annotations

import gc
import os
from pathlib import Path

from stoat_nb.library import Library
from stoat_nb.logs import log_to_stderr

#: By process: one that was forked opens its own.
_kept: dict[tuple[int, Path], Library] = {}


def shared_library(path: str | os.PathLike[str] | None = None) -> Library:
    """Return this process's library of that file, which stays open between two sessions.

    Pages, REST and every session of a server talk to the same jobs through it.
    """
    opened = Library(path)
    key = (os.getpid(), opened.path)
    if key not in _kept or _kept[key].closed:
        log_to_stderr(opened.settings.log_level)
        _kept[key] = opened
        settle()
    return _kept[key]


def settle() -> None:
    """Have the collector of garbage pass over all that is loaded by now: it is there to stay.

    To look through it takes some 50 ms, in which no loop and no page moves. Only for processes of
    our own: in a notebook, what its user throws away later might never be freed.
    """
    gc.collect()
    gc.freeze()
