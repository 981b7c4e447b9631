"""The files attached to a Matroska film: their names and kinds, without their content."""

from __future__ import annotations

from typing import Any

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.matroska.ebml import CRC, VOID, Element, elements
from stoat_nb.media.matroska.tags import Tags, text_of
from stoat_nb.media.unsupported import require

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


def attached(reader: BudgetedReader, place: Element | None) -> list[tuple[dict[str, Any], Tags]]:
    """Return a stream for each attached font, and its tags; pictures are left to libav."""
    if place is None or place.end is None:
        return []
    found: list[tuple[dict[str, Any], Tags]] = []
    at = place.body
    for element in elements(reader, place.body, place.end):
        at = element.end or 0
        if element.id not in (CRC, VOID):
            require(element.id == _FILE and len(found) < _MOST, "something else attached")
            found.append(_font(reader, element))
    require(at == place.end, "an attachment beyond its place")
    return found


def _font(reader: BudgetedReader, place: Element) -> tuple[dict[str, Any], Tags]:
    inside: dict[int, Element] = {}
    at = place.body
    for element in elements(reader, place.body, place.end or 0):
        at = element.end or 0
        require(element.id in _KNOWN and element.id not in inside and at, "an attachment of a form")
        inside[element.id] = element
    require(at == place.end and {_NAME, _KIND, _CONTENT} <= set(inside), "an attachment of a form")
    content = inside[_CONTENT]
    require((content.end or 0) > content.body, "an attachment without content")
    kind = _text(reader, inside[_KIND])
    require(kind in _FONTS, f"another kind of attachment: {kind}")
    words = [("filename", _text(reader, inside[_NAME])), ("mimetype", kind)]
    if title := _text(reader, inside.get(_TITLE)):
        words.append(("title", title))
    require(all(value for _, value in words), "an attachment without a name")
    facts = {"kind": "attachment", "codec": _FONTS[kind], "title": title or None}
    return facts, words


def _text(reader: BudgetedReader, element: Element | None) -> str:
    if element is None:
        return ""
    length = (element.end or element.body) - element.body
    require(length < _LONGEST, "a long name")
    return text_of(reader.exactly(element.body, length))
