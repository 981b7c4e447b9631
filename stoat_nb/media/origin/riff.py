"""What the headers of an AVI file say of its origin: chunks of RIFF before the pictures."""

from __future__ import annotations

from collections.abc import Iterator

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.origin.clues import Clues
from stoat_nb.media.origin.moments import parsed

_HEAD = 8
_MOST = 1 << 20  # bytes of headers
_LONGEST = 4096  # bytes of one value
_MOST_DEPTH = 3
_LISTS = frozenset([b"hdrl", b"INFO", b"ncdt"])
#: Nikon's: a number, a length, and the value, one behind the other, all little-endian.
_NIKON, _NIKON_MAKE, _NIKON_MODEL = b"nctg", 3, 4


def clues_in(reader: BudgetedReader) -> Clues:
    """Return what chunks before the pictures say."""
    clues = Clues()
    for name, value in _chunks(reader, _HEAD + 4, min(reader.size, _MOST), 0):
        if name == b"IDIT":  # the camera's clock, without a zone
            clues.date("idit", parsed(value.decode("latin-1"), is_day_enough=False))
        elif name == b"ISMP":
            clues.text("timecode", value.decode("latin-1"))
        elif name == b"ISFT":
            clues.text("encoder", value.split(b"\0")[0].decode("utf-8", "replace"))
        elif name == _NIKON:
            _nikon(clues, value)
    return clues


def _chunks(reader: BudgetedReader, at: int, end: int, depth: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield chunks that may matter; a list of another kind is stepped over."""
    while at + _HEAD <= end:
        reader.step()
        head = reader.at(at, _HEAD + 4)
        name, size = head[:4], int.from_bytes(head[4:8], "little")
        body = at + _HEAD
        if name == b"LIST":
            if head[8:] == b"movi":
                return
            if head[8:] in _LISTS and depth < _MOST_DEPTH:
                yield from _chunks(reader, body + 4, min(end, body + size), depth + 1)
        elif size <= _LONGEST:
            yield name, reader.at(body, size)
        at = body + size + size % 2


def _nikon(clues: Clues, data: bytes) -> None:
    at = 0
    while at + 4 <= len(data):
        number, size = (int.from_bytes(data[one : one + 2], "little") for one in (at, at + 2))
        value = data[at + 4 : at + 4 + size].split(b"\0")[0].decode("latin-1")
        if number == _NIKON_MAKE:
            clues.text("camera_make", value)
        elif number == _NIKON_MODEL:
            clues.text("camera_model", value)
        at += 4 + size
