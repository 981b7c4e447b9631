"""What a scan is asked for: made and checked where it is submitted, read where it runs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.errors import JobError
from stoat_nb.names import shown
from stoat_nb.scan.folder import known_folder

#: Which files a scan probes.
ScanMode = Literal["quick", "changed", "full", "verify"]
#: What each mode does, as people are told of it.
MODES: dict[ScanMode, str] = {
    "quick": "list only folders that changed; misses files that were rewritten where they are",
    "changed": "read files whose size, time or file number changed",
    "full": "read all files again",
    "verify": "read all files to their end, packet by packet",
}
#: What a scan does if nothing is said.
DEFAULT_MODE: ScanMode = "changed"


def scan_payload(
    folder: str | os.PathLike[str],
    *,
    roots: Sequence[Path],
    catalog: Catalog,
    recursive: bool,
    mode: ScanMode,
    accept_removals: bool,
) -> dict[str, Any]:
    """Return the payload of a scan's job, or say why it cannot be scanned so."""
    if mode not in get_args(ScanMode):
        *others, last = (f"'{name}'" for name in get_args(ScanMode))
        known = f"{', '.join(others)} or {last}"
        raise JobError(f"A scan has no mode '{shown(mode)}'. Give {known}.")
    payload: dict[str, Any] = {
        "path": os.fspath(known_folder(folder, roots, catalog)),
        "recursive": recursive,
    }
    if mode != DEFAULT_MODE:
        payload["mode"] = mode
    if accept_removals:
        payload["accept_removals"] = True
    return payload
