"""A file that gets its name only when all of it is there."""

from __future__ import annotations

import os
import secrets
import stat
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Self

from stoat_nb.names import shown

_GROUP, _OTHERS = 0o070, 0o007


class PartialFile:
    """What is written beside ``target``, and then replaces it.

    It has the owner, group, mode and access list of the file that it replaces, as far as this user
    may give them. The other names of that file (hard links) keep what they had: a warning says so.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self._path = target.with_name(f".stoat-{secrets.token_hex(8)}.part")
        self.file = self._path.open("x+b")
        with suppress(FileNotFoundError):
            self._take_after(target.stat())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_problem: object) -> None:
        try:
            self.file.close()
        finally:
            self._path.unlink(missing_ok=True)

    def sync(self) -> None:
        """Have what was written outlive a power cut."""
        self.file.flush()
        os.fsync(self.file.fileno())

    def put(self) -> None:
        """Give it its name."""
        others = self.target.stat().st_nlink - 1 if self.target.exists() else 0
        self._path.replace(self.target)
        if others:
            warnings.warn(
                f"'{shown(self.target)}' is a new file: {others} other "
                f"{'name' if others == 1 else 'names'} (hard links) of the old one "
                f"{'keeps' if others == 1 else 'keep'} the old content.",
                stacklevel=5,  # whoever called library.export
            )

    def _take_after(self, old: os.stat_result) -> None:
        number, mode = self.file.fileno(), stat.S_IMODE(old.st_mode) & 0o777
        with suppress(PermissionError):  # only root may give files away
            os.fchown(number, old.st_uid, -1)
        with suppress(PermissionError):
            os.fchown(number, -1, old.st_gid)
        if os.fstat(number).st_gid != old.st_gid:
            # Another group must not get the rights of that one: it gets what everybody has.
            os.fchmod(number, mode & ~_GROUP | (mode & _OTHERS) << 3)
            return
        os.fchmod(number, mode)
        with suppress(OSError):  # not every file system has such attributes
            for name in os.listxattr(self.target):  # the access list is among them
                with suppress(OSError):
                    os.setxattr(number, name, os.getxattr(self.target, name))
