"""What an ``esds`` box tells of a decoder (ISO/IEC 14496-1, clause 7.2.6)."""

from __future__ import annotations

from stoat_nb.media.cached import cached
from stoat_nb.media.unsupported import require


@cached
def descriptor(esds: bytes) -> tuple[int, bytes]:
    """Return the kind of stream and the decoder's configuration."""
    at, kind = 4, 0
    while at + 2 < len(esds):
        tag, at = esds[at], at + 1
        size = 0
        for _ in range(4):
            byte, at = (esds[at] if at < len(esds) else 0), at + 1
            size = size << 7 | byte & 0x7F
            if not byte & 0x80:
                break
        require(size <= len(esds) - at, "a descriptor beyond its box")
        if tag == 3:  # noqa: PLR2004 - the elementary stream, whose flags make it longer
            flags = esds[at + 2] if at + 2 < len(esds) else 0xFF
            require(not flags & 0xE0, "a descriptor of a strange form")
            at += 3
        elif tag == 4:  # noqa: PLR2004 - the decoder
            kind, at = (esds[at] if at < len(esds) else 0), at + 13
        elif tag == 5:  # noqa: PLR2004 - what the decoder is told
            return kind, esds[at : at + size]
        else:
            break
    return kind, b""
