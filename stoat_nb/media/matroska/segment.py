"""A Matroska or WebM segment as its elements state it (RFC 9559)."""

from __future__ import annotations

import struct

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.matroska import element_ids as ids
from stoat_nb.media.matroska.ebml import LENGTHS, MASKS, Element, element_at, elements

NANOSECONDS, _MILLISECOND = 10**9, 10**6

_MOST_HEADER = 1 << 20
_MOST_TOPS = 64
#: What the header may ask of a reader.
_VERSIONS = {
    ids.EBML_READ_VERSION: 1,
    ids.EBML_MAX_ID_LENGTH: 4,
    ids.EBML_MAX_SIZE_LENGTH: 8,
    ids.DOC_TYPE_READ_VERSION: 3,
}
#: No element has these numbers: something is cut off or left over; something is of an unknown
#: kind, too long for its kind, or there more than once.
_BROKEN, _UNSUPPORTED = 0, -1
_NO_LENGTH = 9
_HARMLESS = frozenset({ids.VOID, ids.CRC_32, ids.CUES, ids.CHAPTERS})
_LISTS = {
    ids.TRACKS: ids.TRACK_ENTRY,
    ids.TAGS: ids.TAG,
    ids.CHAPTERS: ids.EDITION_ENTRY,
    ids.SEEK_HEAD: ids.SEEK,
}
_FLOAT_SIZES = frozenset({0, 4, 8})
_READ = frozenset({ids.INFO, ids.TRACKS, ids.TAGS, ids.SEEK_HEAD, ids.CHAPTERS})
_UNDERSTOOD = _READ | _HARMLESS
_ELSEWHERE = frozenset({ids.TAGS, ids.CHAPTERS, ids.ATTACHMENTS})  # often after the clusters

#: Values under the element's number; elements that hold others are trees under theirs.
Tree = dict[int, list["bytes | Tree"]]


class Segment:
    """What stands before the first cluster; what stands elsewhere is only known to be there."""

    __slots__ = (
        "attachments",
        "cluster_head",
        "cues",
        "doc_type",
        "editions",
        "first_cluster",
        "info",
        "others",
        "tags",
        "top",
        "tracks",
        "unsupported",
    )

    def __init__(self, doc_type: bytes, top: Element) -> None:
        self.doc_type = doc_type
        self.top = top  #: The segment itself.
        self.info: Tree = {}
        self.tracks: list[Tree] = []
        self.first_cluster: int | None = None  #: Where its content starts.
        self.cluster_head = 0  #: Bytes before that.
        self.tags: list[Tree] = []
        self.editions: list[Tree] = []  #: Of chapters.
        self.attachments: Element | None = None
        self.cues: int | None = None  #: Where they start.
        self.others: set[int] = set()  #: Further elements at the top that were met.
        #: Elements at the top that are unknown, hold what is, or are in another place.
        self.unsupported: set[int] = set()

    @property
    def scale(self) -> int:
        """Nanoseconds to a tick of its clock."""
        return number(self.info, ids.TIMESTAMP_SCALE) or _MILLISECOND

    @property
    def body(self) -> int:
        """Where its content starts."""
        return self.top.body

    @property
    def end(self) -> int:
        """Where it says that it ends; 0 if it does not."""
        return self.top.end or 0


def read_segment(reader: BudgetedReader) -> Segment | None:
    """Read a file's header and its segment up to the first cluster."""
    header = element_at(reader, 0)
    if header is None or header.end is None or header.end > _MOST_HEADER:
        return None
    words = _tree(reader.at(header.body, header.end - header.body))
    versions = {kind: number(words, kind) for kind in _VERSIONS}
    top = element_at(reader, header.end)
    if top is None or top.id != ids.SEGMENT:
        return None
    found = Segment(doc_type=last(words, ids.DOC_TYPE).rstrip(b"\0"), top=top)
    if _BROKEN in words or any(most < (versions[kind] or 0) for kind, most in _VERSIONS.items()):
        found.unsupported.add(ids.EBML)
    places: list[Tree] = []
    for count, element in enumerate(elements(reader, top.body, reader.size)):
        if element.id == ids.CLUSTER:
            found.first_cluster, found.cluster_head = element.body, element.body - element.start
            if not _is_followed(reader, element, found.end):
                found.unsupported.add(ids.CLUSTER)
            break
        if element.end is None or count > _MOST_TOPS:
            break
        _keep(reader, found, element, places)
    _follow(reader, found, places)
    return found


