"""MP4, QuickTime and 3GP: whether boxes (ISO/IEC 14496-12, 4.2) fill the file, with all samples."""

from __future__ import annotations

import struct

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.isobmff.boxes import Box, boxes
from stoat_nb.media.isobmff.movie import Movie
from stoat_nb.media.structure.verdict import (
    COMPLETE,
    SUSPECT,
    UNCHECKED,
    Structure,
    checked,
    cut_short,
    unstated,
)

_NAMES = {
    b"mdat": "The media data",
    b"moov": "The index",
    b"moof": "The last fragment's index",
    b"free": "The padding",
}
_MOST_REFERENCES = 8192
#: How a list of sources begins that names one, which is as long as one without an address.
_ONE_SOURCE, _SOURCE = b"\0\0\0\0\0\0\0\1\0\0\0\x0c", 20
_MOST_SAMPLES = 4096  # of one chunk: half a second of video, or some seconds of audio


def check_movie(reader: BudgetedReader, movie: Movie) -> Structure:
    """Check an ISO file by its boxes."""
    if not movie.tops:
        return UNCHECKED
    said = _verdict(reader, movie)
    index, data = movie.first(b"moov"), movie.first(b"mdat")
    is_faststart = index.start < data.start if index and data else None
    return Structure(*said[:3], fragmented=movie.fragmented, faststart=is_faststart)


def _verdict(reader: BudgetedReader, movie: Movie) -> Structure:
    needed, is_elsewhere = _needed(reader, movie)
    said = _cut(reader, movie, needed) or _doubt(movie, needed, reader.size, is_elsewhere)
    if said is None and movie.first(b"moof"):
        said = _fragments(movie, needed, reader.size)
    return said or checked(COMPLETE)


def _cut(reader: BudgetedReader, movie: Movie, needed: int) -> Structure | None:
    last, size = movie.tops[-1], reader.size
    if last.end > size:
        if last.kind == b"mdat" and 0 < needed <= size:
            return checked(
                SUSPECT,
                f"The media data claims to end at byte {last.end}, the file ends at {size}; "
                "all samples that the index lists are there.",
            )
        of_all = not movie.fragmented and last.kind != b"moof"
        return cut_short(_NAMES.get(last.kind, "The last box"), last.end, size, of_all=of_all)
    return cut_short("The media data", needed, size) if needed > size else None


def _doubt(movie: Movie, needed: int, size: int, is_elsewhere: bool) -> Structure | None:
    last = movie.tops[-1]
    if movie.moov is None:
        return checked(SUSPECT, _without_index(last, size))
    if needed > last.end:
        return checked(
            SUSPECT,
            f"At byte {last.end} stands no box, where the index lists samples up to {needed}.",
        )
    if is_elsewhere:
        return checked(SUSPECT, "It plays the media data of another file, and nothing without it.")
    if movie.is_empty:
        return checked(SUSPECT, "There are no fragments: it is only the start of a stream.")
    if needed or movie.first(b"moof") or movie.moov.one(b"cmov"):
        return None
    return checked(SUSPECT, "The index lists no samples.")


def _fragments(movie: Movie, needed: int, size: int) -> Structure:
    """Tell whether something states how many fragments there are.

    That does the first segment index if it goes to their end, and the random access table behind
    them (ISO/IEC 14496-12, clauses 8.16.3 and 8.8.9).
    """
    data = [box.end for box in movie.tops if box.kind in (b"moof", b"mdat")]
    if movie.first(b"mfra") or needed >= data[-1]:
        return checked(COMPLETE)
    if (end := movie.tops[-1].end) < size:
        return checked(SUSPECT, f"At byte {end} of {size} stands no box.")
    return unstated("Its fragments do not state how many of them there should be.")


def _without_index(last: Box, size: int) -> str:
    if last.end < size:
        return f"At byte {last.end} of {size} stands no box, and no index ('moov') came before."
    return "There is no index ('moov'): the recording was never finished, or it is only a part."


def _needed(reader: BudgetedReader, movie: Movie) -> tuple[int, bool]:
    """Return how long the file must be for all samples in it that an index lists.

    And whether others are in a file that the movie names, or it is a list of movies (``rmra``).
    """
    if movie.moov is None:
        return 0, False
    tracks = movie.moov.all(b"trak")
    own = [track for track in tracks if not _is_elsewhere(reader, track)]
    is_elsewhere = len(own) < len(tracks) or movie.moov.one(b"rmra") is not None
    if movie.fragmented:
        first = movie.first(b"sidx")
        return (_referenced(reader, first) if first else 0), is_elsewhere
    return max([_track_end(reader, track) for track in own], default=0), is_elsewhere


