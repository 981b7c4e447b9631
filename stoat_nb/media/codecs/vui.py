"""What H.264 and H.265 say alike of how pictures are shown (their annexes E)."""

from __future__ import annotations

from dataclasses import dataclass

from stoat_nb.media.codecs.bits import Bits
from stoat_nb.media.codecs.picture import ASPECTS, EXTENDED_ASPECT


@dataclass(slots=True)
class Vui:
    """What a parameter set says of how pictures are shown."""

    sar: tuple[int, int] | None = None
    full_range: bool | None = None
    primaries: int | None = None
    transfer: int | None = None
    matrix: int | None = None
    reorder: int | None = None
    marks_fields: bool = False


def vui_head(bits: Bits) -> Vui:
    """Return what both say first, in the same order; each goes on in its own way."""
    seen = Vui()
    if bits.flag():
        kind = bits.u(8)
        seen.sar = (bits.u(16), bits.u(16)) if kind == EXTENDED_ASPECT else ASPECTS.get(kind)
    if bits.flag():
        bits.skip(1)
    if bits.flag():
        bits.skip(3)
        seen.full_range = bits.flag()
        if bits.flag():
            seen.primaries, seen.transfer, seen.matrix = bits.u(8), bits.u(8), bits.u(8)
    if bits.flag():
        bits.ue()
        bits.ue()
    return seen
