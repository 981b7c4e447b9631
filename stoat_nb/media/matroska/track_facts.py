"""What a Matroska track entry says of a stream that libav does not hand out (RFC 9559, 5.1.4.1)."""

from __future__ import annotations

from stoat_nb.media.facts import Facts
from stoat_nb.media.matroska import element_ids as ids
from stoat_nb.media.matroska.segment import Tree, below, last, masters, number

_ROLES = {
    "is_sdh": (ids.FLAG_HEARING_IMPAIRED,),
    "is_commentary": (ids.FLAG_COMMENTARY,),
    "is_description": (ids.FLAG_VISUAL_IMPAIRED, ids.FLAG_TEXT_DESCRIPTIONS),
    "is_original": (ids.FLAG_ORIGINAL,),
}
_ENCRYPTION = 1
_CROPPED = {
    "visible_width": (ids.PIXEL_WIDTH, ids.PIXEL_CROP_LEFT, ids.PIXEL_CROP_RIGHT),
    "visible_height": (ids.PIXEL_HEIGHT, ids.PIXEL_CROP_TOP, ids.PIXEL_CROP_BOTTOM),
}
_STEREO = {
    **dict.fromkeys((1, 11), "side_by_side"),
    **dict.fromkeys((2, 3), "top_bottom"),
    **dict.fromkeys((4, 5), "checkerboard"),
    **dict.fromkeys((6, 7), "row_interleaved"),
    **dict.fromkeys((8, 9), "column_interleaved"),
    **dict.fromkeys((10, 12), "anaglyph"),
    **dict.fromkeys((13, 14), "multiview"),
}
_PROJECTIONS = {1: "equirectangular", 2: "cubemap", 3: "mesh"}


def track_facts(entry: Tree) -> Facts:
    """Return the facts; None where the entry does not say."""
    found: Facts = {name: _flag(entry, flags) for name, flags in _ROLES.items()}
    # Original or not: what it is not, it was made from.
    found["is_dub"] = None if found["is_original"] is None else not found["is_original"]
    tagged = last(entry, ids.LANGUAGE_BCP47).split(b"\0", 1)[0]
    found["language_bcp47"] = tagged.decode("ascii", "replace") or None
    if ids.VIDEO in entry:
        found |= _view(below(entry, ids.VIDEO))
    found["id"] = number(entry, ids.TRACK_NUMBER)
    if number(below(entry, ids.VIDEO), ids.ALPHA_MODE):
        found["has_alpha_beside"] = True  # in additions to the blocks
    found["encrypted"] = any(
        ids.CONTENT_ENCRYPTION in one or number(one, ids.CONTENT_ENCODING_TYPE) == _ENCRYPTION
        for one in masters(below(entry, ids.CONTENT_ENCODINGS), ids.CONTENT_ENCODING)
    )
    return found


def _view(video: Tree) -> Facts:
    """Return how much of the pictures is shown, for which eye, and on what (5.1.4.1.28)."""
    found: Facts = {
        "stereo_mode": _STEREO.get(number(video, ids.STEREO_MODE) or 0),
        "projection": _PROJECTIONS.get(
            number(below(video, ids.PROJECTION), ids.PROJECTION_TYPE) or 0
        ),
    }
    for side, (stored, *cut) in _CROPPED.items():
        left_out = sum(number(video, one) or 0 for one in cut)
        if left_out:
            found[side] = (number(video, stored) or 0) - left_out
    return found


def _flag(entry: Tree, flags: tuple[int, ...]) -> bool | None:
    said = [number(entry, flag) for flag in flags if flag in entry]
    return any(said) if said else None
