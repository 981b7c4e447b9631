"""DNxHD and DNxHR: the head of a frame (SMPTE ST 2019-1, clause 5.2)."""

from __future__ import annotations

from stoat_nb.media.codecs.picture import Picture

_MARK = b"\0\0\x02\x80"
_HEAD = 0x30
#: By compression ID: FFmpeg's name of the profile, and bits; those of HD have one size each.
_HD = {
    1235: (1920, 1080, 10),
    1237: (1920, 1080, 8),
    1238: (1920, 1080, 8),
    1253: (1920, 1080, 8),
}
_RESOLUTION_FREE = {
    1271: ("DNXHR HQX", (10, 12)),
    1272: ("DNXHR HQ", (8,)),
    1273: ("DNXHR SQ", (8,)),
    1274: ("DNXHR LB", (8,)),
}
_DEPTHS = {1: 8, 2: 10, 3: 12}
_BT709 = 1


def picture(frame: bytes) -> Picture | None:
    """Return the form of the pictures; None for fields, for 4:4:4, and for what is not known."""
    if len(frame) < _HEAD or frame[:4] != _MARK or frame[5] & 2:
        return None
    height, width = int.from_bytes(frame[0x18:0x1A], "big"), int.from_bytes(frame[0x1A:0x1C], "big")
    depth, kind = _DEPTHS.get(frame[0x21] >> 5), int.from_bytes(frame[0x28:0x2C], "big")
    if frame[0x2C] & 0x46 or not width or not height:  # 4:4:4, or colours of another kind
        return None
    if kind in _HD and (width, height, depth) == _HD[kind] and frame[4] == 1:
        name = "DNXHD"
    elif kind in _RESOLUTION_FREE and depth in _RESOLUTION_FREE[kind][1] and frame[4] == 3:  # noqa: PLR2004 - its version
        name = _RESOLUTION_FREE[kind][0]
    else:
        return None
    return Picture(
        width=width,
        height=height,
        chroma="4:2:2",
        bit_depth=depth,
        profile_name=name,
        sar=(1, 1) if kind in _HD else None,
        full_range=False,
        matrix=_BT709,
        in_order=True,
        marks_fields=False,
    )
