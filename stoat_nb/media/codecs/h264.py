"""H.264: the sequence parameter set (ITU-T H.264, clauses 7.3.2.1 and E.1.1) and where it lies."""

from __future__ import annotations

from typing import NamedTuple

from stoat_nb.media.cached import cached
from stoat_nb.media.codecs.bits import Bits, OutOfBits, unescaped
from stoat_nb.media.codecs.video_format import CHROMAS, VideoFormat
from stoat_nb.media.codecs.vui import Vui, vui_head

_SPS, _TYPE = 7, 0x1F
_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_BASELINE, _SEPARABLE, _NO_REORDER = 66, 3, 2
_NAMES = {
    66: "Baseline",
    77: "Main",
    88: "Extended",
    100: "High",
    110: "High 10",
    122: "High 4:2:2",
    144: "High 4:4:4",
    118: "Multiview High",
    128: "Stereo High",
    244: "High 4:4:4 Predictive",
    44: "CAVLC 4:4:4",
}
_INTRA = {110: "High 10 Intra", 122: "High 4:2:2 Intra", 244: "High 4:4:4 Intra"}
_START = b"\0\0\x01"
_MOST_CYCLE = 255
_EXTENSION = 4  # bytes that some profiles add


class Config(NamedTuple):
    """A decoder's configuration: how samples are cut into units, and the parameter sets."""

    length_size: int  #: Bytes before each unit that say its length; 0 for start codes.
    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]


def config(extradata: bytes) -> Config | None:
    """Read what containers keep: ``avcC`` (ISO/IEC 14496-15, 5.3.3.1), or units as in a stream."""
    if extradata[:1] != b"\x01":
        units = extradata.split(_START)[1:]
        sps = tuple(unit for unit in units if unit and unit[0] & _TYPE == _SPS)
        return Config(0, sps, ()) if sps else None
    if len(extradata) < 7:  # noqa: PLR2004 - the shortest with a count of sets
        return None
    sps, at = _sets(extradata, 6, extradata[5] & 0x1F)
    count = extradata[at] if at < len(extradata) else 0
    pps, _ = _sets(extradata, at + 1, count)
    return Config((extradata[4] & 3) + 1, sps, pps)


def _sets(data: bytes, at: int, count: int) -> tuple[tuple[bytes, ...], int]:
    found = []
    for _ in range(count):
        length = int.from_bytes(data[at : at + 2], "big")
        if not length or at + 2 + length > len(data):
            break
        found.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    return tuple(found), at


@cached
def video_format(extradata: bytes) -> VideoFormat | None:
    """Return the form of the pictures by the first parameter set; None if there is none to read."""
    known = config(extradata)
    try:
        return _picture(known) if known and known.sps else None
    except (OutOfBits, IndexError, KeyError):
        return None


class Sps:
    """A sequence parameter set in the making: what later fields depend on."""

    __slots__ = (
        "bit_depth",
        "chroma",
        "constraints",
        "frame_bits",
        "level",
        "order_bits",
        "order_type",
        "profile",
    )

    def __init__(self, *, profile: int, constraints: int, level: int) -> None:
        self.profile = profile
        self.constraints = constraints
        self.level = level
        self.chroma = 1
        self.bit_depth = 8
        self.frame_bits = 4  #: In which slices count frames.
        self.order_type = 0
        self.order_bits = 4  #: In which slices say their place in the order of showing.


def head(bits: Bits) -> Sps:
    """Read a parameter set up to how slices tell the order of pictures."""
    sps = Sps(profile=bits.u(8), constraints=bits.u(8), level=bits.u(8))
    bits.ue()
    if sps.profile in _WITH_CHROMA:
        _chroma(bits, sps)
    sps.frame_bits = bits.ue() + 4
    _order(bits, sps)
    return sps


