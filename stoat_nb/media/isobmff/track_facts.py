"""What an ISO track says of a stream that libav does not hand out, or says otherwise."""

from __future__ import annotations

from stoat_nb.media.budgeted_reader import BudgetedReader, MemoryReader
from stoat_nb.media.colours import Colour, colour_facts, colour_of
from stoat_nb.media.facts import Facts
from stoat_nb.media.isobmff.boxes import Box, boxes
from stoat_nb.media.isobmff.display_matrix import Matrix, orientation
from stoat_nb.media.isobmff.tracks import VISUAL, Track
from stoat_nb.media.isobmff.view import view_facts

#: Sample entries whose samples are encrypted: ISO/IEC 14496-12, 8.12; Apple's and OMA's own.
_ENCRYPTED = frozenset([b"encv", b"enca", b"enct", b"encs", b"encu", b"drms", b"drmi"])
_LONGEST = 512
#: Values of ``kind`` (ISO/IEC 14496-12, 8.10.4) in the schemes of DASH (ISO/IEC 23009-1, 5.8.5.5)
#: and of HTML, and Apple's media characteristics (``tagc``).
_ROLES = {
    "caption": "is_sdh",
    "captions": "is_sdh",
    "enhanced-audio-intelligibility": "is_sdh",
    "public.accessibility.transcribes-spoken-dialog": "is_sdh",
    "public.accessibility.describes-music-and-sound": "is_sdh",
    "commentary": "is_commentary",
    "description": "is_description",
    "descriptions": "is_description",
    "main-desc": "is_description",
    "public.accessibility.describes-video": "is_description",
    "dub": "is_dub",
    "translation": "is_dub",
    "public.translation.dubbed": "is_dub",
    "public.original-content": "is_original",
}
_NO_ROLES = dict.fromkeys(_ROLES.values())


def track_facts(reader: BudgetedReader, track: Track, movie: Matrix) -> Facts:
    """Return the facts; None where the track does not say."""
    found: Facts = {**_NO_ROLES}
    for said in _roles(reader, track):
        if role := _ROLES.get(said):
            found[role] = True
    found["language_bcp47"] = _extended_language(reader, track.mdia.one(b"elng"))
    found["encrypted"] = track.tag in _ENCRYPTED if track.tag else None
    if track.sample_entry.count(b"colr") > 1:
        found |= _first_colour(track.sample_entry)
    if track.handler == b"vide":
        found |= view_facts(reader, track)
        if turned := orientation(track.matrix, movie):
            found["rotation"], found["mirrored"] = turned
    return found


def _first_colour(entry: bytes) -> dict[str, str | None]:
    """Return the colour of the first box: the most accurate comes first (14496-12, 12.1.5)."""
    reader = MemoryReader(entry)
    for box in boxes(reader, VISUAL, len(entry)):
        body = entry[box.body : box.end]
        if box.kind == b"colr" and (colour := colour_of(body)) != Colour():
            known = colour_facts(colour)
            return {name: value for name, value in known.items() if value is not None}
    return {}


def _roles(reader: BudgetedReader, track: Track) -> list[str]:
    found = []
    for place in track.trak.all(b"udta"):
        for box in (*place.all(b"tagc"), *place.all(b"kind")):
            body = reader.at(box.body, min(box.end - box.body, _LONGEST))
            if box.kind == b"kind":  # version and flags, the scheme, the value
                body = body[4:].partition(b"\0")[2]
            found.append(_text(body))
    return found


def _extended_language(reader: BudgetedReader, box: Box | None) -> str | None:
    """Return the language by BCP 47 (ISO/IEC 14496-12, 8.4.6)."""
    return _text(reader.at(box.body + 4, min(box.end - box.body - 4, 100))) or None if box else None


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("ascii", "replace")
