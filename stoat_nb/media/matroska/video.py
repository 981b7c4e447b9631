"""Video in Matroska and WebM files, by the track's header (RFC 9559, 5.1.4.1.28) and a block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stoat_nb.media.codecs import av1, h264, hevc, jpeg, vp8, vp9
from stoat_nb.media.codecs.captions import CARRIERS, captions_of
from stoat_nb.media.codecs.video_format import VideoFormat
from stoat_nb.media.colours import Colour, colour_facts, merged, of_stream
from stoat_nb.media.facts import Facts
from stoat_nb.media.isobmff.sample_entry import pixel_format
from stoat_nb.media.matroska import element_ids as ids
from stoat_nb.media.matroska.blocks import Start
from stoat_nb.media.matroska.segment import NANOSECONDS, Tree, below, last, number
from stoat_nb.media.streams import hdr
from stoat_nb.media.timestamps import reduce_fraction
from stoat_nb.media.unsupported import Unproven, UnsupportedLayout, require

_UNSUPPORTED_VIDEO = {
    ids.PROJECTION: "a projection",
    ids.STEREO_MODE: "two eyes",
    ids.ALPHA_MODE: "transparency",
    ids.PIXEL_CROP_BOTTOM: "cropping",
    ids.PIXEL_CROP_TOP: "cropping",
    ids.PIXEL_CROP_LEFT: "cropping",
    ids.PIXEL_CROP_RIGHT: "cropping",
    ids.UNCOMPRESSED_FOURCC: "raw pictures",
}
_MOST_RATE = 30_000
_FASTEST, _SLOWEST = 1_000_000, 200_000_000  # nanoseconds a frame
_PROGRESSIVE = 2
_UNKNOWN_UNIT = 4
_LARGEST_SHOWN = 255
_WITH_PARAMETER_SETS = frozenset(["h264", "hevc"])
_WHOLE_BY_DEFAULT = frozenset(["h264", "vp8"])  # of which libav says so where nothing else is said


def add_video(facts: Facts, name: str, entry: Tree, begin: Start | None, left: Unproven) -> None:
    """Add to the facts of a track what is proven of its pictures."""
    video, private = below(entry, ids.VIDEO), last(entry, ids.CODEC_PRIVATE)
    with left:
        facts["fps_num"], facts["fps_den"] = _rate(entry)
    for element in _UNSUPPORTED_VIDEO.keys() & video.keys():
        require(not number(video, element), _UNSUPPORTED_VIDEO[element])
    if name not in _VIDEO:
        raise UnsupportedLayout(f"another video codec: {name}")
    codec, read = _VIDEO[name]
    form = read(private, begin.frame if begin else b"")
    pixels = number(video, ids.PIXEL_WIDTH), number(video, ids.PIXEL_HEIGHT)
    require(form.width and form.height, "a picture of no size")
    require(pixels == (form.width, form.height), "two sizes of the picture")
    facts |= {
        "codec": codec,
        "width": form.width,
        "height": form.height,
        "bit_depth": form.bit_depth,
        "chroma": form.chroma,
        "profile": form.profile_name,
        "level": form.level,
        "rotation": 0,
        "mirrored": False,
    }
    if codec in _WITH_PARAMETER_SETS:
        facts["coded_width"], facts["coded_height"] = form.coded_width, form.coded_height
        facts["progressive_only"] = form.progressive
    with left:
        facts["has_b_frames"] = _has_b_frames(codec, form)
        # libav waits for some pictures of H.264 that says of no order, and may not see enough.
        is_late = begin is None or (codec == "h264" and not form.reorder and begin.ticks)
        require(not is_late, "a picture that starts late")
    if begin and codec in CARRIERS and (found := captions_of(begin.frame)):
        facts["closed_captions"] = found
    with left:
        facts["pix_fmt"] = pixel_format(form, codec)
    with left:
        facts["sar"] = _aspect(video, form)
    with left:
        facts["field_order"] = _field_order(video, codec, form)
    with left:
        named = colour_facts(
            merged(of_stream(form, codec), _colour(below(video, ids.COLOUR)), codec)
        )
        facts |= named
        require(named["color_transfer"] != "smpte2084", "brightness that only pictures tell")
        facts["hdr"] = hdr(named["color_transfer"], has_dolby_vision=False)


def _rate(entry: Tree) -> tuple[int, int]:
    step = number(entry, ids.DEFAULT_DURATION)
    require(step, "a frame rate that is not stated")
    require(_FASTEST <= (step or 0) <= _SLOWEST, "a strange frame rate")
    return reduce_fraction(NANOSECONDS, step or 0, _MOST_RATE)


def _has_b_frames(codec: str, form: VideoFormat) -> bool:
    if codec not in _WITH_PARAMETER_SETS:
        return False
    require(form.reorder is not None or form.in_order, "an order that only pictures tell")
    return bool(form.reorder)


def _field_order(video: Tree, codec: str, form: VideoFormat) -> str | None:
    spoken = number(video, ids.FLAG_INTERLACED)
    require(spoken in (None, 0, _PROGRESSIVE) and not form.marks_fields, "pictures of two fields")
    return "progressive" if spoken == _PROGRESSIVE or codec in _WHOLE_BY_DEFAULT else None


def _parameter_sets(reader: Any) -> Callable[[bytes, bytes], VideoFormat]:
    def read(private: bytes, _: bytes) -> VideoFormat:
        require(reader.is_well_formed(private), "a parameter set that cannot be read")
        return _known(reader.video_format(private))

    return read


def _av1(private: bytes, frame: bytes) -> VideoFormat:
    require(private[:1] == b"\x81", "another form of AV1")
    return _known(av1.video_format(private, frame))


def _jpeg(private: bytes, frame: bytes) -> VideoFormat:
    require(not private, "another form of JPEG")
    return _known(jpeg.video_format(frame))


def _known(form: VideoFormat | None) -> VideoFormat:
    if form is None:
        raise UnsupportedLayout("a codec's header that cannot be read")
    return form


_VIDEO: dict[str, tuple[str, Callable[[bytes, bytes], VideoFormat]]] = {
    "V_AV1": ("av1", _av1),
    "V_MPEG4/ISO/AVC": ("h264", _parameter_sets(h264)),
    "V_MPEGH/ISO/HEVC": ("hevc", _parameter_sets(hevc)),
    "V_MJPEG": ("mjpeg", _jpeg),
    "V_VP8": ("vp8", lambda _, frame: _known(vp8.key_frame(frame))),
    "V_VP9": ("vp9", lambda _, frame: _known(vp9.key_frame(frame))),
}


def _aspect(video: Tree, form: VideoFormat) -> float | None:
    """Return the sample aspect: from the size a track is to be shown at, or the stream's own."""
    pixels = number(video, ids.PIXEL_WIDTH), number(video, ids.PIXEL_HEIGHT)
    width, height = (
        number(video, ids.DISPLAY_WIDTH) or pixels[0],
        number(video, ids.DISPLAY_HEIGHT) or pixels[1],
    )
    unit = number(video, ids.DISPLAY_UNIT) or 0
    if unit == _UNKNOWN_UNIT:
        return form.sar[0] / form.sar[1] if form.sar and all(form.sar) else None
    require(unit == 0 and width and height, "a size in another unit")
    shape = (pixels[1] or 0) * (width or 0), (pixels[0] or 0) * (height or 0)
    across, down = reduce_fraction(*shape, _LARGEST_SHOWN)
    require(0 < across < _LARGEST_SHOWN and 0 < down < _LARGEST_SHOWN, "a strange shape")
    require(across * shape[1] == down * shape[0], "a strange shape")
    return across / down


def _colour(tree: Tree) -> Colour:
    require(
        not set(tree) & {ids.MAX_CLL, ids.MAX_FALL, ids.MASTERING_METADATA},
        "brightness that the container tells",
    )
    spoken = number(tree, ids.RANGE) or 0
    return Colour(
        spoken if spoken in (1, 2) else None,
        number(tree, ids.PRIMARIES),
        number(tree, ids.TRANSFER_CHARACTERISTICS),
        number(tree, ids.MATRIX_COEFFICIENTS),
    )
