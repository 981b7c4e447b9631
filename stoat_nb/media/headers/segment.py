"""A Matroska or WebM segment as its elements state it (RFC 9559)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from stoat_nb.media.ebml import (
    ATTACHMENTS,
    CHAPTERS,
    CLUSTER,
    INFO,
    SEGMENT,
    TAGS,
    TRACKS,
    element_at,
    elements,
)
from stoat_nb.media.window import Window

_MOST_HEADER = 1 << 20
_MOST_TOPS = 64
_MASTERS = frozenset(
    {0xAE, 0xE0, 0xE1, 0x55B0, 0x55D0, 0x7670, 0x6D80, 0x6240, 0x5034, 0x5035, 0x41E4, 0xE2, 0xE3}
)

#: Values under the element's number; elements that hold others are trees under theirs.
Tree = dict[int, list["bytes | Tree"]]


@dataclass(slots=True)
class Segment:
    """What stands before the first cluster; what stands elsewhere is only known to be there."""

    doc_type: bytes
    info: Tree = field(default_factory=dict)
    tracks: list[Tree] = field(default_factory=list)
    first_cluster: int | None = None  #: Where its content starts.
    others: set[int] = field(default_factory=set)  #: Further elements at the top that were met.
    end: int = 0


def segment(window: Window) -> Segment | None:
    """Read a file's header and its segment up to the first cluster."""
    header = element_at(window, 0)
    if header is None or header.end is None or header.end > _MOST_HEADER:
        return None
    words = _tree(window.at(header.body, header.end - header.body))
    top = element_at(window, header.end)
    if top is None or top.id != SEGMENT:
        return None
    found = Segment(doc_type=last(words, 0x4282).rstrip(b"\0"), end=top.end or window.size)
    for count, element in enumerate(elements(window, top.body, min(found.end, window.size))):
        if element.id == CLUSTER:
            found.first_cluster = element.body
            break
        if element.end is None or count > _MOST_TOPS:
            break
        if element.id in (INFO, TRACKS) and element.end - element.body <= _MOST_HEADER:
            tree = _tree(window.at(element.body, element.end - element.body))
            _keep(found, element.id, tree)
        elif element.id in (CHAPTERS, TAGS, ATTACHMENTS):
            found.others.add(element.id)
    return found


def _keep(found: Segment, kind: int, tree: Tree) -> None:
    if kind == INFO:
        found.info = found.info or tree
    elif not found.tracks:
        found.tracks = [entry for entry in tree.get(0xAE, []) if isinstance(entry, dict)]


def _tree(data: bytes, depth: int = 0) -> Tree:
    """Read the elements in a header's content."""
    found: Tree = {}
    at = 0
    while at < len(data):
        id_length = 9 - data[at].bit_length() if data[at] else 9
        start = at + id_length
        length = 9 - data[start].bit_length() if start < len(data) and data[start] else 9
        body = start + length
        if id_length > 4 or length > 8 or body > len(data):  # noqa: PLR2004 - the format's limits
            break
        size = int.from_bytes(data[start:body], "big") & ((1 << 7 * length) - 1)
        kind, value = int.from_bytes(data[at:start], "big"), data[body : body + size]
        if len(value) < size:
            break
        is_tree = kind in _MASTERS and depth < 4  # noqa: PLR2004 - none lies deeper
        found.setdefault(kind, []).append(_tree(value, depth + 1) if is_tree else value)
        at = body + size
    return found


def last(tree: Tree, kind: int) -> bytes:
    """Return the value of an element; empty if there is none."""
    values = tree.get(kind)
    return values[-1] if values and isinstance(values[-1], bytes) else b""


def number(tree: Tree, kind: int) -> int | None:
    """Return an unsigned value; None if there is none."""
    return int.from_bytes(last(tree, kind), "big") if kind in tree else None


def real(tree: Tree, kind: int) -> float | None:
    """Return a floating-point value; None if there is none."""
    value = last(tree, kind)
    form = {4: ">f", 8: ">d"}.get(len(value))
    return float(struct.unpack(form, value)[0]) if form else None


def below(tree: Tree, kind: int) -> Tree:
    """Return the first element of a kind that holds others; empty if there is none."""
    first = tree.get(kind, [{}])[0]
    return first if isinstance(first, dict) else {}
