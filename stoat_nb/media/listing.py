"""What one folder holds: candidates, folders to go on with, and why the rest was left out."""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct, field

from stoat_nb.errors import FolderNotReadable
from stoat_nb.media.extensions import ending_of
from stoat_nb.media.video import Found
from stoat_nb.names import as_text

_ENCODING, _ERRORS = sys.getfilesystemencoding(), sys.getfilesystemencodeerrors()

#: What this process, or the machine, has no more of: that says nothing of any file.
SHORTAGES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})

#: Folders that systems and appliances keep for themselves, by lower-case name.
_SYSTEM_FOLDERS: dict[bytes, str] = {
    b"$recycle.bin": "the recycle bin of Windows",
    b"recycler": "the recycle bin of Windows",
    b"system volume information": "Windows' own folder",
    b"lost+found": "the file system's own folder",
    b"@eadir": "the index of a Synology NAS",
    b"#recycle": "the recycle bin of a Synology NAS",
    b"#snapshot": "the snapshots of a Synology NAS",
    b"@recycle": "the recycle bin of a QNAP NAS",
    b"@recently-snapshot": "the snapshots of a QNAP NAS",
    b"__macosx": "the resource forks of a macOS archive",
    b"node_modules": "a program's packages (.ts there is TypeScript)",
}


class Ignored(Struct, frozen=True, kw_only=True):
    """Something that was seen and deliberately left alone."""

    path: bytes
    reason: str


class Problem(Struct, frozen=True, kw_only=True):
    """Something that could not be looked at."""

    path: bytes
    error: str


#: Name, size, time in nanoseconds, file number and device: there is one for every file of a disk.
Seen = tuple[bytes, int, int, int, int]


class Stamp(NamedTuple):
    """The times of a folder that change whenever a name in it comes, goes or changes."""

    mtime_ns: int
    ctime_ns: int


#: File systems tell times apart in steps of up to two seconds: what is younger may change unseen.
SETTLED_NS = 2_000_000_000


class Listing(Struct, frozen=True, kw_only=True):
    """What one folder holds."""

    folder: bytes
    seen: list[Seen] = field(default_factory=list)  #: The candidates, in the order of their names.
    inner: list[bytes] = field(default_factory=list)  #: Names of the folders in it to go on with.
    ignored: tuple[Ignored, ...] = ()
    #: Files that are taken for no videos, by the ending of their names; no hidden ones.
    other_endings: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    readable: bool = True  #: False: nothing may be concluded from what is not listed.
    stamp: Stamp | None = None  #: None: what changes from here on might not change it.

    @property
    def files(self) -> tuple[Found, ...]:
        """The candidates as values of their own."""
        return tuple(found_in(self.folder, seen) for seen in self.seen)


def found_in(folder: bytes, seen: Seen) -> Found:
    """Return what was seen in a folder as a value of its own."""
    name, size_bytes, mtime_ns, inode, device = seen
    return Found(
        folder=folder,
        name=name,
        size_bytes=size_bytes,
        mtime_ns=mtime_ns,
        inode=inode,
        device=device,
    )


class Rules(Struct, frozen=True):
    """What is looked for."""

    suffixes: frozenset[bytes]
    hidden: bool
    recursive: bool

    def is_video(self, name: bytes) -> bool:
        dot = name.rfind(b".") + 1
        return dot > 0 and name[dot:].lower() in self.suffixes

    def unwanted_folder(self, name: bytes) -> str | None:
        if self.hidden:
            return None
        if reason := _SYSTEM_FOLDERS.get(name.lower()):
            return f"The folder is {reason}."
        return "The folder is hidden." if name.startswith(b".") else None

    def unwanted_file(self, name: bytes) -> str | None:
        if self.hidden or not name.startswith(b"."):
            return None
        if name.startswith(b"._"):
            return "The file holds what macOS notes about another file (AppleDouble)."
        return "The file is hidden."


class Reading:
    """One folder while its entries are sorted into what they are."""

    def __init__(self, folder: bytes, rules: Rules) -> None:
        self.folder = folder
        self._rules = rules
        self._prefix = folder if folder == b"/" else folder + b"/"
        self._inner: list[bytes] = []
        self._seen: list[Seen] = []
        self._ignored: list[Ignored] = []
        self._other_endings: Counter[str] = Counter()
        self._problems: list[Problem] = []

    def take(self, entry: os.DirEntry[str]) -> None:
        name = entry.name.encode(_ENCODING, _ERRORS)
        try:
            if entry.is_file(follow_symlinks=False):
                if self._rules.is_video(name):
                    self._candidate(entry, name)
                elif self._rules.hidden or not name.startswith(b"."):
                    self._other_endings[ending_of(name)] += 1
            elif entry.is_symlink():
                self._link(entry, name)
            elif entry.is_dir(follow_symlinks=False):
                self._inner_folder(name)
            elif self._rules.is_video(name):
                self._candidate(entry, name)
        except OSError as error:
            self._problems.append(_problem(self._prefix + name, error))

    def listing(self, stamp: Stamp | None) -> Listing:
        for names in (self._seen, self._inner):
            names.sort()
        return Listing(
            folder=self.folder,
            seen=self._seen,
            inner=self._inner,
            ignored=tuple(sorted(self._ignored, key=_path)),
            other_endings=self._other_endings,
            problems=tuple(sorted(self._problems, key=_path)),
            stamp=None if self._problems else stamp,
        )

    def _ignore(self, name: bytes, reason: str) -> None:
        self._ignored.append(Ignored(path=self._prefix + name, reason=reason))

    def _link(self, entry: os.DirEntry[str], name: bytes) -> None:
        if self._rules.is_video(name):
            self._ignore(name, "The file is a link; links are not followed.")
        elif _leads_to_a_folder(entry):
            self._ignore(name, "The folder is a link; links are not followed.")

    def _inner_folder(self, name: bytes) -> None:
        if not self._rules.recursive:
            return
        if reason := self._rules.unwanted_folder(name):
            self._ignore(name, reason)
        else:
            self._inner.append(name)

    def _candidate(self, entry: os.DirEntry[str], name: bytes) -> None:
        is_plain = not name.startswith(b".")
        seen = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(seen.st_mode):
            self._ignore(name, f"It is {_kind(seen.st_mode)}, not a file.")
        elif not is_plain and (reason := self._rules.unwanted_file(name)):
            self._ignore(name, reason)
        else:
            self._seen.append((name, seen.st_size, seen.st_mtime_ns, seen.st_ino, seen.st_dev))


def _path(one: Ignored | Problem) -> bytes:
    return one.path


def _leads_to_a_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a loop, or a target we may not look at


def stamp_of(seen: os.stat_result) -> Stamp:
    """Return the times of a folder."""
    return Stamp(seen.st_mtime_ns, seen.st_ctime_ns)


def settled(seen: os.stat_result) -> Stamp | None:
    """Return the times of a folder that is listed now, if they can be relied on."""
    stamp = stamp_of(seen)
    return stamp if max(stamp) < time.time_ns() - SETTLED_NS else None


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a named pipe"
    if stat.S_ISSOCK(mode):
        return "a socket"
    return "a device"


def unreadable(folder: bytes, error: OSError) -> Listing:
    """Return the listing of a folder that could not be listed."""
    return Listing(folder=folder, problems=(_problem(folder, error),), readable=False)


def _problem(path: bytes, error: OSError) -> Problem:
    reason = error.strerror or type(error).__name__
    if error.errno in SHORTAGES:  # the next folder would fare no better
        raise FolderNotReadable(as_text(path), reason, is_denied=False) from error
    return Problem(path=path, error=f"{reason}.")
