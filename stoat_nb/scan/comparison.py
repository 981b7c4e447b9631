"""What the walk sees, held against what the catalog knows. Blocking: runs on a thread."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from stoat_nb.catalog.catalog import KnownFile
from stoat_nb.media.find import Ignored, Listing, Problem
from stoat_nb.media.video import Found

#: A batch ends at so many files or seconds, so that progress moves and cancel is quick.
BATCH_FILES, BATCH_S = 1000, 0.1


def is_present(file: KnownFile) -> bool:
    """Whether the row's file was there when last looked; others have come back when found."""
    return file.status in ("ok", "failed")


@dataclass(slots=True, kw_only=True)
class Batch:
    """Some folders, compared."""

    folders: list[bytes] = field(default_factory=list)  #: Listed completely.
    unreadable: list[bytes] = field(default_factory=list)  #: Nothing may be concluded from these.
    changed: list[tuple[Found, bool]] = field(default_factory=list)  #: To probe; True: known.
    gone: dict[bytes, list[bytes]] = field(default_factory=dict)  #: Known names, no longer there.
    n_found: int = 0
    n_unchanged: int = 0
    bytes_found: int = 0
    bytes_unchanged: int = 0
    ignored: list[Ignored] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def next_batch(
    listings: Iterator[Listing], known_files: Callable[[bytes], Mapping[bytes, KnownFile]]
) -> Batch | None:
    """Compare the next few folders; None when the walk has ended."""
    batch, until = None, time.monotonic() + BATCH_S
    for listing in listings:
        batch = Batch() if batch is None else batch
        _compare(batch, listing, known_files)
        if batch.n_found >= BATCH_FILES or time.monotonic() >= until:
            break
    return batch


def _compare(
    batch: Batch,
    listing: Listing,
    known_files: Callable[[bytes], Mapping[bytes, KnownFile]],
) -> None:
    batch.ignored += listing.ignored
    batch.problems += listing.problems
    if not listing.readable:
        batch.unreadable.append(listing.folder)
        return
    known = dict(known_files(listing.folder))
    for found in listing.files:
        before = known.pop(found.name, None)
        batch.n_found += 1
        batch.bytes_found += found.size_bytes
        if before is not None and _unchanged(found, before):
            batch.n_unchanged += 1
            batch.bytes_unchanged += found.size_bytes
        else:
            batch.changed.append((found, before is not None))
    for problem in listing.problems:  # what could not be looked at is not known to be gone
        known.pop(os.path.basename(problem.path), None)  # noqa: PTH119 - bytes
    gone = [name for name, before in known.items() if is_present(before)]
    if gone:
        batch.gone[listing.folder] = gone
    batch.folders.append(listing.folder)


def _unchanged(found: Found, before: KnownFile) -> bool:
    return (
        is_present(before)
        and found.size_bytes == before.size_bytes
        and found.mtime_ns == before.mtime_ns
    )
