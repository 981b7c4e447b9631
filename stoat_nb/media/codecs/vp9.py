"""VP9: the head of a key frame (VP9 bitstream specification, clauses 6.2 and 7.2)."""

from __future__ import annotations

from stoat_nb.media.codecs.bits import Bits, OutOfBits
from stoat_nb.media.codecs.video_format import VideoFormat

_SYNC = 0x498342
_RGB = 7
#: VP9's numbers of colour spaces as those of ITU-T H.273.
_MATRICES = {1: 5, 2: 1, 3: 6, 4: 7, 5: 9}
_HIGH_DEPTH, _LAST_PROFILE = 2, 3
_SEVERAL = 0b110_00000  # the mark of an index


def key_frame(frame: bytes) -> VideoFormat | None:
    """Return the form of the pictures of a stream by its first frame."""
    bits = Bits(frame[:32])
    try:
        if bits.u(2) != 2:  # noqa: PLR2004 - the mark of a frame
            return None
        profile = bits.u(1) + 2 * bits.u(1)
        if profile % 2 or bits.flag() or bits.flag():  # odd ones, a repeated frame, no key frame
            return None
        bits.skip(2)
        if bits.u(24) != _SYNC:
            return None
        depth = (12 if bits.flag() else 10) if profile == _HIGH_DEPTH else 8
        space, full = bits.u(3), bits.flag()
        if space == _RGB:
            return None
        return VideoFormat(
            width=bits.u(16) + 1,
            height=bits.u(16) + 1,
            chroma="4:2:0",
            bit_depth=depth,
            profile_name=f"Profile {profile}",
            full_range=full,
            matrix=_MATRICES.get(space),
            marks_fields=False,
        )
    except OutOfBits:
        return None


def is_hidden(frame: bytes) -> bool:
    """Whether a packet holds one frame that is not to be shown: others refer to it (clause 7.2).

    One with an index of several frames at its end (Annex B) shows the last of them.
    """
    if not frame or frame[-1] & 0xE0 == _SEVERAL:
        return False
    bits = Bits(frame[:2])
    if bits.u(2) != 2:  # noqa: PLR2004 - the mark of a frame: this is encrypted
        return False
    profile = bits.u(1) + 2 * bits.u(1)
    bits.skip(profile == _LAST_PROFILE)
    is_repeated = bits.flag()
    bits.skip(1)
    return not is_repeated and not bits.flag()
