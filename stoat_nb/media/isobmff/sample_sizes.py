"""How many bytes samples have (``stsz``, ISO/IEC 14496-12, 8.7.3): added up, or estimated."""

from __future__ import annotations

import struct
import sys
from array import array
from typing import NamedTuple

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.isobmff.boxes import Box
from stoat_nb.media.isobmff.movie import Movie
from stoat_nb.media.isobmff.tracks import Track
from stoat_nb.media.unsupported import require

#: Samples of one track whose sizes are worth reading: an hour of video.
MOST_SIZES = 1 << 17
_PIECES, _PIECE = 16, 128  # samples of the sample


class Sizes(NamedTuple):
    """The samples of one track."""

    samples: int
    total: float | None  #: Bytes; None if not known.
    basis: str | None  #: sizes or estimated.

    def bitrate(self, length: int, scale: int) -> int | None:
        """Divide by the time."""
        if not self.total or not length:
            return None
        return int(self.total * 8) * scale // length or None


def size_of(reader: BudgetedReader, track: Track) -> Sizes:
    """Add up the sizes of a track's samples; a long table is only counted."""
    box = track.stbl.one(b"stsz")
    head = reader.at(box.body + 4, 8) if box else b""
    if box is None or len(head) < 8:  # noqa: PLR2004 - one size for all, and their count
        return Sizes(0, None, None)
    same, count = struct.unpack(">II", head)
    if same:
        return Sizes(count, same * count, "sizes")
    if count * 4 > box.end - box.body - 12:
        return Sizes(0, None, None)
    if count > MOST_SIZES:
        return Sizes(count, None, None)
    sizes = _numbers(reader, box, 0, count)
    total = sum(sizes)
    is_beyond = total > reader.size and max(sizes) > reader.size
    if is_beyond or not sizes or not sizes[0]:
        return Sizes(0, None, None)
    return Sizes(count, total, "sizes")


def _numbers(reader: BudgetedReader, box: Box, start: int, count: int) -> array[int]:
    sizes = array("I", reader.exactly(box.body + 12 + 4 * start, 4 * count))
    if sys.byteorder == "little":
        sizes.byteswap()
    return sizes


def sizes_of(reader: BudgetedReader, movie: Movie, tracks: list[Track]) -> list[Sizes]:
    """Return the sizes of all tracks: a long film's are what the others leave of its media data."""
    found = [size_of(reader, track) for track in tracks]
    found = [_sampled(reader, *pair) for pair in zip(tracks, found, strict=True)]
    data = sum(box.end - box.body for box in movie.tops if box.kind == b"mdat")
    require(sum(size.total or 0 for size in found) <= data, "samples larger than the media data")
    open_ones = [at for at, size in enumerate(found) if size.samples and size.total is None]
    if len(open_ones) == 1 and all(size.samples for size in found):
        rest = data - sum(size.total or 0 for size in found)
        found[open_ones[0]] = Sizes(found[open_ones[0]].samples, max(rest, 0), "estimated")
    return found


def _sampled(reader: BudgetedReader, track: Track, size: Sizes) -> Sizes:
    """Estimate a long table of sound, whose samples are much alike, from some pieces of it."""
    box = track.stbl.one(b"stsz")
    if box is None or size.total is not None or not size.samples or track.handler == b"vide":
        return size
    stride = (size.samples - _PIECE) // (_PIECES - 1)
    seen = [_numbers(reader, box, piece * stride, _PIECE) for piece in range(_PIECES)]
    mean = sum(map(sum, seen)) / (_PIECES * _PIECE)
    return Sizes(size.samples, mean * size.samples, "estimated")
