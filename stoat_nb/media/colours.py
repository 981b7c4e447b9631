"""Colour by number, from containers and from streams, under FFmpeg's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from stoat_nb.media.codecs.video_format import VideoFormat
from stoat_nb.media.streams import PRIMARIES, RANGES, SPACES, TRANSFERS
from stoat_nb.media.unsupported import require

_LIMITED, _FULL = 1, 2
_UNSAID = 2
_NAMES = (PRIMARIES, TRANSFERS, SPACES)
_CONTRADICTED = frozenset(["h264", "hevc"])  # codecs of which it is known who is believed


class Colour(NamedTuple):
    """Code points of ITU-T H.273, and FFmpeg's number of the range; None if unsaid."""

    range: int | None = None
    primaries: int | None = None
    transfer: int | None = None
    matrix: int | None = None

    @property
    def points(self) -> tuple[int | None, int | None, int | None]:
        """The three that are numbered alike in containers and streams."""
        return self.primaries, self.transfer, self.matrix


def colours_of(box: bytes | None, form: VideoFormat, codec: str) -> Colour:
    """Return the colour of an ISO track."""
    return merged(of_stream(form, codec), colour_of(box), codec)


def colours_of_vp9(config: bytes, box: bytes | None) -> bytes:
    """Return what a configuration of VP9 says of colours; a box beside it must say the same."""
    points = b"".join(bytes([0, point]) for point in config[7:10])
    said = b"nclx" + points + (b"\x80" if config[6] & 1 else b"\0")
    require(box is None or box == said, "two colours")
    return said


def merged(own: Colour, outer: Colour, codec: str) -> Colour:
    """Return the colour of a stream in a container, whose word counts where it says any.

    GoPro's files say of full range that it is limited. What it does not say while it says the
    rest, nobody knows.
    """
    require(outer.range != _FULL or own.range is not None, "two ranges of colour")
    require(all(_is_known(*pair) for pair in zip(outer.points, _NAMES, strict=True)), "a colour")
    span = outer.range or own.range
    if not any(_is_said(point) for point in outer.points):
        return Colour(span, *own.points)
    for ours, theirs in zip(own.points, outer.points, strict=True):
        same = ours == theirs or not _is_said(ours) or not _is_said(theirs)
        require(same or codec in _CONTRADICTED, "two colours")
    return Colour(span, *outer.points)


def _is_known(point: int | None, names: Mapping[int, str]) -> bool:
    return not _is_said(point) or point in names


def _is_said(value: int | None) -> bool:
    return value is not None and value != _UNSAID


def of_stream(form: VideoFormat, codec: str) -> Colour:
    """Return the colour by a stream's own header."""
    spoken = _LIMITED if codec == "hevc" else None  # FFmpeg takes H.265's default
    if form.full_range is not None:
        spoken = _FULL if form.full_range else _LIMITED
    return Colour(spoken, form.primaries, form.transfer, form.matrix)


def colour_of(box: bytes | None) -> Colour:
    """Return the colour that a box of an ISO track says (14496-12, 12.1.5; QTFF, nclc)."""
    if not box or box[:4] not in (b"nclx", b"nclc"):
        return Colour()
    require(len(box) >= 10, "a short colour")  # noqa: PLR2004 - kind and three numbers
    primaries, transfer, matrix = (int.from_bytes(box[at : at + 2], "big") for at in (4, 6, 8))
    spoken = None
    if box[:4] == b"nclx" and len(box) > 10:  # noqa: PLR2004 - the flag of the range follows
        spoken = _FULL if box[10] & 0x80 else _LIMITED
    return Colour(spoken, primaries, transfer, matrix)


def colour_facts(colour: Colour) -> dict[str, str | None]:
    """Return a colour under FFmpeg's names."""
    return {
        "color_range": RANGES.get(colour.range or 0),
        "color_space": SPACES.get(-1 if colour.matrix is None else colour.matrix),
        "color_transfer": TRANSFERS.get(colour.transfer or 0),
        "color_primaries": PRIMARIES.get(colour.primaries or 0),
    }
