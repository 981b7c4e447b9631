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


class _Link(NamedTuple):
    """A folder that a link leads to."""

    path: bytes
    real: bytes
    exclusion: Exclusion


class Tree:
    """A folder held open, to list it and the folders beneath it; ``OSError`` if it cannot be."""

    def __init__(self, root: bytes, rules: Rules, *, link: _Link | None = None) -> None:
        self.root = root.rstrip(b"/") or b"/"
        self.left_out: str | None = None  #: Why the whole of it is left out.
        self._rules = rules
        self._real = link.real.rstrip(b"/") or b"/" if link else b""
        self._exclusions: dict[bytes, Exclusion] = {}  #: Of folders with patterns of their own.
        self._problems: tuple[Problem, ...] = ()
        if link is None:
            self._outer, self.left_out, self._problems = outer(self.root, rules)
        else:
            self._outer = link.exclusion
        self._links: deque[_Link] = deque()
        self._entered: set[tuple[int, int]] = set()  #: Folders by device and number.
        if link:  # by its real path: no part of that may have become a link meanwhile
            top = open_root(b"/")
            try:
                self._root_fd = open_folder(top, self._real.lstrip(b"/"))
            finally:
                os.close(top)
        else:
            self._root_fd = open_root(self.root)
        self._branch = _Branch(self._root_fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        self._branch.close()
        os.close(self._root_fd)

    def walk(self) -> Iterator[Listing]:
        """List the folder and all beneath it, in the order of the names' bytes."""
        if self.left_out is not None:
            ignored = Ignored(path=self.root, reason=self.left_out, kind="excluded")
            yield Listing(folder=self.root, ignored=(ignored,), problems=self._problems)
            return
        yield from self._walk()
        while self._links:
            yield from self._enter(self._links.popleft())

    def _walk(self) -> Iterator[Listing]:
        # The parent's path is shared by all its folders that wait: deep and wide trees stay small.
        waiting: list[tuple[bytes, bytes]] = [(b"", b"")]
        while waiting:
            parent, name = waiting.pop()
            relative = parent + b"/" + name if parent else name
            listing = self._list(parent, name, relative)
            yield listing
            waiting.extend((relative, child) for child in reversed(listing.inner))

    def _enter(self, link: _Link) -> Iterator[Listing]:
        """Walk a folder that a link leads to, unless it has been walked: so that loops end."""
        try:
            tree = Tree(link.path, self._rules, link=link)
        except OSError as error:
            yield unreadable(link.path, error)
            return
        with tree:
            tree._links, tree._entered = self._links, self._entered
            seen = os.fstat(tree._root_fd)
            if (seen.st_dev, seen.st_ino) in self._entered:
                ignored = Ignored(path=link.path, reason=_TWICE)
                yield Listing(folder=link.path, ignored=(ignored,), readable=False)
            else:
                yield from tree._walk()

    def list_one(self, relative: bytes) -> Listing:
        """List one folder alone."""
        parent, _, name = relative.rpartition(b"/")
        return self._list(parent, name, relative)

    def rules_of(self, relative: bytes) -> int:
        """Return the number for what is looked for in a folder."""
        return self._rules.mark ^ self._exclusion(relative).mark

    def _exclusion(self, relative: bytes) -> Exclusion:
        here = relative
        while self._exclusions:
            if (found := self._exclusions.get(here)) is not None:
                return found
            if not here:
                break
            here = here.rpartition(b"/")[0]
        return self._outer

    def _list(self, parent: bytes, name: bytes, relative: bytes) -> Listing:
        folder = below(self.root, relative) if relative else self.root
        reading = Reading(folder, self._rules)
        reading.problems += () if relative else self._problems
        try:
            fd = self._branch.open(parent, name)
        except OSError as error:
            return unreadable(folder, error)
        try:
            seen = os.fstat(fd)
            stamp = settled(seen)
            with os.scandir(fd) as entries:
                for entry in entries:
                    reading.take(entry)
            if reading.has_patterns:
                reading.problems += self._take_patterns(fd, folder, relative)
        except OSError as error:
            os.close(fd)
            return unreadable(folder, error)
        real = below(self._real, relative) if self._real and relative else self._real
        listing = reading.listing(stamp, self._exclusion(relative), real)
        if self._rules.follow_links == "all":
            self._entered.add((seen.st_dev, seen.st_ino))
            self._links.extend(
                _Link(below(folder, name), real, self._exclusion(relative))
                for name, real in listing.linked_folders
            )
        if listing.inner:
            self._branch.hold(relative, fd)
        else:
            os.close(fd)
        return listing

    def _take_patterns(self, fd: int, folder: bytes, relative: bytes) -> list[Problem]:
        self._exclusions.pop(relative, None)
        lines, faults = read_lines(fd)
        self._exclusions[relative] = self._exclusion(relative).with_file(folder, lines)
        return [Problem(path=below(folder, IGNORE_FILE), error=fault) for fault in faults]


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
