"""Which boxes may be where (ISO/IEC 14496-12, 6.2.3; QTFF): others may change what others mean."""

from __future__ import annotations

from stoat_nb.media.isobmff.boxes import Box
from stoat_nb.media.isobmff.movie import Movie
from stoat_nb.media.unsupported import UnsupportedLayout

_TOPS = frozenset(b"ftyp moov mdat free skip wide sefd".split())  # the last is Samsung's own
_KNOWN = {
    b"moov": frozenset(b"mvhd trak udta meta iods free skip".split()),
    b"trak": frozenset(b"tkhd edts mdia tref tapt tgas udta meta free skip".split()),
    b"edts": frozenset([b"elst"]),
    b"mdia": frozenset(b"mdhd hdlr minf free".split()),
    b"minf": frozenset(b"vmhd smhd gmhd nmhd hdlr dinf stbl free".split()),
    b"dinf": frozenset([b"dref"]),
    b"stbl": frozenset(b"stsd stts stss ctts cslg stsc stsz stco co64 sdtp sgpd sbgp free".split()),
    b"tref": frozenset([b"cdsc", b"cdep", b"chap", b"tmcd"]),
}
_REPEATED = frozenset(b"trak free skip udta sgpd sbgp cdsc cdep".split())


def require_known_tops(movie: Movie) -> None:
    """Go on only if nothing else than a movie and its media data is at the top of the file."""
    if unknown := {box.kind for box in movie.tops} - _TOPS:
        raise UnsupportedLayout(f"boxes of another kind: {sorted(unknown)}")


def require_known_boxes(node: Box) -> None:
    """Go on only if a container holds known boxes; a movie's tracks are looked at on their own."""
    outer = node.kind
    if node.rest:
        raise UnsupportedLayout(f"something that is no box in {outer!r}")
    if not node.children.keys() <= _KNOWN[outer]:
        unknown = sorted(node.children.keys() - _KNOWN[outer])
        raise UnsupportedLayout(f"boxes of another kind in {outer!r}: {unknown}")
    for kind, children in node.children.items():
        if len(children) > 1 and kind not in _REPEATED:
            raise UnsupportedLayout(f"a box twice: {kind!r}")
        if kind in _KNOWN and kind != b"trak":
            for child in children:
                require_known_boxes(child)
