"""What tags say of a film's origin, under the names that FFmpeg or the makers give them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stoat_nb.media.origin import camera_xml
from stoat_nb.media.origin.clues import Clues
from stoat_nb.media.origin.moments import parsed
from stoat_nb.media.origin.places import iso6709

_APPLE = "com.apple.quicktime."
_APPLE_DATE = f"{_APPLE}creationdate"
#: Tags whose name says that they are the date of recording; a day is enough.
_RECORDED = (
    "date_recorded",  # Matroska's
    "recorded_date",
    "datetimeoriginal",
    "com.divergentmedia.clipwrap.originaldatetime",
    "date_digitized",
)
#: Tags by column, the most telling first.
_TEXTS = {
    "camera_make": (
        f"{_APPLE}make",
        "com.android.manufacturer",
        "make",
        "com.apple.proapps.manufacturer",
        "com.divergentmedia.clipwrap.manufacturer",
    ),
    "camera_model": (
        f"{_APPLE}model",
        "com.android.model",
        "model",
        "com.apple.proapps.modelname",
        "com.divergentmedia.clipwrap.model",
    ),
    "lens": (f"{_APPLE}camera.lens_model", "lens_model", "lens"),
    "timecode": ("timecode",),
    "title": ("title",),
    "reel": ("reel_name", "reel", "com.apple.proapps.reel"),
    "encoder": ("encoder", "software", f"{_APPLE}software", "wm/toolname", "metadatacreator"),
}
_BY_TRUST = {key: column for column, keys in _TEXTS.items() for key in keys}
_PLACES = (f"{_APPLE}location.iso6709", "location", "xyz")
_OF_STREAMS = {"timecode": "timecode", "reel_name": "reel"}
_XML = "com.panasonic.semi-pro.metadata.xml"
_PRODUCT = ("company_name", "product_name", "product_version")
_DATES = (_APPLE_DATE, *_RECORDED, "date", "creation_time", "creationdate")
_DATED = frozenset(_DATES)
_WANTED = frozenset([*_BY_TRUST, *_PLACES, *_OF_STREAMS, *_PRODUCT, *_DATES, _XML])


def add_tags(clues: Clues, tags: Iterable[Mapping[str, Any]], format_name: str) -> None:
    """Add what tags say, those of the file before those of its streams.

    >>> clues = Clues()
    >>> add_tags(clues, [{"key": "com.apple.quicktime.make", "value": "Apple"}], "mov,mp4")
    >>> clues.texts
    {'camera_make': 'Apple'}
    """
    own: dict[str, str] = {}
    of_streams: dict[str, str] = {}
    for tag in tags:
        key = tag["key"].lower()
        if key in _WANTED:
            (own if tag.get("idx") is None else of_streams).setdefault(key, tag["value"])
    if format_name == "ogg":  # a file of Ogg has none but its streams'
        own = {**of_streams, **own}
    if own:
        _add_words(clues, own)
    for key, column in _OF_STREAMS.items():
        clues.text(column, of_streams.get(key))
    _add_dates(clues, own, of_streams, format_name)


def _add_words(clues: Clues, own: Mapping[str, str]) -> None:
    for key, column in _BY_TRUST.items():
        if key in own:
            clues.text(column, own[key])
    for key in _PLACES:
        if key in own:
            clues.place = clues.place or iso6709(own[key])
    clues.text("encoder", _product(own))
    if _XML in own:
        clues.add(camera_xml.clues_in(own[_XML].encode()))


def _add_dates(
    clues: Clues, own: Mapping[str, str], of_streams: Mapping[str, str], format_name: str
) -> None:
    if not own.keys() & _DATED and not of_streams:
        return
    clues.date("quicktime_creationdate", parsed(own.get(_APPLE_DATE)))
    for key in _RECORDED:
        clues.date("recorded_date", parsed(own.get(key), is_day_enough=True))
    is_iso, is_avi = format_name.startswith("mov,"), format_name == "avi"
    day = parsed(own.get("date"), is_day_enough=is_avi)
    # AVI's ICRD is when its subject was made. QuickTime's (c)day is when it was filmed, with the
    # zone; iTunes' is when it was published.
    if is_avi or (is_iso and day and day.zone[0] in "+-"):
        clues.date("recorded_date", day)
    if not is_iso and not is_avi:  # whose headers are read: what FFmpeg makes of them may be wrong
        for key in ("creation_time", "creationdate"):
            clues.date("creation_time", parsed(own.get(key)))
        clues.date("creation_time", parsed(of_streams.get("creation_time")))


def _product(own: Mapping[str, str]) -> str:
    """Return the name of the program that an MXF file states (SMPTE ST 377-1, Identification)."""
    company, name = own.get("company_name", ""), own.get("product_name", "")
    if company and not name.startswith(company):
        name = f"{company} {name}"
    return f"{name} {own.get('product_version', '')}".strip() if own.get("product_name") else ""
