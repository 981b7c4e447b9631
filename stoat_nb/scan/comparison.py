"""What the walk sees, held against what the catalog knows. Blocking: runs on a thread."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from stoat_nb.catalog.catalog import KnownFile
from stoat_nb.media.find import Ignored, Listing, Problem
from stoat_nb.media.video import Found

#: A batch ends at so many files or seconds, so that progress moves and cancel is quick.
BATCH_FILES, BATCH_S = 1000, 0.1


def is_present(file: KnownFile) -> bool:
    """Whether the row's file was there when last looked."""
    return file.status in ("ok", "failed")


def is_expected(file: KnownFile, *, accept_removals: bool) -> bool:
    """Whether a row whose file is not found is to be given another status."""
    return is_present(file) or (accept_removals and file.status == "offline")


@dataclass(slots=True, kw_only=True)
class Batch:
    """Some folders, compared."""

    folders: list[bytes] = field(default_factory=list)  #: Listed completely.
    unreadable: list[bytes] = field(default_factory=list)  #: Nothing may be concluded from these.
    changed: list[tuple[Found, bool]] = field(default_factory=list)  #: To probe; True: known.
    done: list[tuple[Found, bool]] = field(default_factory=list)  #: By this scan; True: new.
    back: dict[bytes, list[bytes]] = field(default_factory=dict)  #: Away before, and unchanged.
    moved: list[tuple[int, Found]] = field(default_factory=list)  #: Known from another place.
    gone: dict[bytes, list[bytes]] = field(default_factory=dict)  #: Known names, no longer there.
    n_found: int = 0
    n_unchanged: int = 0
    bytes_found: int = 0
    bytes_unchanged: int = 0
    ignored: list[Ignored] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What a walk is held against."""

    known_files: Callable[[bytes], Mapping[bytes, KnownFile]]
    #: What an earlier attempt of this scan has recorded of a folder; True: as new.
    done_files: Callable[[bytes], Mapping[bytes, bool]]
    #: Of each file number and path of the rows that were this very file when last seen.
    namesakes: Callable[[Sequence[Found]], Sequence[Sequence[tuple[int, bytes]]]]
    only_failed: bool = False  #: Look at nothing but files that could not be probed the last time.
    accept_removals: bool = False  #: What was out of reach and is not found is gone.
    all_again: bool = False  #: Probe all files, changed or not.


def next_batch(listings: Iterator[Listing], knowledge: Knowledge) -> Batch | None:
    """Compare the next few folders; None when the walk has ended."""
    batch, until = None, time.monotonic() + BATCH_S
    for listing in listings:
        batch = Batch() if batch is None else batch
        _compare(batch, listing, knowledge)
        if batch.n_found >= BATCH_FILES or time.monotonic() >= until:
            break
    return batch


def _compare(batch: Batch, listing: Listing, knowledge: Knowledge) -> None:
    batch.ignored += listing.ignored
    batch.problems += listing.problems
    if not listing.readable:
        batch.unreadable.append(listing.folder)
        return
    known = dict(knowledge.known_files(listing.folder))
    done = knowledge.done_files(listing.folder)
    changed: list[tuple[Found, bool]] = []
    for found in listing.files:
        before = known.pop(found.name, None)
        had_failed = before is not None and before.status == "failed"
        if knowledge.only_failed and not had_failed and found.name not in done:
            continue
        batch.n_found += 1
        batch.bytes_found += found.size_bytes
        unchanged = before is not None and _unchanged(found, before)
        if unchanged and found.name in done:
            batch.done.append((found, done[found.name]))
        elif unchanged and not (knowledge.only_failed or knowledge.all_again):
            batch.n_unchanged += 1
            batch.bytes_unchanged += found.size_bytes
            if before is not None and not is_present(before):
                batch.back.setdefault(listing.folder, []).append(found.name)
        else:
            changed.append((found, before is not None))
    _tell_moved(batch, changed, knowledge)
    for problem in listing.problems:  # what could not be looked at is not known to be gone
        known.pop(os.path.basename(problem.path), None)  # noqa: PTH119 - bytes
    gone = [
        name
        for name, before in known.items()
        if is_expected(before, accept_removals=knowledge.accept_removals)
    ]
    if gone:
        batch.gone[listing.folder] = gone
    batch.folders.append(listing.folder)


def _unchanged(found: Found, before: KnownFile) -> bool:
    return found.size_bytes == before.size_bytes and found.mtime_ns == before.mtime_ns


def _tell_moved(batch: Batch, changed: Sequence[tuple[Found, bool]], knowledge: Knowledge) -> None:
    """Tell files that were moved here from those that are new, or have other bytes by now."""
    if knowledge.only_failed or knowledge.all_again or not changed:
        batch.changed += changed
        return
    rows = knowledge.namesakes([found for found, _known in changed])
    for (found, known), others in zip(changed, rows, strict=True):
        away = [video_id for video_id, path in others if not _is_there(path, found)]
        if away:
            batch.moved.append((away[0], found))
        else:
            batch.changed.append((found, known))


def _is_there(path: bytes, found: Found) -> bool:
    """Whether a path still names the same file, as one of several links to it may."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return (status.st_ino, status.st_dev) == (found.inode, found.device)
