"""FLV: whether the last tag is whole, and as late as the metadata says (Adobe's FLV, annex E)."""

from __future__ import annotations

import struct

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.structure.verdict import (
    COMPLETE,
    SUSPECT,
    TRUNCATED,
    UNCHECKED,
    Structure,
    checked,
    cut_short,
    unstated,
)

_TAG_HEAD, _BACK = 11, 4
_AUDIO, _VIDEO, _SCRIPT = 8, 9, 18
_FIRST = 13  # bytes before the first tag
_MOST_METADATA = 1 << 16
_LAST_TAGS = 16  # of the end: one of each stream is among them
_SHORT_S, _SHORT_PART = 1.0, 0.02  # the last frame lasts a while, too


def check_flv(reader: BudgetedReader) -> Structure:
    """Check that the last tag is whole; only if it is not, look for where it goes wrong."""
    size, stated = reader.size, _metadata(reader)
    end = int(stated.get("filesize", 0))
    if 0 < end <= size and _tag_before(reader, end) is not None:
        return checked(COMPLETE)
    last = _tag_before(reader, size)
    if last is None:
        start = int.from_bytes(reader.at(5, 4), "big") + _BACK
        return _walk(reader, start, stated) if start >= _FIRST else UNCHECKED
    end_s, seconds = _time_of_end(reader, last), stated.get("duration", 0)
    if seconds - end_s > max(_SHORT_S, _SHORT_PART * seconds):
        if stated.get("filesize", 0) > size:
            return cut_short("The file", int(stated["filesize"]), size)
        what = f"The last tag is at {end_s:.3f} s of the {seconds:.3f} s that the header states."
        return checked(TRUNCATED, what)
    return checked(COMPLETE) if seconds else unstated("Its header does not state a length.")


def _metadata(reader: BudgetedReader) -> dict[str, float]:
    """Read the length and the size from the first tag: numbers of AMF 0, each behind its name."""
    head = reader.at(_FIRST, _TAG_HEAD)
    if head[:1] != bytes([_SCRIPT]):
        return {}
    length = min(int.from_bytes(head[1:4], "big"), _MOST_METADATA)
    body, found = reader.at(_FIRST + _TAG_HEAD, length), {}
    for name in ("duration", "filesize"):
        key = len(name).to_bytes(2, "big") + name.encode() + b"\0"
        at = body.find(key) + len(key)
        if at >= len(key) and at + 8 <= len(body):
            [value] = struct.unpack_from(">d", body, at)
            if 0 < value < 1 << 53:
                found[name] = value
    return found


def _tag_before(reader: BudgetedReader, end: int) -> int | None:
    """Return where the tag starts that ends at a place: its length is repeated behind it."""
    length = int.from_bytes(reader.exactly(end - _BACK, _BACK), "big")
    start = end - _BACK - length
    is_tag = length > _TAG_HEAD and start >= _TAG_HEAD and _tag_end(reader, start) == end
    return start if is_tag else None


def _time_of_end(reader: BudgetedReader, last: int) -> float:
    """Return the latest time, in seconds, among the last tags of sound and vision."""
    times, at = [0], last
    for _ in range(_LAST_TAGS):
        head = reader.at(at, _TAG_HEAD)
        if head[0] & 0x1F != _SCRIPT:
            times.append(head[7] << 24 | int.from_bytes(head[4:7], "big"))
        before = _tag_before(reader, at) if at > _FIRST else None
        if before is None:
            break
        at = before
    return max(times) / 1000


def _walk(reader: BudgetedReader, start: int, stated: dict[str, float]) -> Structure:
    size = reader.size
    while start < size:
        reader.step()
        end = _tag_end(reader, start)
        if not end:
            return checked(SUSPECT, f"At byte {start} of {size} stands no FLV tag.")
        if end > size and stated.get("filesize", 0) >= end:
            return cut_short("The file", int(stated["filesize"]), size)
        if end > size:
            return cut_short("The last tag", end, size, of_all=False)
        start = end
    return unstated("Its last tag does not repeat its length.")


def _tag_end(reader: BudgetedReader, start: int) -> int:
    """Return where the tag at a place ends, with the number that repeats its length."""
    head = reader.at(start, _TAG_HEAD)
    if len(head) < _TAG_HEAD:
        return reader.size + 1 if head else 0
    if head[0] & 0x1F not in (_AUDIO, _VIDEO, _SCRIPT):
        return 0
    return start + _TAG_HEAD + int.from_bytes(head[1:4], "big") + _BACK
