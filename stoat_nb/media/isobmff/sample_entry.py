"""Sample entries of video: which codec, and what its own header in there says.

ISO/IEC 14496-12: ``stsd`` 8.5.2, visual entries 12.1.3, ``pasp`` 12.1.4, ``colr`` 12.1.5, ``clli``
12.1.6; ISO/IEC 14496-15 (``avcC``, ``hvcC``); QTFF, "Video Sample Description" (``fiel``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from stoat_nb.media.cached import cached
from stoat_nb.media.codecs import av1, dnxhd, h264, hevc, jpeg, mpeg4, prores, vp9
from stoat_nb.media.codecs.video_format import VideoFormat
from stoat_nb.media.colours import colour_facts, colours_of, colours_of_vp9
from stoat_nb.media.facts import Facts
from stoat_nb.media.isobmff.descriptors import descriptor
from stoat_nb.media.isobmff.samples import BEGINNING
from stoat_nb.media.isobmff.tracks import VISUAL, Track
from stoat_nb.media.unsupported import UnsupportedLayout, require

_FORMATS = {"4:2:0": "yuv420p", "4:2:2": "yuv422p", "4:4:4": "yuv444p"}
_HARMLESS = frozenset(
    b"avcC hvcC av1C vpcC colr pasp btrt fiel dvcC dvvC clli mdcv amve chrm free".split()
)
_PROGRESSIVE_FIELD = 1
_SQUARE = b"\0\0\0\1" * 2
_TABLES = 4096  # bytes: as many stand before a picture
_VP9_CONFIG = 12  # bytes
_MPEG4 = 0x20  # among the kinds of streams
_AVID = frozenset([b"ACLR", b"APRG", b"ARES", b"ADHR"])
_AVID_LIMITED = b"ACLR0001" + b"\0\0\0\1" + b"\0\0\0\0"
#: What players of iPods look for, and nobody else.
_NAMELESS = frozenset(["vp8"])  # codecs without profiles
_IPOD = bytes.fromhex("6b6840f25f244fc5ba39a51bcf0323f3")

Parts = dict[bytes, bytes]


class Codec(NamedTuple):
    """How a codec is written in ISO files."""

    name: str
    box: bytes | None  #: Where the decoder's configuration is; None if frames tell it all.
    read: Callable[[bytes, bytes], VideoFormat | None]
    #: Whether libav knows by the codec alone that pictures are whole.
    is_progressive: bool = False
    is_told: bool = False  #: The entry tells all: files of one camera, of one form, say the same.
    harmless: frozenset[bytes] = frozenset()  #: Boxes of its own that say nothing more.
    needs: int = BEGINNING  #: Bytes of a first sample that tell what it is.


def _parameter_sets(reader: Any) -> Callable[[bytes, bytes], VideoFormat | None]:
    def read(config: bytes, _: bytes) -> VideoFormat | None:
        form: VideoFormat | None = (
            reader.video_format(config) if reader.is_well_formed(config) else None
        )
        return form

    return read


def _first(
    reader: Callable[[bytes], VideoFormat | None],
) -> Callable[[bytes, bytes], VideoFormat | None]:
    return lambda _, sample: reader(sample)


def _vp9(config: bytes, sample: bytes) -> VideoFormat | None:
    """Read VP9 whose configuration is of the one version, and holds nothing else."""
    is_simple = len(config) == _VP9_CONFIG and config[:4] == b"\1\0\0\0" and not any(config[10:])
    return vp9.key_frame(sample) if is_simple else None


def _prores(kind: bytes) -> Callable[[bytes, bytes], VideoFormat | None]:
    return lambda _, sample: prores.video_format(kind, sample)


def _avid(config: bytes, sample: bytes) -> VideoFormat | None:
    """Read DNxHD whose colours are within limits, as its box of its own says."""
    return dnxhd.video_format(sample) if config == _AVID_LIMITED else None


def _mpeg4(esds: bytes, sample: bytes) -> VideoFormat | None:
    kind, config = descriptor(esds)
    return mpeg4.video_format(config, sample) if kind == _MPEG4 else None


_PICTURES = {
    b"avc1": Codec("h264", b"avcC", _parameter_sets(h264), is_progressive=True, is_told=True),
    b"hvc1": Codec("hevc", b"hvcC", _parameter_sets(hevc), is_told=True),
    b"hev1": Codec("hevc", b"hvcC", _parameter_sets(hevc), is_told=True),
    b"av01": Codec("av1", b"av1C", av1.video_format),
    b"vp09": Codec("vp9", b"vpcC", _vp9),
    b"mp4v": Codec("mpeg4", b"esds", _mpeg4, harmless=frozenset([b"esds"])),
    b"jpeg": Codec("mjpeg", None, _first(jpeg.video_format), needs=_TABLES),
    b"AVdn": Codec("dnxhd", b"ACLR", _avid, harmless=_AVID),
    b"AVdh": Codec("dnxhd", b"ACLR", _avid, harmless=_AVID),
    **{kind: Codec("prores", None, _prores(kind), is_progressive=True) for kind in prores.KINDS},
}


def needed(track: Track) -> int:
    """Return how many bytes of a first sample it takes to know its form."""
    known = _PICTURES.get(track.tag)
    return known.needs if known else BEGINNING


def parts_of(entry: bytes, start: int) -> Parts:
    """Return the boxes within a sample entry."""
    found: Parts = {}
    at = start
    while at + 8 <= len(entry):
        size = int.from_bytes(entry[at : at + 4], "big")
        kind = entry[at + 4 : at + 8]
        if size < 8 or at + size > len(entry) or kind in found:  # noqa: PLR2004 - a box's head
            raise UnsupportedLayout("a sample entry of a strange form")
        found[kind] = entry[at + 8 : at + size]
        at += size
    return found


class VisualEntry(NamedTuple):
    """What a sample entry of video says, with what it takes to look further."""

    codec: str
    form: VideoFormat
    config: bytes  #: Of the decoder.
    has_dolby_vision: bool
    transfer: str | None  #: The curve of brightness.
    facts: Mapping[str, object]
    unproven: str | None  #: Why a fact is left out.


def visual_entry(track: Track, sample: bytes, size: int) -> VisualEntry:
    """Return what a video track's sample entry, and how its first sample begins, prove."""
    known = _PICTURES.get(track.tag)
    if known is None or track.n_entries != 1 or len(track.sample_entry) < VISUAL:
        raise UnsupportedLayout("another video codec")
    shown = track.width >> 16, track.height >> 16
    if known.is_told:
        return _of_entry(track.sample_entry, shown)
    form = _form(known, _parts(track.sample_entry)[1], sample)
    require(form.size in (None, size), "a picture of another size than its sample")
    return _of_form(track.sample_entry, shown, form._replace(size=None))


