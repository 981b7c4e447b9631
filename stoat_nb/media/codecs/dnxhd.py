"""DNxHD and DNxHR: the head of a frame (SMPTE ST 2019-1, clause 5.2)."""

from __future__ import annotations

from stoat_nb.media.codecs.video_format import VideoFormat

_MARK = b"\0\0\x02\x80"
_HEAD = 0x30
#: By compression ID: width, height and bits of HD, and bytes of each picture.
_HD = {
    1235: (1920, 1080, 10, 917_504),
    1237: (1920, 1080, 8, 606_208),
    1238: (1920, 1080, 8, 917_504),
    1253: (1920, 1080, 8, 188_416),
}
#: FFmpeg's name of the profile, bits, and how many bytes 255 macroblocks have.
_RESOLUTION_FREE = {
    1271: ("DNXHR HQX", (10, 12), 28_672),
    1272: ("DNXHR HQ", (8,), 28_672),
    1273: ("DNXHR SQ", (8,), 18_944),
    1274: ("DNXHR LB", (8,), 5_888),
}
_BLOCKS, _PAGE, _FEWEST = 255, 4096, 8192
_DEPTHS = {1: 8, 2: 10, 3: 12}
_BT709 = 1


def video_format(frame: bytes) -> VideoFormat | None:
    """Return the form of the pictures; None for fields, for 4:4:4, and for what is not known."""
    if len(frame) < _HEAD or frame[:4] != _MARK or frame[5] & 2:
        return None
    height, width = int.from_bytes(frame[0x18:0x1A], "big"), int.from_bytes(frame[0x1A:0x1C], "big")
    depth, kind = _DEPTHS.get(frame[0x21] >> 5), int.from_bytes(frame[0x28:0x2C], "big")
    if frame[0x2C] & 0x46 or not width or not height:  # 4:4:4, or colours of another kind
        return None
    if kind in _HD and (width, height, depth) == _HD[kind][:3] and frame[4] == 1:
        name, size = "DNXHD", _HD[kind][3]
    elif kind in _RESOLUTION_FREE and depth in _RESOLUTION_FREE[kind][1] and frame[4] == 3:  # noqa: PLR2004 - its version
        name, size = _RESOLUTION_FREE[kind][0], _size(width, height, _RESOLUTION_FREE[kind][2])
    else:
        return None
    return VideoFormat(
        width=width,
        height=height,
        chroma="4:2:2",
        bit_depth=depth,
        profile_name=name,
        full_range=False,
        matrix=_BT709,
        size=size,
        in_order=True,
        marks_fields=False,
    )


def _size(width: int, height: int, scale: int) -> int:
    """Return the bytes of a picture of DNxHR, which are pages."""
    blocks = ((width + 15) // 16) * ((height + 15) // 16)
    pages = (blocks * scale // _BLOCKS + _PAGE // 2) // _PAGE
    return max(pages * _PAGE, _FEWEST)
