"""The pure functions that engines run in their workers: files in, facts or failures out.

Only their names are needed where they are sent from; what they do is loaded where they run.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import Any


def probe(item: Mapping[str, Any]) -> dict[str, Any]:
    """Read one file's own metadata.

    ``item`` names the file by ``root`` and ``relative`` (as ``os.fsdecode`` spells them) and says
    what the walk saw, ``size_bytes`` and ``mtime_ns``; ``soft_timeout_s`` is optional, and so is
    ``packets``, read all of the file, in no more than ``packets_timeout_s``. The answer is JSON:
    ``{"video": {...}}`` or ``{"failure": {...}}``.
    """
    from stoat_nb.media.reading import read_one  # noqa: PLC0415 - readers are for workers alone

    return read_one(item)


def probe_many(item: Mapping[str, Any]) -> list[dict[str, Any] | None]:
    """Read many files' own metadata in one go.

    ``item`` holds the ``files`` (each as root, relative name, size and time), and the seconds
    ``within_s`` which to stop. There is an answer for each file in turn, as ``probe`` gives them;
    None: ask ``probe``, which may take longer. Files whose turn did not come have no answer.
    """
    was_collecting = gc.isenabled()
    gc.disable()  # readers stay, and what headers leave behind does not refer to itself
    try:
        from stoat_nb.media.reading import read_many  # noqa: PLC0415 - see above

        return read_many(item)
    finally:
        if was_collecting:
            gc.enable()