@cached
def _of_entry(entry: bytes, shown: tuple[int, int]) -> VisualEntry:
    form = _form(_PICTURES[entry[4:8]], _parts(entry)[1], b"")
    require(not form.size, "a picture of another size than its sample")
    return _of_form(entry, shown, form)


def _form(known: Codec, config: bytes, sample: bytes) -> VideoFormat:
    form = known.read(config, sample)
    if form is None:
        raise UnsupportedLayout("a codec's header that cannot be read")
    return form


@cached
def _parts(entry: bytes) -> tuple[Parts, bytes]:
    """Return the boxes of an entry that holds no others, and the decoder's configuration."""
    known, parts = _PICTURES[entry[4:8]], parts_of(entry, VISUAL)
    spare = known.harmless | ({b"uuid"} if parts.get(b"uuid", b"")[:16] == _IPOD else set())
    strange = sorted(set(parts) - _HARMLESS - spare)
    is_told = known.box is None or known.box in parts
    require(not strange and is_told, f"an unknown video entry: {strange}")
    return parts, parts[known.box] if known.box else b""


@cached
def _of_form(entry: bytes, shown: tuple[int, int], form: VideoFormat) -> VisualEntry:
    """Return what an entry and the form of the pictures say, whatever the first picture shows."""
    known, (parts, config) = _PICTURES[entry[4:8]], _parts(entry)
    is_whole = parts.get(b"fiel", b"\1\0")[0] == _PROGRESSIVE_FIELD and not form.marks_fields
    order = "progressive" if known.is_progressive or b"fiel" in parts else None
    size_told = (form.width or 0).to_bytes(4, "big") + (form.height or 0).to_bytes(4, "big")
    is_told = parts.get(b"pasp") == _SQUARE and parts.get(b"ARES", b"")[12:20] == size_told
    require(b"ARES" not in parts or is_told, "a shape of pixels by Avid's word")
    told = parts.get(b"colr")
    if b"vpcC" in parts:
        told = colours_of_vp9(parts[b"vpcC"], told)
    named = colour_facts(colours_of(told, form, known.name))
    record = parts.get(b"dvcC") or parts.get(b"dvvC")
    facts: Facts = {
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
        "sar": _aspect(entry, shown, parts.get(b"pasp"), form),
        **_dolby_vision(record),
        **_light(parts.get(b"clli")),
        **named,
    }
    if is_whole:
        facts["field_order"] = order
    return VisualEntry(
        codec=known.name,
        form=form,
        config=config,
        has_dolby_vision=len(record or b"") > 4,  # noqa: PLR2004 - see below,
        transfer=named["color_transfer"],
        facts=facts,
        unproven=None if is_whole else "pictures of two fields",
    )


