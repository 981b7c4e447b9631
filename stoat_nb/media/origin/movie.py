"""What boxes of an MP4 or QuickTime file say of its origin, beyond what FFmpeg makes of them."""

from __future__ import annotations

from datetime import datetime

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.isobmff.boxes import Box, boxes
from stoat_nb.media.isobmff.movie import Movie
from stoat_nb.media.isobmff.timecode import trimmed_timecode
from stoat_nb.media.isobmff.tracks import MovieHeader, Track
from stoat_nb.media.origin import camera_xml, gpmf, makers
from stoat_nb.media.origin.clues import Clues
from stoat_nb.media.origin.moments import LOCAL, UTC_BY_FORMAT, Moment, since

_EPOCH, _UNIX = datetime(1904, 1, 1), datetime(1970, 1, 1)  # noqa: DTZ001 - in UTC by the standard
_1970 = 2_082_844_800  # seconds from the one to the other
_HOUR = 3600
#: Makers whose cameras know no zone, and write what their clock shows where UTC should stand.
_LOCAL_CLOCKS = frozenset({"GOPRO", "CANON", "NIKON"})
_OVERFLOW = frozenset({0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x7FFFFFFF})


def clues_in(
    reader: BudgetedReader, movie: Movie, header: MovieHeader | None, tracks: list[Track]
) -> Clues:
    """Return what the movie's header, its tracks and makers' boxes say."""
    clues = Clues()
    for box in movie.tops:
        if box.kind in (b"meta", b"uuid"):
            _xml(clues, reader, box)
    if movie.moov:
        for box in movie.moov.all(b"uuid"):
            makers.sony(clues, reader, box)
        for user in movie.moov.all(b"udta"):
            makers.user_data(clues, reader, user)
        clues.text("lens", _lens(reader, tracks))
    for track in tracks:
        if track.tag == gpmf.TAG:
            clues.place = clues.place or gpmf.where(reader, track)
    clues.text("timecode", trimmed_timecode(reader, tracks))
    zone = LOCAL if clues.texts.get("camera_make", "").upper() in _LOCAL_CLOCKS else UTC_BY_FORMAT
    created = [track.created for track in tracks]
    header_dates(clues, header.created if header else None, created, zone=zone)
    return clues


def header_dates(
    clues: Clues, movie: int | None, tracks: list[int], *, zone: str = UTC_BY_FORMAT
) -> None:
    """Add the dates of the movie's header and of its tracks', seconds since 1904.

    >>> clues = Clues()
    >>> header_dates(clues, 1451692800, [])
    >>> clues.dates["movie_header"].text
    '1950-01-01T00:00:00Z'
    """
    counts = [movie or 0, *tracks]
    counts_from_1904 = any(_1970 < count and count not in _OVERFLOW for count in counts)
    headers = [("movie_header", movie or 0), *(("track_header", count) for count in tracks)]
    for basis, count in headers:
        if moment := _date(count, is_1904=counts_from_1904):
            clues.date(basis, moment._replace(zone=zone))
        if basis in clues.dates:
            return


def _date(count: int, *, is_1904: bool) -> Moment | None:
    """Read seconds since 1904 (ISO/IEC 14496-12, 8.2.2).

    Some programs count from 1970 instead. So a number that is a day before 1970 by the standard
    and a possible one by their habit is a date only if other headers of the file follow the
    standard, or if it is a whole hour: somebody has set it by hand.
    """
    if not count or count in _OVERFLOW:
        return None
    if count < _1970 and not is_1904 and count % _HOUR:
        other = since(_UNIX, seconds=count)
        if other is None or other.is_possible:
            return None
    return since(_EPOCH, seconds=count)


def _xml(clues: Clues, reader: BudgetedReader, box: Box) -> None:
    """Read Sony's XML, in a ``meta`` box of the handler ``nrtm`` or a ``uuid`` box."""
    size = min(box.end, reader.size) - box.body
    raw = reader.at(box.body, min(size, camera_xml.MOST))
    if (start := raw.find(camera_xml.SONY)) >= 0:
        clues.add(camera_xml.clues_in(raw[start:]))
    elif box.kind == b"uuid":
        makers.sony(clues, reader, box)


def _lens(reader: BudgetedReader, tracks: list[Track]) -> str | None:
    """Return the lens that Apple's phones note in the keys of a track."""
    for track in tracks:
        for meta in track.trak.all(b"meta"):
            if found := _keyed(reader, meta, b"com.apple.quicktime.camera.lens_model"):
                return found
    return None


def _keyed(reader: BudgetedReader, meta: Box, wanted: bytes) -> str | None:
    """Return the value of a key in a ``meta`` box (QuickTime File Format, Metadata)."""
    if meta.end - meta.body > 1 << 16:
        return None
    inside = {box.kind: box for box in boxes(reader, meta.body, meta.end)}
    if not {b"keys", b"ilst"} <= inside.keys():
        return None
    names = list(boxes(reader, inside[b"keys"].body + 8, inside[b"keys"].end))
    number = next(
        (n for n, key in enumerate(names, 1) if reader.at(key.body, key.end - key.body) == wanted),
        None,
    )
    for item in boxes(reader, inside[b"ilst"].body, inside[b"ilst"].end):
        if number and int.from_bytes(item.kind, "big") == number:
            # A data box: its size and name, the type, the locale, the text.
            raw = reader.at(item.body, min(item.end - item.body, 512))
            return raw[16:].decode("utf-8", "replace") if raw[4:8] == b"data" else None
    return None
