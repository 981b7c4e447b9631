"""What a file says of its origin, from all places that say something, and whom to believe."""

from __future__ import annotations

import re
from typing import Any

from stoat_nb.media.origin.moments import Moment
from stoat_nb.media.origin.places import Place

#: Who says when a film was recorded, the most trusted first. What a camera notes for its owner
#: stays as it is when a film is trimmed or sent on; headers are written anew.
DATE_BASES = (
    "quicktime_creationdate",  # Apple's key com.apple.quicktime.creationdate
    "recorded_date",  # tags whose name says so
    "mdpm",  # AVCHD's user data in the first pictures
    "dv",  # the packs of a DV frame
    "camera_xml",  # Sony's and Panasonic's XML
    "camera_tags",  # boxes and chunks of the maker's own
    "package",  # the packages of MXF
    "file_properties",  # of ASF
    "creation_time",  # a tag by that name, in formats that have no such header
    "date_utc",  # Matroska's DateUTC: when the file was multiplexed
    "idit",  # the header of AVI
    "movie_header",  # mvhd
    "track_header",  # mdhd
)
_TIMECODE = re.compile(r"\s*(\d\d):(\d\d):(\d\d)([:;.,])(\d{2,3})\s*\0*", re.ASCII)
_NOTHING: dict[str, Any] = {
    **dict.fromkeys(("created_at", "created_basis", "created_tz", "gps_lat", "gps_lon")),
    **dict.fromkeys(("camera_make", "camera_model", "lens", "timecode", "drop_frame", "reel")),
    **dict.fromkeys(("encoder", "muxer", "title")),
}
#: Libraries that write containers, and nothing else: what names one as the encoder names it.
_MUXERS = ("Lavf", "GPAC", "L-SMASH", "mp4v2", "libmkv", "libwebm")
_LONGEST = 1000  # characters of a name


class Clues:
    """What one or several places in a file say of its origin."""

    __slots__ = ("dates", "place", "texts")

    def __init__(self, texts: dict[str, str] | None = None) -> None:
        self.dates: dict[str, Moment] = {}  #: By the basis.
        self.texts = texts or {}  #: By the column.
        self.place: Place | None = None

    def date(self, basis: str, moment: Moment | None) -> None:
        """Add a date, unless it cannot be true or this place has said one."""
        if moment and basis not in self.dates and moment.is_possible:
            self.dates[basis] = moment

    def text(self, column: str, value: str | None) -> None:
        """Add a text, unless there is one."""
        value = (value or "").strip(" \0\r\n\t")[:_LONGEST]
        if value and column not in self.texts:
            self.texts[column] = value

    def add(self, other: Clues) -> None:
        """Add what another place says and this one does not."""
        self.dates = {**other.dates, **self.dates}
        self.texts = {**other.texts, **self.texts}
        self.place = self.place or other.place


def origin_facts(clues: Clues) -> dict[str, Any]:
    """Return the columns that say when, where and with what a film was recorded.

    >>> clues = Clues(texts={"timecode": "01:00:00;02", "encoder": "HandBrake"})
    >>> facts = origin_facts(clues)
    >>> facts["timecode"], facts["drop_frame"], facts["encoder"], facts["created_at"]
    ('01:00:00;02', True, 'HandBrake', None)
    """
    facts: dict[str, Any] = {**_NOTHING, **clues.texts}
    if clues.texts.get("encoder", "").startswith(_MUXERS):
        facts["muxer"] = facts["muxer"] or facts["encoder"]
    dates = clues.dates
    if dates:
        bases = [one for one in DATE_BASES if one in dates]
        if bases[0] == "creation_time" and dates["creation_time"] == dates.get("date_utc"):
            del bases[0]  # FFmpeg's word for the same
        chosen = dates[bases[0]]
        facts["created_at"], facts["created_tz"] = chosen.text, chosen.zone
        facts["created_basis"] = bases[0]
    if clues.place:
        facts["gps_lat"], facts["gps_lon"] = clues.place
    if "timecode" in clues.texts:
        facts["timecode"], facts["drop_frame"] = _timecode(clues.texts["timecode"])
    return facts


def _timecode(text: str) -> tuple[str | None, bool | None]:
    """Return a time code as SMPTE 12-1 writes it, a semicolon where it drops frames."""
    found = _TIMECODE.fullmatch(text)
    if found is None:
        return None, None
    hours, minutes, seconds, mark, frames = found.groups()
    if int(hours) > 23 or int(minutes) > 59 or int(seconds) > 59:  # noqa: PLR2004 - a clock's
        return None, None
    drops = mark != ":"
    return f"{hours}:{minutes}:{seconds}{';' if drops else ':'}{frames}", drops
