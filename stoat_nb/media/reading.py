"""Reads files that may change or be damaged: by their headers, by libav, by every packet.

Most files are proven by their headers. So what libav and packets need is loaded with the first file
that needs it: a batch shall not wait for it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from stoat_nb.media import policy
from stoat_nb.media.avi import add_index
from stoat_nb.media.budgeted_reader import BudgetedReader, BudgetExceeded
from stoat_nb.media.containers import TIMESTAMPS
from stoat_nb.media.failures import NO_KNOWN_FORMAT, STOAT, ProbeError, from_disk
from stoat_nb.media.mpeg_clock import add_pieces
from stoat_nb.media.packets.limits import limit_s
from stoat_nb.media.quick_hash import END_BYTES, hash_of, quick_hash
from stoat_nb.media.readers import format_of, read_headers
from stoat_nb.media.stat_guard import Place, opened_unchanged
from stoat_nb.media.structure.verdict import SUSPECT, TRUNCATED, Structure
from stoat_nb.media.unsupported import NOT_PROVEN, Proof

_CHANGED = "The file changed while it was being read; it is read again at the next scan."
_FILE = ("root", "relative", "size_bytes", "mtime_ns")
_HEAD = 32  # bytes that give a format away
_ENDS = 65536  # bytes read at either end to tell a failing disk from a damaged file


def read_one(item: Mapping[str, Any]) -> dict[str, Any]:
    """Do what ``media.probe.probe`` promises."""
    started = time.monotonic()
    try:
        with _opened(item) as (fd, size):
            return {"video": _read(fd, size, item)}
    except ProbeError as error:
        from stoat_nb.media import libav  # noqa: PLC0415 - see above

        return _failed(error, libav.TOOL, started)


def prove_many(item: Mapping[str, Any]) -> list[dict[str, Any] | None]:
    """Do what ``media.probe.prove`` promises."""
    until, answers = time.monotonic() + item["within_s"], list[dict[str, Any] | None]()
    for file in item["files"]:
        answers.append(_proven(dict(zip(_FILE, file, strict=True))))
        if time.monotonic() >= until:
            break
    return answers


def _proven(item: Mapping[str, Any]) -> dict[str, Any] | None:
    started = time.monotonic()
    try:
        with _opened(item) as (fd, size):
            reader = BudgetedReader(fd, size)
            # Both ends are hashed, and an index is at one of them.
            reader.load(0, size if size <= 2 * END_BYTES else END_BYTES)
            reader.load(max(0, size - END_BYTES), END_BYTES)
            headers = read_headers(reader, Proof())
            if not headers.is_proven:
                return None
            return {"video": headers.complete() | {"quick_hash": hash_of(size, reader.exactly)}}
    except ProbeError as error:
        return _failed(error, STOAT, started)
    except NOT_PROVEN:
        return None


def _failed(error: ProbeError, tool: str, started: float) -> dict[str, Any]:
    elapsed_ms = round((time.monotonic() - started) * 1000)
    failure = {"error_class": error.error_class, "error": str(error), "tool": tool}
    return {"failure": {**failure, "elapsed_ms": elapsed_ms}}


@contextmanager
def _opened(item: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    """Open a file that is what the walk saw, and say how large it is.

    One that changed while it was open is neither good nor bad, whatever was read.
    """
    fd, before = opened_unchanged(Place.of(item), otherwise=_CHANGED)
    try:
        if not before.st_size:
            raise ProbeError("empty", "The file is empty (0 bytes).")
        try:
            yield fd, before.st_size
        finally:
            after = os.fstat(fd)
            if _version(after) != _version(before):
                raise ProbeError("changed_while_read", _CHANGED)
    except OSError as error:
        raise from_disk(error) from error
    finally:
        os.close(fd)


def _version(seen: os.stat_result) -> tuple[int, int, int]:
    """What a write, a rename or a removal changes."""
    return seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


def _read(fd: int, size: int, item: Mapping[str, Any]) -> dict[str, Any]:
    try:
        reader = BudgetedReader(fd, size)
        headers = read_headers(reader)
        theirs = None
        if not headers.is_proven:
            from stoat_nb.media import libav  # noqa: PLC0415 - see above

            soft_timeout_s = item.get("soft_timeout_s", policy.SOFT_TIMEOUT_S)
            theirs = libav.read(fd, soft_timeout_s=soft_timeout_s)
        facts = headers.complete(theirs) | {"quick_hash": quick_hash(fd, size)}
        _measure(reader, facts)
    except ProbeError as error:
        if error.error_class == "damaged":  # unless it is the disk that fails
            for at in (0, max(0, size - _ENDS)):
                os.pread(fd, _ENDS, at)
        raise _explained(error, os.pread(fd, _HEAD, 0), headers.structure) from error
    if item.get("packets") and not headers.has_data_elsewhere:
        from stoat_nb.media.packets.verify import verify  # noqa: PLC0415 - see above

        verify(fd, size, facts, within_s=item.get("packets_timeout_s", limit_s(size)))
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
