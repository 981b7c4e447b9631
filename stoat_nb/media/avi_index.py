"""What the index of an AVI file counts, where its headers only state it.

The index (``idx1``) lists each chunk of each stream; a frame that was dropped is a chunk without
bytes. Files of several RIFF chunks have an index in pieces and are left alone.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from stoat_nb.media import frame_rates
from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.derived_facts import restate_length

_LARGEST = 16 << 20  # bytes: half a million frames, and their sound
_LINE = 4  # words: the chunk's name, flags, its place, its size
_DELAY = 8  # chunks at the start that may be empty because a codec holds frames back
_CLOSE = 2  # frames by which a header and an index may differ
#: Suffixes of what is no frame: sound, captions, indexes, palettes.
_OTHERS = (b"wb", b"tx", b"sb", b"ix", b"pc")


def add_index(reader: BudgetedReader, facts: dict[str, Any]) -> None:
    """Count the frames of a file with one video stream, and restate the length if it is absurd."""
    videos = [one for one in facts["streams"] if one["kind"] == "video"]
    index = _index(reader)
    if index is None or len(videos) != 1 or not videos[0].get("fps_num"):
        return
    video, kinds = videos[0], index[::_LINE]
    names = {
        name
        for name in set(kinds)
        if _name(name)[:2] == b"%02d" % video["idx"] and _name(name)[2:] not in _OTHERS
    }
    chunks = [size for name, size in zip(kinds, index[3::_LINE], strict=True) if name in names]
    if not (shown := len(chunks) - chunks.count(0)):
        return
    seconds = len(chunks) * Fraction(video["fps_den"], video["fps_num"])
    is_absurd = abs((video.get("frame_count") or len(chunks)) - len(chunks)) > _CLOSE
    if is_absurd and (facts.get("duration_s") or 0) > seconds:
        restate_length(facts, float(seconds), reader.size)
        facts["duration_basis"], video["duration_s"] = "streams", float(seconds)
    video["frame_count"], video["frame_count_basis"] = shown, "header"
    is_even = all(chunks[_DELAY:])
    video["fps_mode"] = frame_rates.CONSTANT if is_even else frame_rates.VARIABLE
    video["fps_mode_basis"] = frame_rates.CONTAINER
    if not is_even:
        rate = shown / seconds
        video["fps_num"], video["fps_den"] = rate.numerator, rate.denominator


def _index(reader: BudgetedReader) -> array[int] | None:
    """Return the index of a file that is one RIFF chunk, as numbers."""
    chunks = dict(_chunks(reader))
    at = chunks.get(b"idx1", 0)
    size = int.from_bytes(reader.exactly(at + 4, 4), "little") if at else 0
    if not 0 < size <= _LARGEST or b"RIFF" in chunks:
        return None
    lines = reader.exactly(at + 8, size - size % (4 * _LINE))
    if len(lines) % (4 * _LINE):
        return None  # it was cut
    words = array("I", lines)
    if sys.byteorder == "big":
        words.byteswap()
    return words


def _chunks(reader: BudgetedReader) -> Iterator[tuple[bytes, int]]:
    """Yield the chunks in the file's RIFF chunk, and what comes after it."""
    at = 12
    while len(head := reader.exactly(at, 8)) == 8:  # noqa: PLR2004 - a name and a size
        reader.step()
        yield head[:4], at
        size = int.from_bytes(head[4:], "little")
        at += 8 + size + size % 2


def _name(word: int) -> bytes:
    return word.to_bytes(4, "little")
