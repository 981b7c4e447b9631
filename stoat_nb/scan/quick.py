"""The quick walk: only folders whose own times have changed are listed; of others one look tells.

The times of a folder change when a name in it comes, goes or changes, and not when a file is
rewritten where it is: what a quick scan may miss is that.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Generator, Iterable, Iterator

from msgspec import Struct

from stoat_nb.catalog.folders import KnownFolder
from stoat_nb.media.find import Tree
from stoat_nb.media.left_out import LeftOut
from stoat_nb.media.listing import Listing, stamp_of, unreadable
from stoat_nb.media.rules import Rules


class Same(Struct, frozen=True):
    """A folder that is as it was when it was last listed."""

    folder: bytes
    n_files: int
    n_bytes: int


def find_changed(
    root: bytes,
    known: Iterable[KnownFolder],
    are_known: Callable[[Iterable[bytes]], Collection[bytes]],
    rules: Rules,
) -> Generator[Listing | Same]:
    """Look at the known folders, in their order, and list those that changed and new ones in them.

    A known folder that is not there any more is passed over: that no walk came to it tells.
    """
    try:
        tree = Tree(root, rules)
    except OSError as error:
        yield unreadable(root, error)
        return
    with tree:
        if tree.left_out is not None:
            yield from tree.walk()
            return
        left_out = LeftOut(tree.root, rules)
        is_root_next = True
        for folder in known:
            if is_root_next and folder.path != tree.root:  # so far only inner ones were scanned
                yield from _listed(tree, tree.root, are_known)
            is_root_next = False
            relative = folder.path[len(tree.root) :].lstrip(b"/")
            is_as_before = folder.rules == tree.rules_of(relative)
            if not is_as_before and left_out.has(folder.path):
                continue  # and so it is one that no walk comes to
            found = _look(folder, is_as_before=is_as_before)
            if found is True:
                yield Same(folder.path, folder.n_files, folder.n_bytes)
            elif found is False:
                yield from _listed(tree, folder.path, are_known)
        if is_root_next:
            yield from _listed(tree, tree.root, are_known)


def _look(folder: KnownFolder, *, is_as_before: bool) -> bool | None:
    """Tell whether a folder is as it was; None: it is not there any more."""
    try:
        seen = os.stat(folder.path, follow_symlinks=False)  # noqa: PTH116 - bytes
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return False  # listing it says what is wrong
    times = (folder.mtime_ns, folder.ctime_ns)
    return is_as_before and folder.mtime_ns is not None and stamp_of(seen) == times


def _listed(
    tree: Tree, folder: bytes, are_known: Callable[[Iterable[bytes]], Collection[bytes]]
) -> Iterator[Listing]:
    """List a folder, and those in it that nobody knows yet; the others have their own turn."""
    prefix = tree.root.rstrip(b"/") + b"/"
    waiting = [folder]
    while waiting:
        listing = tree.list_one(waiting.pop()[len(prefix) :])
        yield listing
        inner = [listing.folder.rstrip(b"/") + b"/" + name for name in listing.inner]
        passed = are_known(inner) if inner else ()
        waiting.extend(path for path in reversed(inner) if path not in passed)
