"""A Matroska or WebM segment as its elements state it (RFC 9559)."""

from __future__ import annotations

import struct

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.matroska.ebml import (
    ATTACHMENTS,
    CHAPTERS,
    CLUSTER,
    CRC,
    CUES,
    INFO,
    LENGTHS,
    MASKS,
    SEEK_HEAD,
    SEGMENT,
    TAGS,
    TOP,
    TRACKS,
    VOID,
    Element,
    element_at,
    elements,
)

_MOST_HEADER = 1 << 20
_MOST_TOPS = 64
_MASTERS = frozenset(
    {0xAE, 0xE0, 0xE1, 0x55B0, 0x55D0, 0x7670, 0x6D80, 0x6240, 0x5034, 0x5035, 0x41E4, 0xE2, 0xE3}
    | {0x4DBB, 0x7373, 0x63C0, 0x67C8, 0x45B9, 0xB6, 0x80}
)

_VERSIONS = {0x42F7: 1, 0x42F2: 4, 0x42F3: 8, 0x4285: 3}  # what the header may ask of a reader
#: No element has these numbers: something is cut off or left over; something is of an unknown
#: kind, too long for its kind, or there more than once.
_BROKEN, _STRANGE = 0, -1
_NO_LENGTH = 9
_REPEATED = frozenset({VOID, 0xAE, 0x4DBB, 0x7373, 0x67C8, 0xB6})
_HARMLESS = frozenset({VOID, CRC, CUES, CHAPTERS})
_LISTS = {TRACKS: 0xAE, TAGS: 0x7373, CHAPTERS: 0x45B9, SEEK_HEAD: 0x4DBB}
_KNOWN = _MASTERS | frozenset(
    {0xEC, 0xBF, 0x53AB, 0x53AC}  # padding, checks, places
    | {0x2AD7B1, 0x4489, 0x4461, 0x7BA9, 0x4D80, 0x5741, 0x73A4}  # the film
    | {0xD7, 0x73C5, 0x83, 0xB9, 0x88, 0x55AA, 0x9C, 0x6DE7, 0x6DF8, 0x23E383, 0x23314F, 0x55EE}
    | {0x536E, 0x22B59C, 0x22B59D, 0x86, 0x63A2, 0x258688, 0xAA, 0x56AA, 0x56BB, 0x55AB, 0x55AE}
    | {0x9A, 0x9D, 0x53B8, 0x53C0, 0xB0, 0xBA, 0x54AA, 0x54BB, 0x54CC, 0x54DD, 0x54B0, 0x54BA}
    | {0x54B2, 0x54B3, 0x2EB524, 0xB5, 0x78B5, 0x9F, 0x6264}  # pictures and audio
    | {0x55B1, 0x55B2, 0x55B3, 0x55B4, 0x55B5, 0x55B6, 0x55B7, 0x55B8, 0x55B9, 0x55BA, 0x55BB}
    | {0x55BC, 0x55BD}  # colour
    | {0x45BC, 0x45BD, 0x45DB, 0x45DD, 0x73C4, 0x91, 0x92, 0x98, 0x4598, 0x85, 0x437C, 0x437D}
    | {0x68CA, 0x63CA, 0x63C5, 0x63C9, 0x63C4, 0x63C6, 0x45A3, 0x447A, 0x4484, 0x4487, 0x4485}
)

_REALS = frozenset({0xB5, 0x78B5, 0x4489})
_REAL_SIZES = frozenset({0, 4, 8})
_WORDS = frozenset(  # text and bytes, of any length
    {VOID, CRC, 0x53AB, 0x7BA9, 0x4D80, 0x5741, 0x73A4, 0x536E, 0x22B59C, 0x22B59D, 0x86, 0x63A2}
    | {0x258688, 0x63CA, 0x45A3, 0x447A, 0x4487, 0x4485, 0x85, 0x437C, 0x437D}
)

#: Values under the element's number; elements that hold others are trees under theirs.
Tree = dict[int, list["bytes | Tree"]]


class Segment:
    """What stands before the first cluster; what stands elsewhere is only known to be there."""

    __slots__ = (
        "attachments",
        "doc_type",
        "editions",
        "first_cluster",
        "info",
        "is_plain",
        "others",
        "tags",
        "top",
        "tracks",
    )

    def __init__(self, doc_type: bytes, top: Element) -> None:
        self.doc_type = doc_type
        self.top = top  #: The segment itself.
        self.info: Tree = {}
        self.tracks: list[Tree] = []
        self.first_cluster: int | None = None  #: Where its content starts.
        self.tags: list[Tree] = []
        self.editions: list[Tree] = []  #: Of chapters.
        self.attachments: Element | None = None
        self.others: set[int] = set()  #: Further elements at the top that were met.
        #: Everything met is of a known kind, whole, and where it should be.
        self.is_plain = True

    @property
    def body(self) -> int:
        """Where its content starts."""
        return self.top.body

    @property
    def end(self) -> int:
        """Where it says that it ends; 0 if it does not."""
        return self.top.end or 0


def segment(reader: BudgetedReader) -> Segment | None:
    """Read a file's header and its segment up to the first cluster."""
    header = element_at(reader, 0)
    if header is None or header.end is None or header.end > _MOST_HEADER:
        return None
    words = _tree(reader.at(header.body, header.end - header.body))
    versions = {kind: number(words, kind) for kind in _VERSIONS}
    top = element_at(reader, header.end)
    if top is None or top.id != SEGMENT:
        return None
    found = Segment(doc_type=last(words, 0x4282).rstrip(b"\0"), top=top)
    found.is_plain = all(most >= (versions[kind] or 0) for kind, most in _VERSIONS.items())
    found.is_plain &= _BROKEN not in words
    places: list[Tree] = []
    for count, element in enumerate(elements(reader, top.body, reader.size)):
        if element.id == CLUSTER:
            found.first_cluster = element.body
            found.is_plain &= _is_followed(reader, element, found.end)
            break
        if element.end is None or count > _MOST_TOPS:
            break
        _keep(reader, found, element, places)
    _follow(reader, found, places)
    return found


