"""The packs of DV (IEC 61834-4): time code and date of recording, in every frame of a tape."""

from __future__ import annotations

from stoat_nb.media.origin.clues import Clues
from stoat_nb.media.origin.moments import LOCAL, Moment, clock

_BLOCK, _SEQUENCE = 80, 150  # bytes of a block, blocks of a sequence
_SUBCODE, _VAUX = 1, 2  # kinds of sections
_MOST_SEQUENCES = 12
_TIMECODE, _DATES, _TIMES = 0x13, (0x62, 0x52), (0x63, 0x53)
_DROPS = 0x40
_SOURCE_CONTROL, _INTERLACED = 0x61, 0x10
_FIRST_DV = 90  # the year of two digits before which it is 2000 and more


def is_interlaced(frame: bytes) -> bool | None:
    """Tell whether a frame is two fields, by the source control of its video (SMPTE ST 314)."""
    control = _packs(frame).get(_SOURCE_CONTROL)
    return bool(control[2] & _INTERLACED) if control else None


def clues_in(frame: bytes) -> Clues:
    """Return what the packs of a frame say."""
    packs, clues = _packs(frame), Clues()
    dates = [packs[one] for one in _DATES if one in packs]
    times = [packs[one] for one in _TIMES if one in packs]
    if dates and times:
        clues.date("dv", _date(dates[0], times[0]))
    clues.text("timecode", _timecode(packs.get(_TIMECODE, b"")))
    return clues


def _packs(frame: bytes) -> dict[int, bytes]:
    """Return the packs of the subcode and of the video's auxiliary data, by their numbers."""
    packs: dict[int, bytes] = {}
    blocks = min(len(frame) // _BLOCK, _MOST_SEQUENCES * _SEQUENCE)
    for start in range(0, blocks * _BLOCK, _SEQUENCE * _BLOCK):
        for at in range(start + _BLOCK, start + 6 * _BLOCK, _BLOCK):
            kind = frame[at] >> 5 if at < len(frame) else -1
            if kind == _SUBCODE:  # six sync blocks of eight bytes, the pack behind three
                places = range(at + 6, at + 6 + 6 * 8, 8)
            elif kind == _VAUX:  # fifteen packs
                places = range(at + 3, at + 3 + 15 * 5, 5)
            else:
                continue
            for one in places:
                content = frame[one + 1 : one + 5]
                if len(content) == 4 and content != b"\xff\xff\xff\xff":  # noqa: PLR2004 - nothing recorded
                    packs.setdefault(frame[one], content)
    return packs


def _date(date: bytes, time: bytes) -> Moment | None:
    """Read a date; its zone is left out by most camcorders, and not to be relied on."""
    year = decimal(date[3])
    if year is None:
        return None
    raw = date[2] & 0x1F, date[1] & 0x3F, time[3] & 0x3F, time[2] & 0x7F, time[1] & 0x7F
    full_year = year + (1900 if year >= _FIRST_DV else 2000)
    return clock(full_year, tuple(map(decimal, raw)), zone=LOCAL)


def _timecode(pack: bytes) -> str:
    if len(pack) != 4:  # noqa: PLR2004 - bytes of a pack
        return ""
    frames, seconds, minutes, hours = (
        decimal(byte & mask) for byte, mask in zip(pack, (0x3F, 0x7F, 0x7F, 0x3F), strict=True)
    )
    if frames is None or seconds is None or minutes is None or hours is None:
        return ""
    mark = ";" if pack[0] & _DROPS else ":"
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{mark}{frames:02d}"


def decimal(byte: int) -> int | None:
    """Return a number of two decimal digits in a byte; None if it is none.

    >>> decimal(0x59), decimal(0x5A)
    (59, None)
    """
    tens, units = byte >> 4, byte & 15
    return tens * 10 + units if tens < 10 and units < 10 else None  # noqa: PLR2004 - digits
