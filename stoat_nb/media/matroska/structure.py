"""Matroska and WebM: whether segment and clusters end where the file does (RFC 9559, 4.5, 5.1)."""

from __future__ import annotations

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.matroska import element_ids as ids
from stoat_nb.media.matroska.ebml import Element, element_at, elements
from stoat_nb.media.structure.verdict import (
    COMPLETE,
    SUSPECT,
    UNCHECKED,
    Structure,
    checked,
    cut_short,
    unstated,
)


def check_matroska(reader: BudgetedReader) -> Structure:
    """Check a Matroska file by its segment's size, or cluster by cluster where that is unknown."""
    header = element_at(reader, 0)
    if header is None or header.end is None:
        return UNCHECKED
    for element in elements(reader, header.end, reader.size):
        if element.id == ids.SEGMENT:
            return check_segment(reader, element)
    return checked(SUSPECT, "After the header comes no segment: there is nothing to play.")


def check_segment(reader: BudgetedReader, segment: Element) -> Structure:
    """Check a segment that was found where it has to be."""
    if segment.end is None:
        return _live(reader, segment.body)
    if segment.end > reader.size:
        return cut_short("The segment", segment.end, reader.size)
    return checked(COMPLETE)


def _live(reader: BudgetedReader, start: int) -> Structure:
    """Check a recording whose writer never came back to fill in the size (RFC 9559, 5.1).

    An index of what came before is written when all of it is there.
    """
    clusters, is_indexed = 0, False
    while start < reader.size:
        element = element_at(reader, start)
        if element is None or not _is_known(element):
            return _lost(start, reader.size)
        if element.end is None:
            start = element.body  # the blocks of a cluster without a size come next
        elif element.end > reader.size:
            what = "The last cluster" if element.id == ids.CLUSTER else "The last element"
            return cut_short(what, element.end, reader.size, of_all=False)
        else:
            start = element.end
        clusters += element.id == ids.CLUSTER
        is_indexed = (element.id == ids.CUES and clusters > 0) or is_indexed
    return checked(COMPLETE) if is_indexed else unstated("Its segment does not state its length.")


def content_end(reader: BudgetedReader) -> int:
    """Return where the last element of the segment ends that is not void."""
    for top in elements(reader, 0, reader.size):
        if top.id == ids.SEGMENT:
            end, content = top.end or reader.size, top.body
            for inside in elements(reader, top.body, end):
                if inside.id != ids.VOID or inside.end is None:
                    content = inside.end or end
                elif inside.end >= end:
                    return content
            return end
    return 0


def _is_known(element: Element) -> bool:
    if element.end is None:
        return element.id == ids.CLUSTER
    return element.id in ids.TOP_LEVEL or element.id in ids.IN_CLUSTER


def _lost(start: int, size: int) -> Structure:
    if size - start < 12:  # noqa: PLR2004 - the longest head of an element
        return cut_short("The last element", size + 1, size, of_all=False)
    return checked(SUSPECT, f"At byte {start} of {size} stands no element of the format.")
