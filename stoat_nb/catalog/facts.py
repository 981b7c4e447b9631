"""From what a probe found to the cells of a row. Pure.

Cells go to SQLite as they are: what it would refuse, text that is no Unicode or numbers of more
than 64 bits, is rare and mended by ``values.mended`` when it has. What it would take in silence,
numbers that are not finite, never leaves here.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable
from functools import lru_cache
from math import inf, isfinite
from operator import attrgetter
from typing import Any

from msgspec.structs import astuple

from stoat_nb.catalog.values import as_cell, as_moment_ns, as_stored_text, seconds_of
from stoat_nb.media.video import Found, Stream, Video
from stoat_nb.names import as_text

Cells = tuple[Any, ...]

#: What is kept of a stream, under the names it has there: all of it.
STREAM_FIELDS = Stream.__struct_fields__

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
#: What a video has under its own name.
_OWN = (
    "container",
    "format_name",
    "duration_s",
    "duration_basis",
    "fragmented",
    "faststart",
    "integrity",
    "integrity_level",
    "integrity_reason",
    "start_s",
    "bitrate",
    "n_chapters",
    "encoder",
    "title",
    "quick_hash",
)
#: What its main streams have under other names: the video's column, and the stream's field.
_OF_PICTURE = {
    **{name: name for name in _PICTURE},
    "video_bitrate": "bitrate",
    "video_bitrate_basis": "bitrate_basis",
}
_OF_SOUND = {
    "audio_codec": "codec",
    "channels": "channels",
    "channel_layout": "channel_layout",
    "sample_rate": "sample_rate",
    "audio_language": "language",
    "audio_bitrate": "bitrate",
    "audio_bitrate_basis": "bitrate_basis",
    "audio_bit_depth": "bit_depth",
}
#: The names of ``file_cells`` and ``video_cells``, in their order.
FILE_FIELDS = ("name", "path", "extension", "size_bytes", "mtime_ns", "device", "inode")
VIDEO_FIELDS = (
    *_OWN,
    "created_at",
    *("n_streams", "n_video", "n_audio", "n_subtitle", "n_data", "has_cover"),
    *("audio_languages", "subtitle_languages"),
    *_OF_PICTURE,
    *("display_width", "display_height", "dar", "fps"),
    *_OF_SOUND,
)
# One call for all the fields of an object: there are many millions of cells.
_own = attrgetter(*_OWN)
_of_picture = attrgetter(*_OF_PICTURE.values())
_of_sound = attrgetter(*_OF_SOUND.values())
_kept_of = attrgetter("kind", "is_cover", "language")

_NO_PICTURE, _NO_SOUND = Stream(idx=0, kind="video"), Stream(idx=0, kind="audio")
# Nobody has looked: that is known too.
_LOOKED = {"integrity": "unknown", "integrity_level": "none"}
_SIDEWAYS = (90, 270)
#: Pixels; what is thinner has no aspect that a number can tell.
_THINNEST = 1e-100
#: A document of fewer bytes, which fits into a page of the file, is kept as it is: packing it would
#: cost more than to write all else that is known of a file.
_WORTH_PACKING = 4000
_PACKED = b"x"  # what zlib begins with; JSON never does


def path_of(folder: bytes, name: bytes) -> bytes:
    """Return the path of a file in a folder."""
    return folder.rstrip(b"/") + b"/" + name


def file_cells(found: Found) -> Cells:
    """Return what the file system says of a file."""
    name = as_text(found.name)
    return (
        found.name,
        _folder_text(found.folder) + name,
        os.path.splitext(name)[1][1:].lower(),  # noqa: PTH122 - many millions of names
        found.size_bytes,
        as_moment_ns(found.mtime_ns),
        found.device,
        found.inode,
    )


@lru_cache(maxsize=256)
def _folder_text(folder: bytes) -> str:
    """Return what the paths of its files begin with; no character goes across a slash."""
    return as_text(path_of(folder, b""))


def video_cells(video: Video | None) -> Cells:
    """Return the facts of a video; of none, as many cells."""
    if video is None:
        return _UNKNOWN
    picture = video.main("video") or _NO_PICTURE
    own, shown = _own(video), _of_picture(picture)
    if not isfinite((video.duration_s or 0.0) + (video.start_s or 0.0) + (picture.sar or 0.0)):
        own, shown = tuple(map(as_cell, own)), tuple(map(as_cell, shown))
    return (
        *own,
        seconds_of(video.created_at) if video.created_at else None,
        *_summed(tuple([_kept_of(stream) for stream in video.streams])),
        *shown,
        *_displayed(picture),
        picture.fps_num / picture.fps_den if picture.fps_num and picture.fps_den else None,
        *_of_sound(video.main("audio") or _NO_SOUND),
    )


_UNKNOWN = tuple(_LOOKED.get(name) for name in VIDEO_FIELDS)


def stream_cells(stream: Stream) -> Cells:
    """Return a stream's fields in the order of STREAM_FIELDS."""
    cells = astuple(stream)
    if isfinite((stream.sar or 0.0) + (stream.duration_s or 0.0) + (stream.start_s or 0.0)):
        return cells
    return tuple(map(as_cell, cells))


def chapter_rows(video_id: int, video: Video) -> Iterable[Cells]:
    """Return number of the video, then number, start, end and title of every chapter."""
    return [
        (video_id, chapter.n, as_cell(chapter.start_s), as_cell(chapter.end_s), chapter.title)
        for chapter in video.chapters
    ]


def tag_rows(video_id: int, video: Video) -> Iterable[Cells]:
    """Return number of the video, then place, stream, key and value of every tag."""
    return [(video_id, place, tag.idx, tag.key, tag.value) for place, tag in enumerate(video.tags)]


def document_cell(document: str) -> bytes:
    """Return what the reader said beyond the facts; a long one is compressed."""
    written = as_stored_text(document).encode()
    return written if len(written) < _WORTH_PACKING else zlib.compress(written)


def document_of(cell: bytes) -> Any:
    """Return the document that a cell holds."""
    try:
        return json.loads(zlib.decompress(cell) if cell.startswith(_PACKED) else cell)
    except zlib.error as problem:
        raise ValueError(problem) from None


@lru_cache(maxsize=1024)
def _summed(streams: tuple[tuple[str, bool, str | None], ...]) -> Cells:
    """Return how many streams there are of each kind, and which languages they are in."""
    kinds = [kind for kind, is_cover, _ in streams if not is_cover]
    return (
        len(streams),
        *(kinds.count(kind) for kind in ("video", "audio", "subtitle", "data")),
        len(kinds) < len(streams),
        *(
            _listed([one for at, _, one in streams if at == kind and one])
            for kind in ("audio", "subtitle")
        ),
    )


def _displayed(stream: Stream) -> tuple[int | None, int | None, float | None]:
    """Return width, height and aspect as shown: pixels stretched in width, then the turn."""
    if not stream.width or not stream.height:
        return None, None, None
    stretched = stream.width * (stream.sar or 1.0)
    if not _THINNEST < stretched < inf:
        return None, None, None
    width, height = max(1, round(stretched)), stream.height
    aspect = stretched / stream.height
    if stream.rotation in _SIDEWAYS:
        return height, width, 1 / aspect
    return width, height, aspect


def _listed(languages: Iterable[str]) -> str:
    return json.dumps([as_stored_text(language) for language in dict.fromkeys(languages)])
