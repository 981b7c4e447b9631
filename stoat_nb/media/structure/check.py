"""Which check a file gets: its first bytes tell the format, whatever its name says."""

from __future__ import annotations

from collections.abc import Callable

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

_EBML = b"\x1a\x45\xdf\xa3"
_BY_START: tuple[tuple[bytes, _Check], ...] = (
    (_EBML, check_matroska),
    (b"FLV", check_flv),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", check_asf),
    (b"OggS", check_ogg),
    (b"\0\0\x01\xba", check_program),
    (b"\x06\x0e\x2b\x34\x02\x05\x01\x01", check_mxf),
    (b"\0\0\x01", check_bare),
    (b"\0\0\0\x01", check_bare),
)
_ISO_FIRST = frozenset(
    b"ftyp moov mdat free skip wide pnot uuid styp sidx moof emsg prft junk".split()
)


def structure(reader: BudgetedReader, check: _Check | None = None) -> Structure:
    """Check the structure of an open file; whatever it holds, there is an answer.

    Who knows already what to check says so, and spares another look at the first bytes.
    """
    check = check or _check(reader.at(0, 16))
    try:
        return check(reader) if check else UNCHECKED
    except BudgetExceeded:
        return too_many_headers()


def is_iso(head: bytes) -> bool:
    """Whether a file that begins like this is made of boxes."""
    return head[4:8] in _ISO_FIRST


def is_matroska(head: bytes) -> bool:
    """Whether a file that begins like this is made of elements."""
    return head.startswith(_EBML)


def _check(head: bytes) -> _Check | None:
    if is_iso(head):
        return check_iso
    if head.startswith(b"RIFF") and head[8:12] in (b"AVI ", b"AVIX"):
        return check_avi
    if head[:1] == b"\x47" or head[4:5] == b"\x47":
        return check_transport
    return next((check for start, check in _BY_START if head.startswith(start)), None)
