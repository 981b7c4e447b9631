"""Motion JPEG: what stands before the lines of a picture (ITU-T T.81, annex B; JFIF 1.02)."""

from __future__ import annotations

from stoat_nb.media.codecs.picture import Picture

_START, _SCAN = b"\xff\xd8", 0xDA
_PROFILES = {0xC0: "Baseline", 0xC2: "Progressive"}
_APP0, _COMMENT = 0xE0, 0xFE
_TABLES = frozenset({0xC4, 0xDB, 0xDD})
_PROGRAMS_OWN = frozenset({0xE2, 0xED, 0xEE})  # profiles of colour, and Adobe's notes
#: How often each part is sampled across and down, and what the others make of it.
_SAMPLED = {(0x22, 0x11, 0x11): "4:2:0", (0x21, 0x11, 0x11): "4:2:2", (0x22, 0x12, 0x12): "4:2:2"}
_MATRIX = 5  # ITU-R BT.601, as JFIF has it
_MOST = 16  # segments


def picture(frame: bytes) -> Picture | None:
    """Return the form of the pictures; None where anything is not of the usual kind."""
    if frame[:2] != _START:
        return None
    at, shape, form, profile = 2, None, None, ""
    for _ in range(_MOST):
        if at + 4 > len(frame) or frame[at] != 0xFF:  # noqa: PLR2004 - what every marker starts with
            return None
        kind, size = frame[at + 1], int.from_bytes(frame[at + 2 : at + 4], "big")
        body = frame[at + 4 : at + 2 + size]
        if kind == _SCAN or len(body) != size - 2:
            break
        if kind == _APP0 and body[:5] == b"JFIF\0" and len(body) >= 12:  # noqa: PLR2004 - to the density
            shape = int.from_bytes(body[8:10], "big"), int.from_bytes(body[10:12], "big")
        elif kind in _PROFILES and form is None:
            form, profile = body, _PROFILES[kind]
        elif kind not in _TABLES | _PROGRAMS_OWN and not (kind == _COMMENT and body[:4] == b"Lavc"):
            return None
        at += 2 + size
    is_whole = form is not None and len(form) == 15 and form[0] == 8 and form[5] == 3  # noqa: PLR2004 - three parts of 8 bits
    if not is_whole or form is None or frame[at + 1] != _SCAN:
        return None
    chroma = _SAMPLED.get((form[7], form[10], form[13]))
    height, width = int.from_bytes(form[1:3], "big"), int.from_bytes(form[3:5], "big")
    if chroma is None or not width or not height or (form[6], form[9], form[12]) != (1, 2, 3):
        return None
    return Picture(
        width=width,
        height=height,
        chroma=chroma,
        bit_depth=8,
        profile_name=profile,
        sar=shape,
        full_range=True,
        matrix=_MATRIX,
        in_order=True,
        marks_fields=False,
    )