def _picture(known: Config) -> VideoFormat:
    bits = Bits(unescaped(known.sps[0][1:]))
    sps = head(bits)
    bits.ue()  # how many frames are referred to
    bits.skip(1)
    width, height = 16 * (bits.ue() + 1), 16 * (bits.ue() + 1)
    progressive = bits.flag()
    if not progressive:
        height *= 2
        bits.skip(1)
    bits.skip(1)
    chroma, across, down = CHROMAS[sps.chroma]
    crop = _crop(bits, across, down if progressive else 2 * down)
    seen = _vui(bits) if bits.flag() else Vui()
    return VideoFormat(
        width=width - crop[0],
        height=height - crop[1],
        coded_width=width,
        coded_height=height,
        chroma=chroma,
        bit_depth=sps.bit_depth,
        profile=sps.profile,
        profile_name=_profile(sps),
        level=sps.level,
        sar=seen.sar,
        full_range=seen.full_range,
        primaries=seen.primaries,
        transfer=seen.transfer,
        matrix=seen.matrix,
        reorder=seen.reorder,
        progressive=progressive,
        in_order=sps.order_type == _NO_REORDER or sps.profile == _BASELINE,
        marks_fields=seen.marks_fields or not progressive or _has_field_order(known),
    )


def _chroma(bits: Bits, sps: Sps) -> None:
    sps.chroma = bits.ue()
    if sps.chroma == _SEPARABLE:
        bits.skip(1)
    sps.bit_depth = 8 + bits.ue()
    bits.ue()
    bits.skip(1)
    if bits.flag():
        for number in range(12 if sps.chroma == _SEPARABLE else 8):
            if bits.flag():
                _scaling_list(bits, 16 if number < 6 else 64)  # noqa: PLR2004 - six 4x4 lists first


def _scaling_list(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _order(bits: Bits, sps: Sps) -> None:
    sps.order_type = bits.ue()
    if sps.order_type == 0:
        sps.order_bits = bits.ue() + 4
    elif sps.order_type == 1:
        bits.skip(1)
        bits.se()
        bits.se()
        for _ in range(min(bits.ue(), _MOST_CYCLE)):
            bits.se()


def _crop(bits: Bits, across: int, down: int) -> tuple[int, int]:
    if not bits.flag():
        return 0, 0
    left, right, top, bottom = (bits.ue() for _ in range(4))
    return (left + right) * across, (top + bottom) * down


def _profile(sps: Sps) -> str | None:
    if sps.profile == _BASELINE and sps.constraints & 0x40:
        return "Constrained Baseline"
    if sps.constraints & 0x10 and sps.profile in _INTRA:
        return _INTRA[sps.profile]
    return _NAMES.get(sps.profile)


def _has_field_order(known: Config) -> bool:
    """Whether slices may carry an order of fields (``bottom_field_pic_order_in_frame_present``)."""
    for unit in known.pps:
        bits = Bits(unescaped(unit[1:]))
        bits.ue()
        bits.ue()
        bits.skip(1)
        if bits.flag():
            return True
    return not known.pps


def _vui(bits: Bits) -> Vui:
    seen = vui_head(bits)
    if bits.flag():
        bits.skip(65)
    _hrd(bits, seen)
    if bits.flag():
        bits.skip(1)
        for _ in range(4):
            bits.ue()
        seen.reorder = bits.ue()
    return seen


def _hrd(bits: Bits, seen: Vui) -> None:
    """Step over the models of the decoder's buffer."""
    present = False
    for _ in range(2):
        if bits.flag():
            present = True
            count = bits.ue() + 1
            bits.skip(8)
            for _ in range(min(count, 32)):
                bits.ue()
                bits.ue()
                bits.skip(1)
            bits.skip(20)
    if present:
        bits.skip(1)
    seen.marks_fields = bits.flag()


@cached
def is_well_formed(extradata: bytes) -> bool:
    """Whether a configuration is whole, and says the same of the profile as its parameter set."""
    known = config(extradata)
    if known is None or not known.length_size or len(known.sps) != 1 or not known.pps:
        return False
    ends = 7 + sum(2 + len(unit) for unit in (*known.sps, *known.pps))
    kinds = {unit[0] for unit in known.sps} | {unit[0] & ~0x60 for unit in known.pps}
    return (
        extradata[5] & 0x1F == 1
        and extradata[1:4] == known.sps[0][1:4]
        and kinds <= {0x67, 0x47, 0x27, 0x08}
        and len(extradata) - ends in (0, _EXTENSION)
    )
