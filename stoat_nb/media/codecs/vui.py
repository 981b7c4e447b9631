"""What H.264 and H.265 say alike of how pictures are shown (their annexes E)."""

from __future__ import annotations

from stoat_nb.media.codecs.bits import Bits
from stoat_nb.media.codecs.video_format import ASPECTS, EXTENDED_ASPECT


class Vui:
    """What a parameter set says of how pictures are shown."""

    __slots__ = ("full_range", "marks_fields", "matrix", "primaries", "reorder", "sar", "transfer")

    def __init__(self) -> None:
        self.sar: tuple[int, int] | None = None
        self.full_range: bool | None = None
        self.primaries: int | None = None
        self.transfer: int | None = None
        self.matrix: int | None = None
        self.reorder: int | None = None
        self.marks_fields = False


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
