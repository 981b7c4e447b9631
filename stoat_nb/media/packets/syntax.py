"""What the bytes of one packet give away without being decoded: sizes, and zeros where none can be.

Only what a codec's own specification rules out is a fault, so that no good file is called damaged.
"""

from __future__ import annotations

import re
from collections.abc import Callable

#: Of H.264, HEVC and VVC no unit holds three zero bytes in a row (ITU-T H.264, 7.4.1; H.265 and
#: H.266 alike); before the next start code, and only there, any number of them may stand.
_ZEROS = bytes(32)
_NOT_NULL = re.compile(rb"[^\0]")
#: No entropy coder writes so many in a row, but hardware pads frames to a constant rate with them.
_LONG_ZEROS = bytes(1024)

_NAL = ("h264", "hevc", "vvc")
#: Codecs with start codes of 23 zero bits and a one (ISO/IEC 13818-2, 5.2.3; 14496-2, 5.2.4).
_START_CODES = ("mpeg1video", "mpeg2video", "mpeg4", "cavs", "vc1")
_ENTROPY = """
vp6 vp6a vp6f vp7 vp8 vp9 av1 h261 h263 h263p flv1 theora svq1 svq3 rv10 rv20 rv30 rv40
msmpeg4v1 msmpeg4v2 msmpeg4v3 wmv1 wmv2 wmv3 mjpeg prores dnxhd cfhd jpeg2000
"""
_ENTROPY_CODED = frozenset(_ENTROPY.split())

_SIZES, _NULLS = "sizes that do not add up", "zeros where its codec writes none"

Check = Callable[[bytes], str | None]


class Inspection:
    """What was found in the packets of one stream."""

    __slots__ = ("_check", "_faults", "_passed")

    def __init__(self, check: Check) -> None:
        self._check = check
        self._passed = 0
        self._faults: dict[str, int] = {}

    def take(self, data: bytes) -> None:
        fault = self._check(data)
        if fault is None:
            self._passed += 1
        else:
            self._faults[fault] = self._faults.get(fault, 0) + 1

    @property
    def damage(self) -> str | None:
        """Return which faults there are; a stream without one good packet is of some other form."""
        if not self._faults or not self._passed:
            return None
        count = sum(self._faults.values())
        whole = count + self._passed
        return f"{count:,} of {whole:,} packets hold {' and '.join(self._faults)}."


def check_of(codec: str | None, extradata: bytes) -> Check | None:
    """Return what finds faults in packets of a codec; None where nothing is known of it."""
    if codec in _NAL:
        width = _length_of_sizes(codec, extradata)
        return _by_sizes(width) if width else _between_start_codes
    if codec in _START_CODES:
        return _between_start_codes
    return _without_long_zeros if codec in _ENTROPY_CODED else None


def _length_of_sizes(codec: str, extradata: bytes) -> int:
    """Read how long the sizes before units are (ISO/IEC 14496-15, 5.3.3, 8.3.3 and 11.2.4.2)."""
    at = {"h264": 4, "hevc": 21, "vvc": 0}[codec]
    if len(extradata) <= at or extradata.startswith((b"\0\0\0\1", b"\0\0\1")):
        return 0
    value = extradata[at] >> 1 if codec == "vvc" else extradata[at]
    return (value & 3) + 1


def _by_sizes(width: int) -> Check:
    def check(data: bytes) -> str | None:
        at, size, empty = 0, len(data), 0
        while at + width <= size:
            length = int.from_bytes(data[at : at + width], "big")
            at += width
            empty += not length
            if length and (at + length > size or data[at] & 0x80):  # the forbidden zero bit
                return _SIZES
            at += length
        if empty > 1:
            return _SIZES
        return _NULLS if _ZEROS in data else None

    return check


def _between_start_codes(data: bytes) -> str | None:
    if _ZEROS not in data:
        return None
    content, at = data.rstrip(b"\0"), 0
    while (at := content.find(_ZEROS, at)) >= 0:
        found = _NOT_NULL.search(content, at)
        if found is None or found[0] != b"\1":
            return _NULLS
        at = found.end()
    return None if content else _NULLS


def _without_long_zeros(data: bytes) -> str | None:
    content = data.rstrip(b"\0") if _LONG_ZEROS in data else b"whole"
    return _NULLS if _LONG_ZEROS in content or not content else None
