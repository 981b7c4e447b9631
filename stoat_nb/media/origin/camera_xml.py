"""The XML that cameras write: Sony's non-real-time metadata, Panasonic's clip metadata.

It is searched for a few well-known elements and not parsed: so nothing in it can be expanded, and
a piece cut off at a limit is as good as the whole.
"""

from __future__ import annotations

import re

from stoat_nb.media.origin.clues import Clues
from stoat_nb.media.origin.moments import parsed
from stoat_nb.media.origin.places import place, sexagesimal

#: What Sony's document begins with.
SONY = b"<NonRealTimeMeta"
MOST = 1 << 16  #: Bytes worth searching.

#: XML's own names of characters, the one that begins the others last. The library that replaces
#: them loads another that opens addresses: half of what a reader takes to start.
_NAMED = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))
_ATTRIBUTE = re.compile(r'([A-Za-z]{1,40})="([^"<]{0,200})"')
_TAG = re.compile(r"<(CreationDate|Device|Lens|Item)\s([^<>]{1,1000})>")
_TEXT = re.compile(r"<(CreationDate|Manufacturer|ModelName)>([^<>]{1,200})<")
_POINT = re.compile(r"(\d{1,3}):(\d{1,2}):(\d{1,2}(?:\.\d{1,9})?)", re.ASCII)


def clues_in(xml: bytes) -> Clues:
    r"""Return what a document says of camera, date and place.

    >>> xml = b'<CreationDate value="2018-03-28T12:34:56+09:00"/><Device modelName="ILCE-7M3"/>'
    >>> clues_in(xml).dates["camera_xml"].text
    '2018-03-28T03:34:56Z'
    """
    clues, items = Clues(), dict[str, str]()
    text = xml[:MOST].decode("utf-8", "replace")
    for name, inside in _TAG.findall(text):
        said = {key: _plain(value) for key, value in _ATTRIBUTE.findall(inside)}
        if name == "CreationDate":
            clues.date("camera_xml", parsed(said.get("value")))
        elif name == "Device":
            clues.text("camera_make", said.get("manufacturer"))
            clues.text("camera_model", said.get("modelName"))
        elif name == "Lens":
            clues.text("lens", said.get("modelName"))
        else:
            items.setdefault(said.get("name", ""), said.get("value", ""))
    for name, value in _TEXT.findall(text):
        if name == "CreationDate":
            clues.date("camera_xml", parsed(value))
        else:
            clues.text({"Manufacturer": "camera_make"}.get(name, "camera_model"), _plain(value))
    lat, lon = (_degrees(items, name) for name in ("Latitude", "Longitude"))
    if lat is not None and lon is not None:
        clues.place = place(lat, lon)
    return clues


def _plain(text: str) -> str:
    for name, character in _NAMED:
        text = text.replace(name, character)
    return text


def _degrees(items: dict[str, str], name: str) -> float | None:
    """Return degrees as Sony writes them, "35:37:46.123" beside a letter (as Exif, 4.6.6)."""
    found, letter = _POINT.fullmatch(items.get(name, "")), items.get(f"{name}Ref", "")
    if found is None or letter not in ("N", "S", "E", "W"):
        return None
    return sexagesimal(*map(float, found.groups()), negative=letter in "SW")
