"""The walk: every candidate beneath a root, one folder at a time, and why the rest was left out.

Folders are opened beneath the root without following links, and three descriptors at most are open
however deep the tree is. A folder that is moved away meanwhile costs itself and nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Generator, Iterator
from typing import Self

from stoat_nb.media.listing import Listing, Reading, Rules, settled, unreadable
from stoat_nb.media.safe_open import open_folder, open_root

__all__ = ["Listing", "Tree", "find_folders"]


def find_folders(
    root: bytes, *, extensions: Collection[str], hidden: bool = False, recursive: bool = True
) -> Generator[Listing]:
    """Walk ``root`` in the order of the names' bytes; yield one listing a folder, itself first.

    ``root`` is an absolute path. What cannot be read is a ``Problem`` in a listing; only where this
    process has no descriptors or memory left that is raised, as FolderNotReadable. Links are not
    followed; other mounted disks are entered.
    """
    try:
        tree = Tree(root, extensions=extensions, hidden=hidden, recursive=recursive)
    except OSError as error:
        yield unreadable(root.rstrip(b"/") or b"/", error)
        return
    with tree:
        yield from tree.walk()


class Tree:
    """A folder held open, to list it and the folders beneath it; ``OSError`` if it cannot be."""

    def __init__(
        self,
        root: bytes,
        *,
        extensions: Collection[str],
        hidden: bool = False,
        recursive: bool = True,
    ) -> None:
        suffixes = frozenset(os.fsencode(word.lower().lstrip(".")) for word in extensions)
        self.root = root.rstrip(b"/") or b"/"
        self._rules = Rules(suffixes, hidden, recursive)
        self._prefix = self.root if self.root == b"/" else self.root + b"/"
        self._root_fd = open_root(self.root)
        self._branch = _Branch(self._root_fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        self._branch.close()
        os.close(self._root_fd)

    def walk(self, relative: bytes = b"") -> Iterator[Listing]:
        """List a folder and all beneath it, in the order of the names' bytes."""
        # The parent's path is shared by all its folders that wait: deep and wide trees stay small.
        parent, _, name = relative.rpartition(b"/")
        waiting: list[tuple[bytes, bytes]] = [(parent, name)]
        while waiting:
            parent, name = waiting.pop()
            relative = parent + b"/" + name if parent else name
            listing = self._list(parent, name, relative)
            yield listing
            waiting.extend((relative, child) for child in reversed(listing.inner))

    def list_one(self, relative: bytes) -> Listing:
        """List one folder alone."""
        parent, _, name = relative.rpartition(b"/")
        return self._list(parent, name, relative)

    def _list(self, parent: bytes, name: bytes, relative: bytes) -> Listing:
        folder = self._prefix + relative if relative else self.root
        reading = Reading(folder, self._rules)
        try:
            fd = self._branch.open(parent, name)
        except OSError as error:
            return unreadable(folder, error)
        try:
            stamp = settled(os.fstat(fd))
            with os.scandir(fd) as entries:
                for entry in entries:
                    reading.take(entry)
        except OSError as error:
            os.close(fd)
            return unreadable(folder, error)
        listing = reading.listing(stamp)
        if listing.inner:
            self._branch.hold(relative, fd)
        else:
            os.close(fd)
        return listing


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
