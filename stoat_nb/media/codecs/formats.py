"""The form of pictures and sound by codec: one door to the readers of codecs' headers."""

from __future__ import annotations

import re
from collections.abc import Callable

from stoat_nb.media.codecs import h264, hevc
from stoat_nb.media.codecs.sei import Brightness, of_obus, of_units, units_of
from stoat_nb.media.codecs.video_format import VideoFormat

_PICTURES: dict[str, Callable[[bytes], VideoFormat | None]] = {
    "h264": h264.video_format,
    "hevc": hevc.video_format,
}
_PLANAR = re.compile(r"yuv[aj]?(\d{3})p")
_CHROMAS = {"420": "4:2:0", "422": "4:2:2", "444": "4:4:4", "411": "4:1:1", "410": "4:1:0"}
_CHROMAS |= {"440": "4:4:0"}
_SEMI = {"nv12": "4:2:0", "nv21": "4:2:0", "nv16": "4:2:2", "nv24": "4:4:4"}
_PACKED = {"yuyv422": "4:2:2", "uyvy422": "4:2:2", "yvyu422": "4:2:2"}
_PCM = re.compile(r"pcm_[suf](8|16|24|32|64)")
_FLAC_INFO, _ALAC_DEPTH = 34, 13


def video_format(codec: str | None, extradata: bytes) -> VideoFormat | None:
    """Return the form of the pictures by the codec's header; None where nothing here reads it."""
    read = _PICTURES.get(codec or "")
    return read(extradata) if read and extradata else None


def chroma_of(pix_fmt: str | None) -> str | None:
    """Name the sampling of colour by FFmpeg's name of a pixel format."""
    name = pix_fmt or ""
    if planar := _PLANAR.match(name):
        return _CHROMAS.get(planar[1])
    if name.startswith("gray"):
        return "4:0:0"
    if name.startswith(("p0", "p2", "p4")):
        return {"0": "4:2:0", "2": "4:2:2", "4": "4:4:4"}[name[1]]
    return _SEMI.get(name[:4]) or _PACKED.get(name)


def audio_bit_depth(codec: str | None, extradata: bytes) -> int | None:
    """Return the bits of one sample of sound; None where a codec keeps no exact samples."""
    if pcm := _PCM.match(codec or ""):
        return int(pcm[1])
    if codec == "flac" and len(extradata) >= _FLAC_INFO:
        info = extradata[-_FLAC_INFO:] if extradata[:4] == b"fLaC" else extradata
        return ((info[12] & 1) << 4 | info[13] >> 4) + 1
    if codec == "alac" and b"alac" in extradata[:12]:
        at = extradata.index(b"alac") + _ALAC_DEPTH
        return extradata[at] if at < len(extradata) else None
    return None


def brightness(codec: str | None, extradata: bytes, sample: bytes) -> Brightness:
    """Read what a stream's header and first sample say of its brightness."""
    if codec == "av1":
        return of_obus(sample)
    known = hevc.config(extradata) if codec == "hevc" else None
    if known is None:
        return Brightness()
    return of_units([*known.messages, *units_of(sample, known.length_size)])
