"""FFmpeg's own description of an open file, read for what its Python binding does not hand out.

PyAV before 19 has no side data of streams, and no version tells codec, tag and size of a stream
without a decoder; the description that ``ffmpeg -i`` prints has them all, the same in each version.
The text holds what the file says, so each value is one only if it has the exact form.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from stoat_nb.media.isobmff.display_matrix import quarter_turns

_STREAM = re.compile(
    r"\s+Stream #0:(?P<idx>\d{1,4})(?:\[0x[0-9a-f]+\])?(?:\(.*\))?:"  # a language, as it is
    r" (?P<kind>Video|Audio|Subtitle|Data|Attachment|Unknown): (?P<rest>.*)"
)
_TAG = re.compile(r"\(.{4,16} / 0x(?P<number>[0-9A-F]{1,8})\)")
_SIZE = re.compile(r", (?P<width>\d{1,6})x(?P<height>\d{1,6})(?=[, \[]|$)")
_BITS = re.compile(r"\((?P<bits>\d{1,2}) (?:bpc\b|bit\))")
_CODEC = re.compile(r"[a-z0-9_]+")
_ROTATION = re.compile(r"\s+Display Matrix: rotation of (?P<degrees>-?\d{1,3}\.\d\d) degrees")
_DOLBY_VISION = re.compile(
    r"\s+DOVI configuration record:(?: version: [\d.]+, profile: (?P<profile>\d{1,3}),"
    r".* compatibility id: (?P<compat>\d{1,2})\b)?"
)
_LIGHT = re.compile(r"\s+Content light level metadata: MaxCLL=(?P<cll>\d+), MaxFALL=(?P<fall>\d+)$")


class Description(NamedTuple):
    """One stream as FFmpeg describes it."""

    kind: str  #: video, audio, subtitle, data, attachment or unknown.
    codec: str | None = None
    tag: int | None = None
    width: int | None = None
    height: int | None = None
    bits: int | None = None  #: Of a sample, where they are fewer than it takes in memory.
    rotation: int | None = None  #: Degrees clockwise.
    has_dolby_vision: bool = False
    dv_profile: int | None = None
    dv_compat: int | None = None
    max_cll: int | None = None
    max_fall: int | None = None


def parse_dump(text: str) -> dict[int, Description]:
    """Read the description of a whole file; the key is the stream's number."""
    found: dict[int, Description] = {}
    current = -1
    for line in text.splitlines():
        if stream := _STREAM.match(line):
            current = int(stream["idx"])
            found.setdefault(current, _stream(stream["kind"], stream["rest"]))
        elif current in found:
            found[current] = _with_side_data(found[current], line)
    return found


def _stream(kind: str, rest: str) -> Description:
    codec, tag, size = _CODEC.match(rest), _TAG.search(rest), _SIZE.search(rest)
    bits = _BITS.search(rest)
    return Description(
        kind=kind.lower(),
        codec=codec[0] if codec and codec[0] != "none" else None,
        tag=int(tag["number"], 16) if tag else None,
        width=int(size["width"]) if size else None,
        height=int(size["height"]) if size else None,
        bits=int(bits["bits"]) if bits else None,
    )


def _with_side_data(stream: Description, line: str) -> Description:
    if matrix := _ROTATION.match(line):
        # FFmpeg counts the turn for display counter-clockwise, Stoat and players clockwise.
        return stream._replace(rotation=quarter_turns(-float(matrix["degrees"])))
    if record := _DOLBY_VISION.match(line):
        profile, compat = (int(one) if one else None for one in record.group("profile", "compat"))
        return stream._replace(has_dolby_vision=True, dv_profile=profile, dv_compat=compat)
    if light := _LIGHT.match(line):
        return stream._replace(max_cll=int(light["cll"]), max_fall=int(light["fall"]))
    return stream
