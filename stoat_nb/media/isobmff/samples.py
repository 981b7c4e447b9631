"""The first bytes of a track's first sample, where streams keep what containers do not.

Where samples are: ISO/IEC 14496-12, 8.7.3 to 8.7.5; units after their length: ISO/IEC 14496-15.
"""

from __future__ import annotations

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.codecs import av1, hevc
from stoat_nb.media.codecs.h264_order import is_slice
from stoat_nb.media.isobmff.tracks import Track
from stoat_nb.media.unsupported import require

BEGINNING = 512  #: How a sample begins.
#: Units that a first sample may begin with: key pictures, parameters, messages, delimiters.
_FIRST_UNITS = frozenset({5, 6, 7, 9})
_FIRST_UNITS_H265 = frozenset({16, 17, 18, 19, 20, 21, 32, 33, 35, 39})
_PICTURES = 32  # units of H.265 below this number
_SLICES_END = 6  # units of H.264 from 1 on, below this, are pictures
_MOST_UNITS = 64
#: Pictures of H.264 that libav decodes to learn of an order, if they tell of none, and some more.
_DECIDING, _SLICE = 12, 24  # and bytes of a slice
_LENGTH_SIZE_AT = {"h264": 4, "hevc": 21}  # in the decoder's configuration


def first_offset(reader: BudgetedReader, track: Track) -> int:
    """Return where the first chunk starts; 0 where there is none."""
    narrow, wide = track.stbl.one(b"stco"), track.stbl.one(b"co64")
    box = narrow or wide
    return int.from_bytes(reader.exactly(box.body + 8, 4 if narrow else 8), "big") if box else 0


def first_size(reader: BudgetedReader, track: Track) -> int:
    """Return how many bytes the first sample has; 0 where there is none."""
    sizes = track.stbl.one(b"stsz")
    lengths = reader.exactly(sizes.body + 4, 12) if sizes else b""
    return int.from_bytes(lengths[:4], "big") or int.from_bytes(lengths[8:12], "big")


def first_sample(reader: BudgetedReader, track: Track, most: int) -> bytes:
    """Return the first bytes of the first sample."""
    offset, size = first_offset(reader, track), first_size(reader, track)
    require(offset and size, "a track without samples")
    return reader.exactly(offset, min(size, most))


def first_places(reader: BudgetedReader, track: Track, most: int) -> list[tuple[int, int]]:
    """Return where the first samples are, and their sizes."""
    sizes, runs = track.stbl.one(b"stsz"), track.stbl.one(b"stsc")
    narrow, wide = track.stbl.one(b"stco"), track.stbl.one(b"co64")
    offsets = narrow or wide
    require(sizes and runs and offsets, "a track without samples")
    if sizes is None or runs is None or offsets is None:
        return []
    width, chunks = (4 if narrow else 8), _number(reader, offsets.body + 4)
    same, samples = _number(reader, sizes.body + 4), _number(reader, sizes.body + 8)
    lines, most = _number(reader, runs.body + 4), min(most, samples)
    found: list[tuple[int, int]] = []
    for line in range(min(lines, most)):
        place = runs.body + 8 + 12 * line
        first, count = _number(reader, place), _number(reader, place + 4)
        after = _number(reader, place + 12) if line + 1 < lines else chunks + 1
        for chunk in range(first - 1, min(after - 1, first - 1 + most)):
            at = int.from_bytes(reader.exactly(offsets.body + 8 + width * chunk, width), "big")
            for _ in range(min(count, most - len(found))):
                size = same or _number(reader, sizes.body + 12 + 4 * len(found))
                found.append((at, size))
                at += size
            if len(found) == most:
                return found
    return found


def _number(reader: BudgetedReader, place: int) -> int:
    return int.from_bytes(reader.exactly(place, 4), "big")


def first_slices(reader: BudgetedReader, track: Track, extradata: bytes) -> list[bytes]:
    """Return how the first slice of each of the first pictures of H.264 begins."""
    width = (extradata[_LENGTH_SIZE_AT["h264"]] & 3) + 1
    return [_first_slice(reader, *place, width) for place in first_places(reader, track, _DECIDING)]


def _first_slice(reader: BudgetedReader, at: int, size: int, width: int) -> bytes:
    end = at + size
    for _ in range(_MOST_UNITS):
        piece = reader.exactly(at, width + _SLICE)
        require(len(piece) > width and at < end, "a picture without a slice")
        if is_slice(piece[width:]):
            return piece[width:]
        at += width + int.from_bytes(piece[:width], "big")
    require(condition=False, reason="a picture without a slice")
    return b""


def is_seen(codec: str, extradata: bytes, sample: bytes) -> bool:
    """Whether the bytes reach from the start of a sample to its first picture."""
    if codec == "av1":
        return av1.is_whole(sample)
    if codec == "h264":
        size = (extradata[4] & 3) + 1 if len(extradata) > 4 else 0  # noqa: PLR2004 - lengthSizeMinusOne
    else:
        known = hevc.config(extradata) if codec == "hevc" else None
        size = known.length_size if known else 0
    at = 0
    while size and at + size < len(sample):
        head = sample[at + size]
        if 0 < head & 0x1F < _SLICES_END if codec == "h264" else head >> 1 & 0x3F < _PICTURES:
            return True
        at += size + int.from_bytes(sample[at : at + size], "big")
    return False


def looks_right(
    reader: BudgetedReader, track: Track, codec: str, extradata: bytes, sample: bytes
) -> bool:
    """Whether a first sample begins as one of its codec does: zeros or noise do not."""
    if codec not in _LENGTH_SIZE_AT:
        return True  # its first frame was read
    size = (extradata[_LENGTH_SIZE_AT[codec]] & 3) + 1
    length = int.from_bytes(sample[:size], "big")
    if length < 2 or len(sample) <= size or sample[size] & 0x80:  # noqa: PLR2004 - a unit and its head
        return False
    if not _is_filled(reader, track, size):
        return False
    if codec == "h264":
        return sample[size] & 0x1F in _FIRST_UNITS
    return sample[size] >> 1 & 0x3F in _FIRST_UNITS_H265


def _is_filled(reader: BudgetedReader, track: Track, length_size: int) -> bool:
    """Whether the first sample is a row of units that ends where the sample does."""
    offset, end, at = first_offset(reader, track), first_size(reader, track), 0
    for _ in range(_MOST_UNITS):
        at += length_size + int.from_bytes(reader.exactly(offset + at, length_size), "big")
        if at >= end:
            break
    return at == end
