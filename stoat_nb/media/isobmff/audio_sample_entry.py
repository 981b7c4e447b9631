"""Sample entries of audio: which codec, and what its own header in there says.

ISO/IEC 14496-12, 12.2.3; ISO/IEC 14496-14, 6.7 (``esds``); ETSI TS 102 366, annex F (``dac3``,
``dec3``); QTFF, "Sound Sample Descriptions", for versions 1 and 2.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.codecs.audio import (
    LAYOUTS,
    of_aac,
    of_ac3,
    of_alac,
    of_flac,
    of_mp3,
    of_opus,
)
from stoat_nb.media.facts import Facts
from stoat_nb.media.isobmff.descriptors import descriptor
from stoat_nb.media.isobmff.sample_entry import Parts, parts_of
from stoat_nb.media.isobmff.sample_sizes import Sizes
from stoat_nb.media.isobmff.samples import first_sample, first_size
from stoat_nb.media.isobmff.tracks import Track
from stoat_nb.media.unsupported import UnsupportedLayout, require

_HEAD = 36  # bytes of an entry before its boxes
_WIDER = {0: 0, 1: 16, 2: 36}  # more of them in QuickTime's versions
_AAC, _MP3 = 0x40, frozenset([0x69, 0x6B])
_WRAPPING = frozenset([b"frma", b"mp4a", b"\0\0\0\0"])  # a name, an empty entry, an end
_HARMLESS = frozenset([b"btrt", b"free"])
_ISO_ONLY = frozenset([b"fLaC", b"Opus"])  # whose entries are of no version
_SOME = 64  # bytes of a first frame
#: QuickTime's words for sound kept as it is: the form of a sample, and its bits.
_EXACT = {b"sowt": ("s", 16, "le"), b"twos": ("s", 16, "be"), b"raw ": ("u", 8, "")}
_LAWS = {b"ulaw": "mulaw", b"alaw": "alaw"}  # sixteen bits in eight
_EXACT_WIDE = {b"in24": ("s", 24), b"in32": ("s", 32), b"fl32": ("f", 32), b"fl64": ("f", 64)}
_KEPT = frozenset([*_EXACT, *_EXACT_WIDE, *_LAWS, b"lpcm"])
#: ``chan``: a layout by its number alone, or a bit for each place.
_PLACES = {(100 << 16 | 1, 0): 1, (101 << 16 | 2, 0): 2, (1 << 16, 4): 1, (1 << 16, 3): 2}


def audio_facts(reader: BudgetedReader, track: Track, size: Sizes) -> Facts:
    """Return what a sound track's sample entry, and how its first sample begins, prove."""
    version = int.from_bytes(track.sample_entry[16:18], "big")
    require(version in _WIDER, "another sound")
    if track.tag in _KEPT:
        return _exact(track, version, size)
    read = _READERS.get(track.tag)
    if read is None or (version > 1 and track.tag in _ISO_ONLY):
        raise UnsupportedLayout(f"another sound: {track.tag!r}")
    parts = parts_of(track.sample_entry, _HEAD + _WIDER[version])
    if b"wave" in parts:
        parts = _wave(parts)
    kind, of = read
    require({kind} <= set(parts) <= _HARMLESS | {kind}, "an unknown sound entry")
    facts = of(reader, track, parts[kind])
    if stated := facts.get("bitrate"):
        ours = size.bitrate(track.played, track.time_scale)
        require(size.basis == "sizes" and ours == stated, "two bit rates")
    return facts


def _by_descriptor(reader: BudgetedReader, track: Track, esds: bytes) -> Facts:
    kind, config = descriptor(esds)
    if kind == _AAC:
        return of_aac(config)
    require(kind in _MP3, f"another sound: kind {kind:#x}")
    return _mp3(reader, track, esds)


def _mp3(reader: BudgetedReader, track: Track, box: bytes) -> Facts:
    del box
    facts = of_mp3(first_sample(reader, track, _SOME), first_size(reader, track))
    _require_rate(track, facts)
    return facts


def _alac(reader: BudgetedReader, track: Track, box: bytes) -> Facts:
    del reader
    require(not any(box[:4]), "another form of ALAC")
    facts = of_alac(box[4:])
    _require_form(track, facts)
    return facts


def _ac3(reader: BudgetedReader, track: Track, box: bytes) -> Facts:
    del box
    frame, is_enhanced = first_sample(reader, track, _SOME), track.tag == b"ec-3"
    return of_ac3(frame, first_size(reader, track), is_enhanced=is_enhanced)


def _flac(reader: BudgetedReader, track: Track, box: bytes) -> Facts:
    del reader
    require(box[:4] == b"\0\0\0\0" and len(box) == 42 and box[4] == 0x80, "further blocks")  # noqa: PLR2004 - one block alone
    facts = of_flac(box[4:])
    _require_form(track, facts)
    return facts


