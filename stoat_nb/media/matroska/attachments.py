"""The files attached to a Matroska film (RFC 9559, 5.1.6): names and kinds, not their content."""

from __future__ import annotations

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.facts import Facts
from stoat_nb.media.matroska import element_ids as ids
from stoat_nb.media.matroska.ebml import Element, elements
from stoat_nb.media.matroska.tags import Tags, text_of
from stoat_nb.media.unsupported import require

_NEEDED = frozenset({ids.FILE_NAME, ids.FILE_MEDIA_TYPE, ids.FILE_DATA})
_KNOWN = _NEEDED | {ids.FILE_DESCRIPTION, ids.FILE_UID, ids.CRC_32, ids.VOID}
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


def attached(reader: BudgetedReader, place: Element | None) -> list[tuple[Facts, Tags]]:
    """Return a stream for each attached font, and its tags; pictures are left to libav."""
    if place is None or place.end is None:
        return []
    found: list[tuple[Facts, Tags]] = []
    at = place.body
    for element in elements(reader, place.body, place.end):
        at = element.end or 0
        if element.id not in (ids.CRC_32, ids.VOID):
            require(
                element.id == ids.ATTACHED_FILE and len(found) < _MOST, "something else attached"
            )
            found.append(_font(reader, element))
    require(at == place.end, "an attachment beyond its place")
    return found


def _font(reader: BudgetedReader, place: Element) -> tuple[Facts, Tags]:
    inside: dict[int, Element] = {}
    at = place.body
    for element in elements(reader, place.body, place.end or 0):
        at = element.end or 0
        require(element.id in _KNOWN and element.id not in inside and at, "an attachment of a form")
        inside[element.id] = element
    require(at == place.end and set(inside) >= _NEEDED, "an attachment of a form")
    content = inside[ids.FILE_DATA]
    require((content.end or 0) > content.body, "an attachment without content")
    kind = _text(reader, inside[ids.FILE_MEDIA_TYPE])
    require(kind in _FONTS, f"another kind of attachment: {kind}")
    words = [("filename", _text(reader, inside[ids.FILE_NAME])), ("mimetype", kind)]
    if title := _text(reader, inside.get(ids.FILE_DESCRIPTION)):
        words.append(("title", title))
    require(all(value for _, value in words), "an attachment without a name")
    facts: Facts = {"kind": "attachment", "codec": _FONTS[kind], "title": title or None}
    return facts, words


def _text(reader: BudgetedReader, element: Element | None) -> str:
    if element is None:
        return ""
    length = (element.end or element.body) - element.body
    require(length < _LONGEST, "a long name")
    return text_of(reader.exactly(element.body, length))
