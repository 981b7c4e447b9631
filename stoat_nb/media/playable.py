"""Whether a browser can play a file as it is: by its container and its codecs, nothing else.

What browsers play is told by MDN's "Media container formats" and "Web video codec guide"; where
they differ, what Chromium, Firefox and Safari have in common is promised and the rest is tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

#: What the bytes of a container are called; whatever else there is is no business of a browser.
MEDIA_TYPES = {
    "mp4": "video/mp4",
    "mov": "video/mp4",  # browsers that play it do so as MP4, which came from it
    "3gp": "video/3gpp",
    "webm": "video/webm",
    "matroska": "video/x-matroska",
    "ogg": "video/ogg",
}
UNKNOWN_TYPE = "application/octet-stream"

_SURE = {
    "mp4": frozenset({"h264", "av1", "vp9"}),
    "mov": frozenset({"h264"}),
    "webm": frozenset({"vp8", "vp9", "av1"}),
}
#: Some browsers play these, and the word for what decides it.
_PERHAPS = {
    "mp4": {"hevc": "HEVC plays only where the hardware knows it"},
    "mov": {
        "hevc": "HEVC plays only where the hardware knows it",
        "mjpeg": "few browsers play Motion JPEG",
    },
    "3gp": {"h264": "not every browser plays 3GP"},
    "matroska": dict.fromkeys(
        ("h264", "vp8", "vp9", "av1"), "Chromium plays most of Matroska, other browsers may not"
    ),
    "ogg": {"theora": "most browsers have given up Theora", "vp8": "few browsers play VP8 in Ogg"},
}
_SOUND = frozenset({"aac", "mp3", "opus", "vorbis", "flac"})
#: Of H.264 browsers decode these alone, in software and hardware.
_H264_PIXELS = frozenset({"yuv420p", "yuvj420p"})


class Playability(Struct, frozen=True):
    """Whether a browser can be given the file, and what speaks against it."""

    can: bool  #: Whether it is worth a try.
    why: str = ""  #: A sentence; with ``can`` it is a doubt.


def playable(video: Mapping[str, Any]) -> Playability:
    """Tell of a row of ``library.video()`` whether a browser can play it.

    Examples
    --------
    >>> playable({"status": "ok", "container": "avi", "streams": []}).can
    False
    """
    if video.get("status") == "failed":
        return Playability(False, "The file could not be read, so nothing in it can be played.")
    if video.get("status") != "ok":
        return Playability(False, "The file is not there at present.")
    container = video.get("container")
    if container not in MEDIA_TYPES:
        return Playability(False, f"Browsers can't play files of the format '{container}'.")
    streams = video.get("streams") or ()
    picture = _main(streams, "video")
    if picture is None:
        return Playability(False, "There is no video in it that could be played.")
    doubt = _doubt_of_picture(str(container), picture)
    if doubt is None:
        return Playability(False, f"Browsers can't play {_called(picture)} in this container.")
    doubts = "; ".join(filter(None, (doubt, _doubt_of_sound(_main(streams, "audio")))))
    return Playability(True, f"{doubts[0].upper()}{doubts[1:]}." if doubts else "")


def _main(streams: Iterable[Mapping[str, Any]], kind: str) -> Mapping[str, Any] | None:
    found = [one for one in streams if one.get("kind") == kind and not one.get("is_cover")]
    return next((one for one in found if one.get("is_default")), next(iter(found), None))


def _doubt_of_picture(container: str, picture: Mapping[str, Any]) -> str | None:
    """Return what is doubtful, nothing if all browsers play it, and None if none does."""
    codec, pixels = str(picture.get("codec")), picture.get("pix_fmt")
    if codec == "h264" and pixels is not None and pixels not in _H264_PIXELS:
        return None
    if codec in _SURE.get(container, ()):
        return ""
    return _PERHAPS.get(container, {}).get(codec)


def _doubt_of_sound(sound: Mapping[str, Any] | None) -> str:
    if sound is None or sound.get("codec") in _SOUND:
        return ""
    return f"its sound ({sound.get('codec') or 'of an unknown kind'}) may stay silent"


def _called(picture: Mapping[str, Any]) -> str:
    codec, pixels = picture.get("codec") or "an unknown codec", picture.get("pix_fmt")
    return f"{codec} ({pixels})" if codec == "h264" else str(codec)
