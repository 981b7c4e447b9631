"""One pass over the headers of a Matroska or WebM file."""

from __future__ import annotations

from stoat_nb.media.budgeted_reader import BudgetedReader, BudgetExceeded
from stoat_nb.media.headers import Headers, tried
from stoat_nb.media.matroska.probe import first_blocks, segment_facts, starts_of
from stoat_nb.media.matroska.segment import read_segment
from stoat_nb.media.matroska.structure import check_matroska, check_segment
from stoat_nb.media.origin.matroska import clues_in
from stoat_nb.media.structure.verdict import too_many_headers
from stoat_nb.media.timing import of_segment, stated_by_segment
from stoat_nb.media.unsupported import Unproven


def read_matroska(reader: BudgetedReader, left: Unproven) -> Headers:
    """Read what the elements before the first cluster prove, and check where they end."""
    found = read_segment(reader)
    if found is None:
        return Headers(check_matroska(reader), size_bytes=reader.size)
    try:
        shape = check_segment(reader, found.top)
    except BudgetExceeded:
        shape = too_many_headers()
    blocks = tried(first_blocks, reader, found) or {}
    facts = segment_facts(reader, found, shape, blocks, left)
    return Headers(
        shape,
        of_segment(reader, found, facts),
        stated_by_segment(reader, found),
        reader.size,
        facts=facts,
        starts=starts_of(found, blocks),
        unproven=left,
        clues=tried(clues_in, found),
    )
