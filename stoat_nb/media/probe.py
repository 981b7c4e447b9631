"""The pure function that engines run in their workers: one file in, facts or a failure out."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from stoat_nb.media import libav, policy
from stoat_nb.media.failures import ProbeError, from_disk, from_os_error
from stoat_nb.media.guarded import NotRegularError, open_beneath
from stoat_nb.media.headers.read import read_headers
from stoat_nb.media.structure.verdict import TRUNCATED, Structure
from stoat_nb.media.window import Window

_CHANGED = "The file changed while it was being read; it is read again at the next scan."
_ENDS = 65536  # bytes read at either end to tell a failing disk from a damaged file


def probe(item: Mapping[str, Any]) -> dict[str, Any]:
    """Read one file's own metadata.

    ``item`` names the file by ``root`` and ``relative`` (as ``os.fsdecode`` spells them) and says
    what the walk saw, ``size_bytes`` and ``mtime_ns``; ``soft_timeout_s`` is optional. The answer
    is JSON: ``{"video": {...}}`` or ``{"failure": {...}}``.
    """
    started = time.monotonic()
    try:
        return {"video": _read(item)}
    except ProbeError as error:
        failure = {"error_class": error.error_class, "error": str(error), "tool": libav.tool()}
    elapsed_ms = round((time.monotonic() - started) * 1000)
    return {"failure": {**failure, "elapsed_ms": elapsed_ms}}


def _read(item: Mapping[str, Any]) -> dict[str, Any]:
    fd = _open(item)
    try:
        before = os.fstat(fd)
        if (before.st_size, before.st_mtime_ns) != (item["size_bytes"], item["mtime_ns"]):
            raise ProbeError("changed_while_read", _CHANGED)
        if not before.st_size:
            raise ProbeError("empty", "The file is empty (0 bytes).")
        return _unchanged(fd, before, item.get("soft_timeout_s", policy.SOFT_TIMEOUT_S))
    finally:
        os.close(fd)


def _open(item: Mapping[str, Any]) -> int:
    try:
        return open_beneath(os.fsencode(item["root"]), os.fsencode(item["relative"]))
    except NotRegularError as error:
        raise ProbeError(
            "not_regular", "It is a pipe, a device or a folder, not a file."
        ) from error
    except OSError as error:
        raise from_os_error(error) from error


def _unchanged(fd: int, before: os.stat_result, soft_timeout_s: float) -> dict[str, Any]:
    """Read the facts; a file that changed meanwhile is neither good nor bad, whatever was read."""
    try:
        headers = read_headers(Window(fd, before.st_size))
        facts = headers.facts or libav.read(fd, soft_timeout_s=soft_timeout_s)
    except OSError as error:
        raise from_disk(error) from error
    except ProbeError as error:
        _refuse_if_changed(fd, before)
        if error.error_class != "damaged":
            raise
        _refuse_if_disk_fails(fd, before.st_size)
        raise _with_shape(error, headers.structure) from error
    _refuse_if_changed(fd, before)
    return headers.complete(facts)


def _with_shape(error: ProbeError, shape: Structure) -> ProbeError:
    """Add what is known of the file's end to what a reader said of its start."""
    if shape.integrity != TRUNCATED:
        return error
    return ProbeError(error.error_class, f"{error} {shape.integrity_reason}")


def _refuse_if_changed(fd: int, before: os.stat_result) -> None:
    after = os.fstat(fd)
    if _version(after) != _version(before):
        raise ProbeError("changed_while_read", _CHANGED)


def _version(seen: os.stat_result) -> tuple[int, int, int]:
    """What a write, a rename or a removal changes."""
    return seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


def _refuse_if_disk_fails(fd: int, size: int) -> None:
    try:
        os.pread(fd, _ENDS, 0)
        os.pread(fd, _ENDS, max(0, size - _ENDS))
    except OSError as error:
        raise from_disk(error) from error
