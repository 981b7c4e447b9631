"""Paths as people write them: with ``~`` for a home."""

from __future__ import annotations

import os
from pathlib import Path

from stoat_nb.errors import CatalogError, UnknownHome
from stoat_nb.names import shown


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


def library_file(path: str | os.PathLike[str]) -> Path:
    """Return the absolute path of a library's file as somebody named it.

    Raises
    ------
    UnknownHome
        If it begins with a ``~`` that the system does not know.
    CatalogError
        If it is empty, SQLite's name for no file, or relative to a folder that was deleted.
    """
    if os.fspath(path) in ("", ":memory:"):
        raise CatalogError(
            f"'{shown(path)}' names no file, and a library is one: its jobs outlive processes. "
            "For a library to throw away name a temporary file: Library('/tmp/stoat.db')."
        )
    expanded = expand_path(path)
    try:
        return expanded.absolute()
    except FileNotFoundError:
        raise CatalogError(
            f"The library '{shown(path)}' is named relative to the current folder, which was "
            "deleted. Go to another folder, or name the library by its absolute path."
        ) from None
