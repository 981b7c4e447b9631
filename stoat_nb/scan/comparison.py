"""What the walk sees, held against what the catalog knows. Blocking: runs on a thread."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from msgspec import Struct, field

from stoat_nb.catalog.catalog import KnownFile
from stoat_nb.catalog.folders import ListedFolder
from stoat_nb.catalog.values import as_integer, as_moment_ns
from stoat_nb.media.listing import Ignored, Listing, Problem, Seen
from stoat_nb.media.video import Found
from stoat_nb.scan.quick import Same

#: A batch ends at so many files or seconds, so that progress moves and cancel is quick.
BATCH_FILES, BATCH_S = 1000, 0.1

_SIZE = itemgetter(1)


def is_present(file: KnownFile) -> bool:
    """Whether the row's file was there when last looked."""
    return file.status in ("ok", "failed")


def is_expected(file: KnownFile, *, accept_removals: bool) -> bool:
    """Whether a row whose file is not found is to be given another status."""
    return is_present(file) or (accept_removals and file.status == "offline")


class Done(NamedTuple):
    """What an earlier attempt of this scan has recorded of a file."""

    is_new: bool
    failure: tuple[str, str] | None  #: Error and class.


class Batch(Struct, kw_only=True):
    """Some folders, compared."""

    folders: list[ListedFolder] = field(default_factory=list)  #: Listed completely.
    same: list[bytes] = field(default_factory=list)  #: Not listed, for they have not changed.
    unreadable: list[bytes] = field(default_factory=list)  #: Nothing may be concluded from these.
    changed: list[tuple[Found, bool]] = field(default_factory=list)  #: To probe; True: known.
    done: list[tuple[Found, Done]] = field(default_factory=list)  #: By an earlier attempt.
    back: dict[bytes, list[bytes]] = field(default_factory=dict)  #: Away before, and unchanged.
    moved: list[tuple[int, Found]] = field(default_factory=list)  #: Known from another place.
    gone: dict[bytes, list[bytes]] = field(default_factory=dict)  #: Known names, no longer there.
    n_found: int = 0
    n_unchanged: int = 0
    n_outdated: int = 0  #: Of the changed: as they were, but newer readers tell more of them.
    bytes_found: int = 0
    bytes_unchanged: int = 0
    ignored: list[Ignored] = field(default_factory=list)
    other_endings: Counter[str] = field(default_factory=Counter)  #: Of files that are no videos.
    sidecars: dict[bytes, Sequence[str]] = field(default_factory=dict)  #: Of each folder.
    problems: list[Problem] = field(default_factory=list)


class Knowledge(Struct, frozen=True, kw_only=True):
    """What a walk is held against."""

    #: The files of a folder that were there, as the walk would see them.
    present_files: Callable[[bytes], list[Seen]]
    known_files: Callable[[bytes], Mapping[bytes, KnownFile]]
    #: What an earlier attempt of this scan has recorded of a folder.
    done_files: Callable[[bytes], Mapping[bytes, Done]] | None
    #: Of each file number and path of the rows that were this very file when last seen.
    namesakes: Callable[[Sequence[Found]], Sequence[Sequence[tuple[int, bytes]]]]
    only_failed: bool = False  #: Look at nothing but files that could not be probed the last time.
    #: Of those in a folder, which; None: all.
    failed_files: Callable[[bytes], Collection[bytes]] | None = None
    accept_removals: bool = False  #: What was out of reach and is not found is gone.
    all_again: bool = False  #: Probe all files, changed or not.
    #: Of the files in a folder those that others read while this scan waited; they are not read
    #: once more.
    read_meanwhile: Callable[[bytes], Collection[bytes]] = lambda _folder: ()
    follow_links: bool = False  #: Whether a path may lead to a file by a link.
    trust_inodes: bool = True  #: Whether a file keeps its number while its disk is away.

    @property
    def is_plain(self) -> bool:
        """Whether a folder in which nothing changed has nothing to say."""
        return not (self.only_failed or self.all_again or self.accept_removals or self.done_files)


def next_batch(listings: Iterator[Listing | Same], knowledge: Knowledge) -> Batch | None:
    """Compare the next few folders; None when the walk has ended."""
    batch, until = None, time.monotonic() + BATCH_S
    for listing in listings:
        batch = Batch() if batch is None else batch
        if isinstance(listing, Same):
            batch.same.append(listing.folder)
            _take_unchanged(batch, listing.n_files, listing.n_bytes)
        else:
            _compare(batch, listing, knowledge)
        if batch.n_found >= BATCH_FILES or time.monotonic() >= until:
            break
    return batch


def _take_unchanged(batch: Batch, count: int, size: int) -> None:
    batch.n_found += count
    batch.n_unchanged += count
    batch.bytes_found += size
    batch.bytes_unchanged += size


