"""A file that was seen before, opened: only beneath its root, and only if it is what was seen."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from stoat_nb.media.failures import ProbeError, from_os_error
from stoat_nb.media.safe_open import NotRegularError, opened_beneath

_LARGEST = 2**63 - 1  # what the catalog's columns hold
_CATALOGUED = (
    "The file is not the one that was catalogued: it was changed or replaced. Scan it again."
)


class Place(NamedTuple):
    """Where a file was found, and by what it is told from another that came there since."""

    root: bytes  #: The folder that was scanned.
    relative: bytes  #: The file's path beneath it.
    size_bytes: int
    mtime_ns: int
    inode: int | None = None  #: None where only its size and its time are known.

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """Return the place that an item of JSON names, as ``os.fsdecode`` spells it."""
        root, relative = os.fsencode(item["root"]), os.fsencode(item["relative"])
        return cls(root, relative, item["size_bytes"], item["mtime_ns"], item.get("inode"))


def open_unchanged(place: Place) -> int:
    """Do as ``opened_unchanged``, and return the descriptor alone."""
    return opened_unchanged(place)[0]


def opened_unchanged(place: Place, *, otherwise: str = _CATALOGUED) -> tuple[int, os.stat_result]:
    """Return a descriptor of the file, and what it is.

    Raises ``ProbeError`` if it cannot be had or has changed.
    ``otherwise`` is what to say of one that has changed.
    """
    try:
        fd, seen = opened_beneath(place.root, place.relative)
    except NotRegularError as error:
        sentence = "It is a pipe, a device or a folder, not a file."
        raise ProbeError("not_regular", sentence) from error
    except OSError as error:
        raise from_os_error(error) from error
    if not is_unchanged(seen, place):
        os.close(fd)
        raise ProbeError("changed_while_read", otherwise)
    return fd, seen


def is_unchanged(seen: os.stat_result, place: Place) -> bool:
    """Whether a file is still what was seen."""
    if place.inode not in (None, min(seen.st_ino, _LARGEST)):
        return False
    return (seen.st_size, seen.st_mtime_ns) == (place.size_bytes, place.mtime_ns)
