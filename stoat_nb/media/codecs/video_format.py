"""What the headers of any video codec have in common."""

from __future__ import annotations

from typing import NamedTuple


class VideoFormat(NamedTuple):
    """The form of a stream's pictures, as the codec's own header states it. Unknown is None."""

    width: int | None = None  #: After cropping.
    height: int | None = None
    coded_width: int | None = None  #: Before cropping.
    coded_height: int | None = None
    chroma: str | None = None  #: 4:2:0, 4:2:2, 4:4:4, or 4:0:0 for grey.
    bit_depth: int | None = None
    profile: int | None = None
    profile_name: str | None = None
    level: int | None = None
    sar: tuple[int, int] | None = None
    full_range: bool | None = None
    primaries: int | None = None  #: Code points of ITU-T H.273.
    transfer: int | None = None
    matrix: int | None = None
    reorder: int | None = None  #: How many pictures wait for an earlier one; None if not stated.
    progressive: bool | None = None  #: True if no picture can be made of two fields.
    in_order: bool = False  #: Pictures are shown in the order in which they are stored.
    size: int | None = None  #: Bytes that the first picture says it has.
    marks_fields: bool = True  #: Each picture may say for itself which field comes first.


#: ITU-T H.273, table of sample aspect ratios; 255 means that the numbers follow.
ASPECTS: dict[int, tuple[int, int]] = {
    1: (1, 1),
    2: (12, 11),
    3: (10, 11),
    4: (16, 11),
    5: (40, 33),
    6: (24, 11),
    7: (20, 11),
    8: (32, 11),
    9: (80, 33),
    10: (18, 11),
    11: (15, 11),
    12: (64, 33),
    13: (160, 99),
    14: (4, 3),
    15: (3, 2),
    16: (2, 1),
}
EXTENDED_ASPECT = 255

#: chroma_format_idc: name, and how many luma samples one crop unit spans across and down.
CHROMAS: dict[int, tuple[str, int, int]] = {
    0: ("4:0:0", 1, 1),
    1: ("4:2:0", 2, 2),
    2: ("4:2:2", 2, 1),
    3: ("4:4:4", 1, 1),
}