def _keep(reader: BudgetedReader, found: Segment, element: Element, places: list[Tree]) -> None:
    """Keep what an element says, or that it was there."""
    kind, end = element.id, element.end or 0
    is_again = kind in found.others and kind not in (ids.VOID, ids.TAGS)
    found.others.add(kind)
    if kind == ids.ATTACHMENTS and end:
        found.attachments = element
        if is_again or end > reader.size:
            found.unsupported.add(kind)
    elif is_again or not end or end - element.body > _MOST_HEADER or kind not in _UNDERSTOOD:
        found.unsupported.add(kind)
    elif kind in _READ:
        _read(reader.at(element.body, end - element.body), kind, found, places)


def _read(body: bytes, kind: int, found: Segment, places: list[Tree]) -> None:
    tree = _tree(body)
    if _UNSUPPORTED in tree or not _is_list(kind, tree):
        found.unsupported.add(kind)
    if kind == ids.INFO:
        found.info = found.info or tree
    elif kind == ids.TRACKS:
        found.tracks = found.tracks or masters(tree, ids.TRACK_ENTRY)
    elif kind == ids.CHAPTERS:
        found.editions += masters(tree, ids.EDITION_ENTRY)
    elif kind == ids.TAGS:
        found.tags += masters(tree, ids.TAG)
    else:
        places += masters(tree, ids.SEEK)


def _follow(reader: BudgetedReader, found: Segment, places: list[Tree]) -> None:
    """Look at what the index of the segment says is further on: tags, after the film."""
    for place in places:
        kind = int.from_bytes(last(place, ids.SEEK_ID), "big")
        if kind == ids.CUES:
            found.cues = found.body + (number(place, ids.SEEK_POSITION) or 0)
        if kind in (ids.CUES, ids.CLUSTER) or kind in found.others:
            continue
        element = element_at(reader, found.body + (number(place, ids.SEEK_POSITION) or 0))
        if element is None or element.id != kind or kind not in _ELSEWHERE:
            found.unsupported.add(kind)
        else:
            _keep(reader, found, element, [])


def _is_followed(reader: BudgetedReader, cluster: Element, end: int) -> bool:
    """Whether a cluster ends where another element begins, or the segment ends."""
    if cluster.end is None or cluster.end == end:
        return cluster.end is not None
    following = element_at(reader, cluster.end)
    return following is not None and following.id in ids.TOP_LEVEL | {ids.VOID}


def _is_list(kind: int, tree: Tree) -> bool:
    """Whether a list of tracks, tags and the like holds nothing else."""
    return kind not in _LISTS or set(tree) <= {_LISTS[kind], ids.VOID, ids.CRC_32}


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
            found[_BROKEN] = found[_UNSUPPORTED] = []
            break
        kind = int.from_bytes(data[at:start], "big")
        value: bytes | Tree
        if kind in ids.MASTERS and depth < 4:  # noqa: PLR2004 - none lies deeper
            value = _branch(data, body, after, depth + 1)
            is_known = _UNSUPPORTED not in value
        else:
            value = data[body:after]
            is_known = size <= 8 or kind in ids.TEXTS_AND_BINARIES  # noqa: PLR2004 - the longest number
            if kind in ids.FLOATS:
                is_known = size in _FLOAT_SIZES
        if kind in found:
            found[kind].append(value)
            is_known &= kind in ids.REPEATED
        else:
            found[kind] = [value]
            is_known &= kind in ids.IN_HEADERS
        if not is_known:
            found[_UNSUPPORTED] = []
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
