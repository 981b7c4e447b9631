"""The quick walk: only folders whose own times have changed are listed; of others one look tells.

The times of a folder change when a name in it comes, goes or changes, and not when a file is
rewritten where it is: what a quick scan may miss is that.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Collection, Generator, Iterable, Iterator

from msgspec import Struct

from stoat_nb.catalog.folders import KnownFolder
from stoat_nb.media.find import Tree
from stoat_nb.media.listing import Listing, stamp_of, unreadable
from stoat_nb.media.video import FACTS_VERSION


class Same(Struct, frozen=True):
    """A folder that is as it was when it was last listed."""

    folder: bytes
    n_files: int
    n_bytes: int


def rules_of(extensions: Collection[str], *, hidden: bool) -> int:
    """Return a number for what a scan looks for: folders listed for something else do not count."""
    looked_for = [*sorted(extensions), str(hidden), str(FACTS_VERSION)]
    return zlib.crc32(" ".join(looked_for).encode())


def find_changed(
    root: bytes,
    known: Iterable[KnownFolder],
    are_known: Callable[[Iterable[bytes]], Collection[bytes]],
    *,
    extensions: Collection[str],
    hidden: bool,
) -> Generator[Listing | Same]:
    """Look at the known folders, in their order, and list those that changed and new ones in them.

    A known folder that is not there any more is passed over: that no walk came to it tells.
    """
    try:
        tree = Tree(root, extensions=extensions, hidden=hidden)
    except OSError as error:
        yield unreadable(root, error)
        return
    with tree:
        is_root_next = True
        for folder in known:
            if is_root_next and folder.path != tree.root:  # so far only inner ones were scanned
                yield from _listed(tree, tree.root, are_known)
            is_root_next = False
            found = _look(folder)
            if found is True:
                yield Same(folder.path, folder.n_files, folder.n_bytes)
            elif found is False:
                yield from _listed(tree, folder.path, are_known)
        if is_root_next:
            yield from _listed(tree, tree.root, are_known)


def _look(folder: KnownFolder) -> bool | None:
    """Tell whether a folder is as it was; None: it is not there any more."""
    try:
        seen = os.stat(folder.path, follow_symlinks=False)  # noqa: PTH116 - bytes
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return False  # listing it says what is wrong
    return folder.mtime_ns is not None and stamp_of(seen) == (folder.mtime_ns, folder.ctime_ns)


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
