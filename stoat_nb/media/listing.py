"""What one folder holds: candidates, folders to go on with, and why the rest was left out."""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from collections import Counter
from collections.abc import Mapping
from operator import attrgetter
from typing import Literal, NamedTuple

from msgspec import Struct, field

from stoat_nb.errors import FolderNotReadable
from stoat_nb.media.exclude import IGNORE_FILE, Exclusion, below
from stoat_nb.media.extensions import SUBTITLES, ending_of
from stoat_nb.media.rules import Rules
from stoat_nb.media.video import Found
from stoat_nb.names import as_text

_ENCODING, _ERRORS = sys.getfilesystemencoding(), sys.getfilesystemencodeerrors()

#: What this process, or the machine, has no more of: that says nothing of any file.
SHORTAGES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})

LINK_TO_FILE = "The file is a link; links to files are not followed."
LINK_TO_FOLDER = "The folder is a link; links to folders are not followed."
_KINDS = {stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket"}
_OUTSIDE = "The link leads out of the folders that may be scanned."


#: Kinds of reasons to leave something alone.
Kind = Literal["hidden", "link", "excluded", "other"]


class Ignored(Struct, frozen=True, kw_only=True):
    """Something that was seen and deliberately left alone."""

    path: bytes
    reason: str
    kind: Kind = "other"


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
    #: Other files than videos and subtitles, by the ending of their names; no hidden ones.
    other_endings: Mapping[str, int] = field(default_factory=dict)
    sidecars: tuple[str, ...] = ()  #: Names of subtitle files, where there are candidates.
    problems: tuple[Problem, ...] = ()
    readable: bool = True  #: False: nothing may be concluded from what is not listed.
    stamp: Stamp | None = None  #: None: what changes from here on might not change it.
    rules: int = 0  #: A number for what was looked for in it.
    #: Where links lead: of files by name, of folders to enter, and of this one; real paths.
    linked_files: Mapping[bytes, bytes] = field(default_factory=dict)
    linked_folders: tuple[tuple[bytes, bytes], ...] = ()
    real_folder: bytes = b""  #: Empty: it was reached by no link.

    @property
    def files(self) -> tuple[Found, ...]:
        """The candidates as values of their own."""
        return tuple(map(self.found, self.seen))

    def found(self, seen: Seen) -> Found:
        """Return one of the candidates as a value of its own."""
        name, size_bytes, mtime_ns, inode, device = seen
        real = self.linked_files.get(name, b"")
        if not real and self.real_folder:
            real = below(self.real_folder, name)
        return Found(
            folder=self.folder,
            name=name,
            size_bytes=size_bytes,
            mtime_ns=mtime_ns,
            inode=inode,
            device=device,
            real_path=real,
        )


class Reading:
    """One folder while its entries are sorted into what they are."""

    def __init__(self, folder: bytes, rules: Rules) -> None:
        self.folder = folder
        self._rules = rules
        self._prefix = below(folder)
        self._inner: list[bytes] = []
        self._seen: list[Seen] = []
        self._ignored: list[Ignored] = []
        self._other_endings: Counter[str] = Counter()
        self._sidecars: list[str] = []
        self.problems: list[Problem] = []
        self._linked_files: dict[bytes, bytes] = {}
        self._linked_folders: list[tuple[bytes, bytes]] = []
        self.has_patterns = False  #: Whether a file with patterns lies in it.

    def take(self, entry: os.DirEntry[str]) -> None:
        name = entry.name.encode(_ENCODING, _ERRORS)
        try:
            if entry.is_file(follow_symlinks=False):
                if self._rules.is_video(name):
                    self._candidate(entry, name)
                elif name == IGNORE_FILE:
                    self.has_patterns = True
                elif self._rules.hidden or not name.startswith(b"."):
                    self._other_file(name)
            elif entry.is_symlink():
                self._link(entry, name)
            elif entry.is_dir(follow_symlinks=False):
                self._folder(name)
            elif self._rules.is_video(name):
                self._candidate(entry, name)
        except OSError as error:
            self.problems.append(_problem(self._prefix + name, error))

    def _other_file(self, name: bytes) -> None:
        ending = ending_of(name)
        if ending in SUBTITLES:
            self._sidecars.append(as_text(name))
        else:
            self._other_endings[ending] += 1

    def listing(self, stamp: Stamp | None, exclusion: Exclusion, real_folder: bytes) -> Listing:
        """Return what the folder holds, but for what patterns leave out."""
        if exclusion.mark:
            self._exclude(exclusion)
        self._seen.sort()
        self._inner.sort()
        # The patterns may be rewritten where they are: no time of the folder tells of that.
        is_settled = not (self.problems or self.has_patterns)
        return Listing(
            folder=self.folder,
            seen=self._seen,
            inner=self._inner,
            ignored=tuple(sorted(self._ignored, key=attrgetter("path"))),
            other_endings=self._other_endings,
            sidecars=tuple(sorted(self._sidecars)) if self._seen else (),
            problems=tuple(sorted(self.problems, key=attrgetter("path"))),
            stamp=stamp if is_settled else None,
            rules=self._rules.mark ^ exclusion.mark,
            linked_files=self._linked_files,
            linked_folders=tuple(sorted(self._linked_folders)),
            real_folder=real_folder,
        )

    def _exclude(self, exclusion: Exclusion) -> None:
        def is_kept(name: bytes, *, is_folder: bool) -> bool:
            reason = exclusion.reason(self._prefix + name, is_folder=is_folder)
            if reason is not None:
                self._ignore(name, reason, "excluded")
            return reason is None

        self._seen = [one for one in self._seen if is_kept(one[0], is_folder=False)]
        self._inner = [name for name in self._inner if is_kept(name, is_folder=True)]
        self._linked_folders = [
            one for one in self._linked_folders if is_kept(one[0], is_folder=True)
        ]

    def _ignore(self, name: bytes, reason: str, kind: Kind = "other") -> None:
        self._ignored.append(Ignored(path=self._prefix + name, reason=reason, kind=kind))

    def _link(self, entry: os.DirEntry[str], name: bytes) -> None:
        follows = self._rules.follow_links
        if _leads_to_a_folder(entry):
            if follows != "all":
                self._ignore(name, LINK_TO_FOLDER, "link")
            elif self._rules.recursive and (real := self._target(name)):
                self._folder(name, real)
        elif not self._rules.is_video(name):
            return
        elif follows == "none":
            self._ignore(name, LINK_TO_FILE, "link")
        elif not os.path.exists(self._prefix + name):  # noqa: PTH110 - bytes
            self._ignore(name, "The link leads nowhere.")
        elif real := self._target(name):
            self._linked_files[name] = real
            self._candidate(entry, name, follow=True)

    def _target(self, name: bytes) -> bytes | None:
        """Return where a link leads; None, and a reason is noted, if that may not be scanned."""
        real = os.path.realpath(self._prefix + name)
        if self._rules.allows(real):
            return real
        self._ignore(name, _OUTSIDE)
        return None

    def _folder(self, name: bytes, real: bytes | None = None) -> None:
        """Note a folder to go on with, or where a link to it leads."""
        if not self._rules.recursive:
            return
        if reason := self._rules.unwanted_folder(name):
            self._ignore(name, reason, "hidden")
        elif real is None:
            self._inner.append(name)
        else:
            self._linked_folders.append((name, real))

    def _candidate(self, entry: os.DirEntry[str], name: bytes, *, follow: bool = False) -> None:
        seen = entry.stat(follow_symlinks=follow)
        if not stat.S_ISREG(seen.st_mode):
            kind = _KINDS.get(stat.S_IFMT(seen.st_mode), "a device")
            self._ignore(name, f"It is {kind}, not a file.")
        elif name.startswith(b".") and (reason := self._rules.unwanted_file(name)):
            self._ignore(name, reason, "hidden")
        else:
            self._seen.append((name, seen.st_size, seen.st_mtime_ns, seen.st_ino, seen.st_dev))


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


def unreadable(folder: bytes, error: OSError) -> Listing:
    """Return the listing of a folder that could not be listed."""
    return Listing(folder=folder, problems=(_problem(folder, error),), readable=False)


def _problem(path: bytes, error: OSError) -> Problem:
    reason = error.strerror or type(error).__name__
    if error.errno in SHORTAGES:  # the next folder would fare no better
        raise FolderNotReadable(as_text(path), reason, is_denied=False) from error
    return Problem(path=path, error=f"{reason}.")