def _opus(reader: BudgetedReader, track: Track, box: bytes) -> Facts:
    del reader
    require(box[:1] == b"\0", "another form of Opus")
    facts = of_opus(box[1:])
    _require_form(track, facts)
    return facts


def _require_form(track: Track, facts: Facts) -> None:
    [channels] = struct.unpack_from(">H", track.sample_entry, 24)
    require(channels == facts["channels"], "two numbers of channels")
    _require_rate(track, facts)


def _require_rate(track: Track, facts: Facts) -> None:
    [rate] = struct.unpack_from(">I", track.sample_entry, 32)
    require(rate >> 16 == facts["sample_rate"], "two sample rates")
    require(track.time_scale == facts["sample_rate"], "two sample rates")


_READERS: dict[bytes, tuple[bytes, Callable[[BudgetedReader, Track, bytes], Facts]]] = {
    b"mp4a": (b"esds", _by_descriptor),
    b"alac": (b"alac", _alac),
    b"ac-3": (b"dac3", _ac3),
    b"ec-3": (b"dec3", _ac3),
    b"fLaC": (b"dfLa", _flac),
    b"Opus": (b"dOps", _opus),
}


def _exact(track: Track, version: int, size: Sizes) -> Facts:
    """Return what sound is whose samples are kept as they are."""
    parts = parts_of(track.sample_entry, _HEAD + _WIDER[version])
    require(set(parts) <= {b"chan", b"wave", *_HARMLESS}, "an unknown sound entry")
    if track.tag == b"lpcm":
        channels, rate, form = _stated(track, version)
    else:
        channels, bits, rate = struct.unpack_from(">HH4xI", track.sample_entry, 24)
        rate >>= 16
        form = _form(track.tag, parts)
        require(version <= 1 and (version == 1 or bits == form[1] or track.tag in _LAWS), "a form")
    layout = LAYOUTS.get(channels) if channels <= 2 else None  # noqa: PLR2004 - left and right
    require(layout and _channels(parts.get(b"chan")) in (None, channels), "many channels")
    require(rate > 0 and track.time_scale == rate, "two sample rates")
    return {
        "codec": f"pcm_{_LAWS.get(track.tag) or f'{form[0]}{form[1]}{form[2]}'}",
        "profile": None,
        "channels": channels,
        "channel_layout": layout,
        "sample_rate": rate,
        "bit_depth": None if track.tag in _LAWS else form[1],
        "bitrate": channels * form[1] * rate,
        "bitrate_basis": "sizes",
        "frame_count": size.samples,
    }


def _form(tag: bytes, parts: Parts) -> tuple[str, int, str]:
    """Return the form of a sample, its bits and their order."""
    if tag in _LAWS:
        return "", 8, ""
    return _EXACT.get(tag) or (*_EXACT_WIDE[tag], _order(parts))


def _stated(track: Track, version: int) -> tuple[int, int, tuple[str, int, str]]:
    """Read the fields that tell each thing by itself."""
    require(version == 2, "sound of a strange form")  # noqa: PLR2004 - the version that has them
    rate, channels, _, bits, flags = struct.unpack_from(">dIIII", track.sample_entry, 40)
    require(rate == int(rate) and bits in (16, 24, 32) and not flags & 1 and flags & 4, "a form")
    return channels, int(rate), ("s", bits, "be" if flags & 2 else "le")


def _order(parts: Parts) -> str:
    inner = dict(_loose(b"\0" * 8 + parts.get(b"wave", b"")))
    said = inner.get(b"enda", b"\0\0")
    require(said in (b"\0\0", b"\0\1"), "sound of a strange form")
    return "le" if said[1] else "be"


def _channels(box: bytes | None) -> int | None:
    """Return how many channels a layout has; 0 for one that is left to libav."""
    if box is None:
        return None
    if len(box) < 16 or box[12:16] != b"\0\0\0\0":  # noqa: PLR2004 - no places one by one
        return 0
    return _PLACES.get(struct.unpack_from(">II", box, 4), 0)


def _wave(parts: Parts) -> Parts:
    """Look into QuickTime's box for what other files keep beside it."""
    require(set(parts) <= {b"wave", b"chan"}, "an unknown sound entry")
    inner = b"\0" * 8 + parts[b"wave"]
    return {kind: body for kind, body in _loose(inner) if kind not in _WRAPPING}


def _loose(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        require(8 <= size <= len(data) - at, "a sample entry of a strange form")  # noqa: PLR2004 - a box's head
        yield data[at + 4 : at + 8], data[at + 8 : at + size]
        at += size
