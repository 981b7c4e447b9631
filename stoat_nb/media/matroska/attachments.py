"""The files attached to a Matroska film: their names and kinds, without their content."""

from __future__ import annotations

from typing import Any

from stoat_nb.media.budgeted_reader import Window
from stoat_nb.media.matroska.ebml import CRC, VOID, Element, elements
from stoat_nb.media.matroska.tags import Words, text_of
from stoat_nb.media.unsupported import prove

_FILE, _NAME, _KIND, _CONTENT = 0x61A7, 0x466E, 0x4660, 0x465C
_TITLE, _NUMBER = 0x467E, 0x46AE
_KNOWN = frozenset({_NAME, _KIND, _CONTENT, _TITLE, _NUMBER, CRC, VOID})
_MOST, _LONGEST = 48, 1000  # files; bytes of a text
#: Fonts by their kind, as FFmpeg names the codec; None where it names none.
_FONTS = {
    "application/x-truetype-font": "ttf",
    "application/x-font": "ttf",
    "application/vnd.ms-opentype": "otf",
    "application/font-sfnt": None,
    "font/collection": None,
    "font/otf": None,
    "font/sfnt": None,
    "font/ttf": None,
}


def attached(window: Window, place: Element | None) -> list[tuple[dict[str, Any], Words]]:
    """Return a stream for each attached font, and its tags; pictures are left to libav."""
    if place is None or place.end is None:
        return []
    found: list[tuple[dict[str, Any], Words]] = []
    at = place.body
    for element in elements(window, place.body, place.end):
        at = element.end or 0
        if element.id not in (CRC, VOID):
            prove(element.id == _FILE and len(found) < _MOST, "something else attached")
            found.append(_font(window, element))
    prove(at == place.end, "an attachment beyond its place")
    return found


def _font(window: Window, place: Element) -> tuple[dict[str, Any], Words]:
    inside: dict[int, Element] = {}
    at = place.body
    for element in elements(window, place.body, place.end or 0):
        at = element.end or 0
        prove(element.id in _KNOWN and element.id not in inside and at, "an attachment of a form")
        inside[element.id] = element
    prove(at == place.end and {_NAME, _KIND, _CONTENT} <= set(inside), "an attachment of a form")
    content = inside[_CONTENT]
    prove((content.end or 0) > content.body, "an attachment without content")
    kind = _text(window, inside[_KIND])
    prove(kind in _FONTS, f"another kind of attachment: {kind}")
    words = [("filename", _text(window, inside[_NAME])), ("mimetype", kind)]
    if title := _text(window, inside.get(_TITLE)):
        words.append(("title", title))
    prove(all(value for _, value in words), "an attachment without a name")
    facts = {"kind": "attachment", "codec": _FONTS[kind], "title": title or None}
    return facts, words


def _text(window: Window, element: Element | None) -> str:
    if element is None:
        return ""
    length = (element.end or element.body) - element.body
    prove(length < _LONGEST, "a long name")
    return text_of(window.exactly(element.body, length))
