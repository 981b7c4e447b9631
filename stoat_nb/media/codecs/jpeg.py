"""Motion JPEG: what stands before the lines of a picture (ITU-T T.81, annex B; JFIF 1.02)."""

from __future__ import annotations

from collections.abc import Iterator

from stoat_nb.media.codecs.video_format import VideoFormat

_START, _SCAN = b"\xff\xd8", 0xDA
_PROFILES = {0xC0: "Baseline", 0xC2: "Progressive"}
_APP0, _COMMENT = 0xE0, 0xFE
_HIGHEST = {0xC4: b"\x13", 0xDB: b"\x03", 0xDD: b"\xff"}  # a table's kind and number
_PROGRAMS_OWN = frozenset({0xE2, 0xED, 0xEE})  # profiles of colour, and Adobe's notes
#: How often each part is sampled across and down, and what the others make of it.
_SAMPLED = {(0x22, 0x11, 0x11): "4:2:0", (0x21, 0x11, 0x11): "4:2:2", (0x22, 0x12, 0x12): "4:2:2"}
_MATRIX = 5  # ITU-R BT.601, as JFIF has it
_MOST = 16  # segments
_THREE_PARTS, _LAST_TABLE = 15, 3


def video_format(frame: bytes) -> VideoFormat | None:
    """Return the form of the pictures; None where anything is not of the usual kind."""
    shape = profile = None
    form = b""
    for kind, body in _segments(frame):
        if kind == _SCAN:
            return _form(form, profile, shape) if profile else None
        if kind == _APP0 and body[:5] == b"JFIF\0" and len(body) >= 12:  # noqa: PLR2004 - to the density
            shape = int.from_bytes(body[8:10], "big"), int.from_bytes(body[10:12], "big")
        elif kind in _PROFILES and not form:
            form, profile = body, _PROFILES[kind]
        elif not _is_harmless(kind, body):
            break
    return None


def _segments(frame: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield what stands before the lines, as far as it is there as a whole."""
    at = len(_START) if frame[:2] == _START else len(frame)
    for _ in range(_MOST):
        size = int.from_bytes(frame[at + 2 : at + 4], "big")
        body = frame[at + 4 : at + 2 + size]
        if frame[at : at + 1] != b"\xff" or len(body) != size - 2:
            return
        yield frame[at + 1], body
        at += 2 + size


def _is_harmless(kind: int, body: bytes) -> bool:
    if kind in _HIGHEST:
        return body[:1] <= _HIGHEST[kind]
    return kind in _PROGRAMS_OWN or (kind == _COMMENT and body[:4] == b"Lavc")


def _form(form: bytes, profile: str, shape: tuple[int, int] | None) -> VideoFormat | None:
    if len(form) != _THREE_PARTS or form[0] != 8 or form[5] != 3:  # noqa: PLR2004 - parts of 8 bits
        return None
    height, width = int.from_bytes(form[1:3], "big"), int.from_bytes(form[3:5], "big")
    chroma = _SAMPLED.get((form[7], form[10], form[13]))
    is_plain = (form[6], form[9], form[12]) == (1, 2, 3) and max(form[8::3]) <= _LAST_TABLE
    if chroma is None or not width or not height or not is_plain:
        return None
    return VideoFormat(
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
