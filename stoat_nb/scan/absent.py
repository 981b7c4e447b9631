"""Which known files the disk says are gone: asked again in the moment before it is written down.

A scan's own listings, and what the catalog says of other scans, only tell where to look. A file
that is there is never called missing or offline, whoever else scans, moves or mounts meanwhile.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Mapping

from stoat_nb.media.safe_open import open_folder, open_root

#: What says that there is no such folder; a link in its place does not lead to it.
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})


def absent(root: bytes, files: Mapping[bytes, Iterable[bytes]]) -> dict[bytes, list[bytes]]:
    """Return those names that are no files in their folders, beneath a root, any more.

    Of a folder that cannot be listed none is returned: nothing is known of it. Blocking.
    """
    found: dict[bytes, list[bytes]] = {}
    for folder, names in files.items():
        there = _names(root, folder, _is_file)
        stem = folder.rstrip(b"/") + b"/"
        gone = [
            name
            for name in (names if there is not None else ())
            # By its path a file may be there although a link leads to its folder.
            if name not in (there or ()) and not os.path.isfile(stem + name)  # noqa: PTH113 - bytes
        ]
        if gone:
            found[folder] = gone
    return found


def is_empty(root: bytes) -> bool:
    """Whether nothing can lie beneath a folder: it is not there, or holds nothing. Blocking."""
    return _names(root, root, lambda _entry: True) == set()


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return True  # something is there


def _names(
    root: bytes, folder: bytes, wanted: Callable[[os.DirEntry[str]], bool]
) -> set[bytes] | None:
    """Return the wanted names in a folder, none if it is not there; None if it cannot be told."""
    try:
        root_fd = open_root(root)
        try:
            fd = open_folder(root_fd, folder[len(root) :].strip(b"/"))
        finally:
            os.close(root_fd)
        try:
            with os.scandir(fd) as entries:
                return {os.fsencode(entry.name) for entry in entries if wanted(entry)}
        finally:
            os.close(fd)
    except OSError as problem:
        return set() if problem.errno in _GONE else None
