"""All facts of a Matroska or WebM file from its headers and first blocks, or the reason why not.

Whatever this returns must be what libav says of the same file, column by column; a test holds both
together. So what is not fully understood raises ``UnsupportedLayout``, and libav is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.codecs import av1, h264, hevc, jpeg, vp8, vp9
from stoat_nb.media.codecs.video_format import VideoFormat
from stoat_nb.media.colours import Colour, colour_facts, merged, of_stream
from stoat_nb.media.containers import MATROSKA
from stoat_nb.media.failures import STOAT
from stoat_nb.media.isobmff.sample_entry import pixel_format
from stoat_nb.media.matroska import element_ids as ids
from stoat_nb.media.matroska.attachments import attached
from stoat_nb.media.matroska.audio import audio_facts
from stoat_nb.media.matroska.blocks import Start, starts
from stoat_nb.media.matroska.segment import Segment, Tree, below, last, number, real
from stoat_nb.media.matroska.tags import Tags, chapters_of, file_tags, text_of, track_tags
from stoat_nb.media.streams import hdr, lower_keys, statistics
from stoat_nb.media.structure.verdict import COMPLETE, Structure
from stoat_nb.media.timestamps import bitrate, reduce_fraction, rescale
from stoat_nb.media.unsupported import UnsupportedLayout, require

_KINDS = {1: "video", 2: "audio", 17: "subtitle"}
_UNSUPPORTED = {
    ids.CONTENT_ENCODINGS: "packed or encrypted content",
    ids.BLOCK_ADDITION_MAPPING: "layers beside the blocks",
    ids.TRACK_OPERATION: "tracks made of tracks",
    ids.MAX_BLOCK_ADDITION_ID: "layers beside the blocks",
    ids.TRACK_TIMESTAMP_SCALE: "a clock of its own",
}
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
_SUBTITLES = {
    "S_TEXT/UTF8": "subrip",
    "S_TEXT/ASS": "ass",
    "S_TEXT/SSA": "ass",
    "S_TEXT/WEBVTT": "webvtt",
    "D_WEBVTT/SUBTITLES": "webvtt",
    "S_HDMV/PGS": "hdmv_pgs_subtitle",
    "S_VOBSUB": "dvd_subtitle",
}
_NANOSECONDS = 1_000_000_000
_MILLISECOND = 1_000_000
_MOST_RATE = 30_000
_FASTEST, _SLOWEST = 1_000_000, 200_000_000  # nanoseconds a frame
_PROGRESSIVE = 2
_UNKNOWN_UNIT = 4
_LARGEST_SHOWN = 255
_LONGEST_US = 1 << 47  # microseconds: four years
_LONGEST = 1024  # bytes of a codec's header worth keeping


class _Place(NamedTuple):
    """What a track needs to know of its file."""

    scale: int  #: Nanoseconds to a tick.
    starts: dict[int, Start]
    created: str


def first_blocks(reader: BudgetedReader, found: Segment) -> dict[int, Start]:
    """Return the first block of each track of pictures or audio, by the track's number."""
    wanted = {
        number(one, ids.TRACK_NUMBER) or 0
        for one in found.tracks
        if number(one, ids.TRACK_TYPE) in (1, 2)
    }
    return starts(reader, found.first_cluster, wanted) if found.first_cluster else {}


def starts_of(found: Segment, blocks: dict[int, Start]) -> dict[int, float]:
    """Return when streams start, in seconds by their place."""
    scale = number(found.info, ids.TIMESTAMP_SCALE) or _MILLISECOND
    places = enumerate(number(one, ids.TRACK_NUMBER) or 0 for one in found.tracks)
    return {
        place: blocks[track].ticks * scale / _NANOSECONDS
        for place, track in places
        if track in blocks
    }


