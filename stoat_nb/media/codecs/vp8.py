"""VP8: the head of a key frame (RFC 6386, sections 9.1, 9.2 and 7.3)."""

from __future__ import annotations

from stoat_nb.media.codecs.video_format import VideoFormat

_START = b"\x9d\x01\x2a"
_TAG = 3  # bytes that each frame begins with
_HEAD = 12  # bytes up to the first coded bits
_LARGEST_VERSION = 3


def key_frame(frame: bytes) -> VideoFormat | None:
    """Return the form of the pictures of a stream by its first frame."""
    if len(frame) < _HEAD or frame[0] & 1 or frame[3:6] != _START:
        return None
    width, height = int.from_bytes(frame[6:8], "little"), int.from_bytes(frame[8:10], "little")
    is_shown, version = frame[0] & 0x10, frame[0] >> 1 & 7
    if not is_shown or version > _LARGEST_VERSION or max(width, height) >> 14:  # stretched
        return None
    if not width or not height:
        return None
    if any(_halves(frame[10], frame[11])):
        return None
    return VideoFormat(
        width=width,
        height=height,
        chroma="4:2:0",
        bit_depth=8,
        marks_fields=False,
        in_order=True,
    )


def _halves(first: int, second: int) -> tuple[int, int]:
    """Decode two bits that are as often one as zero: the colour space, and whether to clamp."""
    value, span, found = first << 8 | second, 255, []
    for _ in range(2):
        split = 1 + ((span - 1) >> 1)
        bit = value >= split << 8
        value, span = (value - (split << 8), span - split) if bit else (value, split)
        while span < 128:  # noqa: PLR2004 - half of a byte
            value, span = value << 1, span << 1
        found.append(int(bit))
    return found[0], found[1]


def is_hidden(frame: bytes) -> bool:
    """Whether a frame is not to be shown: others refer to it (section 9.1)."""
    if len(frame) < _TAG or frame[0] & 0x10:
        return False
    first_part = int.from_bytes(frame[:_TAG], "little") >> 5
    return 0 < first_part <= len(frame) - _TAG  # else it is encrypted
