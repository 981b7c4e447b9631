"""Which check a file gets: its first bytes tell the format, whatever its name says."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from stoat_nb.media.budgeted_reader import BudgetedReader, BudgetExceeded
from stoat_nb.media.isobmff.structure import check_iso
from stoat_nb.media.matroska.structure import check_matroska
from stoat_nb.media.structure.chunks import check_asf, check_avi
from stoat_nb.media.structure.flv import check_flv
from stoat_nb.media.structure.streams import (
    check_bare,
    check_mxf,
    check_ogg,
    check_program,
    check_transport,
)
from stoat_nb.media.structure.verdict import UNCHECKED, Structure, too_many_headers

_Check = Callable[[BudgetedReader], Structure]


class Format(NamedTuple):
    """A format that its first bytes give away."""

    name: str
    check: _Check | None = None  #: Of the structure, where there is one.


_EBML = b"\x1a\x45\xdf\xa3"
_ISO = Format("MP4 or QuickTime", check_iso)
_AVI, _TRANSPORT = Format("AVI", check_avi), Format("an MPEG transport stream", check_transport)
_BARE = Format("a bare stream of MPEG pictures", check_bare)
_BY_START: tuple[tuple[bytes, Format], ...] = (
    (_EBML, Format("Matroska", check_matroska)),
    (b"FLV", Format("Flash Video", check_flv)),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Format("Windows Media", check_asf)),
    (b"OggS", Format("Ogg", check_ogg)),
    (b"\0\0\x01\xba", Format("an MPEG program stream", check_program)),
    (b"\x06\x0e\x2b\x34\x02\x05\x01\x01", Format("MXF", check_mxf)),
    (b"\0\0\x01", _BARE),
    (b"\0\0\0\x01", _BARE),
    (b".RMF\0", Format("RealMedia")),
    (b"\xb7\xd8\0\x20\x37\x49\xda\x11", Format("a recording of Windows TV")),
    (b"nut/multimedia container\0", Format("NUT")),
    (b"DKIF\0\0", Format("IVF")),
    (b"YUV4MPEG2 ", Format("YUV4MPEG")),
)
_ISO_FIRST = frozenset(
    b"ftyp moov mdat free skip wide pnot uuid styp sidx moof emsg prft junk".split()
)


def structure(reader: BudgetedReader, check: _Check | None = None) -> Structure:
    """Check the structure of an open file; whatever it holds, there is an answer.

    Who knows already what to check says so, and spares another look at the first bytes.
    """
    try:
        found = None if check else format_of(reader.at(0, 32))
        check = found.check if found else check
        return check(reader) if check else UNCHECKED
    except BudgetExceeded:
        return too_many_headers()


def is_iso(head: bytes) -> bool:
    """Whether a file that begins like this is made of boxes."""
    return head[4:8] in _ISO_FIRST


def is_matroska(head: bytes) -> bool:
    """Whether a file that begins like this is made of elements."""
    return head.startswith(_EBML)


def format_of(head: bytes) -> Format | None:
    """Name the format of a file that begins like this."""
    if is_iso(head):
        return _ISO
    if head.startswith(b"RIFF") and head[8:12] in (b"AVI ", b"AVIX"):
        return _AVI
    if head[:1] == b"\x47" or head[4:5] == b"\x47":
        return _TRANSPORT
    if head[:4] == b"\0\0\x01\0":
        return None  # an icon
    return next((found for start, found in _BY_START if head.startswith(start)), None)
