"""The walk: every candidate beneath a root, one folder at a time, and why the rest was left out.

Folders are opened beneath the root without following links, and three descriptors at most are open
however deep the tree is. A folder that is moved away meanwhile costs itself and nothing else.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Iterator
from typing import NamedTuple, Self

from stoat_nb.media.exclude import IGNORE_FILE, Exclusion, below, read_lines
from stoat_nb.media.left_out import outer
from stoat_nb.media.listing import Ignored, Listing, Problem, Reading, settled, unreadable
from stoat_nb.media.rules import Rules
from stoat_nb.media.safe_open import open_folder, open_root

__all__ = ["Listing", "Tree", "find_folders"]

_TWICE = "The link leads to a folder that is scanned where it is, or by another link."


def find_folders(root: bytes, rules: Rules) -> Generator[Listing]:
    """Walk ``root`` in the order of the names' bytes; yield one listing a folder, itself first.

    ``root`` is an absolute path. What cannot be read is a ``Problem`` in a listing; only where this
    process has no descriptors or memory left that is raised, as FolderNotReadable. Folders that
    links lead to come last, each once, if they are followed; other mounted disks are entered.
    """
    try:
        tree = Tree(root, rules)
    except OSError as error:
        yield unreadable(root.rstrip(b"/") or b"/", error)
        return
    with tree:
        yield from tree.walk()


class _Top(NamedTuple):
    """A folder to walk from: the one that is asked for, or one that a link leads to."""

    path: bytes
    real: bytes  #: Empty: no link leads to it.
    exclusion: Exclusion
    fd: int = -1


class Tree:
    """A folder held open, to list it and the folders beneath it; ``OSError`` if it cannot be."""

    def __init__(self, root: bytes, rules: Rules) -> None:
        self.root = root.rstrip(b"/") or b"/"
        self._rules = rules
        exclusion, self.left_out, self._problems = outer(self.root, rules)
        self._exclusions: dict[bytes, Exclusion] = {}  #: Of folders with patterns of their own.
        self._links: deque[_Top] = deque()
        self._entered: set[tuple[int, int]] = set()  #: Folders by device and number.
        self._top = _Top(self.root, b"", exclusion, open_root(self.root))
        #: The folder whose inner ones are visited: a path of many parts is not resolved for each.
        self._held = b"", -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        self._hold(b"", -1)
        os.close(self._top.fd)

    def _hold(self, path: bytes, fd: int) -> None:
        if self._held[1] >= 0:
            os.close(self._held[1])
        self._held = path, fd

    def _open(self, top: _Top, relative: bytes) -> int:
        parent, _, name = relative.rpartition(b"/")
        if self._held[0] != below(top.path, parent):
            self._hold(below(top.path, parent), open_folder(top.fd, parent))
        return open_folder(self._held[1], name)

    def walk(self) -> Iterator[Listing]:
        """List the folder and all beneath it, in the order of the names' bytes."""
        if self.left_out is not None:
            ignored = Ignored(path=self.root, reason=self.left_out, kind="excluded")
            yield Listing(folder=self.root, ignored=(ignored,), problems=self._problems)
            return
        yield from self._walk(self._top)
        while self._links:
            yield from self._enter(self._links.popleft())

    def _walk(self, top: _Top) -> Iterator[Listing]:
        waiting = [b""]
        while waiting:
            relative = waiting.pop()
            listing = self._list(top, relative)
            yield listing
            stem = relative + b"/" if relative else b""
            waiting.extend(stem + name for name in reversed(listing.inner))

    def _enter(self, link: _Top) -> Iterator[Listing]:
        """Walk a folder that a link leads to, unless it has been walked: so that loops end."""
        root = open_root(b"/")
        try:  # by its real path: no part of that may have become a link meanwhile
            fd = open_folder(root, link.real.strip(b"/"))
        except OSError as error:
            yield unreadable(link.path, error)
            return
        finally:
            os.close(root)
        try:
            seen = os.fstat(fd)
            if (seen.st_dev, seen.st_ino) in self._entered:
                ignored = Ignored(path=link.path, reason=_TWICE)
                yield Listing(folder=link.path, ignored=(ignored,), readable=False)
            else:
                yield from self._walk(link._replace(fd=fd))
        finally:
            os.close(fd)

    def list_one(self, relative: bytes) -> Listing:
        """List one folder alone."""
        return self._list(self._top, relative)

    def rules_of(self, relative: bytes) -> int:
        """Return the number for what is looked for in a folder."""
        return self._rules.mark ^ self._exclusion(self._top, relative).mark

    def _exclusion(self, top: _Top, relative: bytes) -> Exclusion:
        here = relative
        while self._exclusions:
            if (found := self._exclusions.get(below(top.path, here))) is not None:
                return found
            if not here:
                break
            here = here.rpartition(b"/")[0]
        return top.exclusion

    def _list(self, top: _Top, relative: bytes) -> Listing:
        folder = below(top.path, relative) if relative else top.path
        reading = Reading(folder, self._rules)
        reading.problems += self._problems if folder == self.root else ()
        try:
            fd = self._open(top, relative)
        except OSError as error:
            return unreadable(folder, error)
        try:
            seen = os.fstat(fd)
            stamp = settled(seen)
            with os.scandir(fd) as entries:
                for entry in entries:
                    reading.take(entry)
            if reading.has_patterns:
                lines, faults = read_lines(fd)
                path = below(folder, IGNORE_FILE)
                reading.problems += [Problem(path=path, error=fault) for fault in faults]
                self._exclusions.pop(below(top.path, relative), None)
                own = self._exclusion(top, relative).with_file(folder, lines)
                self._exclusions[below(top.path, relative)] = own
        except OSError as error:
            os.close(fd)
            return unreadable(folder, error)
        exclusion = self._exclusion(top, relative)
        real = below(top.real, relative) if top.real and relative else top.real
        listing = reading.listing(stamp, exclusion, real)
        if listing.inner:
            self._hold(below(top.path, relative), fd)
        else:
            os.close(fd)
        if self._rules.follow_links == "all":
            self._entered.add((seen.st_dev, seen.st_ino))
            self._links.extend(
                _Top(below(folder, name), to.rstrip(b"/") or b"/", exclusion)
                for name, to in listing.linked_folders
            )
        return listing
