"""AVI: whether it is all there, what its headers say of its origin, and what its index counts.

Microsoft's "AVI RIFF File Reference" and OpenDML 1.02. The index (``idx1``) lists each chunk of
each stream; a frame that was dropped is a chunk without bytes. Files of several RIFF chunks have an
index in pieces, which is left alone.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from stoat_nb.media import frame_rates
from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.derived_facts import restate_length
from stoat_nb.media.origin.clues import Clues
from stoat_nb.media.origin.moments import parsed
from stoat_nb.media.structure.verdict import COMPLETE, SUSPECT, Structure, checked, cut_short

_FIRST = 12  # bytes before the first chunk in a RIFF chunk
_TOTAL_FRAMES = 48  # where the header counts its frames
_ENTRY = 16  # bytes of the index for a chunk: four words, its name, flags, its place, its size
_LARGEST_INDEX = 16 << 20  # bytes: half a million frames, and their sound
_DELAY = 8  # chunks at the start that may be empty because a codec holds frames back
_CLOSE = 2  # frames by which a header and an index may differ
#: Suffixes of what is no frame: sound, captions, indexes, palettes.
_OTHERS = (b"wb", b"tx", b"sb", b"ix", b"pc")
_MOST_HEADERS, _LONGEST_VALUE, _MOST_DEPTH = 1 << 20, 4096, 3
_LISTS = frozenset([b"hdrl", b"INFO", b"ncdt"])
#: Nikon's ``nctg``: a number, a length, and the value, one behind the other, all little-endian.
_NIKON = {3: "camera_make", 4: "camera_model"}


class Chunk(NamedTuple):
    """A chunk, or a list of them: then its content begins with ``kind``."""

    name: bytes
    kind: bytes
    body: int
    size: int

    @property
    def after(self) -> int:
        """Where the next one starts."""
        return self.body + self.size + self.size % 2


def chunk_at(reader: BudgetedReader, at: int) -> Chunk:
    """Read the head of the chunk at a place."""
    reader.step()
    head = reader.at(at, 12)
    return Chunk(head[:4], head[8:], at + 8, int.from_bytes(head[4:8], "little"))


def _chunks(reader: BudgetedReader, at: int, end: int) -> Iterator[Chunk]:
    while at + 8 <= end:
        chunk = chunk_at(reader, at)
        yield chunk
        at = chunk.after


def riff_end(reader: BudgetedReader) -> int:
    """Return where the first RIFF chunk ends, by its own word."""
    return 8 + int.from_bytes(reader.at(4, 4), "little")


def check_avi(reader: BudgetedReader) -> Structure:
    """Check that each RIFF chunk ends within the file (long files have several), and the index."""
    start = 0
    while reader.at(start, 4) == b"RIFF":
        riff = chunk_at(reader, start)
        if riff.size in (0, 0xFFFFFFFF):
            return checked(SUSPECT, "The size of the RIFF chunk was never filled in.")
        end = riff.body + riff.size
        if end > reader.size:
            return cut_short("The RIFF chunk", end, reader.size, of_all=not start)
        start = riff.after
    frames = int.from_bytes(reader.at(_TOTAL_FRAMES, 4), "little")
    inside = _chunks(reader, _FIRST, min(reader.size, riff_end(reader)))
    listed = next((chunk.size // _ENTRY for chunk in inside if chunk.name == b"idx1"), 0)
    if listed and frames > 2 * listed:  # dropped frames may have no entry
        what = f"The header counts {frames:,} frames, the index has {listed:,} entries."
        return checked(SUSPECT, what)
    return checked(COMPLETE)


def clues_in(reader: BudgetedReader) -> Clues:
    """Return what chunks before the pictures say."""
    clues = Clues()
    for name, value in _values(reader, _FIRST, min(reader.size, _MOST_HEADERS)):
        if name == b"IDIT":  # the camera's clock, without a zone
            clues.date("idit", parsed(value.decode("latin-1")))
        elif name == b"ISMP":
            clues.text("timecode", value.decode("latin-1"))
        elif name == b"ISFT":
            clues.text("encoder", value.split(b"\0")[0].decode("utf-8", "replace"))
        elif name == b"nctg":
            _add_nikon(clues, value)
    return clues


def _values(
    reader: BudgetedReader, at: int, end: int, depth: int = 0
) -> Iterator[tuple[bytes, bytes]]:
    """Yield chunks that may matter; a list of another kind is stepped over."""
    for chunk in _chunks(reader, at, end):
        if chunk.name == b"LIST":
            if chunk.kind == b"movi":
                return
            if chunk.kind in _LISTS and depth < _MOST_DEPTH:
                yield from _values(reader, chunk.body + 4, min(end, chunk.after), depth + 1)
        elif chunk.size <= _LONGEST_VALUE:
            yield chunk.name, reader.at(chunk.body, chunk.size)


def _add_nikon(clues: Clues, data: bytes) -> None:
    at = 0
    while at + 4 <= len(data):
        number, size = (int.from_bytes(data[one : one + 2], "little") for one in (at, at + 2))
        if number in _NIKON:
            value = data[at + 4 : at + 4 + size].split(b"\0")[0]
            clues.text(_NIKON[number], value.decode("latin-1"))
        at += 4 + size


def add_index(reader: BudgetedReader, facts: dict[str, Any]) -> None:
    """Count the frames of a file with one video stream, and restate the length if it is absurd."""
    videos = [one for one in facts["streams"] if one["kind"] == "video"]
    index = _index(reader)
    if index is None or len(videos) != 1 or not videos[0].get("fps_num"):
        return
    video, kinds = videos[0], index[::4]
    names = {word for word in set(kinds) if _is_frame(word.to_bytes(4, "little"), video["idx"])}
    chunks = [size for name, size in zip(kinds, index[3::4], strict=True) if name in names]
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


def _is_frame(name: bytes, idx: int) -> bool:
    return name[:2] == b"%02d" % idx and name[2:] not in _OTHERS


def _index(reader: BudgetedReader) -> array[int] | None:
    """Return the index of a file that is one RIFF chunk, as numbers."""
    chunks = {chunk.name: chunk for chunk in _chunks(reader, _FIRST, reader.size)}
    index = chunks.get(b"idx1")
    if index is None or b"RIFF" in chunks or not 0 < index.size <= _LARGEST_INDEX:
        return None
    lines = reader.exactly(index.body, index.size - index.size % _ENTRY)
    if len(lines) % _ENTRY:
        return None  # it was cut
    words = array("I", lines)
    if sys.byteorder == "big":
        words.byteswap()
    return words
