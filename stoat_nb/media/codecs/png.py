"""PNG: what stands before the lines of a picture (ISO/IEC 15948, clauses 5 and 11)."""

from __future__ import annotations

import struct

from stoat_nb.media.codecs.video_format import VideoFormat

_MARK = b"\x89PNG\r\n\x1a\n"
_WORDS = frozenset([b"tEXt", b"zTXt", b"iTXt", b"tIME", b"bKGD"])
_COLOURS = {2: "rgb24", 6: "rgba"}
_MOST = 16  # chunks


def video_format(data: bytes, total: int) -> tuple[str, VideoFormat] | None:
    """Return FFmpeg's name of the layout, and the form; None if anything is out of the usual.

    ``total`` is how many bytes the whole picture has.
    """
    if data[:16] != _MARK + b"\0\0\0\x0dIHDR" or len(data) < 33:  # noqa: PLR2004 - the first chunk
        return None
    width, height, depth, colour, packing, order, lacing = struct.unpack_from(">IIBBBBB", data, 16)
    is_plain = depth == 8 and not packing and not order and lacing <= 1  # noqa: PLR2004 - bits
    if not is_plain or colour not in _COLOURS or not 0 < max(width, height) < 1 << 15:
        return None
    at, shape = 33, None
    for _ in range(_MOST):
        size, kind = struct.unpack_from(">I4s", data.ljust(at + 8, b"\0"), at)
        body = data[at + 8 : at + 8 + size]
        if kind == b"IDAT" and at + 12 + size < total:
            return _COLOURS[colour], VideoFormat(width=width, height=height, bit_depth=8, sar=shape)
        if kind == b"pHYs" and len(body) == 9 and body[8] <= 1 and shape is None:  # noqa: PLR2004 - two numbers, a unit
            shape = struct.unpack(">II", body[:8])
        elif kind not in _WORDS or len(body) != size:
            return None
        at += 12 + size
    return None
