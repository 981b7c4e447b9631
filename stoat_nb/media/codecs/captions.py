"""Closed captions inside pictures, as ATSC A/53 part 4, 6.2.3, has video streams carry them."""

from __future__ import annotations

from stoat_nb.media.codecs.bits import unescaped

#: Bytes of a sample that are looked at: messages are short and come before the picture.
ENOUGH = 1 << 14
#: Codecs whose streams may carry them, in messages or user data before a picture.
CARRIERS = frozenset({"h264", "hevc", "mpeg2video"})
_ATSC = b"GA94\x03"  # ATSC_identifier, and user_data_type_code for cc_data
#: What stands before it: ITU-T T.35 of the United States and ATSC, or user data of MPEG-2.
_HEADS = (b"\xb5\x00\x31", b"\x00\x00\x01\xb2")
_PROCESSED, _VALID = 0x40, 0x04
_MOST = 31  # triples
_KINDS = ("cea608", "cea608", "cea708", "cea708")  # by cc_type


def captions_of(sample: bytes) -> list[str]:
    """Return the kinds of captions that the head of a sample holds: cea608, cea708 or both."""
    found, at = set(), sample.find(_ATSC)
    while at >= 0:
        if sample[:at].endswith(_HEADS):
            found |= _kinds(unescaped(sample[at + len(_ATSC) : at + len(_ATSC) + 6 * _MOST]))
        at = sample.find(_ATSC, at + 1)
    return sorted(found)


def _kinds(data: bytes) -> set[str]:
    """Return which kinds the triples of ``cc_data`` are of; what is only padding is none."""
    if not data or not data[0] & _PROCESSED:
        return set()
    triples = data[2 : 2 + 3 * (data[0] & _MOST)]  # behind a reserved byte
    return {_KINDS[first & 3] for first in triples[::3] if first & _VALID}