def _compare(batch: Batch, listing: Listing, knowledge: Knowledge) -> None:
    batch.ignored += listing.ignored
    batch.problems += listing.problems
    batch.other_endings.update(listing.other_endings)
    if not listing.readable:
        batch.unreadable.append(listing.folder)
        return
    batch.sidecars[listing.folder] = listing.sidecars
    size = sum(map(_SIZE, listing.seen))
    mtime_ns, ctime_ns = listing.stamp or (None, None)
    count = len(listing.seen)
    batch.folders.append(
        ListedFolder(listing.folder, mtime_ns, ctime_ns, count, size, listing.rules)
    )
    if knowledge.is_plain and listing.seen == knowledge.present_files(listing.folder):
        _take_unchanged(batch, count, size)
    else:
        _compare_files(batch, listing, knowledge)


def _compare_files(batch: Batch, listing: Listing, knowledge: Knowledge) -> None:
    known = dict(knowledge.known_files(listing.folder))
    done = knowledge.done_files(listing.folder) if knowledge.done_files else {}
    wanted = _wanted(listing.folder, known, knowledge)
    reads_again = knowledge.only_failed or knowledge.all_again
    settled = knowledge.read_meanwhile(listing.folder) if reads_again else ()
    changed: list[tuple[Found, bool]] = []
    outdated: list[tuple[Found, bool]] = []
    for seen in listing.seen:
        name, size, *_rest = seen
        before = known.pop(name, None)
        if wanted is not None and name not in wanted and name not in done:
            continue
        batch.n_found += 1
        batch.bytes_found += size
        unchanged = before is not None and _unchanged(seen, before, knowledge)
        if unchanged and name in done:
            batch.done.append((listing.found(seen), done[name]))
        elif before is None or not unchanged or (reads_again and name not in settled):
            changed.append((listing.found(seen), before is not None))
        elif not before.is_current:
            outdated.append((listing.found(seen), True))
        else:
            batch.n_unchanged += 1
            batch.bytes_unchanged += size
            if not is_present(before):
                batch.back.setdefault(listing.folder, []).append(name)
    _tell_moved(batch, changed, knowledge)
    batch.changed += outdated
    batch.n_outdated += len(outdated)
    _tell_gone(batch, listing, known, knowledge)


def _wanted(
    folder: bytes, known: Mapping[bytes, KnownFile], knowledge: Knowledge
) -> Collection[bytes] | None:
    """Return the files that are looked at; None: all."""
    if not knowledge.only_failed:
        return None
    failed = {name for name, before in known.items() if before.status == "failed"}
    if knowledge.failed_files is None or not failed:
        return failed
    return failed.intersection(knowledge.failed_files(folder))


def _tell_gone(
    batch: Batch, listing: Listing, known: dict[bytes, KnownFile], knowledge: Knowledge
) -> None:
    for problem in listing.problems:  # what could not be looked at is not known to be gone
        known.pop(os.path.basename(problem.path), None)  # noqa: PTH119 - bytes
    gone = [
        name
        for name, before in known.items()
        if is_expected(before, accept_removals=knowledge.accept_removals)
    ]
    if gone:
        batch.gone[listing.folder] = gone


def _unchanged(seen: Seen, before: KnownFile, knowledge: Knowledge) -> bool:
    _name, size_bytes, mtime_ns, inode, _device = seen
    if as_integer(size_bytes) != before.size_bytes or as_moment_ns(mtime_ns) != before.mtime_ns:
        return False
    # What was away may have been put back as a copy.
    same_number = as_integer(inode) == before.inode
    return same_number or not knowledge.trust_inodes or not is_present(before)


def _tell_moved(batch: Batch, changed: Sequence[tuple[Found, bool]], knowledge: Knowledge) -> None:
    """Tell files that were moved here from those that are new, or have other bytes by now."""
    if knowledge.only_failed or knowledge.all_again or not changed:
        batch.changed += changed
        return
    rows = knowledge.namesakes([found for found, _known in changed])
    for (found, known), others in zip(changed, rows, strict=True):
        away = [
            video_id
            for video_id, path in others
            if not _is_there(path, found, follow=knowledge.follow_links)
        ]
        if away:
            batch.moved.append((away[0], found))
        else:
            batch.changed.append((found, known))


def _is_there(path: bytes, found: Found, *, follow: bool) -> bool:
    """Whether a path still names the same file, as one of several links to it may."""
    try:
        status = os.stat(path, follow_symlinks=follow)  # noqa: PTH116 - bytes
    except OSError:
        return False
    return (status.st_ino, status.st_dev) == (found.inode, found.device)
