"""Where: points on the Earth as files write them (ISO 6709)."""

from __future__ import annotations

import re
from typing import NamedTuple

_ONE = r"([+-])(\d{1,7})(\.\d{1,12})?"
_POINT = re.compile(rf"\s*{_ONE}{_ONE}(?:[+-]\d.*|\s*/.*|\s*|CRS.*)", re.ASCII | re.DOTALL)
_NORTH, _EAST = 90.0, 180.0
_LONGEST = 200


class Place(NamedTuple):
    """A point, in degrees north of the equator and east of Greenwich."""

    lat: float
    lon: float


def place(lat: float, lon: float) -> Place | None:
    """Return a point of the Earth; 0, 0 is what a receiver without a fix says.

    >>> place(0.0, 0.0)
    """
    is_known = -_NORTH <= lat <= _NORTH and -_EAST <= lon <= _EAST and (lat or lon)
    return Place(lat, lon) if is_known else None


def iso6709(text: str) -> Place | None:
    """Read a point: degrees, degrees and minutes, or seconds too, by the count of digits.

    >>> iso6709("+48.8789+002.3376+048.928/")
    Place(lat=48.8789, lon=2.3376)
    >>> iso6709("-3352-07037.5/")
    Place(lat=-33.866667, lon=-70.625)
    """
    found = _POINT.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    lat, lon = _degrees(*found.groups()[:3]), _degrees(*found.groups()[3:])
    return None if lat is None or lon is None else place(lat, lon)


def sexagesimal(degrees: float, minutes: float, seconds: float, *, negative: bool) -> float:
    """Return degrees, minutes and seconds as degrees.

    >>> sexagesimal(35, 37, 46.8, negative=True)
    -35.629667
    """
    whole = round(degrees + minutes / 60 + seconds / 3600, 6)
    return -whole if negative else whole


def _degrees(sign: str, digits: str, fraction: str | None) -> float | None:
    tail = fraction or ""
    if len(digits) <= 3:  # noqa: PLR2004 - degrees; some writers leave out leading zeros
        parts = [float(digits + tail)]
    elif len(digits) <= 5:  # noqa: PLR2004 - degrees and minutes
        parts = [float(digits[:-2]), float(digits[-2:] + tail)]
    else:
        parts = [float(digits[:-4]), float(digits[-4:-2]), float(digits[-2:] + tail)]
    if any(part >= 60 for part in parts[1:]):  # noqa: PLR2004 - minutes and seconds
        return None
    degrees, minutes, seconds = (*parts, 0.0, 0.0)[:3]
    if len(parts) == 1:
        return float(sign + digits + tail)
    return sexagesimal(degrees, minutes, seconds, negative=sign == "-")
