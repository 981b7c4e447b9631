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


def read_matroska(reader: BudgetedReader) -> Headers:
    """Read what the elements before the first cluster prove, and check where they end."""
    found = read_segment(reader)
    if found is None:
        return Headers(check_matroska(reader))
    try:
        shape = check_segment(reader, found.top)
    except BudgetExceeded:
        shape = too_many_headers()
    blocks = tried(first_blocks, reader, found) or {}
    facts, unproven = segment_facts(reader, found, shape, blocks)
    return Headers(
        shape,
        of_segment(reader, found, facts),
        stated_by_segment(reader, found),
        facts=facts,
        starts=starts_of(found, blocks),
        unproven=unproven,
        clues=tried(clues_in, found),
    )
