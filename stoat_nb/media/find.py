"""The walk: every candidate beneath a root, one folder at a time, and why the rest was left out.

Folders are opened beneath the root without following links, and three descriptors at most are open
however deep the tree is. A folder that is moved away meanwhile costs itself and nothing else.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass

from stoat_nb.media.guarded import open_folder, open_root
from stoat_nb.media.video import Found

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Something that was seen and deliberately left alone."""

    path: bytes
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that could not be looked at."""

    path: bytes
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What one folder holds."""

    folder: bytes
    files: tuple[Found, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    problems: tuple[Problem, ...] = ()
    readable: bool = True  #: False: nothing may be concluded from what is not listed.


@dataclass(frozen=True, slots=True)
class _Rules:
    suffixes: frozenset[bytes]
    hidden: bool
    recursive: bool

    def is_video(self, name: bytes) -> bool:
        _, dot, suffix = name.rpartition(b".")
        return bool(dot) and suffix.lower() in self.suffixes

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


def find_folders(
    root: bytes, *, extensions: Collection[str], hidden: bool = False, recursive: bool = True
) -> Generator[Listing]:
    """Walk ``root`` in the order of the names' bytes; yield one listing a folder, itself first.

    ``root`` is an absolute path. What cannot be read is a ``Problem`` in a listing, never an
    exception. Links are not followed; other mounted disks are entered.
    """
    rules = _Rules(frozenset(os.fsencode(word.lower()) for word in extensions), hidden, recursive)
    root = root.rstrip(b"/") or b"/"
    try:
        root_fd = open_root(root)
    except OSError as error:
        yield _unreadable(root, error)
        return
    try:
        yield from _walk(root, root_fd, rules)
    finally:
        os.close(root_fd)


def _walk(root: bytes, root_fd: int, rules: _Rules) -> Iterator[Listing]:
    prefix = root if root == b"/" else root + b"/"
    # The parent's path is shared by all its folders that wait: deep and wide trees stay small.
    waiting: list[tuple[bytes, bytes]] = [(b"", b"")]
    with closing(_Branch(root_fd)) as branch:
        while waiting:
            parent, name = waiting.pop()
            relative = parent + b"/" + name if parent else name
            folder = prefix + relative if relative else root
            listing, inner = _list(branch, parent, name, _Reading(folder, rules))
            yield listing
            waiting.extend((relative, child) for child in reversed(inner))


class _Branch:
    """The folder whose inner folders are visited, held open: no path is resolved for each of them.

    Only this one is held. Back in a folder further up, its path is resolved once more.
    """

    def __init__(self, root_fd: int) -> None:
        self._root_fd = root_fd
        self._fd, self._path = root_fd, b""

    def open(self, parent: bytes, name: bytes) -> int:
        if parent != self._path:
            self.hold(parent, open_folder(self._root_fd, parent))
        return open_folder(self._fd, name)

    def hold(self, path: bytes, fd: int) -> None:
        self.close()
        self._fd, self._path = fd, path

    def close(self) -> None:
        if self._fd != self._root_fd:
            os.close(self._fd)
        self._fd, self._path = self._root_fd, b""


def _list(
    branch: _Branch, parent: bytes, name: bytes, reading: _Reading
) -> tuple[Listing, list[bytes]]:
    try:
        fd = branch.open(parent, name)
    except OSError as error:
        return _unreadable(reading.folder, error), []
    try:
        with os.scandir(fd) as entries:
            for entry in sorted(entries, key=lambda entry: os.fsencode(entry.name)):
                reading.take(entry)
    except OSError as error:
        os.close(fd)
        return _unreadable(reading.folder, error), []
    if reading.folders:
        branch.hold(parent + b"/" + name if parent else name, fd)
    else:
        os.close(fd)
    return reading.listing(), reading.folders


class _Reading:
    """One folder while its entries are sorted into what they are."""

    def __init__(self, folder: bytes, rules: _Rules) -> None:
        self.folders: list[bytes] = []
        self.folder = folder
        self._rules = rules
        self._prefix = folder if folder == b"/" else folder + b"/"
        self._files: list[Found] = []
        self._ignored: list[Ignored] = []
        self._problems: list[Problem] = []

    def take(self, entry: os.DirEntry[str]) -> None:
        name = os.fsencode(entry.name)
        try:
            if entry.is_symlink():
                self._link(entry, name)
            elif entry.is_dir(follow_symlinks=False):
                self._inner_folder(name)
            elif self._rules.is_video(name):
                self._candidate(entry, name)
        except OSError as error:
            self._problems.append(Problem(path=self._prefix + name, error=_reason(error)))

    def listing(self) -> Listing:
        return Listing(
            folder=self.folder,
            files=tuple(self._files),
            ignored=tuple(self._ignored),
            problems=tuple(self._problems),
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
            self.folders.append(name)

    def _candidate(self, entry: os.DirEntry[str], name: bytes) -> None:
        seen = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(seen.st_mode):
            self._ignore(name, f"It is {_kind(seen.st_mode)}, not a file.")
        elif reason := self._rules.unwanted_file(name):
            self._ignore(name, reason)
        else:
            self._files.append(_found(self.folder, name, seen))


def _found(folder: bytes, name: bytes, seen: os.stat_result) -> Found:
    return Found(
        folder=folder,
        name=name,
        size_bytes=seen.st_size,
        mtime_ns=seen.st_mtime_ns,
        inode=seen.st_ino,
        device=seen.st_dev,
    )


def _leads_to_a_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a loop, or a target we may not look at


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a named pipe"
    if stat.S_ISSOCK(mode):
        return "a socket"
    return "a device"


def _unreadable(folder: bytes, error: OSError) -> Listing:
    problem = Problem(path=folder, error=_reason(error))
    return Listing(folder=folder, problems=(problem,), readable=False)


def _reason(error: OSError) -> str:
    return f"{error.strerror or type(error).__name__}."
