"""From what a probe found to the cells of a row. Pure."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from stoat_nb.catalog.values import as_cell, as_integer, as_moment_ns, as_stored_text, seconds_of
from stoat_nb.media.video import Found, Stream, Video
from stoat_nb.names import as_text

Cells = Mapping[str, Any]

#: What is kept of a stream, under the names it has there.
STREAM_FIELDS = (
    "idx",
    "kind",
    "codec",
    "codec_tag",
    "profile",
    "level",
    "width",
    "height",
    "rotation",
    "sar",
    "pix_fmt",
    "bit_depth",
    "fps_num",
    "fps_den",
    "color_range",
    "color_space",
    "color_transfer",
    "color_primaries",
    "hdr",
    "channels",
    "channel_layout",
    "sample_rate",
    "bitrate",
    "duration_s",
    "start_s",
    "frame_count",
    "language",
    "title",
    "is_default",
    "is_forced",
    "is_cover",
    "coded_width",
    "coded_height",
    "chroma",
    "fps_mode",
    "fps_mode_basis",
    "frame_count_basis",
    "bitrate_basis",
    "interlaced",
    "field_order",
    "has_b_frames",
    "dv_profile",
    "dv_compat",
    "max_cll",
    "max_fall",
)

_PICTURE = (
    "codec",
    "codec_tag",
    "profile",
    "level",
    "width",
    "height",
    "rotation",
    "sar",
    "fps_num",
    "fps_den",
    "frame_count",
    "pix_fmt",
    "bit_depth",
    "color_range",
    "color_space",
    "color_transfer",
    "color_primaries",
    "hdr",
    "coded_width",
    "coded_height",
    "chroma",
    "fps_mode",
    "fps_mode_basis",
    "frame_count_basis",
    "interlaced",
    "field_order",
    "has_b_frames",
    "dv_profile",
    "dv_compat",
    "max_cll",
    "max_fall",
)
_SIDEWAYS = (90, 270)


def path_of(folder: bytes, name: bytes) -> bytes:
    """Return the path of a file in a folder."""
    return folder.rstrip(b"/") + b"/" + name


def file_cells(found: Found) -> Cells:
    """Return what the file system says of a file."""
    ending = os.path.splitext(found.name)[1]  # noqa: PTH122 - pathlib takes no bytes
    return {
        "name": found.name,
        "path": as_text(path_of(found.folder, found.name)),
        "extension": as_text(ending)[1:].lower(),
        "size_bytes": as_integer(found.size_bytes),
        "mtime_ns": as_moment_ns(found.mtime_ns),
        "device": as_integer(found.device),
        "inode": as_integer(found.inode),
    }


def video_cells(video: Video | None) -> Cells:
    """Return the facts of a video; of none, the same names without any."""
    known = Video(container="", format_name="", streams=()) if video is None else video
    cells: dict[str, Any] = {
        "tool": known.tool,
        "container": known.container,
        "format_name": known.format_name,
        "duration_s": known.duration_s,
        "duration_basis": known.duration_basis,
        "fragmented": known.fragmented,
        "faststart": known.faststart,
        "integrity_reason": known.integrity_reason,
        "start_s": known.start_s,
        "bitrate": known.bitrate,
        "created_at": seconds_of(known.created_at),
        "encoder": known.encoder,
        "title": known.title,
        **_counts(known),
        **_picture(known.main("video")),
        **_sound(known.main("audio")),
        "audio_languages": _languages(known.streams, "audio"),
        "subtitle_languages": _languages(known.streams, "subtitle"),
    }
    return {
        **{name: None if video is None else as_cell(value) for name, value in cells.items()},
        # Nobody has looked: that is known too.
        "integrity": as_stored_text(known.integrity),
        "integrity_level": as_stored_text(known.integrity_level),
    }


def stream_cells(stream: Stream) -> tuple[Any, ...]:
    """Return a stream's fields in the order of STREAM_FIELDS."""
    return tuple(as_cell(getattr(stream, name)) for name in STREAM_FIELDS)


def chapter_cells(video: Video) -> list[tuple[Any, ...]]:
    """Return number, start, end and title of every chapter."""
    return [
        (chapter.n, as_cell(chapter.start_s), as_cell(chapter.end_s), as_cell(chapter.title))
        for chapter in video.chapters
    ]


def tag_cells(video: Video) -> list[tuple[Any, ...]]:
    """Return place, stream, key and value of every tag."""
    return [
        (place, tag.idx, as_stored_text(tag.key), as_stored_text(tag.value))
        for place, tag in enumerate(video.tags)
    ]


def document_cell(video: Video) -> bytes | None:
    """Return what the reader said beyond the facts, compressed."""
    return (
        None if video.document is None else zlib.compress(as_stored_text(video.document).encode())
    )


def _counts(video: Video) -> Cells:
    kinds = [stream.kind for stream in video.streams if not stream.is_cover]
    return {
        "n_streams": len(video.streams),
        "n_video": kinds.count("video"),
        "n_audio": kinds.count("audio"),
        "n_subtitle": kinds.count("subtitle"),
        "n_data": kinds.count("data"),
        "n_chapters": video.n_chapters,
        "has_cover": any(stream.is_cover for stream in video.streams),
    }


def _picture(stream: Stream | None) -> Cells:
    known = Stream(idx=0, kind="video") if stream is None else stream
    width, height, dar = _displayed(known)
    return {
        **{name: getattr(known, name) for name in _PICTURE},
        "video_bitrate": known.bitrate,
        "video_bitrate_basis": known.bitrate_basis,
        "display_width": width,
        "display_height": height,
        "dar": dar,
        "fps": known.fps_num / known.fps_den if known.fps_num and known.fps_den else None,
    }


def _sound(stream: Stream | None) -> Cells:
    known = Stream(idx=0, kind="audio") if stream is None else stream
    return {
        "audio_codec": known.codec,
        "channels": known.channels,
        "channel_layout": known.channel_layout,
        "sample_rate": known.sample_rate,
        "audio_language": known.language,
        "audio_bitrate": known.bitrate,
        "audio_bitrate_basis": known.bitrate_basis,
        "audio_bit_depth": known.bit_depth,
    }


def _displayed(stream: Stream) -> tuple[int | None, int | None, float | None]:
    """Return width, height and aspect as shown: pixels stretched in width, then the turn."""
    if not stream.width or not stream.height:
        return None, None, None
    stretched = stream.width * (stream.sar or 1.0)
    width, height = max(1, round(stretched)), stream.height
    aspect = stretched / stream.height
    if stream.rotation in _SIDEWAYS:
        return height, width, 1 / aspect
    return width, height, aspect


def _languages(streams: Iterable[Stream], kind: str) -> str:
    tagged = [stream.language for stream in streams if stream.kind == kind and stream.language]
    return json.dumps([as_stored_text(language) for language in dict.fromkeys(tagged)])
