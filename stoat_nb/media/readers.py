"""Which reader a file gets: its first bytes tell the format, whatever its name says.

A reader of a format is one line in the table, and nothing else asks what a file begins with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from stoat_nb.media import asf, avi, mxf
from stoat_nb.media.budgeted_reader import BudgetedReader, BudgetExceeded
from stoat_nb.media.headers import Headers, tried
from stoat_nb.media.isobmff.reader import is_iso, movie_end, read_iso
from stoat_nb.media.matroska.reader import read_matroska
from stoat_nb.media.matroska.structure import content_end as segment_end
from stoat_nb.media.origin.clues import Clues
from stoat_nb.media.structure.flv import check_flv
from stoat_nb.media.structure.streams import check_ogg, check_program, check_transport
from stoat_nb.media.structure.verdict import UNCHECKED, Structure, too_many_headers, unstated
from stoat_nb.media.structure.zeros import ends_in_zeros
from stoat_nb.media.unsupported import Unproven, require


class Format(NamedTuple):
    """A format that its first bytes give away."""

    name: str
    read: Callable[[BudgetedReader, Unproven], Headers]
    #: Where the last content ends that is no padding, by the headers of a whole file.
    content_end: Callable[[BudgetedReader], int] = lambda _: 0
    is_certain: bool = True  #: No letters begin like this.


def _checked(
    check: Callable[[BudgetedReader], Structure] = lambda _: UNCHECKED,
    clues_in: Callable[[BudgetedReader], Clues] | None = None,
) -> Callable[[BudgetedReader, Unproven], Headers]:
    """Return a reader of formats whose streams only libav reads."""

    def read(reader: BudgetedReader, left: Unproven) -> Headers:
        with left:
            require(condition=False, reason="no reader of its headers")
        clues = tried(clues_in, reader) if clues_in else None
        return Headers(check(reader), size_bytes=reader.size, clues=clues, unproven=left)

    return read


_ISO = Format("MP4 or QuickTime", read_iso, movie_end)
AVI = Format("AVI", _checked(avi.check_avi, avi.clues_in), avi.riff_end)
MATROSKA = Format("Matroska", read_matroska, segment_end)
WINDOWS_MEDIA = Format("Windows Media", _checked(asf.check_asf, asf.clues_in), asf.asf_size)
MXF = Format("MXF", _checked(mxf.check_mxf, mxf.clues_in))
PROGRAM = Format("an MPEG program stream", _checked(check_program))
TRANSPORT = Format("an MPEG transport stream", _checked(check_transport), is_certain=False)
_UNKNOWN = Format("unknown", _checked())
#: Its only headers are those of pictures.
_BARE = Format("a bare stream of MPEG pictures", _checked(lambda _: unstated()))
_BY_START: tuple[tuple[bytes, Format], ...] = (
    (b"\x1a\x45\xdf\xa3", MATROSKA),
    (b"FLV", Format("Flash Video", _checked(check_flv))),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", WINDOWS_MEDIA),
    (b"OggS", Format("Ogg", _checked(check_ogg))),
    (b"\0\0\x01\xba", PROGRAM),
    (b"\x06\x0e\x2b\x34\x02\x05\x01\x01", MXF),
    (b"\0\0\x01", _BARE),
    (b"\0\0\0\x01", _BARE),
    (b".RMF\0", Format("RealMedia", _checked())),
    (b"\xb7\xd8\0\x20\x37\x49\xda\x11", Format("a recording of Windows TV", _checked())),
    (b"nut/multimedia container\0", Format("NUT", _checked())),
    (b"DKIF\0\0", Format("IVF", _checked())),
    (b"YUV4MPEG2 ", Format("YUV4MPEG", _checked())),
)
_HEAD = 32  # bytes that give a format away


def read_headers(reader: BudgetedReader) -> Headers:
    """Read a file's headers; whatever it holds, there is an answer."""
    found = format_of(reader.at(0, _HEAD)) or _UNKNOWN
    try:
        headers = found.read(reader, Unproven())
    except BudgetExceeded:
        headers = Headers(too_many_headers(), size_bytes=reader.size)
    is_cut_off = ends_in_zeros(reader, headers.structure.integrity, found.content_end)
    return headers._replace(ends_in_zeros=True) if is_cut_off else headers


def format_of(head: bytes) -> Format | None:
    """Name the format of a file that begins like this."""
    if is_iso(head):
        return _ISO
    if head.startswith(b"RIFF") and head[8:12] in (b"AVI ", b"AVIX"):
        return AVI
    if head[:1] == b"\x47" or head[4:5] == b"\x47":
        return TRANSPORT
    if head[:4] == b"\0\0\x01\0":
        return None  # an icon
    return next((found for start, found in _BY_START if head.startswith(start)), None)
