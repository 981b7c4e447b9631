"""ProRes: the head of a frame (SMPTE RDD 36, clauses 5.1 and 6.1)."""

from __future__ import annotations

import struct

from stoat_nb.media.codecs.video_format import VideoFormat

_MARK, _HEAD = b"icpf", 28  # bytes: the frame's own size and mark, and the head without matrices
#: What each kind is called, and its bits.
KINDS = {
    b"apco": ("Proxy", 10),
    b"apcs": ("LT", 10),
    b"apcn": ("Standard", 10),
    b"apch": ("HQ", 10),
    b"ap4h": ("4444", 12),
    b"ap4x": ("XQ", 12),
}
_CHROMAS = {2: "4:2:2", 3: "4:4:4"}


def video_format(kind: bytes, frame: bytes) -> VideoFormat | None:
    """Return the form of the pictures; None for fields, for pictures one can see through, noise."""
    if len(frame) < _HEAD or frame[4:8] != _MARK or kind not in KINDS:
        return None
    length, version, width, height, flags = struct.unpack_from(">HH4xHHB", frame, 8)
    chroma = _CHROMAS.get(flags >> 6)
    is_plain = not flags & 0x0C and not frame[25] & 0x0F and version <= 1
    if chroma is None or not is_plain or not width or not height or length < _HEAD - 8:
        return None
    name, depth = KINDS[kind]
    return VideoFormat(
        width=width,
        height=height,
        chroma=chroma,
        bit_depth=depth,
        profile_name=name,
        full_range=False,
        primaries=frame[22],
        transfer=frame[23],
        matrix=frame[24],
        size=int.from_bytes(frame[:4], "big"),
        in_order=True,
        marks_fields=False,
    )
