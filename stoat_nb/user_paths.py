"""Paths as people write them: with ``~`` for a home."""

from __future__ import annotations

import os
from pathlib import Path

from stoat_nb.errors import UnknownHome


def expand_path(path: str | os.PathLike[str]) -> Path:
    """Return a path with ``~`` and ``~user`` replaced by the home that they stand for.

    Parameters
    ----------
    path
        The path; it need not exist.

    Raises
    ------
    UnknownHome
        If the system does not know that home.

    Examples
    --------
    >>> expand_path("videos/~old").as_posix()
    'videos/~old'
    """
    given = Path(path)
    try:
        return given.expanduser()
    except RuntimeError:
        raise UnknownHome(given) from None