def _keep(reader: BudgetedReader, found: Segment, element: Element, places: list[Tree]) -> None:
    """Keep what an element says, or that it was there."""
    if element.id == ATTACHMENTS and element.end is not None:
        found.is_plain &= ATTACHMENTS not in found.others and element.end <= reader.size
        found.attachments = element
        found.others.add(ATTACHMENTS)
        return
    if element.end is None or element.end - element.body > _MOST_HEADER:
        found.is_plain = False
        return
    found.is_plain &= element.id not in found.others or element.id in (VOID, TAGS)
    found.others.add(element.id)
    if element.id not in (INFO, TRACKS, TAGS, SEEK_HEAD, CHAPTERS):
        found.is_plain &= element.id in _HARMLESS
        return
    tree = _tree(reader.at(element.body, element.end - element.body))
    found.is_plain &= _STRANGE not in tree and _is_list(element.id, tree)
    if element.id == INFO:
        found.info = found.info or tree
    elif element.id == TRACKS:
        found.tracks = found.tracks or masters(tree, 0xAE)
    elif element.id == CHAPTERS:
        found.editions += masters(tree, 0x45B9)
    elif element.id == TAGS:
        found.tags += masters(tree, 0x7373)
    else:
        places += masters(tree, 0x4DBB)


def _follow(reader: BudgetedReader, found: Segment, places: list[Tree]) -> None:
    """Look at what the index of the segment says is further on: tags, after the film."""
    for place in places:
        kind = int.from_bytes(last(place, 0x53AB), "big")
        if kind in (CUES, CLUSTER) or kind in found.others:
            continue
        element = element_at(reader, found.body + (number(place, 0x53AC) or 0))
        if element is None or element.id != kind or kind not in (TAGS, CHAPTERS, ATTACHMENTS):
            found.is_plain = False
        else:
            _keep(reader, found, element, [])


def _is_followed(reader: BudgetedReader, cluster: Element, end: int) -> bool:
    """Whether a cluster ends where another element begins, or the segment ends."""
    if cluster.end is None or cluster.end == end:
        return cluster.end is not None
    following = element_at(reader, cluster.end)
    return following is not None and following.id in TOP | {VOID}


def _is_list(kind: int, tree: Tree) -> bool:
    """Whether a list of tracks, tags and the like holds nothing else."""
    return kind not in _LISTS or set(tree) <= {_LISTS[kind], VOID, CRC}


def masters(tree: Tree, kind: int) -> list[Tree]:
    """Return the elements of a kind that hold others."""
    return [entry for entry in tree.get(kind, []) if isinstance(entry, dict)]


def _tree(data: bytes) -> Tree:
    """Read the elements in a header's content."""
    return _branch(data, 0, len(data), 0)


def _branch(data: bytes, at: int, end: int, depth: int) -> Tree:
    """Read the elements between two places of a header's content, and mark what is strange."""
    found: Tree = {}
    while at < end:
        start = at + LENGTHS[data[at]]
        length = LENGTHS[data[start]] if start < end else _NO_LENGTH
        body = start + length
        if length == 1:  # nearly all are short
            size = data[start] & 0x7F
        else:
            size = int.from_bytes(data[start:body], "big") & MASKS[length]
        after = body + size
        if start - at > 4 or length > 8 or after > end:  # noqa: PLR2004 - the format's limits
            found[_BROKEN] = found[_STRANGE] = []
            break
        kind = int.from_bytes(data[at:start], "big")
        value: bytes | Tree
        if kind in _MASTERS and depth < 4:  # noqa: PLR2004 - none lies deeper
            value = _branch(data, body, after, depth + 1)
            is_known = _STRANGE not in value
        else:
            value = data[body:after]
            is_known = size <= 8 or kind in _WORDS  # noqa: PLR2004 - the longest number
            if kind in _REALS:
                is_known = size in _REAL_SIZES
        if kind in found:
            found[kind].append(value)
            is_known &= kind in _REPEATED
        else:
            found[kind] = [value]
            is_known &= kind in _KNOWN
        if not is_known:
            found[_STRANGE] = []
        at = after
    return found


def last(tree: Tree, kind: int) -> bytes:
    """Return the value of an element; empty if there is none."""
    values = tree.get(kind)
    return values[-1] if values and isinstance(values[-1], bytes) else b""


def number(tree: Tree, kind: int) -> int | None:
    """Return an unsigned value; None if there is none."""
    values = tree.get(kind)
    if values is None:
        return None
    value = values[-1] if values else b""
    return int.from_bytes(value, "big") if isinstance(value, bytes) else 0


def real(tree: Tree, kind: int) -> float | None:
    """Return a floating-point value; None if there is none."""
    value = last(tree, kind)
    form = {4: ">f", 8: ">d"}.get(len(value))
    return float(struct.unpack(form, value)[0]) if form else None


def below(tree: Tree, kind: int) -> Tree:
    """Return the first element of a kind that holds others; empty if there is none."""
    first = tree.get(kind, [{}])[0]
    return first if isinstance(first, dict) else {}
