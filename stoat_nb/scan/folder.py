"""Whether a folder may be scanned: asked before a job is made of it."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.errors import (
    FolderNotFound,
    FolderNotReadable,
    FolderOutsideRoots,
    NotAFolder,
    UnknownHome,
)
from stoat_nb.user_paths import expand_path

#: Longer than any path a system call takes; resolving more only costs time.
LONGEST_PATH = 4096


def check_folder(folder: str | os.PathLike[str], roots: Sequence[Path]) -> Path:
    """Return the real path of a folder that may be scanned, or say why it may not be.

    Parameters
    ----------
    folder
        The folder; ``~`` is your home.
    roots
        Folders that may be scanned; none given: any.

    Raises
    ------
    FolderError
        If there is no such folder, it is a file, cannot be read or lies outside the roots.
    """
    path = check_roots(folder, roots)
    _look_into(path, os.fspath(folder))
    return path


def check_roots(folder: str | os.PathLike[str], roots: Sequence[Path]) -> Path:
    """Return the real path of a folder that lies within the roots; it may be gone.

    Nothing is looked up in it: what lies outside is not even told to exist.
    """
    path = _real_path(folder)
    allowed = [Path(os.path.realpath(root)) for root in roots]
    if allowed and not any(path.is_relative_to(root) for root in allowed):
        raise FolderOutsideRoots(os.fspath(folder), tuple(roots))
    return path


def known_folder(folder: str | os.PathLike[str], roots: Sequence[Path], catalog: Catalog) -> Path:
    """Return the real path of a folder as ``check_folder``, or of one that was there once.

    A scan of a folder that is not there any more, but whose videos are known, finds them offline.
    """
    try:
        return check_folder(folder, roots)
    except FolderNotFound:
        path = _real_path(folder)
        if not catalog.presence.count_below(os.fsencode(path)):
            raise
        return path


def _real_path(folder: str | os.PathLike[str]) -> Path:
    given = os.fspath(folder)
    if not given or len(given) > LONGEST_PATH or "\0" in given:
        raise FolderNotFound(given[:LONGEST_PATH])
    try:
        return Path(os.path.realpath(expand_path(given)))
    except UnknownHome as problem:
        raise FolderNotFound(given, str(problem)) from None
    except (OSError, UnicodeEncodeError):  # the current folder was deleted; half a surrogate pair
        raise FolderNotFound(given) from None


def _look_into(path: Path, given: str) -> None:
    try:
        if not stat.S_ISDIR(path.stat().st_mode):
            raise NotAFolder(given)
        with os.scandir(path) as entries:
            next(entries, None)
    except (FileNotFoundError, NotADirectoryError):
        raise FolderNotFound(given) from None
    except OSError as problem:
        if problem.errno == errno.ENAMETOOLONG:  # so nothing can be called that
            raise FolderNotFound(given) from None
        is_denied = isinstance(problem, PermissionError)
        raise FolderNotReadable(given, problem.strerror, is_denied=is_denied) from problem
