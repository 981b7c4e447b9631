"""What a Matroska track entry says of a stream that libav does not hand out (RFC 9559, 5.1.4.1)."""

from __future__ import annotations

from typing import Any

from stoat_nb.media.matroska import element_ids as ids
from stoat_nb.media.matroska.segment import Tree, below, last, masters, number

_ROLES = {
    "is_sdh": (ids.FLAG_HEARING_IMPAIRED,),
    "is_commentary": (ids.FLAG_COMMENTARY,),
    "is_description": (ids.FLAG_VISUAL_IMPAIRED, ids.FLAG_TEXT_DESCRIPTIONS),
    "is_original": (ids.FLAG_ORIGINAL,),
}
_ENCRYPTION = 1


def track_facts(entry: Tree) -> dict[str, Any]:
    """Return the facts; None where the entry does not say."""
    found: dict[str, Any] = {name: _flag(entry, flags) for name, flags in _ROLES.items()}
    # Original or not: what it is not, it was made from.
    found["is_dub"] = None if found["is_original"] is None else not found["is_original"]
    tagged = last(entry, ids.LANGUAGE_BCP47).split(b"\0", 1)[0]
    found["language_bcp47"] = tagged.decode("ascii", "replace") or None
    found["id"] = number(entry, ids.TRACK_NUMBER)
    if number(below(entry, ids.VIDEO), ids.ALPHA_MODE):
        found["has_alpha_beside"] = True  # in additions to the blocks
    found["encrypted"] = any(
        ids.CONTENT_ENCRYPTION in one or number(one, ids.CONTENT_ENCODING_TYPE) == _ENCRYPTION
        for one in masters(below(entry, ids.CONTENT_ENCODINGS), ids.CONTENT_ENCODING)
    )
    return found


def _flag(entry: Tree, flags: tuple[int, ...]) -> bool | None:
    said = [number(entry, flag) for flag in flags if flag in entry]
    return any(said) if said else None
