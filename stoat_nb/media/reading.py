"""Reads files that may change or be damaged: by their headers, by libav, by every packet.

Most files are proven by their headers. So what libav and packets need is loaded with the first file
that needs it: a batch shall not wait for it.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Mapping
from typing import Any

from stoat_nb.media import policy
from stoat_nb.media.avi import add_index
from stoat_nb.media.budgeted_reader import BudgetedReader, BudgetExceeded
from stoat_nb.media.derived_facts import TIMESTAMPS
from stoat_nb.media.failures import NO_KNOWN_FORMAT, STOAT, ProbeError, from_disk
from stoat_nb.media.mpeg_clock import add_pieces
from stoat_nb.media.packets.limits import limit_s
from stoat_nb.media.quick_hash import END_BYTES, hash_of, quick_hash
from stoat_nb.media.readers import format_of, read_headers
from stoat_nb.media.stat_guard import Place, opened_unchanged
from stoat_nb.media.structure.verdict import SUSPECT, TRUNCATED, Structure

_CHANGED = "The file changed while it was being read; it is read again at the next scan."
_HEAD = 32  # bytes that give a format away
_ENDS = 65536  # bytes read at either end to tell a failing disk from a damaged file


def read_one(item: Mapping[str, Any]) -> dict[str, Any]:
    """Do what ``media.probe.probe`` promises."""
    started = time.monotonic()
    try:
        return {"video": _read(item)}
    except ProbeError as error:
        from stoat_nb.media import libav  # noqa: PLC0415 - see above

        return _failed(error, libav.tool(), started)


def prove_many(item: Mapping[str, Any]) -> list[dict[str, Any] | None]:
    """Do what ``media.probe.prove`` promises."""
    was_collecting = gc.isenabled()
    gc.disable()  # nothing that headers leave behind refers to itself, so nothing would be found
    try:
        return _proven_in_turn(item, until=time.monotonic() + item["within_s"])
    finally:
        if was_collecting:
            gc.enable()


def _proven_in_turn(item: Mapping[str, Any], *, until: float) -> list[dict[str, Any] | None]:
    answers: list[dict[str, Any] | None] = []
    for root, relative, size_bytes, mtime_ns in item["files"]:
        one = {"root": root, "relative": relative}
        answers.append(_proven({**one, "size_bytes": size_bytes, "mtime_ns": mtime_ns}))
        if time.monotonic() >= until:
            break
    return answers


def _proven(item: Mapping[str, Any]) -> dict[str, Any] | None:
    started = time.monotonic()
    try:
        fd, before = _opened(item)
        try:
            return _proven_of(fd, before)
        finally:
            os.close(fd)
    except ProbeError as error:
        return _failed(error, STOAT, started)
    except OSError:
        return None  # whoever reads it alone finds out what the disk says


def _proven_of(fd: int, before: os.stat_result) -> dict[str, Any] | None:
    size = before.st_size
    reader = BudgetedReader(fd, size)
    # Both ends are hashed, and an index is at one of them.
    reader.load(0, size if size <= 2 * END_BYTES else END_BYTES)
    reader.load(max(0, size - END_BYTES), END_BYTES)
    headers = read_headers(reader)
    if not headers.is_proven:
        return None
    facts = headers.complete() | {"quick_hash": hash_of(size, reader.exactly)}
    _refuse_if_changed(fd, before)
    return {"video": facts}


def _failed(error: ProbeError, tool: str, started: float) -> dict[str, Any]:
    elapsed_ms = round((time.monotonic() - started) * 1000)
    failure = {"error_class": error.error_class, "error": str(error), "tool": tool}
    return {"failure": {**failure, "elapsed_ms": elapsed_ms}}


def _read(item: Mapping[str, Any]) -> dict[str, Any]:
    fd, before = _opened(item)
    try:
        return _unchanged(fd, before, item)
    finally:
        os.close(fd)


def _opened(item: Mapping[str, Any]) -> tuple[int, os.stat_result]:
    """Open a file that is what the walk saw."""
    place = Place(
        root=os.fsencode(item["root"]),
        relative=os.fsencode(item["relative"]),
        size_bytes=item["size_bytes"],
        mtime_ns=item["mtime_ns"],
    )
    fd, before = opened_unchanged(place, otherwise=_CHANGED)
    if not before.st_size:
        os.close(fd)
        raise ProbeError("empty", "The file is empty (0 bytes).")
    return fd, before


def _unchanged(fd: int, before: os.stat_result, item: Mapping[str, Any]) -> dict[str, Any]:
    """Read the facts; a file that changed meanwhile is neither good nor bad, whatever was read."""
    try:
        reader = BudgetedReader(fd, before.st_size)
        headers = read_headers(reader)
        soft_timeout_s = item.get("soft_timeout_s", policy.SOFT_TIMEOUT_S)
        theirs = None if headers.is_proven else _by_libav(fd, soft_timeout_s)
        facts = headers.complete(theirs) | {"quick_hash": quick_hash(fd, before.st_size)}
        _measure(reader, facts)
    except OSError as error:
        raise from_disk(error) from error
    except ProbeError as error:
        _refuse_if_changed(fd, before)
        if error.error_class == "damaged":
            _refuse_if_disk_fails(fd, before.st_size)
        raise _explained(error, os.pread(fd, _HEAD, 0), headers.structure) from error
    if item.get("packets") and not headers.has_data_elsewhere:
        from stoat_nb.media.packets.verify import verify  # noqa: PLC0415 - see above

        within_s = item.get("packets_timeout_s", limit_s(before.st_size))
        verify(fd, before.st_size, facts, within_s=within_s)
    _refuse_if_changed(fd, before)
    return facts


def _measure(reader: BudgetedReader, facts: dict[str, Any]) -> None:
    """Measure what a format only states, and libav takes at its word."""
    try:
        if facts["format_name"] in TIMESTAMPS:
            add_pieces(reader, facts)
        elif facts["format_name"] == "avi":
            add_index(reader, facts)
    except BudgetExceeded:
        return


def _by_libav(fd: int, soft_timeout_s: float) -> dict[str, Any]:
    from stoat_nb.media import libav  # noqa: PLC0415 - see above

    return libav.read(fd, soft_timeout_s=soft_timeout_s)


def _explained(error: ProbeError, head: bytes, shape: Structure) -> ProbeError:
    """Add to what a reader said of a file what its first bytes and its structure say."""
    kind, words, found = error.error_class, str(error), format_of(head)
    reasons = {TRUNCATED}
    # A transport stream is known by single bytes, which are letters as well.
    if found and words == NO_KNOWN_FORMAT and found.is_certain:
        kind, words = "damaged", f"It begins as {found.name}, but nothing in it can be played."
        reasons = {TRUNCATED, SUSPECT}
    elif kind == "no_streams":
        kind = "damaged" if shape.integrity == TRUNCATED else kind
        reasons = {TRUNCATED, SUSPECT}
    if kind in ("damaged", "no_streams") and shape.integrity in reasons:
        words = f"{words} {shape.integrity_reason}"
    return ProbeError(kind, words)


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
