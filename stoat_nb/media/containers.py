"""What to call a container: libav has one name for families that people keep apart."""

from __future__ import annotations

import os
from collections.abc import Mapping

from stoat_nb.media.budgeted_reader import MemoryReader
from stoat_nb.media.matroska import element_ids as ids
from stoat_nb.media.matroska.ebml import element_at, elements

ISO = "mov,mp4,m4a,3gp,3g2,mj2"
MATROSKA = "matroska,webm"
#: Formats whose only length is that between the first and the last time stamp.
TIMESTAMPS = frozenset({"mpegts", "mpeg"})
#: Nothing but one stream without time stamps: libav divides the size by a bit rate.
BARE_FORMATS = frozenset(
    ["h264", "hevc", "vvc", "m4v", "h261", "h263", "mpegvideo", "cavsvideo", "dirac", "vc1", "obu"]
)
#: Formats whose clock ticks once a frame.
COUNTING_FORMATS = frozenset({"avi", "mxf", "gxf", "ivf", "yuv4mpegpipe"})
_HEAD = 4096  # the EBML header is some forty bytes long

#: libav's names of demuxers where another word is the usual one.
_NAMES = {"live_flv": "flv", "kux": "flv", "asf_o": "asf", "yuv4mpegpipe": "y4m", "obu": "av1"}


def container_of(format_name: str, tags: Mapping[str, str], fd: int) -> str:
    """Name the container of an open file by libav's demuxer, its tags and its first bytes."""
    if format_name == ISO:
        return by_brand(tags.get("major_brand"))
    if format_name == MATROSKA:
        return "webm" if doc_type(os.pread(fd, _HEAD, 0)) == b"webm" else "matroska"
    return _NAMES.get(format_name, format_name.split(",", 1)[0])


def by_brand(brand: str | None) -> str:
    """Name a file of the ISO family; before brands there was only QuickTime."""
    word = (brand or "qt").strip().lower()
    if word.startswith("qt"):
        return "mov"
    if word.startswith(("3g2", "kddi")):
        return "3g2"
    return "3gp" if word.startswith("3g") else "mp4"


def doc_type(head: bytes) -> bytes | None:
    """Read DocType from the EBML header at the start of a file (RFC 8794, 11.2.4)."""
    reader = MemoryReader(head)
    header = element_at(reader, 0)
    if header is None or header.id != ids.EBML or header.end is None:
        return None
    for inside in elements(reader, header.body, min(header.end, len(head))):
        if inside.id == ids.DOC_TYPE and inside.end is not None:
            return reader.at(inside.body, inside.end - inside.body).rstrip(b"\0")
    return None
