"""Dates as files write them, and which of them can be true."""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

UTC_BY_FORMAT, LOCAL = "UTC", "local"

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONGEST = 64  # characters of a date
_ZONE = r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?"
_SECOND = r"(?::(?P<second>\d{1,2})(?:[.,](?P<part>\d{1,9}))?)?"
_TIME = rf"(?P<hour>\d{{1,2}}):\s?(?P<minute>\d{{1,2}}){_SECOND}"
#: ISO 8601's 2011-11-11T11:11:11Z, Exif's 2011:11:11 11:11:11, Casio's "2001/ 1/27  1:42PM".
_NUMBERS = re.compile(
    r"(?P<year>\d{4})[-:/]\s?(?P<month>\d{1,2})[-:/]\s?(?P<day>\d{1,2})"
    rf"(?:/?[T\s]\s*{_TIME}\s*(?P<half>[AP]M)?{_ZONE})?",
    re.ASCII | re.IGNORECASE,
)
#: C's "Sat Mar 20 14:53:48 2010", as AVI files have it.
_NAMES = re.compile(
    rf"(?:[a-z]{{3,9}},?\s+)?(?P<name>[a-z]{{3}})\s+(?P<day>\d{{1,2}})\s+{_TIME}\s+(?P<year>\d{{4}})",
    re.ASCII | re.IGNORECASE,
)
#: RFC 5322's "Fri, 20 Sep 2013 10:49:09 +0100".
_MAIL = re.compile(
    rf"(?:[a-z]{{3}},?\s+)?(?P<day>\d{{1,2}})\s+(?P<name>[a-z]{{3}})\s+(?P<year>\d{{4}})\s+{_TIME}{_ZONE}",
    re.ASCII | re.IGNORECASE,
)
_NOON = 12
_FARTHEST = timedelta(hours=14)  # of all time zones
_FIRST_FILM = 1888
#: A clock that was never set says a day like these: the first of a count of time, or its overflow.
_NO_DAYS = frozenset(
    [date(1900, 1, 1), date(1904, 1, 1), date(1970, 1, 1), date(2036, 2, 6), date(2038, 1, 19)]
)
_NO_MOMENTS = frozenset([datetime(1980, 1, 1), datetime(2001, 1, 1)])  # noqa: DTZ001 - of any zone
_SKEW = timedelta(days=1)  # clocks differ, and so do time zones


class Moment(NamedTuple):
    """A date with its time, as a clock showed it."""

    wall: datetime  #: Without a zone: see ``zone``.
    zone: str  #: "UTC" by the format's rule, an offset as "+02:00", or "local": of an unknown zone.

    @property
    def text(self) -> str:
        """ISO 8601: in UTC, or without a zone where none is known."""
        if self.zone == LOCAL:
            return self.wall.isoformat()
        return f"{(self.wall - offset_of(self.zone)).isoformat()}Z"

    @property
    def is_possible(self) -> bool:
        """Whether it can be the date of a film: not a clock's zero, nor a day to come."""
        try:
            utc = self.wall - offset_of(self.zone)
        except OverflowError:
            return False
        if self.wall.year < _FIRST_FILM or self.wall in _NO_MOMENTS or utc in _NO_MOMENTS:
            return False
        if self.wall.date() in _NO_DAYS or utc.date() in _NO_DAYS:
            return False
        if utc.year < time.gmtime().tm_year:
            return True
        return utc <= datetime.now(UTC).replace(tzinfo=None) + _SKEW


@lru_cache(maxsize=64)
def offset_of(zone: str) -> timedelta:
    """Return how far a zone is ahead of UTC; nothing for one that is not known."""
    if zone[:1] not in ("+", "-"):
        return timedelta(0)
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    return timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)


@lru_cache(maxsize=64)
def zone_of(minutes: int) -> str:
    """Return the zone that is so many minutes ahead of UTC; no place is 15 hours ahead.

    >>> zone_of(-210)
    '-03:30'
    """
    if abs(minutes) > _FARTHEST.total_seconds() / 60:
        return LOCAL
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"


def since(epoch: datetime, **count: float) -> Moment | None:
    """Return the moment so long after an epoch, in UTC; None beyond the calendar.

    >>> since(datetime(1904, 1, 1), seconds=1451692800)
    Moment(wall=datetime.datetime(1950, 1, 1, 0, 0), zone='UTC')
    """
    try:
        return Moment(epoch + timedelta(**count), UTC_BY_FORMAT)
    except OverflowError:
        return None


def clock(year: int, rest: tuple[int | None, ...], *, zone: str) -> Moment | None:
    """Return the moment of a clock: its year, month, day, hour, minute and second.

    >>> clock(2012, (2, 30, 12, 0, 0), zone=LOCAL)
    """
    if len(rest) != 5 or None in rest:  # noqa: PLR2004 - from the month to the second
        return None
    month, day, hour, minute, second = (part or 0 for part in rest)
    try:
        return Moment(datetime(year, month, day, hour, minute, second), zone)  # noqa: DTZ001 - beside
    except ValueError:
        return None


def parsed(text: str | None, *, is_day_enough: bool = False) -> Moment | None:
    """Read a date with its time, of a local clock where no zone is named.

    >>> parsed("2019-07-12T18:30:00+0200").text
    '2019-07-12T16:30:00Z'
    >>> parsed("2001/ 1/27  1:42PM").text
    '2001-01-27T13:42:00'
    >>> parsed("2008")
    """
    text = (text or "").strip(" \0\r\n\t")
    if not 0 < len(text) <= _LONGEST:
        return None
    found = _NUMBERS.fullmatch(text) or _NAMES.fullmatch(text) or _MAIL.fullmatch(text)
    parts = found.groupdict() if found else {}
    if not parts or (parts["hour"] is None and not is_day_enough):
        return None
    try:
        return Moment(_wall(parts), _zone(parts.get("zone")))
    except ValueError:
        return None


def _wall(parts: dict[str, str | None]) -> datetime:
    month = parts.get("month")
    hour = int(parts["hour"] or 0)
    if half := parts.get("half"):
        hour = hour % _NOON + (_NOON if half.upper() == "PM" else 0)
    return datetime(  # noqa: DTZ001 - the zone is kept beside it
        int(parts["year"] or 0),
        int(month) if month else _MONTHS.index((parts.get("name") or "").lower()) + 1,
        int(parts["day"] or 0),
        hour,
        int(parts["minute"] or 0),
        int(parts["second"] or 0),
        int((parts["part"] or "0").ljust(6, "0")[:6]),
    )


def _zone(written: str | None) -> str:
    if not written:
        return LOCAL
    if written[0] not in "+-":
        return UTC_BY_FORMAT
    minutes = int(written[1:3]) * 60 + int(written[3:].lstrip(":") or 0)
    return zone_of(-minutes if written[0] == "-" else minutes)
