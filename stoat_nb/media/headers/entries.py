"""Sample entries of ISO tracks: which codec, and what its own header in there says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from stoat_nb.media.codecs import aac, av1, h264, hevc
from stoat_nb.media.codecs.picture import Picture
from stoat_nb.media.headers.colours import colour_facts, colours_of
from stoat_nb.media.headers.tracks import Track
from stoat_nb.media.headers.unproven import Unproven, prove

_VISUAL, _SOUND = 86, 36  # bytes of an entry before its boxes
_WIDER = {0: 0, 1: 16}  # more of them in QuickTime's versions of sound
_AAC = 0x40
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}
_FORMATS = {"4:2:0": "yuv420p", "4:2:2": "yuv422p", "4:4:4": "yuv444p"}
_HARMLESS = frozenset(
    b"avcC hvcC av1C colr pasp btrt fiel dvcC dvvC clli mdcv amve chrm free".split()
)
_WRAPPING = frozenset([b"frma", b"mp4a", b"\0\0\0\0"])  # a name, an empty entry, an end
_PROGRESSIVE_FIELD = 1

Parts = dict[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Codec:
    """How a codec is written in ISO files."""

    name: str
    box: bytes
    read: Callable[[bytes, bytes], Picture | None]


def _parameter_sets(reader: Any) -> Callable[[bytes, bytes], Picture | None]:
    def read(config: bytes, _: bytes) -> Picture | None:
        form: Picture | None = reader.picture(config) if reader.is_sound(config) else None
        return form

    return read


_PICTURES = {
    b"avc1": Codec("h264", b"avcC", _parameter_sets(h264)),
    b"hvc1": Codec("hevc", b"hvcC", _parameter_sets(hevc)),
    b"hev1": Codec("hevc", b"hvcC", _parameter_sets(hevc)),
    b"av01": Codec("av1", b"av1C", av1.picture),
}


def parts_of(entry: bytes, start: int) -> Parts:
    """Return the boxes within a sample entry."""
    found: Parts = {}
    at = start
    while at + 8 <= len(entry):
        size = int.from_bytes(entry[at : at + 4], "big")
        kind = entry[at + 4 : at + 8]
        if size < 8 or at + size > len(entry) or kind in found:  # noqa: PLR2004 - a box's head
            raise Unproven("a sample entry of a strange form")
        found[kind] = entry[at + 8 : at + size]
        at += size
    return found


def video_facts(track: Track, sample: bytes) -> dict[str, Any]:
    """Return what a video track's sample entry, and how its first sample begins, prove."""
    known = _PICTURES.get(track.tag)
    prove(known and track.n_entries == 1 and len(track.entry) > _VISUAL, "another video codec")
    parts = parts_of(track.entry, _VISUAL)
    strange = sorted(set(parts) - _HARMLESS)
    prove(known and not strange and known.box in parts, f"an unknown video entry: {strange}")
    if known is None:
        raise Unproven("another video codec")
    form = known.read(parts[known.box], sample)
    if form is None:
        raise Unproven("a codec's header that cannot be read")
    fields = parts.get(b"fiel", b"\1\0")
    prove(fields[0] == _PROGRESSIVE_FIELD and not form.marks_fields, "pictures of two fields")
    colour = colours_of(parts.get(b"colr"), form, is_hevc=known.name == "hevc")
    return {
        "codec": known.name,
        "profile": form.profile_name,
        "level": form.level,
        "width": form.width,
        "height": form.height,
        "coded_width": form.coded_width,
        "coded_height": form.coded_height,
        "pix_fmt": pixel_format(form, known.name),
        "bit_depth": form.bit_depth,
        "chroma": form.chroma,
        "progressive_only": form.progressive,
        "field_order": "progressive" if known.name == "h264" or b"fiel" in parts else None,
        "sar": _aspect(track, parts.get(b"pasp"), form),
        **dolby_vision(parts.get(b"dvcC") or parts.get(b"dvvC")),
        **_light(parts.get(b"clli")),
        **colour_facts(colour),
        "form": form,
        "extradata": parts[known.box],
    }


def pixel_format(form: Picture, codec: str) -> str:
    """Return FFmpeg's name for the layout of samples in memory."""
    base = _FORMATS.get(form.chroma or "")
    prove(base and form.profile_name and (form.width or 0) > 0 and (form.height or 0) > 0, "a form")
    prove(form.matrix != 0, "planes of red, green and blue")
    depth = form.bit_depth or 0
    if depth == 8:  # noqa: PLR2004 - bits
        full = form.full_range and codec == "h264"
        return f"yuvj{base[3:]}" if base and (full or form.full_range) else str(base)
    prove(depth in (10, 12), "an unusual depth")
    return f"{base}{depth}le"


