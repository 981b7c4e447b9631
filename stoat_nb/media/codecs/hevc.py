"""H.265: the sequence parameter set (ITU-T H.265, clauses 7.3.2.2 and E.2.1) and where it lies."""

from __future__ import annotations

from typing import NamedTuple

from stoat_nb.media.cached import cached
from stoat_nb.media.codecs.bits import Bits, OutOfBits, unescaped
from stoat_nb.media.codecs.video_format import CHROMAS, VideoFormat
from stoat_nb.media.codecs.vui import Vui, vui_head

_VPS, _SPS, _PPS, _SEI = 32, 33, 34, 39
_START = b"\0\0\x01"
_HEAD = 23  # bytes of hvcC before its arrays
_MOST_SETS, _MOST_ARRAYS = 64, 16
_NAMES = {1: "Main", 2: "Main 10", 3: "Main Still VideoFormat", 4: "Rext", 9: "Scc"}
_MULTIVIEW = 6


class Config(NamedTuple):
    """A decoder's configuration: how samples are cut into units, and the units it keeps."""

    length_size: int  #: Bytes before each unit that say its length; 0 for start codes.
    units: tuple[bytes, ...]

    def of(self, kind: int) -> list[bytes]:
        """Return the units of a kind."""
        return [unit for unit in self.units if unit and unit[0] >> 1 & 0x3F == kind]

    @property
    def messages(self) -> list[bytes]:
        """The units of supplemental information."""
        return self.of(_SEI)


@cached
def config(extradata: bytes) -> Config | None:
    """Read what containers keep: ``hvcC`` (ISO/IEC 14496-15, 8.3.3.1), or units as in a stream."""
    if extradata[:1] != b"\x01":
        pieces = tuple(extradata.split(_START)[1:])
        return Config(0, pieces) if pieces else None
    if len(extradata) < _HEAD:
        return None
    at = _HEAD
    units: list[bytes] = []
    for _ in range(min(extradata[22], _MOST_ARRAYS)):
        count = int.from_bytes(extradata[at + 1 : at + 3], "big")
        at += 3
        for _ in range(min(count, _MOST_SETS)):
            length = int.from_bytes(extradata[at : at + 2], "big")
            units.append(extradata[at + 2 : at + 2 + length])
            at += 2 + length
    return Config((extradata[21] & 3) + 1, tuple(units))


@cached
def video_format(extradata: bytes) -> VideoFormat | None:
    """Return the form of the pictures by the first parameter set; None if there is none to read."""
    known = config(extradata)
    sets = known.of(_SPS) if known else []
    try:
        return _picture(Bits(unescaped(sets[0][2:]))) if sets else None
    except (OutOfBits, IndexError, KeyError):
        return None


def _picture(bits: Bits) -> VideoFormat:
    bits.skip(4)
    layers = bits.u(3) + 1
    bits.skip(1)
    profile, sources, level = _profile_tier_level(bits, layers)
    bits.ue()
    kind = bits.ue()
    if kind == 3:  # noqa: PLR2004 - 4:4:4, whose planes may stand apart
        bits.skip(1)
    chroma, across, down = CHROMAS[kind]
    width, height = bits.ue(), bits.ue()
    crop = [bits.ue() for _ in range(4)] if bits.flag() else [0, 0, 0, 0]
    depth = 8 + bits.ue()
    bits.ue()
    order_bits = bits.ue() + 4
    reorder = _ordering(bits, layers)
    _blocks(bits)
    _references(bits, order_bits)
    seen = _vui(bits) if bits.flag() else Vui()
    return VideoFormat(
        width=width - (crop[0] + crop[1]) * across,
        height=height - (crop[2] + crop[3]) * down,
        coded_width=width,
        coded_height=height,
        chroma=chroma,
        bit_depth=depth,
        profile=profile,
        profile_name=_NAMES.get(profile),
        level=level,
        sar=seen.sar,
        full_range=seen.full_range,
        primaries=seen.primaries,
        transfer=seen.transfer,
        matrix=seen.matrix,
        reorder=reorder,
        progressive=True if sources == (True, False) and not seen.marks_fields else None,
        marks_fields=seen.marks_fields,
    )