def pixel_format(form: VideoFormat, codec: str) -> str:
    """Return FFmpeg's name for the layout of samples in memory."""
    base = _FORMATS.get(form.chroma or "")
    require(
        base
        and (form.profile_name or codec in _NAMELESS)
        and (form.width or 0) > 0
        and (form.height or 0) > 0,
        "a form",
    )
    require(form.matrix != 0, "planes of red, green and blue")
    depth = form.bit_depth or 0
    if depth == 8:  # noqa: PLR2004 - bits
        full = form.full_range and codec == "h264"
        return f"yuvj{base[3:]}" if base and (full or form.full_range) else str(base)
    require(depth in (10, 12), "an unusual depth")
    return f"{base}{depth}le"


def _aspect(
    entry: bytes, shown: tuple[int, int], stated: bytes | None, form: VideoFormat
) -> float | None:
    """Return the sample aspect: the entry's, the one the shown size makes, or the stream's."""
    width, height = (int.from_bytes(entry[at : at + 2], "big") for at in (32, 34))
    require((width, height) == (form.width, form.height), "two sizes of the picture")
    if stated and len(stated) >= 8:  # noqa: PLR2004 - two numbers
        across, down = int.from_bytes(stated[:4], "big"), int.from_bytes(stated[4:8], "big")
        require(max(across, down) <= 1 << 16, "a strange shape of pixels")
        if across and down:
            return across / down
    require(max(shown) < 1 << 15, "a vast picture")
    if all(shown) and shown != (width, height):
        return height * shown[0] / (width * shown[1])
    return form.sar[0] / form.sar[1] if form.sar and all(form.sar) else None


def _dolby_vision(record: bytes | None) -> Facts:
    """Read a Dolby Vision configuration record."""
    if not record or len(record) < 5:  # noqa: PLR2004 - up to the compatibility
        return {}
    return {"dv_profile": record[2] >> 1, "dv_compat": record[4] >> 4}


def _light(stated: bytes | None) -> Facts:
    if not stated or len(stated) < 4:  # noqa: PLR2004 - two numbers
        return {}
    return {
        "max_cll": int.from_bytes(stated[:2], "big"),
        "max_fall": int.from_bytes(stated[2:4], "big"),
    }
