"""One pass over the headers of an MP4, QuickTime or 3GP file."""

from __future__ import annotations

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.headers import Headers, tried
from stoat_nb.media.isobmff.fragments import likely_end_s
from stoat_nb.media.isobmff.movie import read_movie
from stoat_nb.media.isobmff.probe import movie_facts
from stoat_nb.media.isobmff.structure import check_movie, content_end, has_data_elsewhere
from stoat_nb.media.isobmff.tracks import read_movie_header, read_tracks
from stoat_nb.media.origin.movie import clues_in
from stoat_nb.media.structure.verdict import SUSPECT
from stoat_nb.media.timing import of_tracks, stated_by_movie
from stoat_nb.media.unsupported import Unproven

_FIRST = frozenset(b"ftyp moov mdat free skip wide pnot uuid styp sidx moof emsg prft junk".split())


def is_iso(head: bytes) -> bool:
    """Whether a file that begins like this is made of boxes (ISO/IEC 14496-12, 4.2)."""
    return head[4:8] in _FIRST


def read_iso(reader: BudgetedReader, left: Unproven) -> Headers:
    """Read what the boxes prove, and check that they fill the file."""
    movie = read_movie(reader)
    found, header = read_tracks(reader, movie), read_movie_header(reader, movie)
    shape, stated = check_movie(reader, movie), stated_by_movie(header)
    facts = movie_facts(reader, movie, header, found, shape, left=left)
    return Headers(
        shape,
        of_tracks(reader, found, header, with_sizes=bool(left)),
        stated,
        reader.size,
        facts=facts,
        unproven=left,
        is_empty=movie.is_empty,
        fragments_end_s=likely_end_s(reader, movie, found),
        clues=tried(clues_in, reader, movie, header, found),
        has_data_elsewhere=shape.integrity == SUSPECT and has_data_elsewhere(reader, movie),
    )


def movie_end(reader: BudgetedReader) -> int:
    """Return where the last content ends that is no padding."""
    return content_end(reader, read_movie(reader))