def _profile_tier_level(bits: Bits, layers: int) -> tuple[int, tuple[bool, bool], int]:
    bits.skip(3)
    profile = bits.u(5)
    compatible = bits.u(32)
    sources = (bits.flag(), bits.flag())
    bits.skip(46)
    level = bits.u(8)
    present = [(bits.flag(), bits.flag()) for _ in range(layers - 1)]
    if layers > 1:
        bits.skip(2 * (9 - layers))
    for has_profile, has_level in present:
        bits.skip(88 * has_profile + 8 * has_level)
    if not profile:  # as decoders do: the first kind of decoder that may read it
        profile = next((n for n in range(1, 32) if compatible >> (31 - n) & 1), 0)
    return profile, sources, level


def _ordering(bits: Bits, layers: int) -> int:
    each = bits.flag()
    reorder = 0
    for _ in range(layers if each else 1):
        bits.ue()
        reorder = bits.ue()
        bits.ue()
    return reorder


def _blocks(bits: Bits) -> None:
    for _ in range(6):
        bits.ue()
    if bits.flag() and bits.flag():
        _scaling_lists(bits)
    bits.skip(2)
    if bits.flag():
        bits.skip(8)
        bits.ue()
        bits.ue()
        bits.skip(1)


def _scaling_lists(bits: Bits) -> None:
    for size in range(4):
        for _ in range(0, 6, 3 if size == 3 else 1):  # noqa: PLR2004 - 32x32 has two lists
            if not bits.flag():
                bits.ue()
                continue
            if size > 1:
                bits.se()
            for _ in range(min(64, 1 << (4 + (size << 1)))):
                bits.se()


def _references(bits: Bits, order_bits: int) -> None:
    count = bits.ue()
    if count > _MOST_SETS:
        raise OutOfBits
    deltas: list[int] = []
    for number in range(count):
        deltas.append(_reference_set(bits, number, deltas))
    if bits.flag():
        for _ in range(min(bits.ue(), 32)):
            bits.skip(order_bits + 1)
    bits.skip(2)


def _reference_set(bits: Bits, number: int, deltas: list[int]) -> int:
    """Step over one set of reference pictures; return how many it has."""
    if number and bits.flag():
        bits.skip(1)
        bits.ue()
        kept = 0
        for _ in range(deltas[number - 1] + 1):
            used = bits.flag()
            kept += used or bits.flag()
        return kept
    count = bits.ue() + bits.ue()
    if count > _MOST_SETS:
        raise OutOfBits
    for _ in range(count):
        bits.ue()
        bits.skip(1)
    return count


def _vui(bits: Bits) -> Vui:
    seen = vui_head(bits)
    bits.skip(1)
    in_fields, has_fields = bits.flag(), bits.flag()
    seen.marks_fields = in_fields or has_fields
    return seen


@cached
def is_well_formed(extradata: bytes) -> bool:
    """Whether a configuration is whole, with one parameter set of each kind in its place."""
    known = config(extradata)
    if known is None or not known.length_size or extradata[22] > _MOST_ARRAYS:
        return False
    at = _HEAD
    for _ in range(extradata[22]):
        kind, count = extradata[at] & 0x3F, int.from_bytes(extradata[at + 1 : at + 3], "big")
        at += 3
        for _ in range(min(count, _MOST_SETS)):
            length = int.from_bytes(extradata[at : at + 2], "big")
            if extradata[at + 2 : at + 4] != bytes([kind << 1, 1]):
                return False
            at += 2 + length
    kinds = [unit[0] >> 1 for unit in known.units]
    one_each = kinds.count(_VPS) == kinds.count(_SPS) == 1 and _PPS in kinds
    [sps] = known.of(_SPS)[:1] or [b""]
    return at == len(extradata) and one_each and unescaped(sps)[3:15] == extradata[1:13]
