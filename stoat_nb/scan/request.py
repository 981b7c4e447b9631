"""What a scan is asked for: made and checked where it is submitted, read where it runs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.errors import BadArgument
from stoat_nb.jobs.locks import Lock
from stoat_nb.media.extensions import VIDEO_EXTENSIONS
from stoat_nb.media.rules import FollowLinks, Rules
from stoat_nb.names import as_bytes
from stoat_nb.patterns import BadPattern, compiled
from stoat_nb.scan.folder import known_folder
from stoat_nb.settings import Settings

#: Which files a scan probes.
ScanMode = Literal["quick", "changed", "full", "verify"]
#: What each mode does, as people are told of it; from the weakest on.
MODES: dict[ScanMode, str] = {
    "quick": "list only folders that changed; misses files that were rewritten where they are",
    "changed": "read files whose size, time or file number changed",
    "full": "read all files again",
    "verify": "read all files to their end, packet by packet",
}
#: What a scan does if nothing is said.
DEFAULT_MODE: ScanMode = "changed"


class ScanOrder(Struct, frozen=True, kw_only=True):
    """A scan as its job's payload asks for it."""

    root: bytes  #: The folder to scan.
    recursive: bool
    mode: ScanMode
    only_failed: bool  #: Leave alone what is a row.
    error_class: str  #: With ``only_failed``: only the files that failed so; empty for all.
    accept_removals: bool
    exclude: tuple[str, ...]  #: Patterns, besides those of the settings.
    follow_links: FollowLinks | None  #: None: as the settings say.

    @property
    def is_whole(self) -> bool:
        """Whether all that a folder holds is looked at."""
        return self.recursive and not self.only_failed


def order_of(payload: Mapping[str, Any]) -> ScanOrder:
    """Return what a payload asks for."""
    return ScanOrder(
        root=as_bytes(payload["path"]),
        recursive=bool(payload.get("recursive", True)),
        mode=payload.get("mode", DEFAULT_MODE),
        only_failed=bool(payload.get("only_failed", False)),
        error_class=str(payload.get("error_class", "")),
        accept_removals=bool(payload.get("accept_removals", False)),
        exclude=tuple(payload.get("exclude", ())),
        follow_links=payload.get("follow_links"),
    )


def rules_of(order: ScanOrder, settings: Settings) -> Rules:
    """Return what a scan looks for."""
    return Rules.of(
        settings.extensions or VIDEO_EXTENSIONS,
        hidden=settings.hidden,
        recursive=order.recursive,
        exclude=(*settings.exclude, *order.exclude),
        follow_links=order.follow_links or settings.follow_links,
        roots=tuple(os.fsencode(os.path.realpath(root)) for root in settings.roots),
    )


def _held(payload: Mapping[str, Any]) -> str | None:
    """Return the folder that a scan keeps to itself while it runs; None if it names none."""
    path = payload.get("path")
    if not isinstance(path, str) or not path or "\0" in path:
        return None
    return "/" + os.path.normpath(path).lstrip("/")


def _covers(live: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Whether a scan of a folder does all that another of the same folder is asked for."""
    one, other = order_of(live), order_of(asked)
    if {one.mode, other.mode} - set(MODES) or strength(one.mode) < strength(other.mode):
        return False
    if (one.exclude, one.follow_links) != (other.exclude, other.follow_links):
        return False
    if one.recursive < other.recursive or one.accept_removals < other.accept_removals:
        return False
    if one.only_failed:
        return other.only_failed and one.error_class in ("", other.error_class)
    # Of files that failed and have not changed since, only these modes read all again.
    return not other.only_failed or strength(one.mode) >= strength("full")


def strength(mode: ScanMode) -> int:
    """Return a number that is higher the more a mode reads."""
    return list(MODES).index(mode)


#: Scans of one folder, or of a folder and one inside it, never run at once; those of one folder
#: that ask for no more than one under way are that one.
SCAN_LOCK = Lock(path=_held, covers=_covers)


def scan_payload(
    folder: str | os.PathLike[str],
    *,
    roots: Sequence[Path],
    catalog: Catalog,
    recursive: bool,
    mode: ScanMode,
    accept_removals: bool,
    exclude: Sequence[str] = (),
    follow_links: FollowLinks | None = None,
) -> dict[str, Any]:
    """Return the payload of a scan's job, or say why it cannot be scanned so."""
    try:
        if exclude:  # compiling loads a library
            compiled(exclude)
    except BadPattern as fault:
        expected = f"a list of patterns: {str(fault).removesuffix('.')}"
        raise BadArgument("exclude", list(exclude), expected) from None
    payload: dict[str, Any] = {
        "path": os.fspath(known_folder(folder, roots, catalog)),
        "recursive": recursive,
    }
    if mode != DEFAULT_MODE:
        payload["mode"] = mode
    if accept_removals:
        payload["accept_removals"] = True
    if exclude:
        payload["exclude"] = list(exclude)
    if follow_links is not None:
        payload["follow_links"] = follow_links
    return payload


def retry_payloads(
    error_class: str, *, roots: Sequence[Path], catalog: Catalog
) -> list[dict[str, Any]]:
    """Return the payloads of the scans that read failed files again, or say why they cannot be."""
    limits = {"only_failed": True, **({"error_class": error_class} if error_class else {})}
    plain = partial(
        scan_payload,
        roots=roots,
        catalog=catalog,
        recursive=True,
        mode=DEFAULT_MODE,
        accept_removals=False,
    )
    found = catalog.videos.failed_roots(error_class)
    # A scan enters what lies below: one of the outer folder finds the files of the inner one.
    outer = [one for one in found if not any(_is_below(one, other) for other in found)]
    return [plain(os.fsdecode(root)) | limits for root in outer]


def _is_below(path: bytes, folder: bytes) -> bool:
    return path != folder and path.startswith(folder.rstrip(b"/") + b"/")
