"""Reads files that may change or be damaged: by their headers, by libav, by every packet.

Most files are proven by their headers. So what libav and packets need is loaded with the first file
that needs it.
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
from stoat_nb.media.failures import NO_KNOWN_FORMAT, ProbeError, from_disk
from stoat_nb.media.headers import Headers
from stoat_nb.media.mpeg_clock import add_pieces
from stoat_nb.media.packets.limits import limit_s
from stoat_nb.media.quick_hash import END_BYTES, hash_of
from stoat_nb.media.readers import format_of, read_headers
from stoat_nb.media.stat_guard import Place, opened_unchanged
from stoat_nb.media.structure.verdict import SUSPECT, TRUNCATED, Structure

_CHANGED = "The file changed while it was being read; it is read again at the next scan."
_FILE = ("root", "relative", "size_bytes", "mtime_ns")
_HEAD = 32  # bytes that give a format away
_PATIENCE_S = 1.0  # for libav, while the rest of a batch waits
_HASTE = frozenset({"timeout", "out_of_memory"})
_ENDS = 65536  # bytes read at either end to tell a failing disk from a damaged file


def read_one(item: Mapping[str, Any]) -> dict[str, Any]:
    """Do what ``media.probe.probe`` promises."""
    started = time.monotonic()
    try:
        with _opened(item) as (fd, size):
            return {"video": _read(fd, size, item)}
    except ProbeError as error:
        elapsed_ms = round((time.monotonic() - started) * 1000)
        failure = {"error_class": error.error_class, "error": str(error), "tool": error.tool}
        return {"failure": {**failure, "elapsed_ms": elapsed_ms}}


def read_many(item: Mapping[str, Any]) -> list[dict[str, Any] | None]:
    """Do what ``media.probe.probe_many`` promises."""
    until, answers = time.monotonic() + item["within_s"], list[dict[str, Any] | None]()
    for file in item["files"]:
        answers.append(_quickly(dict(zip(_FILE, file, strict=True))))
        if time.monotonic() >= until:
            break
    return answers


def _quickly(item: dict[str, Any]) -> dict[str, Any] | None:
    """Read one file of a batch; None where it is slow or goes wrong: alone it has its own time."""
    try:
        answer = read_one({**item, "soft_timeout_s": _PATIENCE_S})
    except Exception:  # noqa: BLE001 - it must not cost the others of its batch their answers
        return None
    if "failure" in answer:
        return None if answer["failure"]["error_class"] in _HASTE else answer
    facts = answer["video"]  # what is not known need not be told
    return {"video": _known({**facts, "streams": [_known(one) for one in facts["streams"]]})}


def _known(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}


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
    reader = BudgetedReader(fd, size)
    # Both ends are hashed, and an index is at one of them.
    reader.load(0, size if size <= 2 * END_BYTES else END_BYTES)
    reader.load(max(0, size - END_BYTES), END_BYTES)
    digest, headers, theirs = hash_of(size, reader.exactly), read_headers(reader), None
    if not headers.is_proven:
        theirs = _read_by_libav(fd, size, headers, item)
    facts = headers.complete(theirs) | {"quick_hash": digest}
    _measure(reader, facts)
    if item.get("packets") and not headers.has_data_elsewhere:
        from stoat_nb.media.packets.verify import verify  # noqa: PLC0415 - see above

        verify(fd, size, facts, within_s=item.get("packets_timeout_s", limit_s(size)))
    return facts


def _read_by_libav(fd: int, size: int, headers: Headers, item: Mapping[str, Any]) -> dict[str, Any]:
    from stoat_nb.media import libav  # noqa: PLC0415 - see above

    try:
        return libav.read(fd, soft_timeout_s=item.get("soft_timeout_s", policy.SOFT_TIMEOUT_S))
    except ProbeError as error:
        if error.error_class == "damaged":  # unless it is the disk that fails
            for at in (0, max(0, size - _ENDS)):
                os.pread(fd, _ENDS, at)
        kind, words = _explained(error, os.pread(fd, _HEAD, 0), headers.structure)
        raise ProbeError(kind, words, libav.TOOL) from error


def _measure(reader: BudgetedReader, facts: dict[str, Any]) -> None:
    """Measure what a format only states, and libav takes at its word."""
    try:
        if facts["format_name"] in TIMESTAMPS:
            add_pieces(reader, facts)
        elif facts["format_name"] == "avi":
            add_index(reader, facts)
    except BudgetExceeded:
        return


def _explained(error: ProbeError, head: bytes, shape: Structure) -> tuple[str, str]:
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
    return kind, words