def segment_facts(
    reader: BudgetedReader, found: Segment, shape: Structure, blocks: dict[int, Start]
) -> dict[str, Any]:
    """Return all facts; raise ``UnsupportedLayout`` where headers and first blocks do not tell."""
    require(shape.integrity == COMPLETE and found.first_cluster, "a file cut, or without pictures")
    require(found.is_simple, "an element of another kind, or in another place")
    numbers = {(number(one, ids.TRACK_NUMBER), number(one, ids.TRACK_UID)) for one in found.tracks}
    require(len({one for one, _ in numbers}) == len(found.tracks), "tracks of one number")
    require(all(all(pair) for pair in numbers), "a track without a number")
    require(len({uid for _, uid in numbers}) == len(found.tracks), "tracks of one number")
    chapters = chapters_of(found)
    require(found.tracks and found.doc_type in (b"matroska", b"webm"), "another kind of document")
    scale = number(found.info, ids.TIMESTAMP_SCALE) or _MILLISECOND
    length = int((real(found.info, ids.DURATION) or 0.0) * scale * 1000 / 1_000_000)
    require(0 < length < _LONGEST_US, "a length that is not stated")
    require(found.end == reader.size, "something after the film")
    words = file_tags(found)
    known = lower_keys(dict(words))
    place = _Place(scale, blocks, known.get("creation_time", ""))
    streams: list[dict[str, Any]] = []
    tags: list[dict[str, Any]] = [{"key": key, "value": value} for key, value in words]
    for idx, entry in enumerate(found.tracks):
        own = track_tags(found, entry)
        streams.append(_stream(idx, entry, own, place))
        tags += [{"key": key, "value": value, "idx": idx} for key, value in own]
    begin = min((one["start_s"] for one in streams if one.get("start_s") is not None), default=None)
    require(begin is not None and any(one["kind"] != "subtitle" for one in streams), "no start")
    fonts = attached(reader, found.attachments)
    # libav says that they start with the film, where it knows when that is: by its audio.
    require(not fonts or any(one["kind"] == "audio" for one in streams), "a silent film with fonts")
    for facts, own in fonts:
        idx = len(streams)
        streams.append({**facts, "idx": idx, "codec_tag": None, "start_s": begin})
        tags += [{"key": key, "value": value, "idx": idx} for key, value in own]
    require(begin == 0 or all(one["kind"] != "subtitle" for one in streams), "captions before all")
    return {
        "container": "webm" if found.doc_type == b"webm" else "matroska",
        "format_name": MATROSKA,
        "streams": streams,
        "duration_s": length / 1e6,
        "start_s": rescale(round((begin or 0) * _NANOSECONDS), 1, 1000) / 1e6,
        "bitrate": bitrate(reader.size, length),
        "n_chapters": len(chapters),
        "chapters": chapters,
        "tags": tags,
        "tool": STOAT,
        "document": {
            "tracks": [last(entry, ids.CODEC_PRIVATE)[:_LONGEST].hex() for entry in found.tracks]
        },
    }


def _stream(idx: int, entry: Tree, words: Tags, place: _Place) -> dict[str, Any]:
    kind = _KINDS.get(number(entry, ids.TRACK_TYPE) or 0)
    require(kind, "a track of another kind")
    for element in _UNSUPPORTED.keys() & entry.keys():
        is_said = number(entry, element) != 0 or below(entry, element)
        require(not is_said, _UNSUPPORTED[element])
    begin, known = place.starts.get(number(entry, ids.TRACK_NUMBER) or 0), lower_keys(dict(words))
    require(kind != "video" or begin, "a picture that starts late")
    facts: dict[str, Any] = {
        "idx": idx,
        "kind": kind,
        "codec_tag": None,
        "start_s": begin.ticks * place.scale / _NANOSECONDS
        if begin and kind != "subtitle"
        else None,
        "language": known.get("language"),
        "title": known.get("title"),
        "is_default": number(entry, ids.FLAG_DEFAULT) != 0,
        "is_forced": number(entry, ids.FLAG_FORCED) == 1,
        "is_cover": False,
    }
    name = text_of(last(entry, ids.CODEC_ID))
    if kind == "video":
        facts |= _video(name, entry, begin)
    elif kind == "audio":
        require(begin and place.scale == _MILLISECOND, "audio that starts late")
        facts |= audio_facts(name, entry, begin)
    else:
        require(name in _SUBTITLES, f"another kind of captions: {name}")
        facts["codec"] = _SUBTITLES[name]
    return facts | statistics(facts, known, place.created)


