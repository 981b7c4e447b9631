"""The elements that Matroska and WebM files are made of (RFC 8794, RFC 9559)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from stoat_nb.media.budgeted_reader import BudgetedReader

_LONGEST_HEAD = 12  # four bytes of id, eight of size
_LONGEST_ID, _LONGEST_SIZE = 4, 8
#: How many bytes a number has, by the first of them: its leading zero bits tell. 9 is no number.
LENGTHS = bytes(9 - first.bit_length() for first in range(256))
#: What of a size is its value, by its length; all ones mean that the size is unknown.
MASKS = tuple((1 << 7 * length) - 1 for length in range(10))


class Element(NamedTuple):
    """One element: its content starts at ``body``; ``end`` is None where the size is unknown."""

    id: int
    start: int
    body: int
    end: int | None


def elements(reader: BudgetedReader, start: int, end: int) -> Iterator[Element]:
    """Yield the elements between two places; stop at what is none, or after one of unknown size.

    The last element may say that it ends beyond ``end``: that is the news of a file cut short.
    """
    while start < end and (element := element_at(reader, start)):
        yield element
        if element.end is None:
            return
        start = element.end


def element_at(reader: BudgetedReader, start: int) -> Element | None:
    """Read the head of the element at a place, or None if there is none."""
    reader.step()
    head = reader.at(start, _LONGEST_HEAD)
    id_length = LENGTHS[head[0]] if head else 0
    if not id_length < len(head) or id_length > _LONGEST_ID:
        return None
    length = LENGTHS[head[id_length]]
    body = id_length + length
    if length > _LONGEST_SIZE or body > len(head):
        return None
    size = int.from_bytes(head[id_length:body], "big") & MASKS[length]
    end = None if size == MASKS[length] else start + body + size
    return Element(int.from_bytes(head[:id_length], "big"), start, start + body, end)