def _referenced(reader: BudgetedReader, box: Box) -> int:
    """Return where the last segment of a segment index ends (ISO/IEC 14496-12, clause 8.16.3)."""
    head = reader.at(box.body, 32)
    wide = 8 if head[:1] == b"\x01" else 4
    counted = 12 + 2 * wide
    if len(head) < counted + 4:
        return 0
    first = int.from_bytes(head[12 + wide : counted], "big")
    count = int.from_bytes(head[counted + 2 : counted + 4], "big")
    table = reader.at(box.body + counted + 4, 12 * min(count, _MOST_REFERENCES))
    sizes = (
        int.from_bytes(table[at : at + 4], "big") & 0x7FFFFFFF for at in range(0, len(table), 12)
    )
    return box.end + first + sum(sizes)


def _track_end(reader: BudgetedReader, track: Box) -> int:
    """Return where a track's last chunk ends, as far as its tables tell."""
    tables = track.below(b"mdia", b"minf", b"stbl")
    if tables is None:
        return 0
    narrow, wide = tables.one(b"stco"), tables.one(b"co64")
    offsets, width = (narrow, 4) if narrow else (wide, 8)
    if offsets is None:
        return 0
    count = int.from_bytes(reader.exactly(offsets.body + 4, 4), "big")
    at = offsets.body + 8 + (count - 1) * width
    if not count or at + width > offsets.end:
        return 0
    start = int.from_bytes(reader.exactly(at, width), "big")
    return start + _last_chunk(reader, tables.one(b"stsc"), tables.one(b"stsz"))


def is_this_file(reader: BudgetedReader, sources: Box) -> bool:
    """Whether a list of sources of data names this very file alone: a flag says so."""
    body = reader.exactly(sources.body, _SOURCE)
    return (
        sources.end - sources.body == _SOURCE == len(body)
        and body.startswith(_ONE_SOURCE)
        and bool(body[-1] & 1)
    )


def has_data_elsewhere(reader: BudgetedReader, movie: Movie) -> bool:
    """Whether samples of a track are in a file that the movie names."""
    return _needed(reader, movie)[1]


def content_end(reader: BudgetedReader, movie: Movie) -> int:
    """Return where the last box ends that is no padding: of media data, where samples do."""
    content = [box for box in movie.tops if box.kind not in (b"free", b"skip", b"wide")]
    if not content:
        return 0
    last, (needed, _) = content[-1], _needed(reader, movie)
    is_listed = last.kind == b"mdat" and needed and not movie.fragmented
    return min(last.end, needed) if is_listed else last.end


def _is_elsewhere(reader: BudgetedReader, track: Box) -> bool:
    """Follow the sample entry's reference to its data (ISO/IEC 14496-12, 8.5.2.2 and 8.7.2)."""
    names = track.below(b"mdia", b"minf", b"dinf", b"dref")
    entries = track.below(b"mdia", b"minf", b"stbl", b"stsd")
    if names is None or entries is None or is_this_file(reader, names):
        return False
    number = int.from_bytes(reader.exactly(entries.body + 22, 2), "big")
    for at, box in enumerate(boxes(reader, names.body + 8, names.end), start=1):
        if at == number:
            is_named = box.end - box.body > 4  # noqa: PLR2004 - version and flags
            return is_named and not int.from_bytes(reader.exactly(box.body, 4), "big") & 1
    return False


def _last_chunk(reader: BudgetedReader, per_chunk: Box | None, sizes: Box | None) -> int:
    """Add up the sizes of the samples in the last chunk; 0 where the tables do not say."""
    if per_chunk is None or sizes is None:
        return 0
    entries = int.from_bytes(reader.exactly(per_chunk.body + 4, 4), "big")
    at = per_chunk.body + 8 + (entries - 1) * 12
    if not entries or at + 12 > per_chunk.end:
        return 0
    samples = min(int.from_bytes(reader.exactly(at + 4, 4), "big"), _MOST_SAMPLES)
    head = reader.exactly(sizes.body + 4, 8)
    same, count = int.from_bytes(head[:4], "big"), int.from_bytes(head[4:], "big")
    if same:
        return same * samples
    last = sizes.body + 12 + 4 * count
    if samples > count or last > sizes.end:
        return 0
    table = reader.exactly(last - 4 * samples, 4 * samples)
    return sum(struct.unpack_from(f">{len(table) // 4}I", table))