def _video(name: str, entry: Tree, begin: Start | None) -> dict[str, Any]:
    video, private = below(entry, ids.VIDEO), last(entry, ids.CODEC_PRIVATE)
    for element in _UNSUPPORTED_VIDEO.keys() & video.keys():
        require(not number(video, element), _UNSUPPORTED_VIDEO[element])
    step = number(entry, ids.DEFAULT_DURATION)
    if begin is None or not step or step < 1000:  # noqa: PLR2004 - nanoseconds
        raise UnsupportedLayout("a frame rate that is not stated")
    if name not in _VIDEO:
        raise UnsupportedLayout(f"another video codec: {name}")
    codec, facts, form = _VIDEO[name](private, begin.frame)
    # libav waits for some pictures of H.264 that says of no order, and may not see enough of them.
    require(codec != "h264" or form.reorder or not begin.ticks, "a picture that starts late")
    require(form.width and form.height, "a picture of no size")
    require(_FASTEST <= step <= _SLOWEST, "a strange frame rate")
    rate = reduce_fraction(_NANOSECONDS, step, _MOST_RATE)
    spoken = number(video, ids.FLAG_INTERLACED)
    require(spoken in (None, 0, _PROGRESSIVE) and not form.marks_fields, "pictures of two fields")
    if spoken == _PROGRESSIVE:
        facts["field_order"] = "progressive"
    colour = merged(of_stream(form, codec), _colour(below(video, ids.COLOUR)), codec)
    named = colour_facts(colour)
    require(named["color_transfer"] != "smpte2084", "brightness that only pictures tell")
    return {
        "codec": codec,
        "width": form.width,
        "height": form.height,
        "bit_depth": form.bit_depth,
        "chroma": form.chroma,
        "pix_fmt": pixel_format(form, codec),
        "profile": form.profile_name,
        "sar": _aspect(video, form),
        "rotation": 0,
        "mirrored": False,
        "fps_num": rate[0],
        "fps_den": rate[1],
        "hdr": hdr(named["color_transfer"], has_dolby_vision=False),
        **named,
        **facts,
    }


def _parameter_sets(codec: str, reader: Any) -> Callable[[bytes, bytes], Any]:
    def read(private: bytes, _: bytes) -> tuple[str, dict[str, Any], VideoFormat]:
        form = reader.video_format(private)
        if form is None or not reader.is_well_formed(private):
            raise UnsupportedLayout("a parameter set that cannot be read")
        require(form.reorder is not None or form.in_order, "an order that only pictures tell")
        return (
            codec,
            {
                "level": form.level,
                "coded_width": form.coded_width,
                "coded_height": form.coded_height,
                "has_b_frames": bool(form.reorder),
                "progressive_only": form.progressive,
                "field_order": "progressive" if codec == "h264" else None,
            },
            form,
        )

    return read


def _vp9(private: bytes, frame: bytes) -> tuple[str, dict[str, Any], VideoFormat]:
    del private
    form = vp9.key_frame(frame)
    if form is None:
        raise UnsupportedLayout("a frame that is no plain key frame")
    return "vp9", {"has_b_frames": False}, form


def _vp8(private: bytes, frame: bytes) -> tuple[str, dict[str, Any], VideoFormat]:
    del private
    form = vp8.key_frame(frame)
    if form is None:
        raise UnsupportedLayout("a frame that is no plain key frame")
    return "vp8", {"has_b_frames": False, "field_order": "progressive"}, form


def _jpeg(private: bytes, frame: bytes) -> tuple[str, dict[str, Any], VideoFormat]:
    form = jpeg.video_format(frame)
    if form is None or private:
        raise UnsupportedLayout("a frame of another form")
    return "mjpeg", {"has_b_frames": False}, form


def _av1(private: bytes, frame: bytes) -> tuple[str, dict[str, Any], VideoFormat]:
    form = av1.video_format(private, frame)
    if form is None or private[:1] != b"\x81":
        raise UnsupportedLayout("a frame that is no plain key frame")
    return "av1", {"level": form.level, "has_b_frames": False}, form


_VIDEO = {
    "V_AV1": _av1,
    "V_MPEG4/ISO/AVC": _parameter_sets("h264", h264),
    "V_MPEGH/ISO/HEVC": _parameter_sets("hevc", hevc),
    "V_MJPEG": _jpeg,
    "V_VP8": _vp8,
    "V_VP9": _vp9,
}


def _aspect(video: Tree, form: VideoFormat) -> float | None:
    """Return the sample aspect: from the size a track is to be shown at, or the stream's own."""
    pixels = number(video, ids.PIXEL_WIDTH), number(video, ids.PIXEL_HEIGHT)
    require(pixels == (form.width, form.height), "two sizes of the picture")
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