def _aspect(track: Track, stated: bytes | None, form: Picture) -> float | None:
    """Return the sample aspect: the entry's, the one the shown size makes, or the stream's."""
    width, height = (int.from_bytes(track.entry[at : at + 2], "big") for at in (32, 34))
    prove((width, height) == (form.width, form.height), "two sizes of the picture")
    if stated and len(stated) >= 8:  # noqa: PLR2004 - two numbers
        across, down = int.from_bytes(stated[:4], "big"), int.from_bytes(stated[4:8], "big")
        prove(max(across, down) <= 1 << 16, "a strange shape of pixels")
        if across and down:
            return across / down
    shown = track.width >> 16, track.height >> 16
    prove(max(shown) < 1 << 15, "a vast picture")
    if all(shown) and shown != (width, height):
        return float(Fraction(height * shown[0], width * shown[1]))
    return form.sar[0] / form.sar[1] if form.sar and all(form.sar) else None


def dolby_vision(record: bytes | None) -> dict[str, Any]:
    """Read a Dolby Vision configuration record."""
    if not record or len(record) < 5:  # noqa: PLR2004 - up to the compatibility
        return {"has_dolby_vision": False}
    return {
        "has_dolby_vision": True,
        "dv_profile": record[2] >> 1,
        "dv_compat": record[4] >> 4,
    }


def _light(stated: bytes | None) -> dict[str, Any]:
    if not stated or len(stated) < 4:  # noqa: PLR2004 - two numbers
        return {}
    return {
        "max_cll": int.from_bytes(stated[:2], "big"),
        "max_fall": int.from_bytes(stated[2:4], "big"),
    }


def sound_facts(track: Track) -> dict[str, Any]:
    """Return what a sound track's sample entry proves."""
    version = int.from_bytes(track.entry[16:18], "big")
    prove(track.n_entries == 1 and track.tag == b"mp4a" and version in _WIDER, "another sound")
    parts = parts_of(track.entry, _SOUND + _WIDER[version])
    if b"wave" in parts:
        parts = _wave(parts)
    prove(set(parts) <= {b"esds", b"btrt", b"free"} and b"esds" in parts, "an unknown sound entry")
    kind, config = _descriptor(parts[b"esds"])
    form = aac.sound(config) if kind == _AAC else None
    if form is None or not form.is_plain or form.channel_config not in LAYOUTS:
        raise Unproven("sound that only a decoder understands")
    return {
        "codec": "aac",
        "profile": "LC",
        "channels": form.channel_config,
        "channel_layout": LAYOUTS[form.channel_config],
        "sample_rate": form.sample_rate,
        "extradata": config,
    }


def _wave(parts: Parts) -> Parts:
    """Look into QuickTime's box for what other files keep beside it."""
    prove(set(parts) <= {b"wave", b"chan"}, "an unknown sound entry")
    inner = b"\0" * 8 + parts[b"wave"]
    return {kind: body for kind, body in _loose(inner) if kind not in _WRAPPING}


def _loose(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        prove(8 <= size <= len(data) - at, "a sample entry of a strange form")  # noqa: PLR2004 - a box's head
        yield data[at + 4 : at + 8], data[at + 8 : at + size]
        at += size


def _descriptor(esds: bytes) -> tuple[int, bytes]:
    """Return the kind of sound and the decoder's configuration (ISO/IEC 14496-1, 7.2.6)."""
    at, kind = 4, 0
    while at + 2 < len(esds):
        tag, at = esds[at], at + 1
        size = 0
        for _ in range(4):
            byte, at = (esds[at] if at < len(esds) else 0), at + 1
            size = size << 7 | byte & 0x7F
            if not byte & 0x80:
                break
        prove(size <= len(esds) - at, "a descriptor beyond its box")
        if tag == 3:  # noqa: PLR2004 - the elementary stream, whose flags make it longer
            flags = esds[at + 2] if at + 2 < len(esds) else 0xFF
            prove(not flags & 0xE0, "a descriptor of a strange form")
            at += 3
        elif tag == 4:  # noqa: PLR2004 - the decoder
            kind, at = (esds[at] if at < len(esds) else 0), at + 13
        elif tag == 5:  # noqa: PLR2004 - what the decoder is told
            return kind, esds[at : at + size]
        else:
            break
    return 0, b""
